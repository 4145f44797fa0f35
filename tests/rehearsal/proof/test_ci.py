"""The proof of CI's login fails where a run gets in that should not, or with more than is meant."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import pytest

from policies.environments import Environment
from rehearsal.proof import ci
from rehearsal.proof.attempts import Bench
from rehearsal.proof.results import Outcome, Result
from rehearsal.scene import Scene
from rehearsal.servers.ci import CiIssuer, Run, new_key
from rehearsal.vault_api import Answer
from tests.rehearsal.fakes import Answering, Call, FakeVault, answer, refusal
from tests.rehearsal.subjects import PLAN

ISSUER = CiIssuer("http://127.0.0.1:1", new_key())
RUN = Run(ISSUER, "vault-dev", "acme/vaultstack", "dev")
LOGIN = "auth/ci/login"


def claims(call: Call) -> dict[str, Any]:
    payload = str(call.body["jwt"]).split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def token(*policies: str, seconds: int = 1800) -> Answer:
    auth = {"client_token": "hvs.ci", "policies": list(policies), "lease_duration": seconds}
    return answer(auth=auth)


def proven(answering: Answering) -> tuple[list[Result], FakeVault]:
    vault = FakeVault(answering)
    bench = Bench(cast(Scene, None), PLAN, (), {}, vault)
    ci.prove(bench, RUN)
    return bench.results, vault


def as_vault(call: Call) -> Answer:
    if call.path == "sys/auth":
        return answer(data={"ci/": {}})
    if call.path != LOGIN:
        return answer() if call.path == "auth/token/revoke-self" else refusal()
    said = claims(call)
    right = {"iss": ISSUER.url, "aud": "vault-dev", "repository": RUN.repository}
    matches = said.get("environment") == "dev" and right.items() <= said.items()
    # The fake cannot tell a forged signature or an old token; each is refused by its place.
    return token("provisioner") if matches and call.body["role"] == "provisioner" else refusal(400)


def test_the_run_that_is_meant_gets_in_and_its_token_ends() -> None:
    results, vault = proven(as_vault)
    (first, *others) = results
    assert (first.resource, first.seen.outcome) == ("the run that is meant", Outcome.ALLOWED)
    let_in = {one.resource for one in others if one.seen.outcome is Outcome.ALLOWED}
    assert let_in == {"a token of an hour ago", "a key of its own"}  # what the fake cannot tell
    ended = [call for call in vault.calls if call.path == "auth/token/revoke-self"]
    assert len(ended) == 3


def test_a_role_that_lets_everybody_in_fails_every_other_attempt() -> None:
    results, _ = proven(lambda call: token("provisioner") if call.path == LOGIN else as_vault(call))
    wrong = [one.resource for one in results if not one.ok]
    assert len(wrong) == len(results) - 2  # all but the run that is meant, and the secret ID
    for environment in Environment:
        if environment is not PLAN.environment:
            assert f"the environment {environment.value!r}" in wrong
            assert f"a token for vault-{environment.value}" in wrong


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (token("provisioner", "root"), "carries provisioner, root"),
        (token("default"), "carries default"),
        (token("provisioner", seconds=3600), "lives 3600 s"),
    ],
)
def test_a_token_with_more_than_is_meant_is_a_fault(given: Answer, fault: str) -> None:
    results, _ = proven(lambda call: given if call.path == LOGIN else as_vault(call))
    assert results[0].seen.outcome is Outcome.BROKEN
    assert fault in results[0].seen.detail


def test_a_vault_that_fails_does_not_refuse() -> None:
    results, _ = proven(lambda _: answer(500, errors=["on fire"]))
    assert {one.seen.outcome for one in results} == {Outcome.BROKEN}


def test_a_mount_for_secret_ids_that_is_left_is_a_fault() -> None:
    def left(call: Call) -> Answer:
        here: dict[str, Any] = {"ci/": {}, "provisioner/": {}}
        return answer(data=here) if call.path == "sys/auth" else as_vault(call)

    results, _ = proven(left)
    assert (results[-1].resource, results[-1].seen.outcome) == ("a secret ID", Outcome.BROKEN)
