"""docs/destroy.md says of everything that is protected what is lost with it."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest

from components.bootstrap.ci_login import TOKEN_VARIABLE
from tests.recording import ROOT, Runner, configuration
from tests.test_main import RUNS_TOKEN, given, program

PAGE = (ROOT / "docs" / "destroy.md").read_text()


@pytest.fixture(scope="module", autouse=True)
def in_ci() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN_VARIABLE, RUNS_TOKEN)
        yield


def named() -> set[str]:
    table = PAGE.partition("### What is lost with each")[2].partition("###")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {pattern for row in rows for pattern in re.findall(r"`([^`]+)`", row)}


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_what_is_protected_is_named_with_what_is_lost(run: Runner, environment: str) -> None:
    recording = run(program, config=configuration(environment), secrets=given(environment))
    protected = {one.name for one in recording.resources if one.protect}
    assert len(protected) > 20
    patterns = named()
    assert {name for name in protected if not any(fnmatch(name, one) for one in patterns)} == set()


def test_nothing_is_named_that_is_not_there(run: Runner) -> None:
    recording = run(
        program,
        config=configuration("prod", snapshotSecondRegion="eu-central-1"),
        secrets=given("prod"),
    )
    protected = {one.name for one in recording.resources if one.protect}
    for pattern in named():
        assert any(fnmatch(name, pattern) for name in protected), pattern
