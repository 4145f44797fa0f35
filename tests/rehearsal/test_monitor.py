"""The live monitor: nothing is skipped in silence, and no secret leaves it in clear."""

from __future__ import annotations

import base64
from typing import Any, cast

import dill
import pytest
from pulumi import dynamic
from pulumi.runtime import mocks
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

from components.bootstrap.ceremony import BootstrapError
from rehearsal import monitor as monitor_module
from rehearsal.errors import RehearsalError
from rehearsal.monitor import LiveMonitor, unwrap
from rehearsal.servers.kubernetes import KubernetesApi
from tests.rehearsal.fakes import Call, FakeVault, answer, refusal

PROVIDER = "pulumi:providers:vault"
POLICY = "vault:index/policy:Policy"
PASSWORD = "random:index/randomPassword:RandomPassword"
PROVIDER_URN = "urn:pulumi:dev::vaultstack::pulumi:providers:vault::provisioner"


def secret(value: Any) -> dict[str, Any]:
    """A secret as it comes over the wire."""
    return {_special_sig_key: _special_secret_sig, "value": value}


def is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(_special_sig_key) == _special_secret_sig


class Watched:
    """A monitor whose Vault is not there."""

    def __init__(self, vault: FakeVault, kubernetes: object, patch: pytest.MonkeyPatch) -> None:
        self.vault = vault
        self.made: list[tuple[str, str]] = []
        patch.setattr(monitor_module, "VaultApi", lambda *_, **_given: vault)
        self.monitor = LiveMonitor(
            cast(KubernetesApi, kubernetes), "ca", lambda kind, name: self.made.append((kind, name))
        )

    def make(
        self, kind: str, name: str, inputs: dict[str, Any], provider: str = ""
    ) -> tuple[str | None, dict[Any, Any]]:
        return self.monitor.new_resource(
            mocks.MockResourceArgs(typ=kind, name=name, inputs=inputs, provider=provider)
        )

    def log_in(self, name: str = "provisioner") -> None:
        login = (
            '{"path": "auth/provisioner/login", "parameters": '
            f'{{"role_id": "r", "secret_id": {{"{_special_sig_key}": "{_special_secret_sig}", '
            '"value": "s"}}}'
        )
        self.make(PROVIDER, name, {"address": "http://x", "authLogin": login})


class _FakeKubernetes:
    issuer = "issuer"

    def __init__(self) -> None:
        self.applied: list[Any] = []
        self.asked: list[tuple[Any, ...]] = []

    def apply(self, obj: Any) -> Any:
        self.applied.append(obj)
        return dict(obj)

    def request_token(self, *asked: Any) -> str:
        self.asked.append(asked)
        return "token-hidden"


def logged_in(call: Call) -> Any:
    if call.path == "auth/provisioner/login":
        return answer(auth={"client_token": "hvs.provisioner"})
    return answer()


@pytest.fixture
def kubernetes() -> _FakeKubernetes:
    return _FakeKubernetes()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, kubernetes: _FakeKubernetes) -> Watched:
    return Watched(FakeVault(logged_in), kubernetes, monkeypatch)


def test_the_provider_logs_in_with_the_token_of_the_environment(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERRAFORM_VAULT_AUTH_JWT", "the-runs-token")
    login = '{"mount": "ci", "role": "provisioner"}'
    watched.vault._answering = lambda _: answer(auth={"client_token": "hvs.provisioner"})
    watched.make(PROVIDER, "provisioner", {"address": "http://x", "authLoginJwt": login})
    (call,) = watched.vault.calls
    assert call.path == "auth/ci/login"
    assert call.body == {"role": "provisioner", "jwt": "the-runs-token"}


def test_a_provider_that_is_refused_stops_and_shows_no_token(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERRAFORM_VAULT_AUTH_JWT", "the-runs-token")
    watched.vault._answering = lambda _: refusal(400, "claim does not match")
    login = '{"mount": "ci", "role": "provisioner"}'
    with pytest.raises(RehearsalError, match=r"cannot log in at auth/ci: .*claim") as refused:
        watched.make(PROVIDER, "provisioner", {"address": "http://x", "authLoginJwt": login})
    assert "the-runs-token" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "teach"),
    [
        ("aws:s3/bucket:Bucket", "rehearsal/resources/"),
        ("random:index/randomId:RandomId", "rehearsal/resources/"),
        ("pulumi:providers:aws", "rehearsal/resources/"),
        ("vault:transit/secretBackendKey:SecretBackendKey", "resources/vault.py"),
    ],
)
def test_an_unknown_type_stops_with_its_name(watched: Watched, kind: str, teach: str) -> None:
    watched.log_in()
    with pytest.raises(RehearsalError, match=f"^{kind} it: .*does not know this type.*{teach}"):
        watched.make(kind, "it", {}, PROVIDER_URN)
    assert ("it", kind) not in watched.made


def test_an_unknown_function_stops_with_its_name(watched: Watched) -> None:
    with pytest.raises(RehearsalError, match="does not know the function aws:index/getRegion"):
        watched.monitor.call(mocks.MockCallArgs("aws:index/getRegion", {}, ""))


def test_an_input_that_vault_does_not_know_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    warning = "Endpoint ignored these unrecognized parameters: [polcy]"

    def warn(call: Call) -> Any:
        return logged_in(call) if "login" in call.path else answer(warnings=[warning])

    watched = Watched(FakeVault(warn), None, monkeypatch)
    watched.log_in()
    with pytest.raises(RehearsalError, match=r"Policy it: writing sys/policies/acl/x: .*polcy"):
        watched.make(POLICY, "it", {"name": "x", "polcy": "secret-hidden"}, PROVIDER_URN)


def test_another_warning_of_vault_does_not_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(call: Call) -> Any:
        return logged_in(call) if "login" in call.path else answer(warnings=["TTL is capped"])

    watched = Watched(FakeVault(warn), None, monkeypatch)
    watched.log_in()
    watched.make(POLICY, "it", {"name": "x", "policy": ""}, PROVIDER_URN)
    assert (POLICY, "it") in watched.made


def test_an_input_that_a_random_password_does_not_know_stops(watched: Watched) -> None:
    with pytest.raises(RehearsalError, match=r"it: RandomPassword: .*does not know \['lower'\]"):
        watched.make(PASSWORD, "it", {"length": 40.0, "lower": False})


def test_a_random_password_is_secret_new_each_time_and_as_long_as_asked(watched: Watched) -> None:
    values = set()
    for _ in range(2):
        _, outputs = watched.make(PASSWORD, "it", {"length": 40.0, "special": False})
        assert is_secret(outputs["result"])
        values.add(outputs["result"]["value"])
    assert len(values) == 2
    assert all(len(value) == 40 and value.isalnum() for value in values)


def test_secrets_are_unwrapped_at_any_depth_and_whole_numbers_are_whole() -> None:
    wire = {
        "plain": "text",
        "nested": {"list": [secret("a"), {"deep": secret({"b": secret("c")})}], "tuple": (1.0,)},
        "whole": 3600.0,
        "part": 0.5,
        "flag": True,
        "none": None,
        "secret number": secret(10.0),
    }
    assert unwrap(wire) == {
        "plain": "text",
        "nested": {"list": ["a", {"deep": {"b": "c"}}], "tuple": [1]},
        "whole": 3600,
        "part": 0.5,
        "flag": True,
        "none": None,
        "secret number": 10,
    }
    whole = unwrap(wire)["whole"]
    assert isinstance(whole, int)
    assert unwrap(wire)["flag"] is True


def test_vault_is_sent_plain_values_and_the_program_keeps_its_secrets(watched: Watched) -> None:
    watched.log_in()
    inputs = {"name": "x", "policy": secret("hidden")}
    id_, outputs = watched.make(POLICY, "it", inputs, PROVIDER_URN)
    assert id_ == "sys/policies/acl/x"
    assert watched.vault.written["sys/policies/acl/x"] == {"policy": "hidden"}
    assert is_secret(outputs["policy"])


def test_the_provider_logs_in_as_the_provisioner(watched: Watched) -> None:
    watched.log_in()
    assert watched.vault.written == {"auth/provisioner/login": {"role_id": "r", "secret_id": "s"}}
    assert watched.monitor.provisioner.token == "hvs.provisioner"


def test_a_provisioner_that_is_refused_is_an_error_without_its_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched(
        FakeVault(lambda _: refusal(400, "invalid role or secret ID")), None, monkeypatch
    )
    with pytest.raises(
        RehearsalError, match=r"cannot log in at auth/provisioner: Vault said 400: invalid role"
    ):
        watched.log_in()


@pytest.mark.parametrize("provider", ["", PROVIDER_URN.replace("provisioner", "another")])
def test_a_vault_resource_without_a_provider_is_refused(watched: Watched, provider: str) -> None:
    watched.log_in()
    with pytest.raises(RehearsalError, match=f"^{POLICY} it: has no provider: pass it one"):
        watched.make(POLICY, "it", {"name": "x", "policy": ""}, provider)
    assert list(watched.vault.written) == ["auth/provisioner/login"]


def test_a_component_is_made_of_its_children(watched: Watched) -> None:
    assert watched.make("vaultstack:engines:KvEngine", "kv", {}) == ("", {})
    assert watched.vault.calls == []


def test_a_refusal_names_the_resource_and_what_vault_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(call: Call) -> Any:
        return logged_in(call) if "login" in call.path else refusal()

    watched = Watched(FakeVault(refuse), None, monkeypatch)
    watched.log_in()
    with pytest.raises(RehearsalError, match=r"Policy it: writing .*Vault said 403: permission"):
        watched.make(POLICY, "it", {"name": "x", "policy": "hidden"}, PROVIDER_URN)
    assert (POLICY, "it") not in watched.made


class _Provider(dynamic.ResourceProvider):
    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        if props.get("fail"):
            raise BootstrapError("Vault is on fire; extinguish it")
        assert "__provider" not in props
        return dynamic.CreateResult(
            "the-id",
            {"given": props["given"], "secret_id": "hidden", "shares": ["a"], "role_id": "r"},
        )


def pickled() -> str:
    """As Pulumi sends it; by value, as this module is not on the path of the one who loads it."""
    return base64.b64encode(dill.dumps(_Provider(), byref=False, recurse=True)).decode()


DYNAMIC = "pulumi-python:dynamic/vaultstack:Thing"


def test_a_dynamic_resource_runs_its_pickled_provider(watched: Watched) -> None:
    id_, outputs = watched.make(
        DYNAMIC, "it", {"__provider": secret(pickled()), "given": secret(5.0)}
    )
    assert id_ == "the-id"
    assert outputs["given"] == 5
    assert outputs["role_id"] == "r"
    assert is_secret(outputs["secret_id"])
    assert is_secret(outputs["shares"])
    assert watched.monitor.outputs == {
        "it": {"given": 5, "secret_id": "hidden", "shares": ["a"], "role_id": "r"}
    }


def test_a_provider_that_fails_stops_with_its_own_words(watched: Watched) -> None:
    with pytest.raises(RehearsalError, match=f"^{DYNAMIC} it: Vault is on fire; extinguish it$"):
        watched.make(DYNAMIC, "it", {"__provider": pickled(), "fail": True})


def test_a_kubernetes_object_is_applied_as_it_is(
    watched: Watched, kubernetes: _FakeKubernetes
) -> None:
    obj = {"kind": "ServiceAccount", "metadata": {"name": "reviewer", "namespace": "vault"}}
    id_, outputs = watched.make("kubernetes:core/v1:ServiceAccount", "it", obj)
    assert id_ == "vault/reviewer"
    assert kubernetes.applied == [obj]
    assert outputs["metadata"] == obj["metadata"]
    assert kubernetes.asked == []


def test_the_cluster_is_the_one_there_is_whatever_its_contexts_name(
    watched: Watched, kubernetes: _FakeKubernetes
) -> None:
    made = watched.make("pulumi:providers:kubernetes", "it", {"context": "rehearsal"})
    assert made == ("it", {"context": "rehearsal"})
    assert kubernetes.applied == []
    assert watched.vault.calls == []


def test_a_service_accounts_token_is_asked_for_and_secret(
    watched: Watched, kubernetes: _FakeKubernetes
) -> None:
    metadata = {
        "name": "reviewer-token",
        "namespace": "vault",
        "annotations": {"kubernetes.io/service-account.name": "reviewer"},
    }
    _, outputs = watched.make(
        "kubernetes:core/v1:Secret",
        "it",
        {"kind": "Secret", "type": "kubernetes.io/service-account-token", "metadata": metadata},
    )
    assert kubernetes.asked[0][:3] == ("vault", "reviewer", "issuer")
    assert is_secret(outputs["data"])
    assert base64.b64decode(outputs["data"]["value"]["token"]) == b"token-hidden"
