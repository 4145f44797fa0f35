"""The scripts of a server's pod, run by a real shell: with a `vault` and a `wget` that only note
what they are asked.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from components.cluster import layout as names
from components.cluster.pod_scripts import READY, START
from rehearsal.supervisor import Process, Supervisor

SHELL: Final = "/bin/sh"
LOOK_SECONDS: Final = 0.1
# Many looks at the certificate: enough to see what happens at each of them.
_LOOKS: Final = 10 * LOOK_SECONDS
_PATIENCE: Final = 20.0
# Traps wait for the command in the foreground, hence the short sleeps.
FAKE_VAULT: Final = """\
#!/bin/sh
trap 'echo HUP >> "$NOTES"' HUP
trap 'echo TERM >> "$NOTES"; exit 7' TERM
echo "$$ $*" >> "$NOTES"
while :; do sleep 0.02; done
"""
FAKE_WGET: Final = """\
#!/bin/sh
for last; do :; done
echo "$last" > "$NOTES"
exit "$ANSWER"
"""


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
        script.write_text(START.replace(names.TLS, str(self._tls)))
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


def asked(folder: Path, pod: str, answer: int = 0) -> tuple[str, int]:
    """The URL that the readiness probe of a pod asks, and its verdict."""
    notes, wget = folder / "notes", folder / "wget"
    wget.write_text(FAKE_WGET)
    wget.chmod(0o755)
    script = folder / "ready.sh"
    script.write_text(READY)
    ended = subprocess.run(
        [SHELL, script],
        env={
            "PATH": f"{folder}:{os.defpath}",
            "NOTES": str(notes),
            "POD_NAME": pod,
            "ANSWER": str(answer),
        },
        check=False,
    )
    return notes.read_text().strip(), ended.returncode


@pytest.mark.parametrize(
    ("pod", "accepted"),
    [
        ("vault-0", True),
        ("vault-1", False),
        ("vault-4", False),
        ("vault-10", False),
        ("vault-20", False),
    ],
)
def test_only_the_first_gets_traffic_before_it_is_initialised(
    tmp_path: Path, pod: str, accepted: bool
) -> None:
    url, _ = asked(tmp_path, pod)
    (code,) = parse_qs(urlsplit(url).query)["uninitcode"]
    assert (200 <= int(code) < 300) == accepted


def test_readiness_asks_the_own_server_and_a_sealed_one_is_not_ready(tmp_path: Path) -> None:
    url, _ = asked(tmp_path, "vault-1")
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "127.0.0.1:8200")
    assert parts.path == "/v1/sys/health"
    query = parse_qs(parts.query)
    assert query.keys() == {"standbyok", "uninitcode"}, "sealedcode must stay Vault's 503"
    assert query["standbyok"] == ["true"]


@pytest.mark.parametrize("answer", [0, 1, 8])
def test_readiness_is_what_the_server_answers(tmp_path: Path, answer: int) -> None:
    assert asked(tmp_path, "vault-0", answer)[1] == answer


def test_the_scripts_are_sound_by_the_shells_own_check(tmp_path: Path) -> None:
    for script in (START, READY):
        path = tmp_path / "script.sh"
        path.write_text(script)
        subprocess.run([SHELL, "-n", path], check=True)
