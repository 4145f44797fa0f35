"""The exit status says the worst of all steps, and each step has its line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from supply.__main__ import STEPS, Step, main
from supply.step import Answer, CannotAudit, NotAsked


def clean() -> Answer:
    return Answer("all is well")


def found() -> Answer:
    return Answer("not well", ("this: do that",))


def unasked() -> Answer:
    raise NotAsked("example.org did not answer")


def broken() -> Answer:
    raise CannotAudit("a.toml: is no list")


@pytest.mark.parametrize(
    ("looks", "status"),
    [
        ([clean], 0),
        ([clean, unasked], 3),
        ([found, unasked], 1),
        ([broken, found, clean], 2),
    ],
)
def test_the_worst_counts(
    looks: list[Callable[[], Answer]], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = {look.__name__: Step(look) for look in looks}
    assert main([], steps) == status
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told if not line.startswith(" ")] == [*steps]


def test_findings_and_reasons_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    main([], {"a": Step(found), "b": Step(unasked), "c": Step(broken)})
    told = capsys.readouterr().out
    assert "  this: do that\n" in told
    assert "not asked" in told
    assert "example.org did not answer" in told
    assert "a.toml: is no list" in told


def test_offline_asks_nobody_outside() -> None:
    steps = {"a": Step(clean), "b": Step(unasked, offline=False)}
    assert main(["--offline"], steps) == 0
    assert main(["a"], steps) == 0
    assert main([], steps) == 3


@pytest.mark.parametrize("arguments", [["licenses"], ["--offline", "go-advisories"]])
def test_a_step_that_is_not_there_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_only_who_knows_of_vulnerabilities_is_outside() -> None:
    outside = {name for name, step in STEPS.items() if not step.offline}
    assert outside == {"python-advisories", "go-advisories"}
