"""`vaultstack_jobs.rotate`: what is due, what goes on, and what is said of what was changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.jobs.fakes import DEPLOYMENT, LEASE, NOON, WEEK_SECONDS, Fakes
from vaultstack_jobs.clock import to_text
from vaultstack_jobs.cluster import Cluster
from vaultstack_jobs.configuration import (
    AwsRoot,
    DatabaseRoot,
    DatabaseStatic,
    KvKey,
    PkiIntermediate,
    Restart,
    SecretId,
    SecretPart,
    Task,
)
from vaultstack_jobs.engine_roots import EngineRootRotation
from vaultstack_jobs.kv_key import KvKeyRotation
from vaultstack_jobs.outcomes import FailedError, HalfWayError, LostError, RolledBackError
from vaultstack_jobs.pki_intermediate import PkiIntermediateRotation
from vaultstack_jobs.rotate import rotate, task_of
from vaultstack_jobs.secret_ids import SecretIdRotation
from vaultstack_jobs.vault import VaultError, VaultRefusedError, VaultUncertainError

AWS = "aws/config/rotate-root"
SECRET = SecretPart(namespace="app", name="app", key="wrapped")


def run(fakes: Fakes, *, at_once: bool = False, task: Task | None = None) -> None:
    rotate(fakes.bench(task or AwsRoot()), at_once=at_once)


def rotations(fakes: Fakes, path: str = AWS) -> int:
    return sum(asked == path for _, asked, _ in fakes.vault.requests)


@pytest.fixture(autouse=True)
def a_key(fakes: Fakes) -> None:
    fakes.vault.answers[AWS] = {"data": {"access_key": "AKIA-an-id"}}


def ago(*, halves: float) -> str:
    return to_text(NOON - timedelta(seconds=halves * WEEK_SECONDS / 2))


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        (KvKey(path="a/b", key="k", length=48, overlap_seconds=0, tell=None), KvKeyRotation),
        (DatabaseRoot(connection="a"), EngineRootRotation),
        (DatabaseStatic(role="a"), EngineRootRotation),
        (AwsRoot(), EngineRootRotation),
        (
            PkiIntermediate(common_name="a", ttl_seconds=1, root_mount="r", mount="m"),
            PkiIntermediateRotation,
        ),
        (
            SecretId(role="a", wrap_ttl_seconds=60, secret=SECRET, overlap_seconds=0),
            SecretIdRotation,
        ),
    ],
)
def test_every_kind_has_its_way(fakes: Fakes, task: Task, kind: type) -> None:
    assert isinstance(task_of(fakes.bench(task)), kind)


def test_what_was_never_done_is_done_and_recorded(fakes: Fakes) -> None:
    run(fakes)
    assert fakes.steps == ["begins", "rotated", "done"]
    assert fakes.lines[0]["who"] == "kubernetes-jobs-one"
    assert fakes.api.annotations() == {"done-at": to_text(NOON)}
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == ""


@pytest.mark.parametrize(("halves", "due"), [(0, False), (0.9, False), (1.1, True), (2, True)])
def test_it_is_due_after_half_an_interval(fakes: Fakes, halves: float, due: bool) -> None:
    fakes.api.annotate(done_at=ago(halves=halves))
    run(fakes)
    assert rotations(fakes) == due
    assert due or fakes.steps == ["not due"]


def test_now_leaves_out_the_look_at_what_was_done(fakes: Fakes) -> None:
    fakes.api.annotate(done_at=ago(halves=0))
    run(fakes, at_once=True)
    assert rotations(fakes) == 1


def test_a_clock_that_was_far_ahead_keeps_nothing_from_being_rotated(fakes: Fakes) -> None:
    fakes.api.annotate(done_at=ago(halves=-100))
    run(fakes)
    assert rotations(fakes) == 1


def test_vaults_own_record_counts_too(fakes: Fakes) -> None:
    fakes.api.annotate(done_at=ago(halves=9))
    last = {"data": {"last_vault_rotation": ago(halves=0.5)}}
    fakes.vault.answers["database/static-roles/user"] = last
    run(fakes, task=DatabaseStatic(role="user"))
    assert fakes.steps == ["not due"]
    assert fakes.lines[0]["last"] == ago(halves=0.5)


def test_a_rollback_is_not_tried_again_at_once(fakes: Fakes) -> None:
    """A retry that ends well would hide it."""
    fakes.api.annotate(rolled_back_at=ago(halves=0.5))
    with pytest.raises(RolledBackError, match=r"was rolled back at .*; nothing was changed"):
        run(fakes)
    assert rotations(fakes) == 0
    run(fakes, at_once=True)
    assert fakes.api.annotations() == {"done-at": to_text(NOON)}


def test_the_next_schedule_tries_again_after_a_rollback(fakes: Fakes) -> None:
    fakes.api.annotate(rolled_back_at=ago(halves=2))
    run(fakes)
    assert rotations(fakes) == 1


def test_what_is_pending_goes_on_even_if_nothing_is_due(fakes: Fakes) -> None:
    fakes.api.annotate(done_at=ago(halves=0), pending=json.dumps({"of": AWS}))
    run(fakes)
    assert fakes.steps == ["goes on", "rotated", "done"]
    assert "pending" not in fakes.api.annotations()


def test_what_is_pending_of_another_rotation_is_dropped(fakes: Fakes) -> None:
    """The file was changed since."""
    fakes.api.annotate(pending=json.dumps({"of": "app/api: jwt"}))
    run(fakes)
    assert fakes.steps == ["dropped what was pending", "begins", "rotated", "done"]


def test_a_refusal_changed_nothing(fakes: Fakes) -> None:
    fakes.vault.answers[AWS] = VaultRefusedError("denied", 403)
    with pytest.raises(FailedError, match=r"denied.*; nothing was changed"):
        run(fakes)
    assert fakes.api.annotations() == {}
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == ""


def test_a_vault_that_cannot_be_asked_changed_nothing(fakes: Fakes) -> None:
    fakes.vault.who = _raise(VaultError("no token"))  # type: ignore[method-assign]
    with pytest.raises(FailedError, match="no token; nothing was changed"):
        run(fakes)


def _raise(error: Exception):  # type: ignore[no-untyped-def]  # noqa: ANN202
    def do() -> None:
        raise error

    return do


def test_an_answer_that_got_lost_may_have_changed_something(fakes: Fakes) -> None:
    fakes.vault.answers[AWS] = VaultUncertainError("no answer")
    with pytest.raises(HalfWayError, match="no answer; what is pending is on the Lease"):
        run(fakes)
    assert json.loads(fakes.api.annotations()["pending"]) == {"of": AWS}
    fakes.vault.answers[AWS] = {}
    run(fakes)
    assert fakes.steps[-3:] == ["goes on", "rotated", "done"]


def test_a_cluster_without_the_lease_changes_nothing(fakes: Fakes) -> None:
    del fakes.api.objects[LEASE]
    with pytest.raises(FailedError, match=r"read Lease jobs/one.*404.*; nothing was changed"):
        run(fakes)
    assert rotations(fakes) == 0


def test_a_second_run_changes_nothing(fakes: Fakes) -> None:
    first = fakes.turn("pod-b")
    first.take()
    fakes.clock.on_sleep = first.hold
    with pytest.raises(LostError):
        run(fakes)
    assert rotations(fakes) == 0


def test_what_cannot_be_tidied_is_said_after_what_was_done(fakes: Fakes) -> None:
    fakes.api.annotate(
        done_at=ago(halves=0),
        memory=json.dumps({"current": "b", "ended": {"a": ago(halves=4)}}),
    )
    path = "auth/approle/role/ci/secret-id-accessor/destroy"
    fakes.vault.answers[path] = VaultUncertainError("no answer")
    task = SecretId(role="ci", wrap_ttl_seconds=60, secret=SECRET, overlap_seconds=0)
    with pytest.raises(HalfWayError, match="what earlier rotations left is still there"):
        run(fakes, task=task)
    fakes.vault.answers[path] = {}
    run(fakes, task=task)
    assert json.loads(fakes.api.annotations()["memory"]) == {"current": "b", "ended": {}}


class Killed(BaseException):
    """What a run that is killed does next: nothing, not even tidying up."""


@dataclass
class Mortality:
    """Kills a run at its n-th request to Vault or Kubernetes, before or after that took effect."""

    at: int
    after: bool
    asked: int = 0

    def wrap(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def mortal(*arguments: Any, **options: Any) -> Any:
            self.asked += 1
            if self.asked > self.at or (self.asked == self.at and not self.after):
                raise Killed
            answer = do(*arguments, **options)
            if self.asked == self.at:
                raise Killed
            return answer

        return mortal


def run_until_killed(fakes: Fakes, task: Task, at: int, *, after: bool) -> bool:
    """Whether it was killed, and had not ended before."""
    mortality = Mortality(at, after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cluster, "_ask", mortality.wrap(Cluster._ask))
        patch.setattr(fakes.vault, "request", mortality.wrap(fakes.vault.request))
        patch.setattr(fakes.vault, "secret", mortality.wrap(fakes.vault.secret))
        try:
            rotate(fakes.bench(task, "pod-a"), at_once=True)
        except Killed:
            return True
        except RolledBackError:
            return mortality.asked >= at
    return False


def kv_key(overlap_seconds: int) -> KvKey:
    tell = Restart(namespace="app", deployment="app", ready_within_seconds=30)
    return KvKey(path="a/b", key="jwt", length=48, overlap_seconds=overlap_seconds, tell=tell)


def play_the_controller(fakes: Fakes, *, never: str = "") -> None:
    """Every rollout succeeds but the one for `never`."""

    def look() -> None:
        template = fakes.api.objects[DEPLOYMENT]["spec"]["template"]["metadata"]
        why = template.get("annotations", {}).get("rotation.vaultstack/one")
        fakes.settle(ready=why is None or why != never)

    fakes.clock.on_sleep = look


MOMENTS = [(at, after) for at in range(1, 40) for after in (False, True)]


@pytest.mark.parametrize("overlap_seconds", [0, 3600])
@pytest.mark.parametrize(("at", "after"), MOMENTS)
def test_a_run_killed_at_any_moment_is_completed_by_the_next(
    fakes: Fakes, overlap_seconds: int, at: int, after: bool
) -> None:
    fakes.vault.write("a/b", jwt="old", session="stays")
    play_the_controller(fakes)
    task = kv_key(overlap_seconds)
    killed = run_until_killed(fakes, task, at, after=after)
    done = "done-at" in fakes.api.annotations()
    assert killed or done
    fakes.clock.sleep(1)
    rotate(fakes.bench(task, "pod-b"), at_once=not done)
    newest = fakes.vault.entries["a/b"][-1]
    assert len(fakes.vault.entries["a/b"]) == 2  # written once, whenever it was killed
    assert newest["session"] == "stays"
    assert newest["jwt"] != "old"
    assert newest.get("jwt_previous") == ("old" if overlap_seconds else None)
    template = fakes.api.objects[DEPLOYMENT]["spec"]["template"]["metadata"]
    assert template["annotations"] == {"rotation.vaultstack/one": "version 2"}
    assert set(fakes.api.annotations()) == {"done-at"}
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == ""


@pytest.mark.parametrize("overlap_seconds", [0, 3600])
@pytest.mark.parametrize(("at", "after"), MOMENTS)
def test_a_rollback_killed_at_any_moment_is_completed_by_the_next(
    fakes: Fakes, overlap_seconds: int, at: int, after: bool
) -> None:
    fakes.vault.write("a/b", jwt="old", session="stays")
    play_the_controller(fakes, never="version 2")
    task = kv_key(overlap_seconds)
    run_until_killed(fakes, task, at, after=after)
    fakes.clock.sleep(1)
    noted = "rolled-back-at" in fakes.api.annotations()
    with pytest.raises(RolledBackError):
        rotate(fakes.bench(task, "pod-b"), at_once=not noted)
    first, second, third = fakes.vault.entries["a/b"]
    assert (third["jwt"], third["session"]) == (first["jwt"], "stays")
    assert third.get("jwt_previous") == (second["jwt"] if overlap_seconds else None)
    template = fakes.api.objects[DEPLOYMENT]["spec"]["template"]["metadata"]
    assert template["annotations"] == {"rotation.vaultstack/one": "version 3"}
    assert set(fakes.api.annotations()) == {"rolled-back-at"}
    assert fakes.api.objects[LEASE]["spec"]["holderIdentity"] == ""
