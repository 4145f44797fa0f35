"""`vaultstack_jobs.kv_key`: what is written, told and taken back, and how the next run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.jobs.fakes import DEPLOYMENT, LEASE, NOON, Fakes
from vaultstack_jobs.clock import to_text
from vaultstack_jobs.configuration import ByAgent, KvKey, Restart, Tell
from vaultstack_jobs.kv_key import KvKeyRotation
from vaultstack_jobs.outcomes import (
    FailedError,
    HalfWayError,
    LostError,
    RolledBackError,
)
from vaultstack_jobs.vault import VaultRefusedError, VaultUncertainError

PATH = "app/api"
HOUR = 3600
RESTART = Restart(namespace="app", deployment="app", ready_within_seconds=60)


def kv_key(*, overlap_seconds: int = 0, tell: Tell | None = None) -> KvKey:
    return KvKey(path=PATH, key="jwt", length=48, overlap_seconds=overlap_seconds, tell=tell)


@pytest.fixture(autouse=True)
def an_entry(fakes: Fakes) -> None:
    fakes.vault.write(PATH, jwt="old", session="stays")


def rotation(fakes: Fakes, task: KvKey) -> KvKeyRotation:
    bench = fakes.bench(task)
    bench.turn.take()
    return KvKeyRotation(bench, task)


def newest(fakes: Fakes) -> dict[str, str]:
    return fakes.vault.entries[PATH][-1]


def versions(fakes: Fakes) -> int:
    return len(fakes.vault.entries[PATH])


def pending(fakes: Fakes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fakes.api.annotations().get("pending", "{}"))
    return found


def test_without_overlap_and_restart_no_value_is_read(fakes: Fakes) -> None:
    rotation(fakes, kv_key()).start()
    assert [method for method, _, _ in fakes.vault.requests] == ["GET", "PATCH"]
    assert set(newest(fakes)) == {"jwt", "session"}
    assert len(newest(fakes)["jwt"]) == 48
    assert newest(fakes)["jwt"].isalnum()
    assert newest(fakes)["session"] == "stays"


def test_every_value_is_another(fakes: Fakes) -> None:
    task = rotation(fakes, kv_key())
    for _ in range(3):
        task.start()
    assert len({values["jwt"] for values in fakes.vault.entries[PATH]}) == 4


def test_the_agents_are_left_to_render_it(fakes: Fakes) -> None:
    rotation(fakes, kv_key(tell=ByAgent())).start()
    assert fakes.steps == ["written", "left to the agents"]
    assert "static_secret_render_interval" in fakes.lines[-1]["within"]


def test_the_old_value_stays_beside_it_for_the_overlap(fakes: Fakes) -> None:
    rotation(fakes, kv_key(overlap_seconds=HOUR)).start()
    assert newest(fakes)["jwt_previous"] == "old"
    assert newest(fakes)["jwt_previous_until"] == "2026-01-31T13:00:00Z"
    assert newest(fakes)["session"] == "stays"


def test_no_value_is_logged_or_noted(fakes: Fakes) -> None:
    rotation(fakes, kv_key(overlap_seconds=HOUR, tell=ByAgent())).start()
    seen = fakes.stream.getvalue() + str(fakes.api.objects)
    assert newest(fakes)["jwt"] not in seen
    assert '"old"' not in seen


def another_key(fakes: Fakes) -> Callable[[], None]:
    def write() -> None:
        fakes.vault.before_patch = lambda: None
        fakes.vault.write(PATH, **{**newest(fakes), "session": "changed"})

    return write


@pytest.mark.parametrize("overlap_seconds", [0, HOUR])
def test_who_writes_another_key_meanwhile_is_not_overwritten(
    fakes: Fakes, overlap_seconds: int
) -> None:
    fakes.vault.before_patch = another_key(fakes)
    rotation(fakes, kv_key(overlap_seconds=overlap_seconds)).start()
    assert newest(fakes)["session"] == "changed"
    assert newest(fakes)["jwt"] != "old"
    assert versions(fakes) == 3


def test_who_rotates_the_same_key_meanwhile_wins(fakes: Fakes) -> None:
    fakes.vault.before_patch = lambda: fakes.vault.write(PATH, jwt="theirs", session="stays")
    with pytest.raises(LostError, match="somebody else wrote version 2; nothing was changed"):
        rotation(fakes, kv_key(overlap_seconds=HOUR)).start()
    assert newest(fakes) == {"jwt": "theirs", "session": "stays"}
    assert pending(fakes) == {}


def test_an_entry_that_changes_all_the_time_is_given_up(fakes: Fakes) -> None:
    fakes.vault.before_patch = lambda: fakes.vault.write(PATH, **newest(fakes))
    with pytest.raises(FailedError, match="each of 3 times"):
        rotation(fakes, kv_key()).start()
    assert pending(fakes) == {}


def test_a_refused_write_leaves_nothing_pending(fakes: Fakes) -> None:
    fakes.vault.answers[f"secret/data/{PATH}"] = VaultRefusedError("denied", 403)
    with pytest.raises(FailedError, match="denied"):
        rotation(fakes, kv_key()).start()
    assert pending(fakes) == {}


def test_a_key_that_is_not_there_is_named_with_those_that_are(fakes: Fakes) -> None:
    fakes.vault.write(PATH, session="hidden", other="hidden")
    with pytest.raises(FailedError, match="must hold the key 'jwt'; its keys are other, session"):
        rotation(fakes, kv_key(overlap_seconds=HOUR)).start()


def test_an_entry_that_is_deleted_is_said_to_be(fakes: Fakes) -> None:
    fakes.vault.gone.add((PATH, 1))
    with pytest.raises(FailedError, match="its version 1 is deleted; fix: run `pulumi up`"):
        rotation(fakes, kv_key()).start()


def test_with_an_overlap_the_entry_says_when_it_was_done(fakes: Fakes) -> None:
    until = to_text(NOON + timedelta(hours=5))
    fakes.vault.write(PATH, jwt="new", jwt_previous="old", jwt_previous_until=until)
    last = rotation(fakes, kv_key(overlap_seconds=HOUR)).last_done(NOON)
    assert last == NOON + timedelta(hours=4)


def test_a_time_that_somebody_broke_is_named(fakes: Fakes) -> None:
    fakes.vault.write(PATH, jwt="new", jwt_previous_until="tomorrow")
    with pytest.raises(FailedError, match="app/api: jwt_previous_until must be an RFC 3339 time"):
        rotation(fakes, kv_key(overlap_seconds=HOUR)).last_done(None)


def test_without_an_overlap_a_record_counts_more_than_the_versions_age(fakes: Fakes) -> None:
    task = rotation(fakes, kv_key())
    assert task.last_done(None) == NOON
    assert task.last_done(NOON) is None


def restarted(fakes: Fakes, *, ready: Callable[[str], bool]) -> None:
    """The Deployment's controller: `ready` decides by the annotation."""

    def look() -> None:
        found = fakes.api.objects[DEPLOYMENT]
        annotations = found["spec"]["template"]["metadata"].get("annotations", {})
        fakes.settle(ready=ready(annotations.get("rotation.vaultstack/one", "")))

    fakes.clock.on_sleep = look


def test_the_application_is_restarted_and_waited_for(fakes: Fakes) -> None:
    restarted(fakes, ready=lambda _: True)
    rotation(fakes, kv_key(tell=RESTART)).start()
    assert fakes.steps == ["written", "restarted", "ready"]
    assert newest(fakes)["jwt"] != "old"


def test_an_application_that_is_not_ready_before_is_left_alone(fakes: Fakes) -> None:
    fakes.settle(ready=False)
    with pytest.raises(FailedError, match="is not ready before the rotation"):
        rotation(fakes, kv_key(tell=RESTART)).start()
    assert versions(fakes) == 1
    assert pending(fakes) == {}


def test_an_application_that_is_not_ready_gets_its_value_back(fakes: Fakes) -> None:
    restarted(fakes, ready=lambda why: why != "version 2")
    with pytest.raises(RolledBackError, match=r"written back as version 3.* is ready again"):
        rotation(fakes, kv_key(tell=RESTART)).start()
    assert newest(fakes) == {"jwt": "old", "session": "stays"}
    assert "rolled-back-at" in fakes.api.annotations()
    assert "done-at" not in fakes.api.annotations()
    assert pending(fakes) == {}


def test_with_an_overlap_the_new_value_stays_valid_when_it_is_taken_back(fakes: Fakes) -> None:
    """Some of the application used it."""
    restarted(fakes, ready=lambda why: why != "version 2")
    with pytest.raises(RolledBackError):
        rotation(fakes, kv_key(overlap_seconds=HOUR, tell=RESTART)).start()
    assert newest(fakes)["jwt"] == "old"
    assert newest(fakes)["jwt_previous"] == fakes.vault.entries[PATH][1]["jwt"]
    assert newest(fakes)["jwt_previous_until"] > to_text(NOON + timedelta(seconds=HOUR))


def test_an_application_that_stays_away_is_said_to(fakes: Fakes) -> None:
    restarted(fakes, ready=lambda why: not why)
    with pytest.raises(RolledBackError, match="is still not: "):
        rotation(fakes, kv_key(tell=RESTART)).start()


def test_who_wrote_another_key_since_does_not_hinder_taking_it_back(fakes: Fakes) -> None:
    def ready(why: str) -> bool:
        if why == "version 2" and versions(fakes) == 2:
            another_key(fakes)()
        return why != "version 2"

    restarted(fakes, ready=ready)
    with pytest.raises(RolledBackError, match="version 4"):
        rotation(fakes, kv_key(tell=RESTART)).start()
    assert newest(fakes) == {"jwt": "old", "session": "changed"}


def test_who_wrote_the_key_since_keeps_it(fakes: Fakes) -> None:
    def ready(why: str) -> bool:
        if why == "version 2" and versions(fakes) == 2:
            fakes.vault.write(PATH, jwt="by hand")
        return why != "version 2"

    restarted(fakes, ready=ready)
    with pytest.raises(HalfWayError, match="somebody else wrote version 3 since"):
        rotation(fakes, kv_key(tell=RESTART)).start()
    assert newest(fakes) == {"jwt": "by hand"}


def lost_while_writing(fakes: Fakes, task: KvKey) -> KvKeyRotation:
    """A run whose write came through, and which never learned of it."""
    fakes.vault.lose_answer = True
    first = rotation(fakes, task)
    with pytest.raises(VaultUncertainError):
        first.start()
    assert versions(fakes) == 2
    return first


@pytest.mark.parametrize("overlap_seconds", [0, HOUR])
def test_a_write_that_came_through_unheard_is_completed(fakes: Fakes, overlap_seconds: int) -> None:
    restarted(fakes, ready=lambda _: True)
    task = lost_while_writing(fakes, kv_key(overlap_seconds=overlap_seconds, tell=RESTART))
    task.resume(pending(fakes))
    assert versions(fakes) == 2
    assert fakes.steps == ["restarted", "ready"]


def test_a_write_that_nobody_can_have_seen_is_done_once_more(fakes: Fakes) -> None:
    task = lost_while_writing(fakes, kv_key())
    task.resume(pending(fakes))
    assert versions(fakes) == 3
    assert all(method != "READ" for method, _, _ in fakes.vault.requests)


@pytest.mark.parametrize("overlap_seconds", [0, HOUR])
def test_a_write_that_never_happened_is_done(fakes: Fakes, overlap_seconds: int) -> None:
    restarted(fakes, ready=lambda _: True)
    task = rotation(fakes, kv_key(overlap_seconds=overlap_seconds, tell=RESTART))
    begun = {"phase": "writing", "from_version": 1, "until": to_text(NOON)}
    fakes.vault.write(PATH, **{**newest(fakes), "session": "changed"})  # somebody else
    task.resume(begun)
    assert newest(fakes)["jwt"] != "old"
    assert newest(fakes)["session"] == "changed"
    assert versions(fakes) == 3


@pytest.mark.parametrize("already_back", [False, True])
def test_taking_it_back_goes_on_where_it_stopped(fakes: Fakes, already_back: bool) -> None:
    restarted(fakes, ready=lambda _: True)
    fakes.vault.write(PATH, jwt="bad", session="stays")
    if already_back:
        fakes.vault.write(PATH, jwt="old", session="stays")
    task = rotation(fakes, kv_key(tell=RESTART))
    begun = {"phase": "taking back", "from_version": 1, "version": 2, "until": ""}
    with pytest.raises(RolledBackError, match="version 3"):
        task.resume(begun)
    assert versions(fakes) == 3
    assert newest(fakes)["jwt"] == "old"


@pytest.mark.parametrize("tell", [None, ByAgent()])
def test_where_nobody_is_restarted_any_more_nothing_is_taken_back(
    fakes: Fakes, tell: Tell | None
) -> None:
    """The matrix was changed while a run was taking it back."""
    fakes.vault.write(PATH, jwt="bad", session="stays")
    begun = {"phase": "taking back", "from_version": 1, "version": 2, "until": ""}
    rotation(fakes, kv_key(tell=tell)).resume(begun)
    assert newest(fakes)["jwt"] not in ("bad", "old")


def test_what_can_no_longer_be_read_cannot_be_taken_back(fakes: Fakes) -> None:
    fakes.vault.write(PATH, jwt="bad", session="stays")
    fakes.vault.gone.add((PATH, 1))
    task = rotation(fakes, kv_key(tell=RESTART))
    begun = {"phase": "taking back", "from_version": 1, "version": 2, "until": ""}
    with pytest.raises(HalfWayError, match="version 1 can no longer be read"):
        task.resume(begun)
    assert newest(fakes)["jwt"] == "bad"


def test_the_turn_is_kept_through_a_long_restart(fakes: Fakes) -> None:
    """Somebody who watches sees it renewed, however long the application takes."""
    seen: list[str] = []

    def look() -> None:
        seen.append(fakes.api.objects[LEASE]["spec"]["renewTime"])
        if fakes.clock.passed > 50:
            fakes.settle(ready=True)

    fakes.clock.on_sleep = look
    rotation(fakes, kv_key(tell=RESTART)).start()
    assert len(set(seen)) >= 3
