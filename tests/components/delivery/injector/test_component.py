"""All that the injector is made of, in order."""

from __future__ import annotations

import dataclasses

import pulumi
import pytest

from components.delivery.injector import AgentInjector, AgentInjectorArgs
from components.delivery.injector.component import served_namespaces
from components.settings import InjectorSettings, ServingSettings
from tests.components.conftest import Alone
from tests.components.delivery.shop import INJECTOR, PLAN, SETTINGS, settings
from tests.recording import Recording

SERVED = ("shop-staging",)


def made(alone: Alone, injector: InjectorSettings = INJECTOR, *, protect: bool = True) -> Recording:
    args = AgentInjectorArgs(SETTINGS, injector, PLAN, protect)
    return alone(lambda opts: AgentInjector("injector", args, opts))


def test_the_webhook_comes_when_somebody_answers(alone: Alone) -> None:
    recording = made(alone)
    assert recording["injector-webhook"].after == {"injector-deployment"}
    assert recording["injector-deployment"].after >= {
        "injector-network",
        "injector-account",
        "injector-account-binding",
        "injector-certificate",
        "injector-authority",
        "injector-service",
    }
    (namespace,) = recording.of("kubernetes:core/v1:Namespace")
    assert namespace.values["metadata"]["name"] == "vault-injector"
    enforced = "pod-security.kubernetes.io/enforce"
    assert namespace.values["metadata"]["labels"][enforced] == "restricted"


def test_it_may_look_at_webhooks_and_change_nothing(alone: Alone) -> None:
    recording = made(alone)
    (role,) = recording.of("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole")
    assert role.values["rules"] == [
        {
            "apiGroups": ["admissionregistration.k8s.io"],
            "resources": ["mutatingwebhookconfigurations"],
            "verbs": ["get", "list", "watch"],
        }
    ]
    assert recording.of("kubernetes:rbac.authorization.k8s.io/v1:Role") == []
    binding = recording["injector-account-binding"].values
    assert binding["roleRef"]["name"] == role.values["metadata"]["name"] == "vault-injector"
    assert binding["subjects"] == [
        {
            "kind": "ServiceAccount",
            "name": "vault-agent-injector",
            "namespace": "vault-injector",
        }
    ]


def test_only_the_api_server_talks_with_it(alone: Alone) -> None:
    spec = made(alone)["injector-network"].values["spec"]
    api_server = [{"ipBlock": {"cidr": "10.2.0.0/16"}}]
    assert [rule["from"] for rule in spec["ingress"]] == [api_server]
    assert [rule["to"] for rule in spec["egress"]] == [api_server]
    assert [port["port"] for port in spec["ingress"][0]["ports"]] == [8080]


def test_its_certificate_holds_the_name_that_the_api_server_calls(alone: Alone) -> None:
    recording = made(alone)
    spec = recording["injector-certificate"].values["spec"]
    service = recording["injector-service"].values
    metadata = service["metadata"]
    assert f"{metadata['name']}.{metadata['namespace']}.svc" in spec["dnsNames"]
    assert spec["secretName"] == "vault-agent-injector-tls"
    assert spec["usages"] == ["digital signature", "server auth"]
    assert service["spec"]["ports"] == [{"name": "https", "port": 443, "targetPort": "https"}]


def test_a_given_certificate_is_not_made(alone: Alone) -> None:
    serving = ServingSettings(None, "theirs", "a PEM")
    recording = made(alone, dataclasses.replace(INJECTOR, serving=serving))
    assert "injector-certificate" not in recording


@pytest.mark.parametrize("replicas", [1, 2])
def test_one_may_go_on_purpose_where_another_is_left(alone: Alone, replicas: int) -> None:
    recording = made(alone, dataclasses.replace(INJECTOR, replicas=replicas))
    budgets = recording.of("kubernetes:policy/v1:PodDisruptionBudget")
    assert len(budgets) == replicas - 1
    for budget in budgets:
        spec = budget.values["spec"]
        assert spec["maxUnavailable"] == 1
        assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize("protect", [True, False])
def test_the_namespace_is_protected_as_told(alone: Alone, protect: bool) -> None:
    recording = made(alone, protect=protect)
    assert recording["injector-namespace"].protect is protect


def test_vaults_own_namespace_and_kubernetes_are_not_served() -> None:
    assert served_namespaces(PLAN, SETTINGS) == SERVED
    (role, *others) = PLAN.kubernetes_roles
    moved = [
        dataclasses.replace(role, namespace=namespace)
        for namespace in ("vault", "kube-system", "b", "a")
    ]
    plan = dataclasses.replace(PLAN, kubernetes_roles=(*moved, *others))
    assert served_namespaces(plan, SETTINGS) == ("a", "b", *SERVED)


def test_where_it_is_made(alone: Alone) -> None:
    given = settings(
        kubernetes=dataclasses.replace(SETTINGS.kubernetes, context="another", namespace="v")
    )
    args = AgentInjectorArgs(given, INJECTOR, PLAN, protect=False)
    recording = alone(lambda opts: AgentInjector("injector", args, opts))
    assert recording["injector-kubernetes"].values["context"] == "another"
    assert recording.outputs_of("injector") == {"namespace": "v-injector"}


def test_opts_are_the_callers(alone: Alone) -> None:
    def make(opts: pulumi.ResourceOptions) -> None:
        first = AgentInjector("first", AgentInjectorArgs(SETTINGS, INJECTOR, PLAN, False), opts)
        assert first.urn

    assert "first-webhook" in alone(make)
