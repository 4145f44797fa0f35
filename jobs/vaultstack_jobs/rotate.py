"""One run: take the turn, see what is pending or due, do it, record it, give the turn back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from vaultstack_jobs.clock import to_text
from vaultstack_jobs.cluster import ClusterError
from vaultstack_jobs.configuration import (
    AwsRoot,
    DatabaseRoot,
    DatabaseStatic,
    KvKey,
    PkiIntermediate,
    SecretId,
)
from vaultstack_jobs.engine_roots import EngineRootRotation
from vaultstack_jobs.kv_key import KvKeyRotation
from vaultstack_jobs.outcomes import FailedError, HalfWayError, RolledBackError
from vaultstack_jobs.pki_intermediate import PkiIntermediateRotation
from vaultstack_jobs.secret_ids import SecretIdRotation
from vaultstack_jobs.tasks import Bench, Task
from vaultstack_jobs.turn import taken
from vaultstack_jobs.vault import VaultError


def rotate(bench: Bench, *, at_once: bool = False) -> None:
    """Rotate if it is due, or `at_once`. Every step is logged, but not how it ends.

    Raises `JobError`, which says whether anything was changed.
    """
    try:
        with taken(bench.turn):
            try:
                _rotate(bench, task_of(bench), at_once=at_once)
            except (FailedError, VaultError, ClusterError) as error:
                if bench.turn.pending is None:
                    raise
                raise HalfWayError(
                    f"{error}; what is pending is on the Lease, and the next run goes on from there"
                ) from error
    except (VaultError, ClusterError, FailedError) as error:
        raise FailedError(f"{error}; nothing was changed") from error


def task_of(bench: Bench) -> Task:
    match bench.rotation.task:
        case KvKey() as task:
            return KvKeyRotation(bench, task)
        case DatabaseRoot() | DatabaseStatic() | AwsRoot() as task:
            return EngineRootRotation(bench, task)
        case PkiIntermediate() as task:
            return PkiIntermediateRotation(bench, task)
        case SecretId() as task:
            return SecretIdRotation(bench, task)
        case never:
            assert_never(never)


def _rotate(bench: Bench, task: Task, *, at_once: bool) -> None:
    turn, log = bench.turn, bench.log
    pending = turn.pending
    if pending is not None and pending.get("of") != task.subject:
        log.warning("dropped what was pending", of=str(pending.get("of")))
        turn.forget()
        pending = None
    if pending is not None:
        log.step("goes on", what=task.subject, who=bench.vault.who())
        task.resume(pending)
    elif at_once or _is_due(bench, task):
        log.step("begins", what=task.subject, who=bench.vault.who())
        task.start()
    else:
        _tidy(task)
        return
    turn.done()
    log.step("done", what=task.subject)
    _tidy(task)


def _tidy(task: Task) -> None:
    try:
        task.tidy()
    except (VaultError, ClusterError) as error:
        raise HalfWayError(
            f"{task.subject}: what earlier rotations left is still there ({error}); the next run "
            "tries again"
        ) from error


def _is_due(bench: Bench, task: Task) -> bool:
    """Half an interval after the last time: so a schedule's jitter never makes it late, and a run
    that is tried again does nothing. Raises `RolledBackError` as soon after one as that.
    """
    now, half = bench.clock.now(), timedelta(seconds=bench.rotation.interval_seconds / 2)
    rolled_back = bench.turn.rolled_back_at
    if rolled_back and _is_recent(rolled_back, now, half):
        raise RolledBackError(
            f"{task.subject}: was rolled back at {to_text(rolled_back)}; nothing was changed; "
            "find out why, then rotate with --now or wait for the schedule"
        )
    recorded = bench.turn.done_at
    known = [moment for moment in (recorded, task.last_done(recorded)) if moment]
    last = max(known, default=None)
    if last is None or not _is_recent(last, now, half):
        return True
    bench.log.step("not due", what=task.subject, last=to_text(last))
    return False


def _is_recent(moment: datetime, now: datetime, half: timedelta) -> bool:
    """A time far ahead is a clock's mistake, and must not keep anything from being rotated."""
    return -half < now - moment < half
