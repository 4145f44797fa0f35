"""The main job as a user runs it: `python -m rehearsal`, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.grants import Cloud, Database, Kv, KvAccess, Pki
from policies.matrix import MATRIX
from policies.paths import SecretPath
from policies.subject import Subject, subjects_in
from rehearsal.program import ROOT
from rehearsal.vault_api import VaultApi

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("tools")]

PATIENCE: Final = 120  # seconds: a machine that builds something else as well is slow
SOON: Final = 20
SECRET: Final = re.compile(
    r"hv[sbr]\.|PRIVATE KEY"
    # Tokens, passwords and secret IDs are long, and of letters of both cases and digits.
    r"|(?=[\w+=-]*[a-z])(?=[\w+=-]*[A-Z])(?=[\w+=-]*\d)[\w+=-]{20,}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-"
)
Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where one rehearsal leaves its files: by this folder all that it starts is recognised."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.folder), "COLUMNS": "120"}

    def files(self) -> list[Path]:
        return list(self.folder.iterdir())

    def processes(self) -> list[str]:
        """Whatever has the folder in its environment: the servers and what looks after them."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if str(self.folder).encode() in path.read_bytes():
                    found.append(path.with_name("cmdline").read_text().replace("\0", " ")[:100])
            except OSError:  # ended meanwhile
                continue
        return found

    def wait_until_clean(self) -> None:
        deadline = time.monotonic() + SOON
        while (self.files() or self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.processes() == []
        assert self.files() == []


@contextmanager
def place() -> Iterator[Place]:
    """Not pytest's folder: another user, as which PostgreSQL may run, could not reach it."""
    with tempfile.TemporaryDirectory(prefix="rehearsal-test-") as folder:
        Path(folder).chmod(0o755)
        yield Place(Path(folder).resolve())


@dataclass(frozen=True)
class Ended:
    status: int
    stdout: str
    stderr: str


def rehearse(where: Place, *arguments: str) -> Ended:
    ended = subprocess.run(
        [sys.executable, "-m", "rehearsal", *arguments],
        cwd=ROOT,
        env=where.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@dataclass(frozen=True)
class Rehearsal:
    ended: Ended
    cells: Sequence[Cell] = field(repr=False)
    written: str = field(repr=False)
    left: tuple[Sequence[Path], Sequence[str]]
    """Files and processes, at the moment when it ended."""

    def seen(self, operation: str) -> dict[tuple[str, str], str]:
        """Workload and what with -> what was seen."""
        return {
            (cell["subject"], cell["resource"]): cell["seen"]
            for cell in self.cells
            if cell["operation"] == operation
        }


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    file = tmp_path_factory.mktemp("json") / "cells.json"
    with place() as where:
        ended = rehearse(where, "--json", str(file))
        left = (where.files(), where.processes())
    assert ended.status == 0, ended.stderr
    written = file.read_text()
    return Rehearsal(ended, json.loads(written), written, left)


def test_every_cell_is_as_the_matrix_says(rehearsal: Rehearsal) -> None:
    assert [cell for cell in rehearsal.cells if not cell["ok"]] == []
    assert {cell["subject"] for cell in rehearsal.cells} == {
        "vaultstack",
        "vaultstack/provisioner",
        *(subject.label for subject in SUBJECTS),
    }


SUBJECTS: Final = subjects_in(MATRIX, Environment.DEV)
PLAN: Final = compile_plan(MATRIX, Environment.DEV)


def outcome(allowed: bool) -> str:
    return "allowed" if allowed else "denied"


def test_every_entry_is_tried_by_everybody(rehearsal: Rehearsal) -> None:
    def reads(subject: Subject, entry: str) -> bool:
        return any(
            isinstance(grant, Kv)
            and grant.access is not KvAccess.ROTATE
            and grant.path.covers(SecretPath(entry))
            for grant in subject.grants
        )

    assert rehearsal.seen("kv read") == {
        (subject.label, entry.name): outcome(reads(subject, entry.name))
        for subject in SUBJECTS
        for entry in PLAN.kv_entries
    }


def test_every_role_of_an_engine_is_tried_by_everybody(rehearsal: Rehearsal) -> None:
    for operation, roles, grants in (
        ("database credentials", PLAN.database_roles, Database),
        ("cloud credentials", PLAN.aws_roles, Cloud),
    ):
        seen = rehearsal.seen(operation)
        assert seen.keys() == {(s.label, role.name) for s in SUBJECTS for role in roles}
        granted = [g for s in SUBJECTS for g in s.grants if isinstance(g, grants)]
        assert list(seen.values()).count("allowed") == len(granted)
    certificates = rehearsal.seen("certificate")
    assert len(certificates) == len(SUBJECTS) * len(PLAN.pki_roles)
    assert {who for (who, _), seen in certificates.items() if seen == "allowed"} == {
        s.label for s in SUBJECTS if any(isinstance(g, Pki) for g in s.grants)
    }


def test_there_are_cells_of_every_kind(rehearsal: Rehearsal) -> None:
    """The sentences of the decision records, one by one."""
    api, batch, ci = "kubesentiment/api", "kubesentiment/batch", "kubesentiment/ci"
    read, write = "kubesentiment-readonly", "kubesentiment-readwrite"
    seen = rehearsal.seen
    assert seen("SQL SELECT")[batch, read] == "allowed"
    assert seen("SQL INSERT")[batch, read] == "denied"
    assert seen("SQL INSERT")[api, write] == "allowed"
    assert set(seen("SQL after revocation").values()) == {"denied"}
    assert set(seen("user is gone from PostgreSQL").values()) == {"allowed"}
    certificate = "kubesentiment-api: api.kubesentiment.dev.example.internal"
    assert seen("certificate")[api, certificate] == "allowed"
    assert set(seen("certificate for another name").values()) == {"denied"}
    assert seen("AWS knows the key, with the plan's rights")[api, "s3-access"] == "allowed"
    assert seen("AWS knows the key after revocation")[api, "s3-access"] == "denied"
    assert seen("root token left") == {("vaultstack", "after the bootstrap"): "denied"}
    assert seen("kv read")[ci, "deploy/kubesentiment/keys"] == "allowed"
    assert seen("kv read")[ci, "kubesentiment/config"] == "denied"
    rotation = "media-catalog/rotation"
    assert seen("kv change a key")[rotation, "media-catalog/api"] == "allowed"
    assert seen("kv read")[rotation, "media-catalog/api"] == "allowed"  # it keeps the old value
    assert seen("kv read")[rotation, "media-catalog/database"] == "denied"
    assert seen("kv change a key")[rotation, "media-catalog/database"] == "denied"
    for who in (api, batch, "media-catalog/api"):
        for other in ("staging", "prod"):
            assert seen("log in")[who, f"namespace of {other}"] == "denied"
            assert seen("log in")[who, f"token made for {other}"] == "denied"


def test_the_last_line_counts_what_was_proven(rehearsal: Rehearsal) -> None:
    allowed = sum(cell["seen"] == "allowed" for cell in rehearsal.cells)
    denied = sum(cell["seen"] == "denied" for cell in rehearsal.cells)
    last = rehearsal.ended.stderr.rstrip().splitlines()[-1]
    assert last.endswith(
        f"proven: {allowed} allowed and {denied} denied as the matrix says, 0 otherwise"
    )
    assert allowed >= 90
    assert denied >= 700


def test_the_decision_records_figures_stand_beside_what_was_measured(
    rehearsal: Rehearsal,
) -> None:
    figures = {cell["figure"] for cell in rehearsal.cells if cell["seen"] == "allowed"}
    assert figures - {None} == {
        "static secret",
        "database credentials",
        "token renewal",
        "certificate",
    }
    for cell in rehearsal.cells:
        assert cell["milliseconds"] is None or 0 < cell["milliseconds"] < 60_000


def test_it_shows_no_secret(rehearsal: Rehearsal) -> None:
    for text in (rehearsal.ended.stdout, rehearsal.ended.stderr, rehearsal.written):
        assert SECRET.findall(text) == []


def test_it_prints_neither_a_traceback_nor_a_warning_of_python(rehearsal: Rehearsal) -> None:
    assert "Traceback" not in rehearsal.ended.stderr
    assert "Warning" not in rehearsal.ended.stderr
    assert rehearsal.ended.stdout == ""


def test_nothing_is_left_when_it_has_ended(rehearsal: Rehearsal) -> None:
    assert rehearsal.left == ([], [])


def test_what_looks_like_a_secret_is_found() -> None:
    """Or the test above would prove nothing."""
    for secret in (
        "hvs.CAESIJ",
        "v-kubesentiment-zB6W0aVJ3yRrTSnAHdWh",
        "YU4kAkdFAkxIGF-o4ZqKz9uo",
        "be3b1a5e-91ab-4d2c-8a0e-0a1b2c3d4e5f",
    ):
        assert SECRET.search(f"x {secret} y"), secret
    assert not SECRET.search("AWS knows the key, with the plan's rights kubesentiment-readwrite")


def test_a_cluster_is_proven_kept_looked_at_and_ended(tmp_path: Path) -> None:
    """Staging, which is a Raft cluster sealed by KMS: what is left running of it is more."""
    with place() as where:
        kept = rehearse(where, "--keep", "--env", "staging", "--json", str(tmp_path / "cells"))
        folder = re.search(r"python -m rehearsal stop (\S+)", kept.stderr)
        assert folder is not None, kept.stderr
        try:
            assert kept.status == 0
            assert SECRET.findall(kept.stderr) == []
            assert any("kube-apiserver" in process for process in where.processes())
            assert sum("vault server" in process for process in where.processes()) == 3
            look_around(kept.stderr)
            cells = json.loads((tmp_path / "cells").read_text())
            assert [cell for cell in cells if not cell["ok"]] == []
        finally:
            stopped = rehearse(where, "stop", folder[1])
        assert (stopped.status, stopped.stdout, stopped.stderr) == (0, "", "")
        assert where.processes() == []
        assert where.files() == []
        again = rehearse(where, "stop", folder[1])
        assert again.status == 1
        assert "was already ended" in " ".join(again.stderr.split())


def look_around(printed: str) -> None:
    """Do what it says."""
    address = re.search(r"VAULT_ADDR=(\S+) VAULT_CACERT=(\S+)", printed)
    token_file = re.search(r'VAULT_TOKEN="\$\(cat (\S+)\)"', printed)
    kubeconfig = re.search(r"KUBECONFIG=(\S+)", printed)
    assert address is not None
    assert token_file is not None
    assert kubeconfig is not None
    token, tokens = Path(token_file[1]), list(Path(token_file[1]).parent.iterdir())
    assert len(tokens) == len(subjects_in(MATRIX, Environment.STAGING))
    for file in (*tokens, Path(kubeconfig[1])):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text() not in printed
    assert stat.S_IMODE(token.parent.stat().st_mode) == 0o700
    me = VaultApi(address[1], address[2], token.read_text()).call("GET", "auth/token/lookup-self")
    assert me.allowed
    assert "people-auditors-staging" in me.data["policies"]


@contextmanager
def running(where: Place, moment: str) -> Iterator[subprocess.Popen[str]]:
    """A rehearsal that has just printed `moment`."""
    started = subprocess.Popen(
        [sys.executable, "-m", "rehearsal"],
        cwd=ROOT,
        env=where.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with started:
        try:
            assert started.stderr is not None
            wait_for(started.stderr, moment)
            yield started
        finally:
            started.kill()


def wait_for(lines: IO[str], moment: str) -> None:
    said = []
    for line in lines:
        said.append(line)
        if moment in line:
            return
    pytest.fail(f"it never said {moment!r}, but: {''.join(said)}")


def test_nothing_is_left_after_ctrl_c() -> None:
    with place() as where, running(where, "__main__.py ran") as started:
        assert where.processes()
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=PATIENCE)
        assert started.returncode == 130, said
        assert said.rstrip().endswith("interrupted; nothing is left behind")
        assert "Traceback" not in said
        assert where.processes() == []
        assert where.files() == []


def test_nothing_is_left_after_a_crash() -> None:
    with place() as where, running(where, "PostgreSQL answers on") as started:
        assert where.files()
        started.kill()
        started.wait(timeout=SOON)
        where.wait_until_clean()
