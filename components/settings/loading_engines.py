"""Reads and validates what the secrets engines are told."""

from __future__ import annotations

import re
from typing import Final

from components.settings.engines import (
    AwsSettings,
    AzureSettings,
    DatabaseSettings,
    GcpSettings,
    KvSettings,
    PkiSettings,
    TlsMode,
)
from components.settings.model import VaultSettings
from components.settings.reader import NAMESPACE, ConfigReader
from components.settings.secret import encrypted
from policies.environments import Environment

# What a shell reads between double quotes as more than text, or does not read as one line.
_OBEYED: Final = re.compile(r'["$`\\\n\r]')


def read_kv(read: ConfigReader) -> KvSettings:
    return read_kv_values(read, read.integer("kvMaxVersions", minimum=2, maximum=1000))


def read_kv_values(read: ConfigReader, max_versions: int | None) -> KvSettings:
    given = read.secret_mappings("kvValues")
    return KvSettings(
        max_versions=max_versions,
        values={
            path: {key: encrypted(value) for key, value in values.items()}
            for path, values in given.items()
        },
        obeyed={
            path: frozenset(key for key, value in values.items() if _OBEYED.search(value))
            for path, values in given.items()
        },
    )


def read_database(read: ConfigReader, environment: Environment) -> DatabaseSettings | None:
    host, username = read.text("databaseHost"), read.text("databaseUsername")
    tls = read.choice("databaseTls", TlsMode, TlsMode.VERIFY_FULL)
    rotate_root = read.flag("databaseRotateRoot")
    verifies = tls in (TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL)
    if not verifies and environment is not Environment.DEV:
        read.problem(
            "databaseTls",
            f"must verify the server in {environment.value}, {tls.value!r} does not: issued "
            "passwords travel over it",
            f"pulumi config set {NAMESPACE}:databaseTls verify-full",
        )
    if rotate_root and "{database}" not in username:
        read.problem(
            "databaseUsername",
            "must hold '{database}' where databaseRotateRoot is true: rotating a shared "
            "administrator's password for one connection locks out the others",
            f"pulumi config set {NAMESPACE}:databaseUsername 'vault_{{database}}'",
        )
    settings = DatabaseSettings(
        host=host,
        port=read.integer("databasePort", minimum=1, maximum=65535),
        tls=tls,
        ca_cert=read.text("databaseCaCert") or None,
        username=username,
        passwords={
            name: encrypted(value)
            for name, value in read.secret_mapping("databasePasswords").items()
        },
        rotate_root=rotate_root,
    )
    return settings if host else None


def read_aws(read: ConfigReader, environment: Environment, region: str) -> AwsSettings | None:
    enabled = read.flag("awsEngine")
    access_key_id, secret = read.secret("awsAccessKeyId"), read.secret("awsSecretAccessKey")
    if bool(access_key_id) != bool(secret):
        missing = "awsSecretAccessKey" if access_key_id else "awsAccessKeyId"
        read.problem(
            missing,
            "is missing while the other half of Vault's AWS key is given",
            f"pulumi config set --secret {NAMESPACE}:{missing}",
        )
    settings = AwsSettings(
        region=region,
        access_key_id=encrypted(access_key_id) if access_key_id else None,
        secret_access_key=encrypted(secret) if secret else None,
        role_arns=read.mapping("awsRoleArns"),
        endpoint=read.secure_url("awsEndpoint", plain_allowed=environment is Environment.DEV)
        or None,
        rotate_root=read.flag("awsRotateRoot"),
    )
    if settings.rotate_root and not access_key_id and read.sound("awsAccessKeyId"):
        read.problem(
            "awsRotateRoot",
            "needs awsAccessKeyId: Vault's own workload identity has no key to change",
            f"pulumi config set {NAMESPACE}:awsRotateRoot false",
        )
    return settings if enabled else None


def read_gcp(read: ConfigReader) -> GcpSettings | None:
    enabled, credentials = read.flag("gcpEngine"), read.secret("gcpCredentials")
    return GcpSettings(encrypted(credentials) if credentials else None) if enabled else None


def read_azure(read: ConfigReader) -> AzureSettings | None:
    subscription_id, tenant_id = read.text("azureSubscriptionId"), read.text("azureTenantId")
    client_id, secret = read.text("azureClientId"), read.secret("azureClientSecret")
    if subscription_id and not tenant_id:
        read.problem(
            "azureTenantId",
            "is needed with azureSubscriptionId",
            f"pulumi config set {NAMESPACE}:azureTenantId <id>",
        )
    if not subscription_id:
        return None
    return AzureSettings(
        subscription_id, tenant_id, client_id or None, encrypted(secret) if secret else None
    )


def read_pki(read: ConfigReader, vault: VaultSettings) -> PkiSettings:
    root, intermediate = read.duration("pkiRootTtl"), read.duration("pkiIntermediateTtl")
    if intermediate > root and read.sound("pkiRootTtl", "pkiIntermediateTtl"):
        read.problem(
            "pkiIntermediateTtl",
            f"must not outlive the root CA: {intermediate} is above pkiRootTtl, {root}",
            "lower the one or raise the other",
        )
    return PkiSettings(
        root_ttl=root,
        intermediate_ttl=intermediate,
        organization=read.text("pkiOrganization"),
        url=read.url("pkiUrl") or vault.address,
    )
