"""What is different where the engine deploys Vault to the rehearsal's cluster."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policies.environments import Environment
from rehearsal.engine.kubernetes_ground import CHANGED, keep_audit_files
from rehearsal.errors import RehearsalError
from rehearsal.program import ROOT, stack_keys

DEVICES = Path("components") / "operations" / "audit" / "devices.py"


def _copied(project: Path) -> Path:
    (project / DEVICES).parent.mkdir(parents=True)
    shutil.copy(ROOT / DEVICES, project / DEVICES)
    return project / DEVICES


def test_the_audit_file_is_below_the_folder_of_each_server(tmp_path: Path) -> None:
    file = _copied(tmp_path)

    keep_audit_files(tmp_path)

    before, after = (ROOT / DEVICES).read_text(), file.read_text()
    assert after != before
    assert after.replace('.removeprefix("/")', "") == before
    compile(after, file, "exec")


def test_a_program_that_says_it_otherwise_is_refused(tmp_path: Path) -> None:
    _copied(tmp_path).write_text("options={}\n")

    with pytest.raises(RehearsalError, match="0 times, and not once"):
        keep_audit_files(tmp_path)


@pytest.mark.parametrize("environment", CHANGED)
def test_every_environment_deploys_vault(environment: Environment) -> None:
    assert stack_keys(environment.value, CHANGED[environment])["target"] == "kubernetes"
