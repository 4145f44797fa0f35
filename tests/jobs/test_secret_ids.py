"""`vaultstack_jobs.secret_ids`: handed over wrapped, ended after the overlap, and no others."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.jobs.fakes import NOON, SECRET, Fakes
from vaultstack_jobs.clock import to_text
from vaultstack_jobs.cluster import ClusterUnavailableError
from vaultstack_jobs.configuration import SecretId, SecretPart
from vaultstack_jobs.outcomes import FailedError
from vaultstack_jobs.secret_ids import SecretIdRotation
from vaultstack_jobs.vault import VaultRefusedError

ROLE = "auth/approle/role/ci"
DESTROY = f"{ROLE}/secret-id-accessor/destroy"


@pytest.fixture
def rotation(fakes: Fakes) -> SecretIdRotation:
    secret = SecretPart(namespace="app", name="app", key="wrapped")
    task = SecretId(role="ci", wrap_ttl_seconds=300, secret=secret, overlap_seconds=3600)
    bench = fakes.bench(task)
    bench.turn.take()
    issued(fakes, "first")
    fakes.vault.answers[DESTROY] = {}
    return SecretIdRotation(bench, task)


def issued(fakes: Fakes, name: str) -> None:
    wrapped = {"token": f"hidden-{name}", "wrapped_accessor": name}
    fakes.vault.answers[f"{ROLE}/secret-id"] = {"wrap_info": wrapped}


def memory(fakes: Fakes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fakes.api.annotations()["memory"])
    return found


def destroyed(fakes: Fakes) -> list[str]:
    return [body["secret_id_accessor"] for _, path, body in fakes.vault.requests if path == DESTROY]


def test_it_is_laid_wrapped_into_the_one_key(fakes: Fakes, rotation: SecretIdRotation) -> None:
    rotation.start()
    (request,) = fakes.vault.requests
    assert request[:2] == ("POST", f"{ROLE}/secret-id")
    assert json.loads(request[2]["metadata"]) == {"issued_by": "one"}
    assert fakes.vault.headers == [{"X-Vault-Wrap-TTL": "300s"}]
    assert fakes.api.objects[SECRET]["stringData"] == {"wrapped": "hidden-first"}
    assert memory(fakes) == {"current": "first", "ended": {}}
    assert fakes.lines[0]["unwrap_within_seconds"] == 300
    assert "hidden" not in fakes.stream.getvalue() + str(fakes.api.annotations())


def test_the_one_before_ends_after_the_overlap(fakes: Fakes, rotation: SecretIdRotation) -> None:
    rotation.start()
    issued(fakes, "second")
    rotation.start()
    assert memory(fakes) == {"current": "second", "ended": {"first": to_text(NOON)}}
    rotation.tidy()
    assert destroyed(fakes) == []
    fakes.clock.passed = 3600
    rotation.tidy()
    rotation.tidy()
    assert destroyed(fakes) == ["first"]
    assert memory(fakes) == {"current": "second", "ended": {}}


def test_one_that_has_ended_by_itself_is_forgotten(
    fakes: Fakes, rotation: SecretIdRotation
) -> None:
    rotation.start()
    issued(fakes, "second")
    rotation.start()
    fakes.clock.passed = timedelta(days=1).total_seconds()
    fakes.vault.answers[DESTROY] = VaultRefusedError("failed to find accessor entry", 404)
    rotation.tidy()
    assert memory(fakes) == {"current": "second", "ended": {}}


def test_one_that_cannot_be_laid_down_is_destroyed(
    fakes: Fakes, rotation: SecretIdRotation
) -> None:
    fakes.api.objects.pop(SECRET)
    with pytest.raises(FailedError, match="update Secret app/app"):
        rotation.start()
    assert destroyed(fakes) == ["first"]
    assert "memory" not in fakes.api.annotations()
    assert "pending" not in fakes.api.annotations()


def test_a_refusal_leaves_nothing_pending(fakes: Fakes, rotation: SecretIdRotation) -> None:
    fakes.vault.answers[f"{ROLE}/secret-id"] = VaultRefusedError("denied", 403)
    with pytest.raises(FailedError, match="denied"):
        rotation.start()
    assert "pending" not in fakes.api.annotations()


def test_one_that_may_have_been_laid_down_ends_in_good_time(
    fakes: Fakes, rotation: SecretIdRotation
) -> None:
    real = fakes.api.answer

    def answer(method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path.startswith(SECRET):
            return 503, {"message": "not now"}
        return real(method, path, body)

    fakes.api.answer = answer  # type: ignore[method-assign]
    with pytest.raises(ClusterUnavailableError):
        rotation.start()
    assert destroyed(fakes) == []
    begun = json.loads(fakes.api.annotations()["pending"])
    assert begun["accessor"] == "first"
    fakes.api.answer = real  # type: ignore[method-assign]
    issued(fakes, "second")
    rotation.resume(begun)
    assert memory(fakes)["current"] == "second"
    assert set(memory(fakes)["ended"]) == {"first"}


def test_when_it_was_done_is_the_leases_to_tell(rotation: SecretIdRotation) -> None:
    assert rotation.last_done(NOON) is None
