"""`vaultstack_jobs.engine_roots`: one request each."""

from __future__ import annotations

import pytest

from tests.jobs.fakes import NOON, Fakes
from vaultstack_jobs.clock import to_text
from vaultstack_jobs.configuration import AwsRoot, DatabaseRoot, DatabaseStatic
from vaultstack_jobs.engine_roots import EngineRootRotation
from vaultstack_jobs.outcomes import FailedError
from vaultstack_jobs.vault import VaultRefusedError


@pytest.mark.parametrize(
    ("task", "path"),
    [
        (DatabaseRoot(connection="sentiment"), "database/rotate-root/sentiment"),
        (DatabaseStatic(role="batch"), "database/rotate-role/batch"),
        (AwsRoot(), "aws/config/rotate-root"),
    ],
)
def test_vault_is_told_to_rotate(
    fakes: Fakes, task: DatabaseRoot | DatabaseStatic | AwsRoot, path: str
) -> None:
    bench = fakes.bench(task)
    bench.turn.take()
    fakes.vault.answers[path] = {"data": {"access_key": "AKIA-an-id", "secret_key": "hidden"}}
    rotation = EngineRootRotation(bench, task)
    rotation.start()
    rotation.tidy()
    assert fakes.vault.requests == [("POST", path, {})]
    assert fakes.lines[0]["what"] == rotation.subject == path
    assert fakes.lines[0]["key_id"] == "AKIA-an-id"
    assert "hidden" not in fakes.stream.getvalue()


@pytest.mark.parametrize(
    ("task", "advice"),
    [(DatabaseRoot(connection="a"), "see that the database"), (AwsRoot(), "at most two keys")],
)
def test_a_refusal_says_what_to_look_at(
    fakes: Fakes, task: DatabaseRoot | AwsRoot, advice: str
) -> None:
    bench = fakes.bench(task)
    bench.turn.take()
    rotation = EngineRootRotation(bench, task)
    fakes.vault.answers[rotation.subject] = VaultRefusedError("denied", 403)
    with pytest.raises(FailedError, match=f"denied; .*{advice}"):
        rotation.start()
    assert bench.turn.pending is None


def test_only_of_static_users_vault_knows_when(fakes: Fakes) -> None:
    static = DatabaseStatic(role="batch")
    fakes.vault.answers["database/static-roles/batch"] = {
        "data": {"last_vault_rotation": to_text(NOON)}
    }
    assert EngineRootRotation(fakes.bench(static), static).last_done(None) == NOON
    fakes.vault.answers["database/static-roles/batch"] = {"data": {}}
    assert EngineRootRotation(fakes.bench(static), static).last_done(None) is None
    aws = AwsRoot()
    assert EngineRootRotation(fakes.bench(aws), aws).last_done(None) is None
