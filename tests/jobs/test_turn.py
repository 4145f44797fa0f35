"""`vaultstack_jobs.turn`: one run at a time, and a record that outlives a crash."""

from __future__ import annotations

import pytest

from tests.jobs.fakes import LEASE, Fakes
from vaultstack_jobs.outcomes import FailedError, HalfWayError, LostError
from vaultstack_jobs.turn import taken


def test_a_turn_is_taken_and_given_back(fakes: Fakes) -> None:
    with taken(fakes.turn()):
        spec = fakes.api.objects[LEASE]["spec"]
        assert spec["holderIdentity"] == "pod-a"
        assert spec["leaseDurationSeconds"] == 60
        assert spec["leaseTransitions"] == 1
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == ""


def test_who_finds_it_taken_by_a_run_that_is_heard_of_loses(fakes: Fakes) -> None:
    first = fakes.turn("pod-a")
    first.take()
    fakes.clock.on_sleep = first.hold
    with pytest.raises(LostError, match="pod-a is at it; nothing was changed"):
        fakes.turn("pod-b").take()
    assert fakes.clock.passed < 60


def test_who_finds_it_taken_waits_for_one_that_gives_it_back(fakes: Fakes) -> None:
    first = fakes.turn("pod-a")
    first.take()
    fakes.clock.on_sleep = first.give_back
    fakes.turn("pod-b").take()
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == "pod-b"
    assert "took over" not in fakes.steps


def test_a_silent_holder_has_crashed_whatever_the_clocks_say(fakes: Fakes) -> None:
    fakes.turn("pod-a").take()
    fakes.api.objects[LEASE]["spec"]["renewTime"] = "2999-01-01T00:00:00.000000Z"
    fakes.turn("pod-b").take()
    assert 60 <= fakes.clock.passed < 65
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == "pod-b"
    assert fakes.lines[-1]["crashed"] == "pod-a"


def test_of_two_that_take_it_together_one_loses(fakes: Fakes) -> None:
    def quicker(method: str, _: str) -> None:
        """Between the other's look and its write."""
        if method == "GET":
            fakes.api.after = lambda *_: None
            fakes.turn("pod-a").take()

    fakes.api.after = quicker
    with pytest.raises(LostError, match="another run was quicker; nothing was changed"):
        fakes.turn("pod-b").take()
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == "pod-a"


def test_a_write_whose_answer_got_lost_is_no_conflict(fakes: Fakes) -> None:
    turn = fakes.turn()

    def lose(method: str, _: str) -> None:
        if method == "PUT":
            fakes.api.after = lambda *_: None
            fakes.api.lost += 1

    fakes.api.after = lose
    turn.take()
    fakes.api.after = lose
    turn.remember({"of": "it"})
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == "pod-a"
    assert turn.pending == {"of": "it"}


def test_what_others_write_on_the_lease_stays(fakes: Fakes) -> None:
    turn = fakes.turn()
    turn.take()
    found = fakes.api.objects[LEASE]
    found["metadata"]["labels"] = {"team": "ours"}
    fakes.api.put(LEASE, found)
    turn.done()
    assert fakes.api.objects[LEASE]["metadata"]["labels"] == {"team": "ours"}
    assert "done-at" in fakes.api.annotations()


def test_a_run_that_lost_its_turn_stops(fakes: Fakes) -> None:
    turn = fakes.turn("pod-a")
    turn.take()
    fakes.turn("pod-b").take()  # after a silence of pod-a
    with pytest.raises(LostError, match="pod-b"):
        turn.hold()
    turn.give_back()
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == "pod-b"


def test_a_run_that_lost_its_turn_in_the_middle_says_so(fakes: Fakes) -> None:
    turn = fakes.turn("pod-a")
    turn.take()
    turn.remember({"of": "it"})
    fakes.turn("pod-b").take()
    with pytest.raises(HalfWayError, match="pod-b while this run was not heard of"):
        turn.hold()


def test_it_is_renewed_no_oftener_than_needed(fakes: Fakes) -> None:
    turn = fakes.turn()
    turn.take()
    before = len(fakes.api.requests)
    for _ in range(30):
        fakes.clock.sleep(1)
        turn.hold()
    assert len(fakes.api.requests) == before + 1


def test_the_record_outlives_the_run(fakes: Fakes) -> None:
    turn = fakes.turn()
    with taken(turn):
        turn.remember({"of": "it", "from_version": 7})
        turn.keep({"current": "it"})
    with taken(fakes.turn("pod-b")) as later:
        assert later.pending == {"of": "it", "from_version": 7}
        later.rolled_back()
        assert later.pending is None
        assert later.rolled_back_at == fakes.clock.now()
        later.done()
        assert later.done_at == fakes.clock.now()
        assert later.rolled_back_at is None
        assert later.memory == {"current": "it"}


@pytest.mark.parametrize("text", ["[]", "{", '"x"'])
def test_a_record_that_somebody_broke_names_the_annotation(fakes: Fakes, text: str) -> None:
    fakes.api.annotate(pending=text)
    with (
        taken(fakes.turn()) as turn,
        pytest.raises(FailedError, match=r"jobs/one.*rotation\.vaultstack/pending must be a JSON"),
    ):
        _ = turn.pending


def test_a_time_that_somebody_broke_names_the_annotation(fakes: Fakes) -> None:
    fakes.api.annotate(done_at="yesterday")
    with (
        taken(fakes.turn()) as turn,
        pytest.raises(FailedError, match="done-at must be an RFC 3339 time"),
    ):
        _ = turn.done_at
