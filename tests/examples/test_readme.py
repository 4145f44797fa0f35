"""The README's programs run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from tests.examples.fake_vault import FakeVault, served
from tests.recording import ROOT
from vaultstack_client import Timing

README = (ROOT / "client" / "README.md").read_text()
PROGRAMS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def vault() -> Iterator[FakeVault]:
    with served() as vault:
        vault.write("media-catalog/api", jwt_secret="jwt-secret-of-vault")
        vault.write("media-catalog/external", tmdb_api_key="tmdb-of-vault")
        yield vault


def test_there_are_programs() -> None:
    assert len(PROGRAMS) == 4


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_runs_and_shows_no_secret(program: str, vault: FakeVault, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a service account's token")
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "client"),
            "VAULT_ADDR": vault.address,
            "VAULT_ROLE": "media-catalog",
            "VAULT_JWT_FILE": str(token),
            "VAULT_ENABLED_SECRETS": '["external"]',
            "JWT_SECRET_KEY": "jwt-of-the-environment",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    assert "of-vault" not in finished.stdout + finished.stderr
    assert "made-by-vault" not in finished.stdout + finished.stderr
    assert ("POST", "auth/kubernetes/login") in vault.asked
    assert vault.asked[-1][1] == "auth/token/revoke-self"


def test_every_setting_is_told() -> None:
    """The variables that the package reads, and those that the README's table has."""
    read = {
        name
        for path in (ROOT / "client" / "vaultstack_client").glob("*.py")
        for name in re.findall(r"\"(VAULT_[A-Z_]+)\"", path.read_text())
        if not name.endswith("_")
    }
    table = "".join(line for line in README.splitlines() if line.startswith("| `VAULT_"))
    assert read == set(re.findall(r"`(VAULT_[A-Z_]+)`", table))


UNITS = {"s": "seconds", "h": "hours"}


def read_default(text: str) -> timedelta | float:
    """`60 s`, `1 h`, or a share."""
    number, _, unit = text.partition(" ")
    return timedelta(**{UNITS[unit]: float(number)}) if unit else float(number)


def test_every_timing_is_told_with_its_default() -> None:
    table = README.partition("| `Timing` |")[2].partition("\n\n")[0]
    told: dict[str, timedelta | float] = {}
    for row in table.splitlines()[2:]:
        _, names, _, defaults, _ = row.split("|")
        described = re.findall(r"`(\w+)`", names)
        values = [read_default(value.strip()) for value in defaults.split(",")]
        told |= dict(zip(described, values, strict=True))
    assert told == {each.name: getattr(Timing(), each.name) for each in fields(Timing)}
