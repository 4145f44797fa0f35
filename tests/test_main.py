"""The whole program, for each stack as its file says."""

from __future__ import annotations

import ast
import gc
import json
import runpy
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from components import delivery
from components.bootstrap.ci_login import TOKEN_VARIABLE
from components.settings import SettingsError
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from tests.components.settings.keys import public_keys
from tests.components.settings.loader import existing
from tests.recording import (
    INITIALISATION,
    KEY_SHARES,
    PROVIDER,
    PROVISIONER_SECRET,
    REVIEWER_TOKEN,
    ROOT,
    ROOT_PEM,
    STACK,
    Recording,
    Runner,
    configuration,
    is_secret,
    plain,
)

MAIN: Final = ROOT / "__main__.py"
ENVIRONMENTS: Final = ("dev", "staging", "prod")
RUNS_TOKEN: Final = "the-runs-token-hidden"

GIVEN: Final[Mapping[str, object]] = {
    "oidcClientSecret": "oidc-hidden",
    "databasePasswords": {"kubesentiment": "database-hidden"},
}
VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "kubesentiment/config": {
        "redis_password": "redis-hidden",
        "kafka_password": "kafka-hidden",
        "model_api_key": "model-hidden",
    },
    "deploy/kubesentiment/keys": {"registry_token": "reg-hidden", "signing_key": "sign-hidden"},
    "media-catalog/database": {"url": "url-hidden", "password": "pw-hidden", "ssl_mode": "on"},
    "media-catalog/external": {"tmdb_api_key": "tmdb-hidden", "sentry_dsn": "dsn-hidden"},
}
NOT_IN: Final[Mapping[str, str]] = {"prod": "media-catalog/external"}


# Without any of them no server unseals, or a snapshot is lost or laid open.
AWS_PARTS: Final = (
    "alias",
    "bucket",
    "encryption",
    "key",
    "lifecycle",
    "ownership",
    "privacy",
    "role",
    "tls",
    "versioning",
)


def program() -> None:
    try:
        runpy.run_path(str(MAIN), run_name="__main__")
    finally:
        gc.enable()  # the program does without, but this process lives longer


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def given(environment: str) -> dict[str, object]:
    """Secrets for everything that the stack file turns on."""
    values = {path: keys for path, keys in VALUES.items() if path != NOT_IN.get(environment)}
    secrets = {**GIVEN, "kvValues": values}
    if configuration(environment)["kubernetesReviewer"] == "given":
        secrets["kubernetesReviewerToken"] = "token-hidden"
    return secrets


@pytest.fixture(autouse=True, scope="session")
def in_ci() -> Iterator[None]:
    """As CI runs it: where the stack file says so, its own token is the login."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN_VARIABLE, RUNS_TOKEN)
        yield


@pytest.fixture(scope="session")
def up(run: Runner) -> Mapping[str, Recording]:
    """Each stack with all its secrets given."""
    return {
        name: run(program, config=configuration(name), secrets=given(name)) for name in ENVIRONMENTS
    }


def test_without_any_secret_given_it_runs_and_says_what_is_to_be_given(
    run: Runner, environment: str
) -> None:
    recording = run(program, config=configuration(environment))
    pending = recording.exports["secretsNotGivenYet"]
    plan = compile_plan(MATRIX, Environment(environment))
    expected = [entry.name for entry in plan.kv_entries if entry.generated_length is None]
    assert [line.split(":")[0] for line in pending] == expected
    for path in expected:
        assert any(path in warning for warning in recording.warnings)
    assert recording.of("vault:database/secretBackendConnection:SecretBackendConnection") == []
    assert recording.types["vault:kv/secretV2:SecretV2"] == len(plan.kv_entries) - len(expected)


def test_every_line_of_the_plan_becomes_a_resource(
    up: Mapping[str, Recording], environment: str
) -> None:
    plan = compile_plan(MATRIX, Environment(environment))
    types = up[environment].types
    people = environment != "dev"
    assert types["vault:index/policy:Policy"] == len(plan.acl_policies)
    assert types["vault:kubernetes/authBackendRole:AuthBackendRole"] == len(plan.kubernetes_roles)
    assert types["vault:appRole/authBackendRole:AuthBackendRole"] == len(plan.approle_roles)
    assert types["vault:jwt/authBackendRole:AuthBackendRole"] == people * len(plan.oidc_roles)
    assert types["vault:database/secretBackendRole:SecretBackendRole"] == len(plan.database_roles)
    static_role = "vault:database/secretBackendStaticRole:SecretBackendStaticRole"
    assert types[static_role] == len(plan.database_static_roles)
    assert types["vault:aws/secretBackendRole:SecretBackendRole"] == len(plan.aws_roles)
    assert types["vault:pkiSecret/secretBackendRole:SecretBackendRole"] == len(plan.pki_roles)
    assert types["vault:kv/secretV2:SecretV2"] == len(plan.kv_entries)


def test_it_deploys_what_its_stack_file_turns_on_and_nothing_else(
    up: Mapping[str, Recording], environment: str
) -> None:
    # What is made for each rotation of the plan is tested with the jobs.
    types = Counter(one.type for one in up[environment].resources if one.parent != "rotations")
    beyond_the_plan = Counter(
        {
            INITIALISATION: 1,
            PROVIDER: 1,
            "random:index/randomPassword:RandomPassword": 2,
            "vault:aws/secretBackend:SecretBackend": 1,
            "vault:database/secretBackendConnection:SecretBackendConnection": 1,
            "vault:index/audit:Audit": 1,
            "vault:index/authBackend:AuthBackend": 2,
            "vault:index/mount:Mount": 4,
            "vault:kubernetes/authBackendConfig:AuthBackendConfig": 1,
            "vault:kv/secretBackendV2:SecretBackendV2": 1,
            "vault:pkiSecret/backendConfigAutoTidy:BackendConfigAutoTidy": 2,
            "vault:pkiSecret/secretBackendConfigUrls:SecretBackendConfigUrls": 2,
            "vault:pkiSecret/secretBackendCrlConfig:SecretBackendCrlConfig": 2,
            "vault:pkiSecret/secretBackendIntermediateCertRequest:"
            "SecretBackendIntermediateCertRequest": 1,
            "vault:pkiSecret/secretBackendIntermediateSetSigned:"
            "SecretBackendIntermediateSetSigned": 1,
            "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert": 1,
            "vault:pkiSecret/secretBackendRootSignIntermediate:"
            "SecretBackendRootSignIntermediate": 1,
            "vaultstack:acl:AclPolicies": 1,
            "vaultstack:auth:AppRoleAuth": 1,
            "vaultstack:auth:KubernetesAuth": 1,
            "vaultstack:bootstrap:VaultBootstrap": 1,
            "vaultstack:cluster:RateLimit": 1,
            "vaultstack:engines:AwsEngine": 1,
            "vaultstack:engines:DatabaseEngine": 1,
            "vaultstack:engines:KvEngine": 1,
            "vaultstack:engines:PkiEngine": 1,
            "vaultstack:operations:AuditDevices": 1,
            "vaultstack:preflight:PodsPreflight": 1,
        }
    )
    if environment != "dev":
        beyond_the_plan |= Counter(
            {
                "vault:generic/endpoint:Endpoint": 1,
                "aws:iam/role:Role": 2,
                "aws:iam/rolePolicy:RolePolicy": 2,
                "aws:kms/alias:Alias": 1,
                "aws:kms/key:Key": 1,
                "aws:s3/bucket:Bucket": 1,
                "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": 1,
                "aws:s3/bucketOwnershipControls:BucketOwnershipControls": 1,
                "aws:s3/bucketPolicy:BucketPolicy": 1,
                "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 1,
                "aws:s3/bucketServerSideEncryptionConfiguration:"
                "BucketServerSideEncryptionConfiguration": 1,
                "aws:s3/bucketVersioning:BucketVersioning": 1,
                "kubernetes:admissionregistration.k8s.io/v1:MutatingWebhookConfiguration": 1,
                "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy": 1,
                "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding": 1,
                "kubernetes:apps/v1:DaemonSet": 1,
                "kubernetes:apps/v1:Deployment": 1,
                "kubernetes:apps/v1:StatefulSet": 1,
                "kubernetes:batch/v1:CronJob": 1,
                "kubernetes:cert-manager.io/v1:Certificate": 6,
                "kubernetes:cert-manager.io/v1:Issuer": 2,
                "kubernetes:coordination.k8s.io/v1:Lease": 1,
                "kubernetes:core/v1:ConfigMap": 4,
                "kubernetes:core/v1:Namespace": 3,
                "kubernetes:core/v1:Secret": 1,
                "kubernetes:core/v1:Service": 7,
                "kubernetes:core/v1:ServiceAccount": 5,
                "kubernetes:monitoring.coreos.com/v1:PrometheusRule": 1,
                "kubernetes:monitoring.coreos.com/v1:ServiceMonitor": 1,
                "kubernetes:networking.k8s.io/v1:NetworkPolicy": 9,
                "kubernetes:policy/v1:PodDisruptionBudget": 2,
                "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": 1,
                "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": 2,
                "kubernetes:rbac.authorization.k8s.io/v1:Role": 4,
                "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": 4,
                "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass": 1,
                "pulumi:providers:aws": 2,
                "pulumi:providers:kubernetes": 6,
                "random:index/randomPassword:RandomPassword": 3,
                "pulumi-python:dynamic/vaultstack:Preflight": 2,
                "vault:index/audit:Audit": 2,
                "vault:index/quotaRateLimit:QuotaRateLimit": 1,
                "vault:index/raftAutopilot:RaftAutopilot": 1,
                "vault:jwt/authBackend:AuthBackend": 1,
                "vaultstack:auth:OidcAuth": 1,
                "vaultstack:cluster:Autopilot": 1,
                "vaultstack:cluster:AwsFoundation": 1,
                "vaultstack:cluster:VaultCluster": 1,
                "vaultstack:operations:AttestAccount": 1,
                "vaultstack:operations:Rotations": 1,
                "vaultstack:operations:SnapshotStore": 1,
                "vaultstack:operations:Snapshots": 1,
                "vaultstack:operations:Telemetry": 1,
                "vaultstack:delivery:AgentInjector": 1,
                "vaultstack:delivery:CsiProvider": 1,
                "vaultstack:delivery:SecretDelivery": 1,
            }
        )
    from_the_plan = {
        "vault:index/policy:Policy",
        "vault:kubernetes/authBackendRole:AuthBackendRole",
        "vault:appRole/authBackendRole:AuthBackendRole",
        "vault:jwt/authBackendRole:AuthBackendRole",
        "vault:database/secretBackendRole:SecretBackendRole",
        "vault:database/secretBackendStaticRole:SecretBackendStaticRole",
        "vault:aws/secretBackendRole:SecretBackendRole",
        "vault:pkiSecret/secretBackendRole:SecretBackendRole",
        "vault:kv/secretV2:SecretV2",
    }
    assert Counter({t: n for t, n in types.items() if t not in from_the_plan}) == beyond_the_plan


# What no stack file here can say: files and images are wherever somebody has them.
NOT_IN_STACK_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "dev": ("vaultstack:jobsImage",),
    "staging": ("vaultstack:vaultCaCertFile",),
    "prod": ("vaultstack:sharePgpKeys", "vaultstack:vaultCaCertFile"),
}


def test_with_everything_given_it_warns_of_nothing_else(
    up: Mapping[str, Recording], environment: str
) -> None:
    warnings = up[environment].warnings
    assert len(warnings) == len(NOT_IN_STACK_FILES[environment])
    for key in NOT_IN_STACK_FILES[environment]:
        assert any(key in line for line in warnings), key


def test_of_servers_that_it_did_not_deploy_it_warns_that_nobody_takes_snapshots(
    run: Runner,
) -> None:
    config = existing("prod", sharePgpKeys=public_keys())
    (warning,) = run(program, config=config, secrets=given("prod")).warnings
    assert warning.startswith("nobody takes snapshots here")


def test_values_that_the_environment_does_not_have_stop_it_before_it_declares_anything(
    run: Runner,
) -> None:
    with pytest.raises(SettingsError) as caught:
        run(program, config=configuration("prod"), secrets={**GIVEN, "kvValues": VALUES})
    (problem,) = caught.value.problems
    assert problem.startswith("vaultstack:kvValues: 'media-catalog/external' is no given KV entry")
    assert "hidden" not in problem


def test_no_secret_leaves_it_in_clear(up: Mapping[str, Recording], environment: str) -> None:
    leaked = [leaf for leaf in up[environment].leaves_in_clear() if "hidden" in leaf]
    assert leaked == []


def test_its_exports(up: Mapping[str, Recording], environment: str) -> None:
    exports = up[environment].exports
    assert (
        exports["address"]
        == {
            "dev": "http://127.0.0.1:8200",
            "staging": "https://vault.staging.example.internal:8200",
            "prod": "https://vault.prod.example.internal:8200",
        }[environment]
    )
    assert exports["environment"] == environment
    assert exports["rootCertificate"] == ROOT_PEM
    assert exports["secretsNotGivenYet"] == []
    plan = compile_plan(MATRIX, Environment(environment))
    assert exports["podAnnotations"] == delivery.annotations_by_workload(plan)
    assert exports["podSpecs"] == delivery.specs_by_workload(plan)
    assert is_secret(exports["keyShares"])
    assert plain(exports["keyShares"]) == KEY_SHARES
    assert set(exports) == {
        "address",
        "environment",
        "keyShares",
        "podAnnotations",
        "podSpecs",
        "rootCertificate",
        "secretsNotGivenYet",
    }


def test_the_root_token_is_no_output_and_no_input(up: Mapping[str, Recording]) -> None:
    assert "root_token" not in str([r.inputs for r in up["dev"].resources])
    assert not any("token" in key.lower() for key in up["dev"].exports)


def test_only_components_are_the_stacks_own_children(
    up: Mapping[str, Recording], environment: str
) -> None:
    nested = {"cluster-aws", "delivery-csi", "delivery-injector", "snapshots-store"}
    for resource in up[environment].resources:
        own = not resource.request.custom and resource.name not in nested
        assert (f"::{STACK}::" in resource.request.parent) == own, resource.name


def test_everything_in_vault_is_made_by_the_provisioner(
    up: Mapping[str, Recording], environment: str
) -> None:
    for resource in up[environment].resources:
        if resource.type.startswith("vault:"):
            assert resource.provider == "vault-provisioner", resource.name
    inputs = up[environment]["vault-provisioner"].inputs
    if configuration(environment)["provisionerLogin"] == "approle":
        assert PROVISIONER_SECRET in plain(inputs["authLogin"])
        assert is_secret(inputs["authLogin"])
    else:
        assert "authLogin" not in inputs
        assert json.loads(plain(inputs["authLoginJwt"])) == {"mount": "ci", "role": "provisioner"}
    assert RUNS_TOKEN not in str([one.inputs for one in up[environment].resources])


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_nothing_is_made_before_the_cluster_was_looked_at(
    up: Mapping[str, Recording], name: str
) -> None:
    # Children wait for their component.
    for component in (
        *("cluster", "vault", "delivery"),
        *("rotations", "snapshots", "telemetry", "attest"),
    ):
        assert "preflight-questions" in up[name][component].after, component


def test_roles_come_after_the_acl_policies_that_they_name(
    up: Mapping[str, Recording], environment: str
) -> None:
    recording = up[environment]
    policies = {resource.name for resource in recording.of("vault:index/policy:Policy")}
    order = [resource.name for resource in recording.resources]
    methods = ["kubernetes", "approle", *(["oidc"] if environment != "dev" else [])]
    assert policies
    for method in methods:
        # Children wait for their component, and the component for every ACL policy.
        assert policies <= recording[method].after
        assert max(map(order.index, policies)) < order.index(f"{method}-mount")


def test_data_is_protected_where_the_stack_file_does_not_say_otherwise(
    up: Mapping[str, Recording],
) -> None:
    assert not any(resource.protect for resource in up["dev"].resources)
    assert {resource.name for resource in up["prod"].resources if resource.protect} == {
        "cluster-namespace",
        "cluster-servers",
        *(f"cluster-aws-{part}" for part in AWS_PARTS),
        "vault-initialisation",
        "audit-file",
        "audit-stdout",
        "database-connection-kubesentiment",
        "delivery-csi-namespace",
        "delivery-injector-namespace",
        "kv-mount",
        "kv-config",
        *(f"kv-entry-{path.replace('/', '-')}" for path in _entries("prod")),
        "pki-mount-pki",
        "pki-mount-pki-root",
        "pki-root",
        "pki-intermediate-request",
        "pki-intermediate-certificate",
        "pki-intermediate",
    }


def _entries(environment: str) -> list[str]:
    return [entry.name for entry in compile_plan(MATRIX, Environment(environment)).kv_entries]


def test_two_runs_give_the_same_names(
    run: Runner, up: Mapping[str, Recording], environment: str
) -> None:
    again = run(program, config=configuration(environment), secrets=given(environment))
    assert again.identities == up[environment].identities


def test_a_preview_declares_what_an_up_does(
    run: Runner, up: Mapping[str, Recording], environment: str
) -> None:
    preview = run(
        program, config=configuration(environment), secrets=given(environment), preview=True
    )
    assert preview.identities == up[environment].identities


def test_a_reviewer_is_made_before_vault_is_asked_for_anything(run: Runner) -> None:
    """An `up` with targets can make its provider, then (docs/lost-state.md)."""
    recording = run(
        program,
        config=configuration("dev", kubernetesReviewer="create", kubernetesContext="vault"),
        secrets=GIVEN,
    )
    reviewer = recording["kubernetes-reviewer"]
    assert reviewer.type == "vaultstack:auth:TokenReviewer"
    beside = recording["kubernetes"].parent
    assert (reviewer.parent, reviewer.after) == (beside, set())
    config = recording["kubernetes-config"]
    assert plain(config.inputs["tokenReviewerJwt"]) == REVIEWER_TOKEN


def test_an_adopted_vault_needs_no_initialisation(run: Runner) -> None:
    recording = run(
        program,
        config=configuration("prod", provisionerRoleId="a-role-id"),
        secrets={**given("prod"), "provisionerSecretId": "adopted-hidden"},
    )
    assert INITIALISATION not in recording.types
    assert recording.exports.get("keyShares") is None
    assert [leaf for leaf in recording.leaves_in_clear() if "hidden" in leaf] == []


def test_it_is_a_table_of_contents() -> None:
    source = MAIN.read_text()
    assert len(source.splitlines()) <= 85
    tree = ast.parse(source)
    kinds = {type(node) for node in ast.walk(tree)}
    assert kinds.isdisjoint({ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try})


def test_it_knows_no_stack_by_name() -> None:
    tree = ast.parse(MAIN.read_text())
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert words.isdisjoint(ENVIRONMENTS)
    assert names.isdisjoint({"get_stack", "DEV", "STAGING", "PROD", "Environment"})
    for node in ast.walk(tree):
        if isinstance(node, ast.If):
            assert "environment" not in ast.unparse(node.test)
