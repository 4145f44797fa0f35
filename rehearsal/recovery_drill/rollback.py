"""A bad change of the access matrix, in a copy of this repository: deployed, and reverted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from policies.matrix import MATRIX
from policies.paths import KUBERNETES_AUTH, KV, SecretPath
from policies.subject import subjects_in
from rehearsal import program
from rehearsal.binaries import ROOT
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.recovery_drill.blocks import block
from rehearsal.recovery_drill.desk import Answer, Asked, Program
from rehearsal.recovery_drill.episode import Drill, Episode
from rehearsal.recovery_drill.operator import Operator
from rehearsal.recovery_drill.results import Step
from rehearsal.stand_up import StoodUp, as_run_of_ci
from rehearsal.supervisor import wait_until, write_private
from rehearsal.vault_api import VaultApi

WITHIN_SECONDS: Final = 60.0
_BLOCK: Final = "rollback-access"
_APPLICATION: Final = "kubesentiment/batch"
_READS: Final = SecretPath("kubesentiment/config")
_WORKLOAD: Final = '            ServiceAccount("kubesentiment", "kubesentiment-batch"),\n'
_GRANT: Final = '                Kv(SecretPath("kubesentiment/*"), KvAccess.READ),\n'
_COPIED: Final = ("policies", "components", "rehearsal", "client", "jobs", "upkeep", "attest")
_UP_SECONDS: Final = 120
_TARGET: Final = "--target"
_POLICIES: Final = "**vault:index/policy:Policy::*"


def access_rolled_back(episode: Episode) -> None:
    """An application loses its secrets by a commit, and has them again by its revert."""
    stood = episode.ground.stood
    repository = _repository(Path(episode.ground.operator.environment["WORK"]))
    operator = Operator(episode.ground.operator.environment, repository)
    application = _logged_in(stood)
    path = f"{KV}/data/{_READS.text}"
    episode.check("the application reads before", application.call("GET", path).allowed)
    _take_grant_away(repository / "policies" / "matrix.py")
    operator.must("bad change", 'git commit -qam "Tidy up"')
    bad = operator.must("bad change", "git rev-parse HEAD").output.strip()
    episode.strike()
    bad_up = f"pulumi up --yes --skip-preview {_TARGET} '{_POLICIES}'"
    said = operator.must("bad change", bad_up)
    episode.steps.append(Step("the bad change deployed", said.seconds))
    episode.notes["the bad change"] = said.output.strip()
    episode.check("the application is refused", application.call("GET", path).forbidden)
    episode.repair_began = began = time.monotonic()
    said = operator.must(_BLOCK, block(_BLOCK), STACK=stood.plan.environment.value, BAD=bad)
    episode.steps.append(Step(_BLOCK, said.seconds))
    wait_until(lambda: _reads(application, path), awaited="access", patience=timedelta(seconds=30))
    took = time.monotonic() - began
    episode.check("it reads again within a minute", took < WITHIN_SECONDS, f"{took:.1f} s")
    clean = operator.must("check", "git diff --stat HEAD~2 HEAD")
    episode.check("the revert leaves nothing of it", clean.output == "")


def pulumi_cli(stood: StoodUp, folder: Path) -> Program:
    """`pulumi up --target` of the program that lies where it is called, see `up`."""
    state = write_private(folder / "state.json", json.dumps(_state(stood)))
    environment = stood.plan.environment.value
    configuration = program.stack_configuration(environment, stood.scene.configuration)

    def run(asked: Asked) -> Answer:
        words = list(asked.arguments)
        if words[:1] != ["up"] or _TARGET not in words:
            raise RehearsalError(f"the rehearsal's pulumi knows `up {_TARGET}` only")
        orders = {
            "environment": environment,
            "target": words[words.index(_TARGET) + 1],
            "ca_file": str(stood.scene.ca_file),
            "state_file": str(state),
            "configuration": configuration,
            "secret_keys": sorted(stood.scene.secret_keys),
        }
        own = [asked.folder, asked.folder / "client", asked.folder / "jobs"]
        with as_run_of_ci(stood.scene):
            ended = subprocess.run(
                [sys.executable, "-m", "rehearsal.recovery_drill.up"],
                input=json.dumps(orders),
                cwd=asked.folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, own))},
                capture_output=True,
                text=True,
                timeout=_UP_SECONDS,
                check=False,
            )
        return Answer(ended.stdout, ended.stderr, ended.returncode)

    return run


def _state(stood: StoodUp) -> dict[str, dict[str, object]]:
    """What the engine would keep."""
    return {
        f"{entry.type}::{entry.name}": {"id": entry.id, "state": entry.state}
        for entry in stood.ledger.entries
    }


def _repository(work: Path) -> Path:
    """This repository as it lies here, with one commit and somewhere to push to."""
    folder = work / "repository"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(work / "origin.git", ignore_errors=True)
    folder.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for name in _COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for file in (*ROOT.glob("Pulumi*.yaml"), ROOT / "__main__.py", ROOT / "pyproject.toml"):
        shutil.copy(file, folder)
    (folder / ".gitignore").write_text("__pycache__/\n")
    commands = (
        ("init", "-q", "-b", "main"),
        ("add", "-A"),
        ("-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "Before"),
        ("init", "-q", "--bare", str(work / "origin.git")),
        ("remote", "add", "origin", str(work / "origin.git")),
    )
    for command in commands:
        subprocess.run(["/usr/bin/env", "git", *command], cwd=folder, check=True)
    return folder


def _take_grant_away(matrix: Path) -> None:
    text = matrix.read_text()
    before, workload, after = text.partition(_WORKLOAD)
    if _GRANT not in after:
        raise RehearsalError(
            f"the matrix grants {_APPLICATION} no {_GRANT.strip()}; have rollback.py take another"
        )
    matrix.write_text(before + workload + after.replace(_GRANT, "", 1))


def _logged_in(stood: StoodUp) -> VaultApi:
    (subject,) = (s for s in subjects_in(MATRIX, stood.plan.environment) if s.label == _APPLICATION)
    api = VaultApi(stood.scene.vault_address, str(stood.scene.ca_file))
    body = {"role": subject.role, "jwt": stood.account_token(subject.role)}
    answer = api.call("POST", f"auth/{KUBERNETES_AUTH}/login", body)
    if not answer.allowed:
        raise RehearsalError(f"{_APPLICATION} cannot log in: {answer.status} {answer.errors}")
    return api.with_token(answer.body["auth"]["client_token"])


def _reads(application: VaultApi, path: str) -> None:
    answer = application.call("GET", path)
    if not answer.allowed:
        raise NotYet(f"{answer.status} {answer.errors}")


ROLLBACK: Final = (
    Drill(
        "access-rolled-back",
        "a bad change of the matrix",
        access_rolled_back,
        (_BLOCK,),
        # The program runs on the servers' machine here, and takes its time from them.
        undisturbed=False,
    ),
)
