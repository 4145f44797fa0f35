"""`vaultstack_jobs.snapshot_source`: a snapshot comes from the leader into a file, and whatever
comes in between is said.
"""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.archives import snapshot
from tests.jobs.fakes import FakeClock
from tests.jobs.stores import CLUSTER, TOKEN, VaultStore, vault
from vaultstack_jobs.outcomes import FailedError
from vaultstack_jobs.snapshot_source import Source, logged_in
from vaultstack_jobs.strict import VaultPart

SNAPSHOT = "sys/storage/raft/snapshot"
LOGIN = "auth/kubernetes/login"


@pytest.fixture
def store() -> Iterator[VaultStore]:
    with vault(VaultStore()) as found:
        yield found


def part(store: VaultStore, folder: Path) -> VaultPart:
    token = folder / "token"
    token.write_text("pod-token\n")
    return VaultPart(address=store.url, ca_file=None, role="snapshots", token_file=str(token))


def download(store: VaultStore, folder: Path, clock: FakeClock | None = None) -> bytes:
    file = folder / "snapshot.gz"
    with logged_in(part(store, folder), clock or FakeClock()) as source:
        size = source.download(file, lambda: None)
    assert file.stat().st_size == size
    return file.read_bytes()


def test_it_comes_as_vault_sends_it_and_the_token_is_ended(
    store: VaultStore, tmp_path: Path
) -> None:
    assert download(store, tmp_path) == snapshot()
    assert store.requests == [
        ("POST", LOGIN, ""),
        ("GET", SNAPSHOT, TOKEN),
        ("POST", "auth/token/revoke-self", TOKEN),
    ]


def test_it_says_which_vault_it_is(store: VaultStore, tmp_path: Path) -> None:
    with logged_in(part(store, tmp_path), FakeClock()) as source:
        origin = source.origin()
    assert (origin.cluster_id, origin.version) == (CLUSTER, "1.21.0")


def test_a_standby_sends_it_to_the_leader(store: VaultStore, tmp_path: Path) -> None:
    with vault(VaultStore(leader=store.url)) as standby:
        assert download(standby, tmp_path) == snapshot()
    assert ("GET", SNAPSHOT, TOKEN) in store.requests


def test_the_token_goes_nowhere_else(store: VaultStore, tmp_path: Path) -> None:
    store.leader = "http://vault.example.com"
    with pytest.raises(FailedError, match="must not leave this machine without TLS"):
        download(store, tmp_path)


def test_leaders_that_send_each_other_around_end(store: VaultStore, tmp_path: Path) -> None:
    store.leader = store.url
    with pytest.raises(FailedError, match="TooManyRedirects"):
        download(store, tmp_path)


@pytest.mark.parametrize("path", [LOGIN, SNAPSHOT])
def test_an_election_is_waited_out(store: VaultStore, tmp_path: Path, path: str) -> None:
    store.failures[path] = [(503, "Vault is sealed"), (500, "no leader")]
    clock = FakeClock()
    assert download(store, tmp_path, clock) == snapshot()
    assert clock.passed == 3


def test_one_that_stays_away_is_named(store: VaultStore, tmp_path: Path) -> None:
    store.failures[SNAPSHOT] = [(503, "Vault is sealed")] * 9
    with pytest.raises(FailedError, match=f"{store.url}: 503 Vault is sealed"):
        download(store, tmp_path)


def test_nobody_there(tmp_path: Path) -> None:
    nobody = VaultStore(url="http://127.0.0.1:1")
    with pytest.raises(FailedError, match=r"log in: .* it cannot be reached \(ConnectionError\)"):
        download(nobody, tmp_path)


@pytest.mark.parametrize(("path", "what"), [(LOGIN, "log in"), (SNAPSHOT, "read a snapshot")])
def test_a_refusal_is_said_at_once(store: VaultStore, tmp_path: Path, path: str, what: str) -> None:
    store.failures[path] = [(403, "permission denied")] * 2
    with pytest.raises(FailedError, match=f"^{what}: Vault said 403 permission denied$"):
        download(store, tmp_path)
    assert len(store.failures[path]) == 1


def test_a_leader_that_dies_meanwhile_is_noticed(store: VaultStore, tmp_path: Path) -> None:
    store.breaks_off = True
    with pytest.raises(FailedError, match="Vault broke off after"):
        download(store, tmp_path)


def test_what_is_no_snapshot_is_not_kept(store: VaultStore, tmp_path: Path) -> None:
    store.media_type = "application/json"
    with pytest.raises(FailedError, match="answered with something else"):
        download(store, tmp_path)
    assert not (tmp_path / "snapshot.gz").exists()


def test_what_answers_must_be_vault(store: VaultStore, tmp_path: Path) -> None:
    store.cluster_id = ""
    with (
        logged_in(part(store, tmp_path), FakeClock()) as source,
        pytest.raises(FailedError, match="does not say which cluster it is"),
    ):
        source.origin()


def test_without_a_token_of_the_pod_nobody_is_asked(store: VaultStore, tmp_path: Path) -> None:
    missing = VaultPart(
        address=store.url, ca_file=None, role="x", token_file=str(tmp_path / "none")
    )
    with (
        pytest.raises(FailedError, match="must hold the pod's token"),
        logged_in(missing, FakeClock()),
    ):
        pass
    assert store.requests == []


def full_disk(source: Source, file: Path) -> None:
    """A limit on the size of files stands for a full disk: the kernel refuses to write more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))
    try:
        source.download(file, lambda: None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_folder_that_cannot_be_written_is_named(store: VaultStore, tmp_path: Path) -> None:
    with logged_in(part(store, tmp_path), FakeClock()) as source:
        with pytest.raises(FailedError, match=r"cannot be written .*File too large"):
            full_disk(source, tmp_path / "snapshot.gz")
        with pytest.raises(FailedError, match=r"cannot be written .*No such file"):
            source.download(tmp_path / "none" / "snapshot.gz", lambda: None)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_folder_is_named_with_the_setting_that_makes_it_larger(
    store: VaultStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def full(path: Path, mode: str = "r", *rest: object, **more: object) -> object:
        path, mode = (Path("/dev/full"), "wb") if mode == "xb" else (path, mode)
        return opened(path, mode, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    with (
        logged_in(part(store, tmp_path), FakeClock()) as source,
        pytest.raises(FailedError, match=r"is full after .* make it larger"),
    ):
        source.download(tmp_path / "snapshot.gz", lambda: None)
