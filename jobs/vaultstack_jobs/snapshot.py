"""One snapshot: take the turn, read it from Vault, verify it, put it wherever it belongs, note what
it was.

It is stored where every target said that it has all of it. A target that fails does not keep the
others from theirs, and the run ends as failed; so a Job succeeds only if all of them have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from vaultstack_jobs.clock import Clock, to_text
from vaultstack_jobs.cluster import ClusterError
from vaultstack_jobs.log import Level, Log
from vaultstack_jobs.outcomes import FailedError, LostError, RefusedError, TargetsError
from vaultstack_jobs.snapshot_archive import ArchiveError, Snapshot, verify
from vaultstack_jobs.snapshot_configuration import GcsPart, S3Part, Snapshots, TargetPart
from vaultstack_jobs.snapshot_source import Origin, logged_in
from vaultstack_jobs.snapshot_targets import Parcel, Target, TargetError
from vaultstack_jobs.turn import MEMORY, Turn, taken

_FILE: Final = "snapshot.gz"


@dataclass(frozen=True, slots=True)
class Run:
    """One run, and what it works with."""

    told: Snapshots
    turn: Turn
    log: Log
    clock: Clock
    targets: Sequence[Target]


def take(run: Run) -> None:
    """Raises `JobError`. Nothing is stored anywhere unless it is a `TargetsError`."""
    try:
        with taken(run.turn):
            _take(run)
    except LostError as error:
        # The other run may fail, and this one would pass for a success.
        raise FailedError(f"{error}; this run took no snapshot") from error
    except ClusterError as error:
        raise FailedError(str(error)) from error


def _take(run: Run) -> None:
    folder = Path(run.told.folder)
    try:
        # What a run that was killed left there is not in the way: the folder is the pod's.
        with TemporaryDirectory(dir=folder) as own:
            parcel = _read(run, Path(own) / _FILE)
            _put_all(run, parcel)
    except OSError as error:
        raise FailedError(f"{folder}: cannot be used ({error.strerror or error})") from None


def _read(run: Run, path: Path) -> Parcel:
    began, taken_at = run.clock.monotonic(), run.clock.now()
    with logged_in(run.told.vault, run.clock) as source:
        origin = source.origin()
        run.log.step("begins", cluster=origin.cluster_id, version=origin.version)
        size = source.download(path, run.turn.hold)
    run.log.step("read", bytes=size, milliseconds=_since(run, began))
    try:
        snapshot = verify(path, run.turn.hold)
    except ArchiveError as error:
        raise FailedError(
            f"what Vault sent is no whole snapshot: {error}; nothing was stored"
        ) from None
    _refuse_older(run, snapshot, origin)
    run.log.step(
        "verified",
        index=snapshot.index,
        term=snapshot.term,
        servers=[server.id for server in snapshot.servers],
        seal_key=snapshot.seal_key,
        sha256=snapshot.sha256.hex(),
    )
    return Parcel(path, snapshot, taken_at, origin.cluster_id, origin.version)


def _refuse_older(run: Run, snapshot: Snapshot, origin: Origin) -> None:
    """A cluster's index only grows. One that is smaller, or another cluster, is a Vault that was
    replaced: whoever did that knows, and everybody else wants to.
    """
    last = run.turn.memory
    lease = f"{run.told.lease.namespace}/{run.told.lease.name}"
    fix = (
        "if it was restored or replaced on purpose: kubectl -n "
        f"{run.told.lease.namespace} annotate lease {run.told.lease.name} {MEMORY}-"
    )
    if (known := last.get("cluster_id")) and known != origin.cluster_id:
        raise RefusedError(
            f"this is the cluster {origin.cluster_id}, and Lease {lease} knows {known}; nothing "
            f"was stored; {fix}"
        )
    if snapshot.index < (index := int(last.get("index") or 0)):
        raise RefusedError(
            f"the snapshot's index is {snapshot.index}, and the last one's was {index}: Vault has "
            f"lost changes; nothing was stored; {fix}"
        )


def _put_all(run: Run, parcel: Parcel) -> None:
    problems: dict[int, str] = {}
    for number, target in enumerate(run.targets):
        began = run.clock.monotonic()
        try:
            receipt = target.put(parcel, run.turn.hold)
        except TargetError as error:
            problems[number] = str(error)
            run.log.step("not stored", level=Level.ERROR, target=target.url, because=str(error))
        else:
            run.log.step(
                "stored",
                target=target.url,
                object=receipt.object,
                version=receipt.version,
                encryption=receipt.encryption,
                bytes=parcel.snapshot.file_bytes,
                milliseconds=_since(run, began),
            )
    if len(problems) == len(run.targets):
        raise FailedError("; ".join(problems.values()))
    run.turn.keep(
        {
            "cluster_id": parcel.cluster_id,
            "index": parcel.snapshot.index,
            "taken_at": to_text(parcel.taken),
        }
    )
    if problems:
        raise TargetsError("; ".join(problems.values()), problems)
    run.turn.done()
    run.log.step("done", object=parcel.name, milliseconds=_since_taken(run, parcel))


def targets_of(parts: Sequence[TargetPart]) -> list[Target]:
    return [_target(part) for part in parts]


def _target(part: TargetPart) -> Target:
    # What a job does not use is not loaded: each takes a second, and its share of memory.
    match part:
        case S3Part():
            from vaultstack_jobs.s3_target import S3Target  # noqa: PLC0415

            return S3Target(part)
        case GcsPart():
            from vaultstack_jobs.gcs_target import GcsTarget  # noqa: PLC0415

            return GcsTarget(part)


def _since(run: Run, began: float) -> int:
    return round((run.clock.monotonic() - began) * 1000)


def _since_taken(run: Run, parcel: Parcel) -> int:
    return round((run.clock.now() - parcel.taken).total_seconds() * 1000)
