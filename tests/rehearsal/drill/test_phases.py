"""Where the time of a hand-over goes."""

from __future__ import annotations

import dataclasses
import math

from hypothesis import given
from hypothesis import strategies as st

from rehearsal.drill.phases import HandOver, Phases, phases
from rehearsal.drill.server_log import Entry

CRASH = [
    Entry(99.0, "c", "heartbeat timeout reached, starting election"),  # an earlier story
    Entry(99.5, "a", "post-unseal setup complete"),
    Entry(101.2, "b", "heartbeat timeout reached, starting election"),
    Entry(101.2, "c", "rejecting pre-vote request since we have a leader"),
    Entry(102.4, "b", "Election timeout reached, restarting election"),
    Entry(102.4, "c", "rejecting pre-vote request since our last index is greater"),
    Entry(102.5, "c", "heartbeat timeout reached, starting election"),
    Entry(102.51, "c", "election won"),
    Entry(102.53, "c", "acquired lock, enabling active operation"),
    Entry(102.54, "b", "rejecting vote request since we have a leader"),  # too late to matter
    Entry(102.6, "c", "post-unseal setup complete"),
]
PLANNED = [
    Entry(100.0, "a", "pre-seal teardown starting"),
    Entry(100.5, "a", "pre-seal teardown complete"),
    Entry(100.52, "b", "election won"),
    Entry(100.53, "b", "acquired lock, enabling active operation"),
    Entry(100.56, "b", "post-unseal setup complete"),
]


def close(found: Phases | None, expected: Phases) -> bool:
    assert found is not None
    pairs = zip(dataclasses.astuple(found), dataclasses.astuple(expected), strict=True)
    return all(math.isclose(a, b, abs_tol=1e-6) for a, b in pairs)


def test_a_crash_in_parts() -> None:
    found = phases(CRASH, HandOver.CRASH, 100.0, 102.65)
    assert close(found, Phases(1.2, 1.31, 0.02, 0.07, 0.05, refused=2, repeated=1))


def test_a_planned_hand_over_in_parts() -> None:
    found = phases(PLANNED, HandOver.PLANNED, 100.0, 100.6)
    assert close(found, Phases(0.5, 0.02, 0.01, 0.03, 0.04, refused=0, repeated=0))


@given(st.sets(st.integers(2, len(CRASH) - 1)))
def test_together_they_last_from_the_event_to_the_answer_or_are_not_known(
    left_out: set[int],
) -> None:
    entries = [entry for index, entry in enumerate(CRASH) if index not in left_out]
    found = phases(entries, HandOver.CRASH, 100.0, 103.0)
    needed = {7, 8, 10}  # won, locked, active
    assert (found is None) == (bool(left_out & needed) or {2, 6} <= left_out)
    if found is not None:
        parts = (found.notice, found.election, found.lock, found.setup, found.answer)
        assert min(parts) >= 0
        assert math.isclose(sum(parts), 3.0)


def test_only_the_election_counts_whose_winner_became_active() -> None:
    lost_again = [
        Entry(101.0, "b", "heartbeat timeout reached, starting election"),
        Entry(101.1, "c", "election won"),
        Entry(101.2, "b", "election won"),
    ]
    found = phases([*CRASH[:2], *lost_again, *CRASH[7:]], HandOver.CRASH, 100.0, 103.0)
    assert found is not None
    assert found.notice + found.election == 102.51 - 100.0


def test_nobody_took_over() -> None:
    assert phases([], HandOver.CRASH, 100.0, 101.0) is None
    assert phases(CRASH[:2], HandOver.CRASH, 100.0, 101.0) is None


def test_a_crash_is_no_planned_hand_over() -> None:
    assert phases(CRASH, HandOver.PLANNED, 100.0, 103.0) is None
