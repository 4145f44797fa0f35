"""`vaultstack_jobs.outcomes`: the exit codes that a CronJob decides by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recording import ROOT
from vaultstack_jobs import outcomes
from vaultstack_jobs.outcomes import Exit, JobError


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("LostError", 0),
        ("FailedError", 1),
        ("ConfigurationError", 2),
        ("RolledBackError", 3),
        ("HalfWayError", 4),
    ],
)
def test_every_way_to_end_early_has_its_code(name: str, code: int) -> None:
    error = getattr(outcomes, name)
    assert issubclass(error, JobError)
    assert error.exit == code


def test_the_readme_names_every_code() -> None:
    readme = Path(ROOT, "jobs/README.md").read_text()
    for code in Exit:
        assert f"\n| {code.value} | " in readme
