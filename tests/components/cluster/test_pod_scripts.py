"""The scripts of a server's pod, run by a real shell: with a `vault` that notes what it is told,
and a `wget` that answers for servers in any state.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.cluster.pod_scripts import Rotation, ready, start
from components.settings import Bytes
from rehearsal.supervisor import Process, Supervisor
from tests.components.cluster.deployments import ALONE, DEPLOYMENT, LAYOUT

SHELL: Final = "/bin/sh"
ROTATION: Final = Rotation(file=1000, kept=3500)
LOOK_SECONDS: Final = 0.1
# Many looks at the certificate: enough to see what happens at each of them.
_LOOKS: Final = 10 * LOOK_SECONDS
_PATIENCE: Final = 60.0
# Traps wait for the command in the foreground, hence the short sleeps.
FAKE_VAULT: Final = """\
#!/bin/sh
trap 'echo HUP >> "$NOTES"' HUP
trap 'echo TERM >> "$NOTES"; exit 7' TERM
echo "$$ $*" >> "$NOTES"
while :; do sleep 0.02; done
"""
# The servers' states are files named after their hosts. What it exits with is Vault's own answer:
# `sys/health` says 200 unless a parameter names another code for the state.
FAKE_WGET: Final = """\
#!/bin/sh
for last; do :; done
host=${last#https://}; path=/${host#*/}; host=${host%%/*}
read -r state < "$STATES/${host%:*}" || exit 4
case "$path" in
/v1/sys/init)
  case "$state" in
  uninitialised) echo '{"initialized":false}' ;;
  unreachable) exit 4 ;;
  *) echo '{"initialized":true}' ;;
  esac ;;
/v1/sys/health\\?standbyok=true*)
  case "$state$path" in
  active* | standby* | uninitialised*uninitcode=200* | sealed*sealedcode=200*) exit 0 ;;
  *) exit 8 ;;
  esac ;;
*) exit 9 ;;
esac
"""
SELF: Final = "127.0.0.1"


def eventually(condition: Callable[[], bool], awaited: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {awaited}"
        time.sleep(0.01)


class Pod:
    """The script running in a folder of its own, with the certificate as a kubelet keeps it: a
    symbolic link is replaced, so that all files change in one moment.
    """

    def __init__(self, supervisor: Supervisor, folder: Path) -> None:
        self._tls, self._bin, self._notes = folder / "tls", folder / "bin", folder / "notes"
        self.audit = folder / "audit"
        self.audit.mkdir()
        self._tls.mkdir(parents=True)
        self._bin.mkdir()
        self._notes.touch()
        vault = self._bin / "vault"
        vault.write_text(FAKE_VAULT)
        vault.chmod(0o755)
        self._versions = 0
        self.renew("first")
        (self._tls / "tls.crt").symlink_to("..data/tls.crt")
        script = folder / "start.sh"
        script.write_text(
            start(ROTATION).replace(names.TLS, str(self._tls)).replace(names.AUDIT, str(self.audit))
        )
        assert str(self._tls) in script.read_text()
        self.process: Process = supervisor.start(
            "pod",
            [SHELL, script],
            env={
                "PATH": f"{self._bin}:{os.defpath}",
                "NOTES": str(self._notes),
                "CERTIFICATE_LOOK_SECONDS": str(LOOK_SECONDS),
            },
        )
        eventually(lambda: bool(self.notes), "the start of Vault")

    def renew(self, content: str) -> None:
        self._versions += 1
        version = self._tls / f"..{self._versions}"
        version.mkdir()
        (version / "tls.crt").write_text(content)
        link = self._tls / "..data_tmp"
        link.symlink_to(version.name)
        link.replace(self._tls / "..data")

    @property
    def notes(self) -> list[str]:
        return self._notes.read_text().splitlines()

    @property
    def reloads(self) -> int:
        return self.notes.count("HUP")

    @property
    def processes(self) -> int:
        """How many live of the script's own session, by which it was started."""
        listed = subprocess.run(
            ["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True
        ).stdout
        rows = (line.split() for line in listed.splitlines())
        return sum(int(group) == self.process.pid and "Z" not in state for group, state in rows)


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    with Supervisor() as supervisor:
        yield Pod(supervisor, tmp_path)


def test_vault_takes_the_shells_place(pod: Pod) -> None:
    """So that it is the container's first process, which gets the signals."""
    assert pod.notes == [f"{pod.process.pid} server -config=/vault/config/server.hcl"]


def test_a_renewed_certificate_is_read_once(pod: Pod) -> None:
    pod.renew("second")
    eventually(lambda: pod.reloads > 0, "the reload")
    time.sleep(_LOOKS)
    assert pod.reloads == 1


def test_each_renewal_is_read(pod: Pod) -> None:
    for count, content in enumerate(("second", "third", "first"), start=1):
        pod.renew(content)
        eventually(lambda count=count: pod.reloads == count, f"reload {count}")  # type: ignore[misc]


def test_what_only_looks_renewed_is_not_read(pod: Pod) -> None:
    """The kubelet makes the files anew when anything about the volume changes."""
    pod.renew("first")
    time.sleep(_LOOKS)
    assert pod.reloads == 0
    assert pod.process.exit_code is None


def test_a_certificate_that_is_away_for_a_moment_ends_neither_vault_nor_the_looking(
    pod: Pod,
) -> None:
    (pod._tls / "..data").unlink()
    eventually(lambda: pod.reloads > 0, "the reload")
    pod.renew("second")
    eventually(lambda: pod.reloads > 1, "the reload of the new one")
    assert pod.process.exit_code is None


def test_the_signal_to_end_reaches_vault_and_its_exit_code_is_the_containers(pod: Pod) -> None:
    os.kill(pod.process.pid, signal.SIGTERM)
    eventually(lambda: pod.process.exit_code is not None, "the end")
    assert pod.process.exit_code == 7
    assert pod.notes[-1] == "TERM"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_vault(pod: Pod, how: signal.Signals) -> None:
    assert pod.processes > 1
    os.kill(pod.process.pid, how)
    # Who started it has to take note of the end, or the process is still there to look at.
    eventually(lambda: pod.process.exit_code is not None, "the end of Vault")
    eventually(lambda: pod.processes == 0, "the end of what looks at the certificate")


class AuditFile:
    """Vault's part in the audit file: writes to the one it has open, and opens it when told."""

    def __init__(self, pod: Pod) -> None:
        self._pod, self._file = pod, pod.audit / "audit.log"
        self._seen = pod.reloads
        self._open()

    def _open(self) -> None:
        self._descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, size: int) -> None:
        if self._pod.reloads > self._seen:
            self._seen = self._pod.reloads
            os.close(self._descriptor)
            self._open()
        os.write(self._descriptor, b"x" * size)

    def fill(self, size: int) -> None:
        """Write, and wait for what the shell does about it."""
        before = self._pod.reloads
        self.write(size)
        eventually(lambda: self._pod.reloads > before, "the rotation")

    @property
    def old(self) -> list[Path]:
        return sorted(self._pod.audit.glob("audit.log.*"))

    @property
    def sizes(self) -> list[int]:
        return [path.stat().st_size for path in self.old]


def test_a_small_audit_file_stays(pod: Pod) -> None:
    file = AuditFile(pod)
    file.write(ROTATION.file - 1)
    time.sleep(_LOOKS)
    assert (file.old, pod.reloads) == ([], 0)
    file.fill(1)
    assert file.sizes == [ROTATION.file]


def test_without_an_audit_file_nothing_happens(pod: Pod) -> None:
    time.sleep(_LOOKS)
    assert pod.reloads == 0
    assert list(pod.audit.iterdir()) == []


def test_what_is_written_before_vault_opens_the_new_file_is_in_the_old_one(pod: Pod) -> None:
    file = AuditFile(pod)
    file.fill(ROTATION.file)
    os.write(file._descriptor, b"late")
    assert file.sizes == [ROTATION.file + 4]
    file.write(5)
    assert (pod.audit / "audit.log").stat().st_size == 5
    assert pod.reloads == 1


def test_old_audit_files_never_take_more_than_their_share(pod: Pod) -> None:
    """Their names say when: a second must lie between two."""
    file, kept = AuditFile(pod), []
    for _ in range(6):
        file.fill(ROTATION.file + 200)
        eventually(lambda: sum(file.sizes) <= ROTATION.kept, "the oldest to go")
        kept.append(file.old)
    assert [len(names) for names in kept] == [1, 2, 2, 2, 2, 2]
    assert all(len(set(a) & set(b)) == 1 for a, b in itertools.pairwise(kept[1:]))


def test_the_newest_stays_however_large_it_is(pod: Pod) -> None:
    file = AuditFile(pod)
    file.fill(ROTATION.file)
    file.fill(2 * ROTATION.kept)
    eventually(lambda: len(file.old) == 1, "the oldest to go")
    assert file.sizes == [2 * ROTATION.kept]


@pytest.mark.parametrize("size", ["1Gi", "5Gi", "20Gi"])
def test_a_fifth_of_the_audit_volume_is_left_for_what_comes_between_two_looks(size: str) -> None:
    volume = Bytes.parse(size)
    rotation = Rotation.within(volume)
    assert volume.count * 0.79 < rotation.file + rotation.kept <= volume.count * 0.8
    assert rotation.kept >= 8 * rotation.file


def is_ready(folder: Path, pod: str, states: Mapping[str, str], *, servers: int = 3) -> bool:
    """What the probe of a pod finds. `states`: of itself, and of its peers where they are not
    uninitialised.
    """
    places = folder / "states"
    places.mkdir(exist_ok=True)
    layout = Layout.of(DEPLOYMENT, servers)
    for host in (SELF, *map(layout.peer_host, layout.pods)):
        (places / host).write_text(states.get(host, "uninitialised") + "\n")
    wget, script = folder / "wget", folder / "ready.sh"
    wget.write_text(FAKE_WGET)
    wget.chmod(0o755)
    script.write_text(ready(layout, raft=servers > 1))
    environment = {"PATH": f"{folder}:{os.defpath}", "STATES": str(places), "POD_NAME": pod}
    return subprocess.run([SHELL, script], env=environment, check=False).returncode == 0


@pytest.mark.parametrize("pod", ["vault-0", "vault-1"])
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("active", True),
        ("standby", True),
        ("sealed", False),
        ("leaderless", False),
        ("unreachable", False),
    ],
)
def test_a_server_of_a_cluster_gets_traffic_where_it_can_serve(
    tmp_path: Path, pod: str, state: str, expected: bool
) -> None:
    assert is_ready(tmp_path, pod, {SELF: state}) == expected


@pytest.mark.parametrize(
    ("pod", "expected"), [("vault-0", True), ("vault-1", False), ("vault-10", False)]
)
def test_only_the_first_gets_traffic_before_any_is_initialised(
    tmp_path: Path, pod: str, expected: bool
) -> None:
    assert is_ready(tmp_path, pod, {}) == expected


@pytest.mark.parametrize("state", ["active", "standby", "sealed", "leaderless", "unreachable"])
@pytest.mark.parametrize("servers", [3, 5])
def test_a_first_server_that_lost_its_disk_gets_none(
    tmp_path: Path, state: str, servers: int
) -> None:
    """Whoever initialised it would make a second Vault under the first one's name."""
    last = f"vault-{servers - 1}.vault-internal"
    assert not is_ready(tmp_path, "vault-0", {last: state}, servers=servers)


@pytest.mark.parametrize(
    ("state", "expected"),
    [("active", True), ("sealed", True), ("uninitialised", True), ("unreachable", False)],
)
def test_a_server_alone_must_be_reached_to_be_initialised_and_unsealed(
    tmp_path: Path, state: str, expected: bool
) -> None:
    assert is_ready(tmp_path, "vault-0", {SELF: state}, servers=1) == expected


def test_the_scripts_are_sound_by_the_shells_own_check(tmp_path: Path) -> None:
    for script in (start(ROTATION), ready(LAYOUT, raft=True), ready(ALONE, raft=False)):
        path = tmp_path / "script.sh"
        path.write_text(script)
        subprocess.run([SHELL, "-n", path], check=True)
