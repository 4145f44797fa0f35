"""`vaultstack_jobs.snapshot`: a snapshot is stored everywhere, or the run says where it is not;
what is damaged, older or another cluster's is stored nowhere.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.jobs.archives import snapshot
from tests.jobs.fakes import LEASE, Fakes
from tests.jobs.stores import CLUSTER, VaultStore, vault
from vaultstack_jobs.log import Log
from vaultstack_jobs.outcomes import Exit, FailedError, JobError, RefusedError, TargetsError
from vaultstack_jobs.snapshot import Run, take, targets_of
from vaultstack_jobs.snapshot_configuration import S3Part, Snapshots
from vaultstack_jobs.snapshot_targets import Parcel, Receipt, Target, TargetError
from vaultstack_jobs.strict import LeasePart, VaultPart


@dataclass
class Shelf:
    """A target that keeps what it is given, or fails."""

    name: str = "one"
    why: str = ""
    kept: dict[str, bytes] = field(default_factory=dict)
    meanwhile: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        return f"shelf://{self.name}/"

    def put(self, parcel: Parcel, beat: Callable[[], object]) -> Receipt:
        beat()
        self.meanwhile()
        if self.why:
            raise TargetError(self.why)
        self.kept[parcel.name] = parcel.path.read_bytes()
        return Receipt(self.url + parcel.name, "v1", "AES256")


@pytest.fixture
def store() -> Iterator[VaultStore]:
    with vault(VaultStore()) as found:
        yield found


@dataclass
class World:
    fakes: Fakes
    store: VaultStore
    folder: Path

    def run(self, *targets: Target, identity: str = "pod-a") -> Run:
        token = self.folder / "token"
        token.write_text("pod-token")
        told = Snapshots(
            name="one",
            interval_seconds=86400,
            vault=VaultPart(
                address=self.store.url, ca_file=None, role="snapshots", token_file=str(token)
            ),
            lease=LeasePart(namespace="jobs", name="one"),
            folder=str(self.folder),
            targets=[],
        )
        log = Log("one", self.fakes.clock, self.fakes.stream, "snapshot")
        return Run(told, self.fakes.turn(identity), log, self.fakes.clock, targets)

    def ends(self, *targets: Target) -> JobError:
        with pytest.raises(JobError) as caught:
            take(self.run(*targets))
        return caught.value

    @property
    def memory(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.fakes.api.annotations()["memory"])
        return found


@pytest.fixture
def world(fakes: Fakes, store: VaultStore, tmp_path: Path) -> World:
    return World(fakes, store, tmp_path)


def test_it_is_stored_as_vault_sent_it_and_noted(world: World) -> None:
    first, second = Shelf("one"), Shelf("two")
    take(world.run(first, second))
    assert list(first.kept.values()) == list(second.kept.values()) == [world.store.content]
    assert world.fakes.steps == ["begins", "read", "verified", "stored", "stored", "done"]
    assert all(line["snapshot"] == "one" for line in world.fakes.lines)
    assert world.memory == {
        "cluster_id": CLUSTER,
        "index": 4711,
        "taken_at": "2026-01-31T12:00:00Z",
    }
    assert "done-at" in world.fakes.api.annotations()
    assert world.fakes.api.objects[LEASE]["spec"]["holderIdentity"] == ""


def test_nothing_of_it_stays_in_the_pod(world: World) -> None:
    take(world.run(Shelf()))
    world.ends(Shelf(why="no"))
    assert [one.name for one in world.folder.iterdir()] == ["token"]


def test_the_token_is_ended_before_anything_is_sent(world: World) -> None:
    """Sending takes longest."""
    shelf = Shelf(meanwhile=lambda: ended.append(world.store.requests[-1][1]))
    ended: list[str] = []
    take(world.run(shelf))
    assert ended == ["auth/token/revoke-self"]


@pytest.mark.parametrize(
    ("failing", "code"), [([0], 17), ([1], 18), ([2], 20), ([0, 1], 19), ([1, 2], 22)]
)
def test_a_target_that_fails_keeps_no_other_from_its_own(
    world: World, failing: list[int], code: int
) -> None:
    shelves = [Shelf(str(one), "full" if one in failing else "") for one in range(3)]
    error = world.ends(*shelves)
    assert isinstance(error, TargetsError)
    assert error.code == code
    assert [bool(one.kept) for one in shelves] == [one not in failing for one in range(3)]
    assert world.fakes.steps.count("not stored") == len(failing)
    assert "done" not in world.fakes.steps
    assert "done-at" not in world.fakes.api.annotations()


def test_one_that_is_stored_nowhere_is_as_none(world: World) -> None:
    error = world.ends(Shelf(why="full"), Shelf(why="gone"))
    assert (error.code, str(error)) == (1, "full; gone")
    assert "memory" not in world.fakes.api.annotations()


@pytest.mark.parametrize("cut", [1, 100])
def test_a_damaged_one_is_stored_nowhere(world: World, cut: int) -> None:
    world.store.content = world.store.content[:-cut]
    shelf = Shelf()
    error = world.ends(shelf)
    assert isinstance(error, FailedError)
    assert "is no whole snapshot: it is damaged, or ends too early" in str(error)
    assert not shelf.kept


def test_an_older_one_is_stored_nowhere_and_says_what_to_do(world: World) -> None:
    take(world.run(Shelf()))
    world.store.content = snapshot(Index=4710)
    shelf = Shelf()
    error = world.ends(shelf)
    assert isinstance(error, RefusedError)
    assert error.code == Exit.REFUSED
    assert "index is 4710, and the last one's was 4711" in str(error)
    assert str(error).endswith("kubectl -n jobs annotate lease one rotation.vaultstack/memory-")
    assert not shelf.kept


def test_the_same_index_is_no_older_one(world: World) -> None:
    """Of a Vault in which nothing changed."""
    take(world.run(Shelf()))
    take(world.run(Shelf()))


def test_another_clusters_is_stored_nowhere_until_somebody_says_so(world: World) -> None:
    take(world.run(Shelf()))
    world.store.cluster_id = "another"
    shelf = Shelf()
    error = world.ends(shelf)
    assert isinstance(error, RefusedError)
    assert f"this is the cluster another, and Lease jobs/one knows {CLUSTER}" in str(error)
    assert not shelf.kept
    del world.fakes.api.objects[LEASE]["metadata"]["annotations"]["rotation.vaultstack/memory"]
    take(world.run(shelf))
    assert shelf.kept


def test_of_two_at_once_one_takes_it_and_the_other_does_not_pass_for_a_success(
    world: World,
) -> None:
    others: list[JobError] = []

    def meanwhile() -> None:
        clock = world.fakes.clock
        clock.on_sleep = running.turn.hold
        with pytest.raises(FailedError) as caught:
            take(world.run(Shelf("other"), identity="pod-b"))
        clock.on_sleep = lambda: None
        others.append(caught.value)

    shelf = Shelf(meanwhile=meanwhile)
    running = world.run(shelf)
    # So that it is heard of each time the other looks.
    running.turn.patience = dataclasses.replace(running.turn.patience, seconds=2)
    take(running)
    (other,) = others
    assert other.code == 1
    assert "is at it" in str(other)
    assert "this run took no snapshot" in str(other)
    assert len(shelf.kept) == 1


def test_a_folder_that_is_not_there_is_named(world: World) -> None:
    run = world.run(Shelf())
    gone = msgspec.structs.replace(run.told, folder=str(world.folder / "none"))
    with pytest.raises(FailedError, match="none: cannot be used"):
        take(dataclasses.replace(run, told=gone))


def test_without_its_lease_nothing_is_asked(world: World) -> None:
    del world.fakes.api.objects[LEASE]
    assert "not found" in str(world.ends(Shelf()))
    assert world.store.requests == []


def test_targets_are_as_the_file_says() -> None:
    part = S3Part(bucket="b-1", region="eu-west-1", prefix="snapshots/", endpoint=None)
    (target,) = targets_of([part])
    assert target.url == "s3://b-1/snapshots/"
