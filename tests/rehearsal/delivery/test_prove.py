"""What becomes a cell; the cells themselves are seen in tests/live."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from rehearsal.delivery import prove
from rehearsal.delivery.checks import Denied
from rehearsal.errors import RehearsalError
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.proof.results import Outcome
from rehearsal.scene import Scene
from tests.rehearsal import subjects
from tests.rehearsal.fakes import FakeVault


def raising(error: Exception) -> Callable[[], float]:
    def check() -> float:
        raise error

    return check


@pytest.mark.parametrize(
    ("check", "outcome", "right"),
    [
        (lambda: 1.0, Outcome.ALLOWED, (True, False)),
        (raising(Denied()), Outcome.DENIED, (False, True)),
        (raising(Mismatch("another")), Outcome.BROKEN, (False, False)),
        (raising(RehearsalError("in vain")), Outcome.BROKEN, (False, False)),
    ],
)
def test_what_a_check_says_becomes_a_cell(
    check: Callable[[], float], outcome: Outcome, right: tuple[bool, bool]
) -> None:
    bench = Bench(cast(Scene, None), subjects.PLAN, subjects.SUBJECTS, {}, FakeVault())
    api = subjects.subject("shop/api")
    found = tuple(
        prove._note(bench, api, "write", "file", check, allowed=allowed)
        for allowed in (True, False)
    )
    assert found == right
    assert [result.seen.outcome for result in bench.results] == [outcome, outcome]
    assert tuple(result.ok for result in bench.results) == right


def test_a_fault_of_ours_is_no_finding() -> None:
    bench = Bench(cast(Scene, None), subjects.PLAN, subjects.SUBJECTS, {}, FakeVault())
    with pytest.raises(KeyError):
        prove._note(
            bench,
            subjects.subject("shop/api"),
            "write",
            "file",
            raising(KeyError("x")),
            allowed=True,
        )
