"""A module that is made wrong for real: mutmut runs in a tree of its own, on tests of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.mutation import workshop
from rehearsal.mutation.__main__ import ROOT
from rehearsal.mutation.verdicts import Verdict, read

MODULE = Path("policies/small.py")
TEST = Path("tests/policies/test_small.py")
CODE = "def is_small(number: int) -> bool:\n    return number < 10\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with one module, and as little else as its tests need."""
    monkeypatch.setattr(workshop, "_COPIED", ("policies", "tests", "pyproject.toml"))
    tree = tmp_path / "tree"
    for file, text in {
        MODULE: CODE,
        Path("policies/__init__.py"): "",
        Path("pyproject.toml"): '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\n',
    }.items():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text(text)
    return tree


def verdicts_of(root: Path, *asserts: str) -> list[Verdict]:
    (root / TEST).parent.mkdir(parents=True)
    lines = ["from policies.small import is_small", "", "", "def test_it() -> None:"]
    (root / TEST).write_text("\n".join([*lines, *(f"    assert {one}" for one in asserts), ""]))
    return made(root)


def made(root: Path) -> list[Verdict]:
    folder = root.parent / "work"
    folder.mkdir()
    written = workshop.run(MODULE, [str(TEST)], root=root, folder=folder, children=1)
    return [mutant.verdict for mutant in read(written)]


def test_good_tests_notice_every_mutant(root: Path) -> None:
    verdicts = verdicts_of(root, "is_small(9)", "not is_small(10)")
    assert len(verdicts) >= 2
    assert set(verdicts) == {Verdict.KILLED}
    assert (root / MODULE).read_text() == CODE


def test_what_a_test_module_computes_when_it_is_loaded_counts_for_all_its_tests(root: Path) -> None:
    (root / TEST).parent.mkdir(parents=True)
    (root / TEST).write_text(
        "from policies.small import is_small\n\n"
        "FOUND = [is_small(9), is_small(10)]\n\n\n"
        "def test_nothing() -> None:\n    assert FOUND\n\n\n"
        "def test_it() -> None:\n    assert FOUND == [True, False]\n"
    )
    assert set(made(root)) == {Verdict.KILLED}


def test_what_a_shared_fixture_computes_counts_for_all_that_have_it(root: Path) -> None:
    (root / TEST).parent.mkdir(parents=True)
    (root / TEST).write_text(
        "import pytest\nfrom policies.small import is_small\n\n\n"
        '@pytest.fixture(scope="module")\n'
        "def found() -> list[bool]:\n    return [is_small(9), is_small(10)]\n\n\n"
        "def test_nothing(found: list[bool]) -> None:\n    assert found\n\n\n"
        "def test_it(found: list[bool]) -> None:\n    assert found == [True, False]\n"
    )
    assert set(made(root)) == {Verdict.KILLED}


def test_what_the_code_remembers_of_earlier_tests_is_forgotten(root: Path) -> None:
    (root / MODULE).write_text(
        f"from functools import cache\n\n\n{CODE}\n\n"
        "@cache\ndef found(number: int) -> bool:\n    return is_small(number)\n"
    )
    (root / TEST).parent.mkdir(parents=True)
    (root / TEST).write_text(
        "from policies.small import found\n\n\n"
        "def test_nothing() -> None:\n    found(9), found(10)\n\n\n"
        "def test_it() -> None:\n    assert [found(9), found(10)] == [True, False]\n"
    )
    assert set(made(root)) == {Verdict.KILLED}


def test_tests_that_can_no_longer_be_loaded_notice(root: Path) -> None:
    (root / TEST).parent.mkdir(parents=True)
    (root / TEST).write_text(
        "from policies.small import is_small\n\n"
        "assert is_small(9)\nassert not is_small(10)\n\n\n"
        "def test_nothing() -> None:\n    pass\n"
    )
    assert set(made(root)) == {Verdict.KILLED}


def test_weak_tests_do_not(root: Path) -> None:
    assert Verdict.SURVIVED in verdicts_of(root, "is_small(1)")


@pytest.mark.parametrize(
    ("waits", "verdict"),
    [("time.sleep(2)", Verdict.SURVIVED), ("while True:\n            pass", Verdict.TIMEOUT)],
    ids=["waiting", "at work"],
)
def test_too_long_is_what_is_at_work_and_not_what_waits(
    root: Path, monkeypatch: pytest.MonkeyPatch, waits: str, verdict: Verdict
) -> None:
    """On a busy computer every test waits; that notices nothing."""
    monkeypatch.setattr(workshop, "_PATIENCE", 0.5)
    (root / MODULE).write_text("def found() -> bool:\n    return True\n")
    (root / TEST).parent.mkdir(parents=True)
    (root / TEST).write_text(
        "import time\nfrom policies.small import found\n\n\n"
        f"def test_it() -> None:\n    if not found():\n        {waits}\n"
    )
    assert set(made(root)) == {verdict}


def test_a_module_of_data_has_no_mutants(root: Path) -> None:
    (root / MODULE).write_text("NUMBERS = (1, 2)\n\n\nis_small = NUMBERS.__contains__\n")
    assert verdicts_of(root, "is_small(1)") == []


def test_tests_that_fail_as_they_are_are_told(root: Path) -> None:
    with pytest.raises(RehearsalError, match="do its tests pass as they are"):
        verdicts_of(root, "is_small(11)")


def test_what_takes_too_long_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "_AT_MOST_SECONDS", 0)
    with pytest.raises(RehearsalError, match=r"small.py: its mutants took longer than 0 s; ask"):
        verdicts_of(root, "is_small(9)")


def test_everything_that_is_copied_is_there() -> None:
    assert all((ROOT / name).exists() for name in workshop._COPIED)
