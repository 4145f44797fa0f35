"""The whole deployment, from settings as a stack gives them: what is declared for each environment,
in which order, and what is left to others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pulumi
import pytest

from components.cluster import VaultCluster, VaultClusterArgs
from components.cluster.layout import CONFIG_MAP
from components.cluster.stateful_set import checksum
from components.namespace import MANAGED
from components.settings import load
from policies.compile import compile_plan
from policies.environments import Environment
from policies.identities import PLATFORM_NAMESPACE
from policies.matrix import MATRIX
from tests.components.conftest import PROVIDER_NAME, Alone
from tests.components.settings.loader import ENVIRONMENTS, deploying
from tests.recording import Recording, Resource, plain

# pulumi_aws warns of its own old names as soon as it is loaded.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.* has been deprecated in favor of:DeprecationWarning:pulumi_aws"
)

RBAC: Final = "rbac.authorization.k8s.io/v1"
EVERYWHERE: Final = {
    ("core/v1:Namespace", "cluster-namespace"),
    ("core/v1:ServiceAccount", "cluster-account"),
    ("core/v1:ConfigMap", "cluster-config"),
    ("core/v1:Service", "cluster-service-balanced"),
    ("core/v1:Service", "cluster-service-peers"),
    ("core/v1:Service", "cluster-service-active"),
    ("apps/v1:StatefulSet", "cluster-servers"),
    ("networking.k8s.io/v1:NetworkPolicy", "cluster-network-nothing-else"),
    ("networking.k8s.io/v1:NetworkPolicy", "cluster-network-servers"),
    ("cert-manager.io/v1:Certificate", "cluster-certificate"),
    (f"{RBAC}:ClusterRoleBinding", "cluster-reviewer"),
}
OF_RAFT: Final = {
    (f"{RBAC}:Role", "cluster-registration-role"),
    (f"{RBAC}:RoleBinding", "cluster-registration-binding"),
    ("policy/v1:PodDisruptionBudget", "cluster-disruption-budget"),
    ("core/v1:Service", "cluster-service-standby"),
}
# Kinds for whose pods, endpoints or addresses Pulumi would wait.
AWAITED: Final = {"apps/v1:StatefulSet", "core/v1:Service", "networking.k8s.io/v1:Ingress"}
GIVEN: Final = {
    "kmsKeyArn": "arn:aws:kms:eu-west-1:222222222222:key/theirs",
    "sealRoleArn": "arn:aws:iam::222222222222:role/theirs",
    "snapshotBucket": "their-snapshots",
}
EXPOSED: Final[Mapping[str, Mapping[str, object]]] = {
    "none": {"exposure": "none"},
    "load-balancer": {
        "exposure": "load-balancer",
        "hostName": "vault.example.com",
        "clientCidrs": ["10.0.0.0/16"],
    },
    "ingress": {
        "exposure": "ingress",
        "hostName": "vault.example.com",
        "ingressClass": "nginx",
        "clientNamespaces": ["ingress"],
    },
}


def make(
    alone: Alone,
    environment: str = "staging",
    changed: Mapping[str, object] | None = None,
    *,
    preview: bool = False,
) -> Recording:
    plan = compile_plan(MATRIX, Environment(environment))

    def component(opts: pulumi.ResourceOptions) -> VaultCluster:
        settings = load(MATRIX.spec)
        assert settings.deployment
        args = VaultClusterArgs(settings.deployment, settings, plan)
        return VaultCluster("cluster", args, opts)

    return alone(component, preview=preview, config=deploying(environment, **(changed or {})))


def in_kubernetes(recording: Recording) -> dict[str, Resource]:
    """By type, without the package, and name."""
    prefix = "kubernetes:"
    return {one.name: one for one in recording.resources if one.type.startswith(prefix)}


def kinds(recording: Recording) -> set[tuple[str, str]]:
    return {
        (one.type.removeprefix("kubernetes:"), name)
        for name, one in in_kubernetes(recording).items()
    }


def of_aws(recording: Recording) -> list[str]:
    """What speaks to AWS."""
    return [
        one.name
        for one in recording.resources
        if one.type.startswith("aws:") or one.type == "pulumi:providers:aws"
    ]


def pod(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording["cluster-servers"].values["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("preview", [False, True])
def test_dev_is_one_server_that_seals_itself_with_shares(alone: Alone, preview: bool) -> None:
    recording = make(alone, "dev", preview=preview)
    assert recording["cluster"].type == "vaultstack:cluster:VaultCluster"
    assert recording.outputs_of("cluster") == {"namespace": "vault", "servers": 1}
    assert kinds(recording) == EVERYWHERE
    assert not of_aws(recording)
    assert len(recording.components) == 1


@pytest.mark.parametrize(("environment", "servers"), [("staging", 3), ("prod", 5)])
def test_staging_and_prod_are_clusters_of_raft_sealed_by_kms(
    alone: Alone, environment: str, servers: int
) -> None:
    recording = make(alone, environment, {"servers": servers})
    assert recording.outputs_of("cluster") == {"namespace": "vault", "servers": servers}
    assert kinds(recording) == EVERYWHERE | OF_RAFT
    assert recording["cluster-aws"].type == "vaultstack:cluster:AwsFoundation"
    assert recording["cluster-aws"].parent == "cluster"
    config = recording["cluster-config"].values["data"]["server.hcl"]
    assert f'kms_key_id = "alias/vault-{environment}-seal"' in config
    assert config.count("retry_join") == servers


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_is_in_vaults_own_namespace_of_the_named_cluster(
    alone: Alone, environment: str
) -> None:
    recording = make(alone, environment, {"kubeconfig": "/home/me/config"})
    provider = recording["cluster-kubernetes"]
    assert provider.type == "pulumi:providers:kubernetes"
    assert provider.values["context"] == f"cluster-{environment}"
    assert provider.values["kubeconfig"] == "/home/me/config"
    namespace = recording["cluster-namespace"].values["metadata"]
    assert namespace["name"] == PLATFORM_NAMESPACE
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, one in in_kubernetes(recording).items():
        assert one.provider == provider.name
        if name not in ("cluster-namespace", "cluster-reviewer"):
            assert one.values["metadata"]["namespace"] == PLATFORM_NAMESPACE, name
        assert one.values["metadata"]["labels"].items() >= MANAGED.items(), name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_first_the_namespace_then_the_preflight_then_all_else(
    alone: Alone, environment: str
) -> None:
    recording = make(alone, environment)
    preflight = recording["cluster-preflight"]
    assert preflight.type == "pulumi-python:dynamic/vaultstack:Preflight"
    assert preflight.after == {"cluster-namespace"}
    for name, one in in_kubernetes(recording).items():
        if name != "cluster-namespace":
            assert "cluster-preflight" in one.after, name


def test_servers_come_after_what_they_start_with(alone: Alone) -> None:
    recording = make(alone)
    after = recording["cluster-servers"].after
    services = {name for name in in_kubernetes(recording) if name.startswith("cluster-service-")}
    assert after >= {"cluster-config", "cluster-account", *services}
    assert after >= {"cluster-network-nothing-else", "cluster-network-servers"}
    # One that may not label itself when it starts answers nothing until it may.
    assert "cluster-registration-binding" in after
    assert "cluster-registration-role" in recording["cluster-registration-binding"].after
    # A server that may not use the key yet would end, and try again ever more slowly.
    assert after >= {"cluster-aws-key", "cluster-aws-alias", "cluster-aws-permission"}


@pytest.mark.parametrize("exposure", EXPOSED)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_waits_for_what_comes_after_first_contact(
    alone: Alone, environment: str, exposure: str
) -> None:
    recording = make(alone, environment, EXPOSED[exposure])
    awaited = [
        one
        for one in in_kubernetes(recording).values()
        if one.type.removeprefix("kubernetes:") in AWAITED
    ]
    assert awaited
    for one in awaited:
        assert one.values["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true", one.name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("protect", [False, True])
def test_what_holds_data_or_its_key_is_protected_where_the_settings_say(
    alone: Alone, environment: str, protect: bool
) -> None:
    recording = make(alone, environment, {"protectData": protect})
    # Replaced, the StatefulSet would end all servers at once.
    kept = ["cluster-namespace", "cluster-servers"]
    if environment != "dev":
        kept += ["cluster-aws-key", "cluster-aws-bucket"]
    for name in kept:
        assert recording[name].protect is protect, name
    assert not any(one.protect for one in recording.resources) or protect


@pytest.mark.parametrize("preview", [False, True])
def test_with_all_given_nothing_speaks_to_aws(alone: Alone, preview: bool) -> None:
    recording = make(alone, "staging", GIVEN, preview=preview)
    assert not of_aws(recording)
    assert of_aws(make(alone, "staging", {**GIVEN, "snapshotBucket": ""}, preview=preview))
    config = recording["cluster-config"].values["data"]["server.hcl"]
    assert f'kms_key_id = "{GIVEN["kmsKeyArn"]}"' in config


def test_with_irsa_the_service_account_names_its_role(alone: Alone) -> None:
    role = "eks.amazonaws.com/role-arn"
    own = make(alone)["cluster-account"].values["metadata"]["annotations"]
    assert own == {role: "arn:aws:iam::222222222222:role/vault-staging-seal"}
    given = make(alone, "staging", GIVEN)["cluster-account"].values["metadata"]["annotations"]
    assert given == {role: GIVEN["sealRoleArn"]}


def test_with_pod_identity_it_names_none_and_reaches_the_agent(alone: Alone) -> None:
    agent = "169.254.170.23/32"
    identity = {"workloadIdentity": "pod-identity", "eksCluster": "platform"}
    recording = make(alone, "staging", identity)
    assert not recording["cluster-account"].values["metadata"].get("annotations")
    assert agent in json.dumps(recording["cluster-network-servers"].values)
    assert agent not in json.dumps(make(alone)["cluster-network-servers"].values)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_preview_shows_every_object_as_it_will_be(alone: Alone, environment: str) -> None:
    """It asks nobody, neither Kubernetes nor AWS: the recording refuses to answer."""
    shown = in_kubernetes(make(alone, environment, preview=True))
    made = in_kubernetes(make(alone, environment))
    assert shown.keys() == made.keys()
    for name, one in shown.items():
        assert one.inputs == made[name].inputs, name
        assert one.inputs == plain(one.inputs), "nothing is secret: nobody need hide a difference"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pods_are_started_with_what_the_config_map_holds(alone: Alone, environment: str) -> None:
    recording = make(alone, environment)
    config = recording["cluster-config"].values
    assert config["metadata"]["name"] == CONFIG_MAP
    assert config["data"].keys() == {"server.hcl", "start.sh", "ready.sh"}
    template = recording["cluster-servers"].values["spec"]["template"]
    assert template["metadata"]["annotations"]["checksum/config"] == checksum(config["data"])


def test_a_given_secret_needs_no_cert_manager(alone: Alone) -> None:
    recording = make(alone, "staging", {"tlsIssuer": "", "tlsSecret": "theirs"})
    assert "cluster-certificate" not in recording
    (tls,) = (one for one in pod(recording)["volumes"] if one["name"] == "tls")
    assert tls["secret"]["secretName"] == "theirs"
    asked = recording["cluster-preflight"].values
    assert (asked["tls_secret"], asked["issuer_name"]) == ("theirs", "")


@pytest.mark.parametrize(
    ("exposure", "kind"),
    [("load-balancer", "core/v1:Service"), ("ingress", "networking.k8s.io/v1:Ingress")],
)
def test_a_way_in_is_made_where_it_is_asked_for(alone: Alone, exposure: str, kind: str) -> None:
    recording = make(alone, "staging", EXPOSED[exposure])
    assert kinds(recording) == EVERYWHERE | OF_RAFT | {(kind, "cluster-exposure")}
    assert "vault.example.com" in recording["cluster-certificate"].values["spec"]["dnsNames"]


@pytest.mark.parametrize(
    ("environment", "reviewer", "token"),
    [
        ("dev", "pod", True),
        ("dev", "create", False),
        ("staging", "pod", True),
        ("staging", "create", True),  # to label themselves
    ],
)
def test_pods_get_a_token_only_to_review_others_or_label_themselves(
    alone: Alone, environment: str, reviewer: str, token: bool
) -> None:
    recording = make(alone, environment, {"kubernetesReviewer": reviewer})
    assert pod(recording)["automountServiceAccountToken"] is token
    assert ("cluster-reviewer" in recording) == (reviewer == "pod")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_preflight_asks_for_all_that_the_deployment_counts_on(
    alone: Alone, environment: str
) -> None:
    given = {"storageClass": "disks", "kubeconfig": "/home/me/config"}
    recording = make(alone, environment, {**EXPOSED["ingress"], **given})
    asked = recording["cluster-preflight"].values
    plan = compile_plan(MATRIX, Environment(environment))
    assert set(asked["bound_namespaces"]) == {role.namespace for role in plan.kubernetes_roles}
    bound = {(role.namespace, role.name) for role in plan.kubernetes_roles}
    assert set(asked["bound_namespaces"].items()) <= bound
    of_certificate = recording["cluster-certificate"].values["spec"]["dnsNames"]
    assert asked["certificate_names"] == of_certificate
    expected = {
        "context": f"cluster-{environment}",
        "ingress_class": "nginx",
        "issuer_kind": "ClusterIssuer",
        "issuer_name": "platform",
        "kubeconfig": "/home/me/config",
        "namespace": "vault",
        "storage_class": "disks",
        "tls_secret": "",
    }
    assert expected.items() <= asked.items()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_workload_of_the_matrix_reaches_the_servers(alone: Alone, environment: str) -> None:
    text = json.dumps(make(alone, environment)["cluster-network-servers"].values)
    plan = compile_plan(MATRIX, Environment(environment))
    assert plan.kubernetes_roles
    for role in plan.kubernetes_roles:
        assert f'{{"kubernetes.io/metadata.name": "{role.namespace}"}}' in text


def test_it_needs_no_vault(alone: Alone) -> None:
    """It is what makes one: nothing in it may depend on Vault's provider."""
    for one in make(alone).resources:
        assert PROVIDER_NAME not in one.after
        assert one.provider != PROVIDER_NAME
