"""What each type of Vault resource writes: the paths, and the fields under Vault's names for them.

Source: terraform-provider-vault, which Pulumi's provider is made of.
"""

from __future__ import annotations

import dataclasses
import json
import runpy
from collections.abc import Mapping
from typing import Any, Final

import pytest

from policies import matrix
from policies.grants import Cloud
from policies.resources import AzureCloudRole, GcpCloudRole
from rehearsal.errors import RehearsalError
from rehearsal.resources import Made, random
from rehearsal.resources.vault import makers
from tests.recording import ROOT, Recording, Runner, configuration, plain
from tests.rehearsal.fakes import Call, FakeVault, answer

PKI: Final = "vault:pkiSecret/secretBackend{0}:SecretBackend{0}"


def make(
    kind: str, inputs: Mapping[str, Any], data: Mapping[str, Any] | None = None
) -> tuple[dict[str, Mapping[str, Any]], Made]:
    """What was written, and what came of it. `data`: Vault's answer."""
    vault = FakeVault(lambda _: answer(data=data or {}))
    made = makers(vault)[kind](inputs)
    return vault.written, made


def test_a_path_is_filled_from_the_inputs_which_are_not_sent_again() -> None:
    written, made = make("vault:index/policy:Policy", {"name": "reader", "policy": "# none"})
    assert written == {"sys/policies/acl/reader": {"policy": "# none"}}
    assert made.id == "sys/policies/acl/reader"


def test_names_are_vaults_and_what_is_not_given_is_not_sent() -> None:
    written, _ = make(
        "vault:kubernetes/authBackendRole:AuthBackendRole",
        {
            "backend": "kubernetes",
            "roleName": "api",
            "boundServiceAccountNames": ["api"],
            "boundServiceAccountNamespaces": ["shop-dev"],
            "audience": None,
            "tokenMaxTtl": 3600,
            "tokenBoundCidrs": [],
        },
    )
    assert written == {
        "auth/kubernetes/role/api": {
            "bound_service_account_names": ["api"],
            "bound_service_account_namespaces": ["shop-dev"],
            "token_max_ttl": 3600,
            "token_bound_cidrs": [],
        }
    }


@pytest.mark.parametrize("kind", ["appRole", "jwt", "kubernetes"])
def test_every_auth_methods_roles_are_at_its_mount(kind: str) -> None:
    written, _ = make(
        f"vault:{kind}/authBackendRole:AuthBackendRole", {"backend": "there", "roleName": "x"}
    )
    assert written == {"auth/there/role/x": {}}


def test_the_values_of_a_claim_are_a_list_as_the_provider_makes_one() -> None:
    written, _ = make(
        "vault:jwt/authBackendRole:AuthBackendRole",
        {"backend": "oidc", "roleName": "x", "boundClaims": {"groups": "a, b"}},
    )
    assert written == {"auth/oidc/role/x": {"bound_claims": {"groups": ["a", "b"]}}}


def test_a_mounts_lifetimes_are_in_its_configuration_with_a_unit() -> None:
    written, _ = make(
        "vault:index/mount:Mount",
        {
            "path": "pki",
            "type": "pki",
            "description": "d",
            "defaultLeaseTtlSeconds": 60,
            "maxLeaseTtlSeconds": 3600,
            "options": {"version": "2"},
        },
    )
    assert written == {
        "sys/mounts/pki": {
            "type": "pki",
            "description": "d",
            "options": {"version": "2"},
            "config": {"default_lease_ttl": "60s", "max_lease_ttl": "3600s"},
        }
    }


def test_a_mount_without_lifetimes_has_no_configuration() -> None:
    written, _ = make("vault:index/mount:Mount", {"path": "database", "type": "database"})
    assert written == {"sys/mounts/database": {"type": "database"}}


def test_an_oidc_backend_is_a_mount_and_its_configuration() -> None:
    written, _ = make(
        "vault:jwt/authBackend:AuthBackend",
        {
            "path": "oidc",
            "type": "oidc",
            "description": "people",
            "oidcDiscoveryUrl": "https://issuer",
            "oidcClientSecret": "hidden",
            "tune": {"defaultLeaseTtl": "1h"},
        },
    )
    assert written == {
        "sys/auth/oidc": {
            "type": "oidc",
            "description": "people",
            "config": {"default_lease_ttl": "1h"},
        },
        "auth/oidc/config": {
            "oidc_discovery_url": "https://issuer",
            "oidc_client_secret": "hidden",
        },
    }


def test_a_connections_database_is_flattened_and_its_plugin_named() -> None:
    written, made = make(
        "vault:database/secretBackendConnection:SecretBackendConnection",
        {
            "backend": "database",
            "name": "shop",
            "allowedRoles": ["shop-readonly"],
            "verifyConnection": True,
            "postgresql": {"connectionUrl": "postgresql://{{username}}", "tlsCa": None},
        },
    )
    assert written == {
        "database/config/shop": {
            "allowed_roles": ["shop-readonly"],
            "verify_connection": True,
            "connection_url": "postgresql://{{username}}",
            "plugin_name": "postgresql-database-plugin",
        }
    }
    assert made.id == "database/config/shop"


def test_a_database_role_is_sent_whole() -> None:
    written, _ = make(
        "vault:database/secretBackendRole:SecretBackendRole",
        {"backend": "database", "name": "r", "dbName": "shop", "creationStatements": ["SQL"]},
    )
    assert written == {"database/roles/r": {"db_name": "shop", "creation_statements": ["SQL"]}}


def test_an_endpoint_is_written_as_it_stands() -> None:
    written, _ = make(
        "vault:generic/endpoint:Endpoint",
        {"path": "database/rotate-root/shop", "dataJson": '{"a": 1}', "disableRead": True},
    )
    assert written == {"database/rotate-root/shop": {"a": 1}}


def test_a_kv_entry_is_written_with_check_and_set_and_then_its_metadata() -> None:
    written, made = make(
        "vault:kv/secretV2:SecretV2",
        {
            "mount": "secret",
            "name": "shop/api",
            "dataJson": '{"key": "hidden"}',
            "options": {"cas": "0"},
            "customMetadata": {"casRequired": True},
            "disableRead": True,
            "deleteAllVersions": True,
        },
    )
    assert written == {
        "secret/data/shop/api": {"data": {"key": "hidden"}, "options": {"cas": "0"}},
        "secret/metadata/shop/api": {"cas_required": True},
    }
    assert list(written) == ["secret/data/shop/api", "secret/metadata/shop/api"]
    assert made.outputs == {"path": "secret/data/shop/api"}


def test_a_given_kv_entry_has_neither() -> None:
    written, _ = make(
        "vault:kv/secretV2:SecretV2", {"mount": "secret", "name": "a", "dataJson": "{}"}
    )
    assert written == {"secret/data/a": {"data": {}}}


def test_a_pki_roles_key_usages_are_key_usage() -> None:
    written, _ = make(
        PKI.format("Role"),
        {"backend": "pki", "name": "api", "keyUsages": ["DigitalSignature"], "extKeyUsages": []},
    )
    assert written == {"pki/roles/api": {"key_usage": ["DigitalSignature"], "ext_key_usages": []}}


def test_a_root_certificate_hands_over_what_others_are_made_of() -> None:
    data = {
        "certificate": "PEM",
        "issuer_id": "i",
        "serial_number": "1",
        "issuing_ca": "PEM",
        "key_id": "not asked for",
    }
    written, made = make(
        PKI.format("RootCert"),
        {"backend": "pki-root", "type": "internal", "commonName": "root", "ttl": "87600h"},
        data,
    )
    assert written == {"pki-root/root/generate/internal": {"common_name": "root", "ttl": "87600h"}}
    assert made.outputs == {
        "certificate": "PEM",
        "issuerId": "i",
        "serialNumber": "1",
        "issuingCa": "PEM",
    }


def test_an_intermediates_bundle_ends_with_who_signed_it() -> None:
    written, made = make(
        PKI.format("RootSignIntermediate"),
        {"backend": "pki-root", "commonName": "intermediate", "csr": "CSR"},
        {"certificate": "INTERMEDIATE", "issuing_ca": "ROOT"},
    )
    assert written == {
        "pki-root/root/sign-intermediate": {"common_name": "intermediate", "csr": "CSR"}
    }
    assert made.outputs["certificateBundle"] == "INTERMEDIATE\nROOT"


def test_the_aws_engine_is_a_mount_and_its_key() -> None:
    written, _ = make(
        "vault:aws/secretBackend:SecretBackend",
        {
            "path": "aws",
            "description": "d",
            "accessKey": "id",
            "secretKey": "hidden",
            "iamEndpoint": "http://x",
            "maxLeaseTtlSeconds": 14400,
        },
    )
    assert written == {
        "sys/mounts/aws": {
            "type": "aws",
            "description": "d",
            "config": {"max_lease_ttl": "14400s"},
        },
        "aws/config/root": {"access_key": "id", "secret_key": "hidden", "iam_endpoint": "http://x"},
    }


def test_the_google_engine_is_a_mount_and_its_credentials() -> None:
    written, _ = make(
        "vault:gcp/secretBackend:SecretBackend",
        {"path": "gcp", "description": "d", "credentials": "hidden"},
    )
    assert written == {
        "sys/mounts/gcp": {"type": "gcp", "description": "d"},
        "gcp/config": {"credentials": "hidden"},
    }


def test_the_google_engine_without_credentials_is_configured_all_the_same() -> None:
    written, _ = make("vault:gcp/secretBackend:SecretBackend", {"path": "gcp", "credentials": None})
    assert written == {"sys/mounts/gcp": {"type": "gcp"}, "gcp/config": {}}


def test_an_impersonated_account_is_named_in_its_path() -> None:
    """Vault asks Google whether there is such an account, so that only a fake can be written to;
    tests/live shows that Vault has the fields.
    """
    written, _ = make(
        "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount",
        {
            "backend": "gcp",
            "impersonatedAccount": "reader",
            "serviceAccountEmail": "reader@x",
            "tokenScopes": ["scope"],
            "ttl": "3600",
        },
    )
    assert written == {
        "gcp/impersonated-account/reader": {
            "service_account_email": "reader@x",
            "token_scopes": ["scope"],
            "ttl": "3600",
        }
    }


def test_the_azure_engine_is_a_mount_and_who_vault_is() -> None:
    written, _ = make(
        "vault:azure/backend:Backend",
        {
            "path": "azure",
            "description": "d",
            "subscriptionId": "s",
            "tenantId": "t",
            "clientId": "c",
            "clientSecret": "hidden",
        },
    )
    assert written == {
        "sys/mounts/azure": {"type": "azure", "description": "d"},
        "azure/config": {
            "environment": "AzurePublicCloud",
            "subscription_id": "s",
            "tenant_id": "t",
            "client_id": "c",
            "client_secret": "hidden",
        },
    }


def test_an_azure_roles_assignments_are_json_text() -> None:
    """Vault looks the assignments up in Azure, so that only a fake can be written to."""
    written, _ = make(
        "vault:azure/backendRole:BackendRole",
        {
            "backend": "azure",
            "role": "reader",
            "azureRoles": [{"roleName": "Reader", "scope": "/subscriptions/1", "roleId": None}],
            "ttl": "3600",
            "maxTtl": "7200",
            "permanentlyDelete": True,
        },
    )
    ((path, body),) = written.items()
    assert path == "azure/roles/reader"
    assert json.loads(body["azure_roles"]) == [{"role_name": "Reader", "scope": "/subscriptions/1"}]
    assert {key: value for key, value in body.items() if key != "azure_roles"} == {
        "ttl": "3600",
        "max_ttl": "7200",
        "permanently_delete": True,
    }


@pytest.mark.parametrize("kind", sorted(makers(FakeVault())))
def test_no_type_overlooks_an_input_that_nobody_knows(kind: str) -> None:
    """It is sent, and what Vault ignores stops the rehearsal; or where only some inputs are sent,
    the rehearsal itself knows which there are.
    """

    def ignore(call: Call) -> Any:
        warning = "Endpoint ignored these unrecognized parameters: [new_input]"
        return answer(data=ANYTHING, warnings=[warning] if "new_input" in str(call.body) else None)

    with pytest.raises(RehearsalError, match=r"newInput|new_input"):
        makers(FakeVault(ignore))[kind]({**PLACES, "postgresql": {}, "newInput": "x"})


PLACES: Final = {
    "backend": "b",
    "mount": "m",
    "path": "p",
    "name": "n",
    "role": "r",
    "roleName": "r",
    "impersonatedAccount": "i",
    "type": "t",
    "description": "d",
    "commonName": "c",
    "dataJson": "{}",
}
ANYTHING: Final = dict.fromkeys(
    (
        "certificate",
        "issuer_id",
        "serial_number",
        "issuing_ca",
        "csr",
        "key_id",
        "imported_issuers",
    ),
    "x",
)


# --- the table knows every type that the program can declare -------------------------------------


@pytest.fixture
def everything(run: Runner, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """The program with every engine on, and a role for each cloud."""
    roles = (
        GcpCloudRole("reader-gcp", "reader@x"),
        AzureCloudRole("reader-azure", (("Reader", "/"),)),
    )
    first, *others = matrix.MATRIX.applications
    workload, *rest = first.workloads
    wider = dataclasses.replace(
        workload, grants=(*workload.grants, *(Cloud(role.name) for role in roles))
    )
    clouds = dataclasses.replace(
        first, cloud_roles=(*first.cloud_roles, *roles), workloads=(wider, *rest)
    )
    monkeypatch.setattr(
        matrix, "MATRIX", dataclasses.replace(matrix.MATRIX, applications=(clouds, *others))
    )
    config = configuration(
        "prod",
        awsEngine=True,
        gcpEngine=True,
        azureSubscriptionId="s",
        azureTenantId="t",
        databaseRotateRoot=True,
        kubernetesReviewer="create",
        kubernetesContext="rehearsal",
    )
    secrets = {
        "oidcClientSecret": "hidden",
        "databasePasswords": {"kubesentiment": "hidden"},
        "kvValues": {
            "media-catalog/database": dict.fromkeys(("url", "password", "ssl_mode"), "hidden")
        },
    }
    return run(_run_main, config=config, secrets=secrets)


def _run_main() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


def test_the_rehearsal_knows_every_type_that_the_program_can_declare(everything: Recording) -> None:
    known = makers(FakeVault()).keys() | random.makers().keys()
    declared = {r.type for r in everything.resources if r.type.startswith(("vault:", "random:"))}
    assert declared - known == set()
    assert {kind.split(":")[1].split("/")[0] for kind in declared} >= {
        "appRole",
        "aws",
        "azure",
        "database",
        "gcp",
        "jwt",
        "kubernetes",
        "kv",
        "pkiSecret",
    }


def test_it_knows_no_type_that_the_program_cannot_declare(everything: Recording) -> None:
    """Nobody would see such a maker break."""
    declared = {resource.type for resource in everything.resources}
    assert makers(FakeVault()).keys() - declared == set()


def test_every_resource_of_the_program_can_be_written(everything: Recording) -> None:
    """Each with the inputs that it really has, to a Vault that takes everything."""
    for resource in everything.resources:
        if resource.type.startswith("vault:"):
            vault = FakeVault(lambda _: answer(data=ANYTHING))
            makers(vault)[resource.type](plain(resource.inputs))
            assert vault.calls, resource.name
            for call in vault.calls:
                assert "{" not in call.path
                assert "None" not in call.path
                assert not [key for key in call.body if key != key.lower()], call


def test_an_audit_file_lies_where_servers_here_are_told() -> None:
    options = {"file_path": "/vault/audit/audit.log", "mode": "0600"}
    vault = FakeVault(lambda _: answer(data={}))
    maker = makers(vault, lambda path: f"here{path}")["vault:index/audit:Audit"]
    maker({"path": "file", "type": "file", "options": options})
    maker({"path": "stdout", "type": "file", "options": {"file_path": "stdout"}})
    assert vault.written == {
        "sys/audit/file": {
            "type": "file",
            "options": {"file_path": "here/vault/audit/audit.log", "mode": "0600"},
        },
        "sys/audit/stdout": {"type": "file", "options": {"file_path": "stdout"}},
    }
