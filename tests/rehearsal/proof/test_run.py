"""Every cell is tried: the proof of the real matrix, against a Vault that only decides requests by
the compiled ACL policies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Final, cast

import pytest

from policies.acl import Pattern
from policies.compile import compile_plan
from policies.environments import Environment, EnvironmentSpec
from policies.grants import Control
from policies.hcl import Capability, Stanza
from policies.identities import OidcGroup
from policies.lifetime import Duration
from policies.matrix import MATRIX
from policies.model import AccessMatrix, Workload
from policies.stanzas import stanzas_of
from policies.subject import subjects_in
from rehearsal.errors import RehearsalError
from rehearsal.proof import control, rotation, run
from rehearsal.proof.attempts import Bench
from rehearsal.proof.results import Outcome, Seen
from rehearsal.scene import Scene
from rehearsal.vault_api import Answer
from tests.rehearsal import subjects
from tests.rehearsal.fakes import Call, FakeVault, answer, refusal

METHODS: Final = {
    Capability.READ: "GET",
    Capability.LIST: "LIST",
    Capability.CREATE: "POST",
    Capability.UPDATE: "POST",
    Capability.PATCH: "PATCH",
    Capability.DELETE: "DELETE",
}
ENDS_THE_SESSION: Final = "auth/token/revoke-self"
"""Every token may; no grant."""

Passed = set[tuple[str, str, str]]
"""Subject, rule and method of what was let pass."""


def decide(stanzas: Sequence[Stanza], call: Call) -> Stanza | None:
    """The rule that lets a request pass, as Vault finds it."""
    paths = {call.path, call.path.rstrip("/")} if call.method == "LIST" else {call.path}
    rules = {s.path for s in stanzas if any(Pattern.of(s.path).matches(path) for path in paths)}
    if not rules:
        return None
    best = max(rules, key=lambda rule: Pattern.of(rule).precedence)
    for stanza in stanzas:
        methods = {METHODS.get(capability) for capability in stanza.capabilities}
        if stanza.path == best and call.method in methods and asks_for_no_more(stanza, call):
            return stanza
    return None


def asks_for_no_more(stanza: Stanza, call: Call) -> bool:
    if any(name not in call.body for name in stanza.required_parameters):
        return False
    allowed = dict(stanza.allowed_parameters)
    for name, value in call.body.items() if allowed else ():
        if name not in allowed or (allowed[name] and value not in allowed[name]):
            return False
    if not stanza.min_wrapping_ttl:
        return True
    asked = call.headers.get("X-Vault-Wrap-TTL")
    return asked is not None and (
        stanza.min_wrapping_ttl <= Duration.parse(asked).seconds <= stanza.max_wrapping_ttl
    )


def deciding(label: str, stanzas: Sequence[Stanza], passed: Passed) -> Callable[[Call], Answer]:
    """What passes is a bad request then, so that nothing is used outside Vault."""

    def answering(call: Call) -> Answer:
        stanza = decide(stanzas, call)
        if stanza is None:
            return refusal()
        passed.add((label, stanza.path, call.method))
        return refusal(400, "bad request")

    return answering


class Outside:
    """PostgreSQL and AWS, in which nothing is."""

    def execute(self, *_: str, **__: str) -> list[str]:
        return []

    def client(self, _: str) -> Outside:
        return self

    def list_access_keys(self, **_: str) -> dict[str, list[str]]:
        return {"AccessKeyMetadata": []}


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing issues any here, so no authority can be renewed."""
    monkeypatch.setattr(rotation, "_renewed", lambda *_: Seen(Outcome.ALLOWED))


def rehearse(environment: Environment) -> tuple[Bench, Passed]:
    everybody, passed = subjects_in(MATRIX, environment), cast(Passed, set())
    sessions = {s.label: FakeVault(deciding(s.label, stanzas_of(s), passed)) for s in everybody}
    eyes = FakeVault(lambda _: answer(data={"current_version": 3}))
    plan = compile_plan(MATRIX, environment)
    outside = cast(Scene, SimpleNamespace(postgres=Outside(), aws=Outside()))
    bench = Bench(outside, plan, everybody, sessions, eyes)
    for area, chapter in run._CHAPTERS.items():
        # The provisioner is no subject of the matrix, and agents need a real Vault.
        if area not in ("provisioner", "delivery"):
            chapter(bench)
    return bench, passed


@pytest.mark.parametrize("environment", Environment)
def test_every_capability_of_every_grant_is_tried(environment: Environment) -> None:
    bench, passed = rehearse(environment)
    granted = {
        (subject.label, stanza.path, METHODS[capability])
        for subject in bench.subjects
        for stanza in stanzas_of(subject)
        for capability in stanza.capabilities
        if capability is not Capability.SUDO and stanza.path != ENDS_THE_SESSION
    }
    assert granted
    assert granted - passed == set()


@pytest.mark.parametrize("environment", Environment)
def test_what_passes_is_what_the_matrix_says(environment: Environment) -> None:
    bench, _ = rehearse(environment)
    assert [
        result
        for result in bench.results
        if (result.seen.outcome is Outcome.DENIED) != (result.expected is Outcome.DENIED)
    ] == []


@pytest.mark.parametrize("environment", Environment)
def test_everybody_tries_what_anybody_is_granted_once(environment: Environment) -> None:
    bench, _ = rehearse(environment)
    tried = [
        [
            (call.method, call.path, *call.headers)
            for call in cast(FakeVault, bench.session(subject)).calls
            if call.path.startswith(("sys/", "pki/roles", "pki/certs", "auth/oidc", "aws/roles"))
        ]
        for subject in bench.subjects
    ]
    assert tried[0]
    assert all(theirs == tried[0] for theirs in tried)
    assert len(set(tried[0])) == len(tried[0])


# --- writes do no harm ---------------------------------------------------------------------------


def knocking(*grants: Control) -> FakeVault:
    """What somebody without these grants asks where somebody else has them."""
    people = (Workload("some", OidcGroup("some"), grants), subjects.PEOPLE)
    specs: tuple[EnvironmentSpec, ...] = subjects.MATRIX.environments
    matrix = AccessMatrix(
        environments=specs,
        lifetimes=subjects.MATRIX.lifetimes,
        applications=subjects.MATRIX.applications,
        people=people,
    )
    everybody, vault = subjects_in(matrix, Environment.DEV), FakeVault(lambda _: refusal())
    sessions = {s.label: vault if s.label == "shop/api" else FakeVault() for s in everybody}
    plan = compile_plan(matrix, Environment.DEV)
    control.prove(Bench(cast(Scene, None), plan, everybody, sessions, FakeVault()))
    return vault


def test_a_write_is_of_a_name_that_nothing_has() -> None:
    update_and_read = (Capability.UPDATE, Capability.DELETE, Capability.PATCH, Capability.READ)
    vault = knocking(Control("pki/roles/+", update_and_read, reason="to be tried"))
    assert {(c.method, c.path) for c in vault.calls if c.path.startswith("pki/roles/")} == {
        ("POST", "pki/roles/none"),
        ("DELETE", "pki/roles/none"),
        ("PATCH", "pki/roles/none"),
        ("GET", "pki/roles/shop-admin"),
        ("POST", "pki/roles/rehearsal"),
    }


def test_a_write_that_might_do_harm_stops_the_proof_by_name() -> None:
    with pytest.raises(RehearsalError, match=r"no harmless way to try update of sys/seal"):
        knocking(Control("sys/seal", (Capability.UPDATE,), reason="an emergency"))
