"""The program is run as CI runs it where CI's own token is the login."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import cast

import pytest

from components.bootstrap.ci_login import TOKEN_VARIABLE
from rehearsal.scene import Scene
from rehearsal.servers.ci import CiIssuer, Run, new_key
from rehearsal.stand_up import as_run_of_ci

RUN = Run(CiIssuer("http://127.0.0.1:1", new_key()), "vault-dev", "acme/vaultstack", "dev")


def scene(run: Run | None) -> Scene:
    return cast(Scene, SimpleNamespace(run_of_ci=run))


@pytest.mark.parametrize("before", [None, "the-callers-own"])
def test_the_runs_token_is_there_as_long_as_it_runs(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    if before:
        monkeypatch.setenv(TOKEN_VARIABLE, before)
    with pytest.raises(KeyError), as_run_of_ci(scene(RUN)):  # noqa: PT012 - as it ends
        assert os.environ[TOKEN_VARIABLE].count(".") == 2
        raise KeyError
    assert os.environ.get(TOKEN_VARIABLE) == before


def test_without_ci_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    with as_run_of_ci(scene(None)):
        assert TOKEN_VARIABLE not in os.environ
