"""What a stack's files say of what is in Vault, and that the program makes just that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from attest import stack
from attest.errors import UsageError
from attest.expected import effective, expected
from attest.kinds import Kind
from components.cluster.pod_config import AUDIT_FILE
from policies.audit_devices import AuditDevice
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.standing import Part
from tests.attest.vaults import settings
from tests.recording import Runner, configuration
from tests.test_main import given, program


def test_staging_and_prod_are_as_their_files_say() -> None:
    prod = settings(Environment.PROD)
    assert prod.address == "https://vault.prod.example.internal:8200"
    assert prod.parts >= {Part.CORE, Part.OIDC, Part.DATABASE, Part.AWS, Part.PROVISIONER_BY_CI}
    assert Part.PROVISIONER_BY_APPROLE not in prod.parts
    assert prod.ci
    assert prod.ci.attest_environments == ("attest-prod",)
    assert prod.ci.attest_acl_policy == "platform-attest-prod"
    assert prod.audit_devices == (AuditDevice.FILE, AuditDevice.STDOUT)
    assert prod.requests_per_second == 5000


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"oidcClientSecret": ""}, Part.OIDC),
        ({"oidcDiscoveryUrl": ""}, Part.OIDC),
        ({"databaseHost": ""}, Part.DATABASE),
        ({"awsEngine": False}, Part.AWS),
        ({"awsEngine": "false"}, Part.AWS),
        ({"provisionerLogin": "approle"}, Part.PROVISIONER_BY_CI),
    ],
)
def test_what_a_setting_leaves_out_is_not_expected(changed: dict[str, Any], part: Part) -> None:
    assert part in settings().parts
    assert part not in settings(**changed).parts


def test_what_a_setting_adds_is_expected() -> None:
    more = settings(gcpEngine=True, azureSubscriptionId="s", provisionerLogin="approle")
    assert {Part.GCP, Part.AZURE, Part.PROVISIONER_BY_APPROLE} <= more.parts
    assert settings(exposure="ingress").address == "https://vault.prod.example.internal"
    assert settings(vaultAddress="https://v").address == "https://v"


def test_teams_with_stacks_have_provisioners_of_their_own() -> None:
    assert settings().provisioners == {"provisioner"}
    teams = settings(teamStacks=["media-team"])
    assert teams.provisioners == {"provisioner", "provisioner-media-team"}


def test_a_database_without_its_password_is_not_connected_yet() -> None:
    plan = compile_plan(MATRIX, Environment.PROD)
    assert effective(plan, settings()).database_connections
    without = effective(plan, settings(databasePasswords={}))
    assert not without.database_connections
    assert not without.database_roles
    assert not without.database_static_roles
    assert settings(databasePasswords={"secure": "all of it"}).databases == frozenset()


def test_files_that_are_not_there_or_say_nonsense_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Pulumi\.prod\.yaml and Pulumi\.yaml must be there"):
        stack.read(Environment.PROD, root=tmp_path)
    with pytest.raises(UsageError, match=r"Pulumi\.prod\.yaml: cannot be understood .*90"):
        stack.read(Environment.PROD, {"pkiRootTtl": "90"})


def test_the_file_of_deployed_servers_is_the_one_that_they_are_given() -> None:
    assert settings().audit_file == AUDIT_FILE


_PATHS = {
    "vault:index/mount:Mount": (Kind.MOUNT, "path"),
    "vault:aws/secretBackend:SecretBackend": (Kind.MOUNT, "path"),
    "vault:index/authBackend:AuthBackend": (Kind.AUTH, "path"),
    "vault:jwt/authBackend:AuthBackend": (Kind.AUTH, "path"),
    "vault:index/policy:Policy": (Kind.ACL_POLICY, "name"),
    "vault:kubernetes/authBackendRole:AuthBackendRole": (Kind.KUBERNETES_ROLE, "roleName"),
    "vault:appRole/authBackendRole:AuthBackendRole": (Kind.APPROLE_ROLE, "roleName"),
    "vault:jwt/authBackendRole:AuthBackendRole": (Kind.OIDC_ROLE, "roleName"),
    "vault:database/secretBackendConnection:SecretBackendConnection": (Kind.CONNECTION, "name"),
    "vault:database/secretBackendRole:SecretBackendRole": (Kind.DATABASE_ROLE, "name"),
    "vault:database/secretBackendStaticRole:SecretBackendStaticRole": (Kind.STATIC_ROLE, "name"),
    "vault:aws/secretBackendRole:SecretBackendRole": (Kind.AWS_ROLE, "name"),
    "vault:pkiSecret/secretBackendRole:SecretBackendRole": (Kind.PKI_ROLE, "name"),
    "vault:index/quotaRateLimit:QuotaRateLimit": (Kind.RATE_LIMIT, "name"),
    "vault:index/audit:Audit": (Kind.AUDIT_DEVICE, "path"),
}
_SETTINGS = {
    "vault:kubernetes/authBackendConfig:AuthBackendConfig": (
        "auth/kubernetes/config",
        {
            "kubernetesHost": "kubernetes_host",
            "kubernetesCaCert": "kubernetes_ca_cert",
            "disableLocalCaJwt": "disable_local_ca_jwt",
        },
    ),
    "vault:jwt/authBackend:AuthBackend": (
        "auth/oidc/config",
        {"oidcDiscoveryUrl": "oidc_discovery_url", "oidcClientId": "oidc_client_id"},
    ),
}
# The bootstrap makes these itself, over the API.
_BOOTSTRAP = {
    (Kind.AUTH, "provisioner"),
    (Kind.AUTH, "ci"),
    (Kind.ACL_POLICY, "provisioner"),
    (Kind.PROVISIONER_ROLE, "provisioner"),
    (Kind.CI_ROLE, "provisioner"),
    (Kind.CI_ROLE, "attest"),
}


@pytest.mark.parametrize("environment", Environment)
def test_what_the_program_makes_is_what_is_expected(run: Runner, environment: Environment) -> None:
    """As the engine would run it: so nothing can be made that `attest` would not know."""
    recording = run(program, config=configuration(environment), secrets=given(environment))
    made = {
        (kind, str(resource.values[key]))
        for resource in recording.resources
        for kind, key in [_PATHS.get(resource.type, (None, ""))]
        if kind
    }
    there = settings(environment)
    wanted = expected(effective(compile_plan(MATRIX, environment), there), there)
    names = {
        (kind, name) for kind, found in wanted.items() for name in found if kind is not Kind.SETTING
    }
    assert made == names - _BOOTSTRAP
    told = {
        path: {field: resource.values[key] for key, field in keys.items() if key in resource.values}
        for resource in recording.resources
        for path, keys in [_SETTINGS.get(resource.type, ("", {}))]
        if path
    }
    assert told == {
        path: {
            field: value
            for field, value in wanted[Kind.SETTING][path].items()
            if value != "" and field in fields.values()
        }
        for path, fields in _SETTINGS.values()
        if path in wanted[Kind.SETTING]
    }
