"""vaultstack: Vault and everything in it, for one environment. Settings and the access matrix make
a plan; components make the plan real.
"""

from __future__ import annotations

import pulumi

from components.acl import AclPolicies
from components.auth import (
    AppRoleAuth,
    AppRoleAuthArgs,
    KubernetesAuth,
    KubernetesAuthArgs,
    OidcAuth,
    OidcAuthArgs,
)
from components.bootstrap import BootstrapArgs, VaultBootstrap
from components.engines import (
    AwsEngine,
    AwsEngineArgs,
    AzureEngine,
    AzureEngineArgs,
    DatabaseEngine,
    DatabaseEngineArgs,
    GcpEngine,
    GcpEngineArgs,
    KvEngine,
    KvEngineArgs,
    PkiEngine,
    PkiEngineArgs,
)
from components.settings import load
from policies.compile import compile_plan
from policies.matrix import MATRIX

settings = load()
plan = compile_plan(MATRIX, settings.environment)

# First contact, and the identity that everything below is made with.
vault = VaultBootstrap("vault", BootstrapArgs(settings.vault, settings.bootstrap, settings.protect))
inside = pulumi.ResourceOptions(providers={"vault": vault.provider})

# Who may do what. Roles name ACL policies, so these come first.
acl = AclPolicies("acl", plan.acl_policies, inside)
after_acl = pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[acl]))

# Who can log in.
kubernetes = KubernetesAuthArgs(settings.kubernetes_auth, plan.kubernetes_roles)
KubernetesAuth("kubernetes", kubernetes, after_acl)
AppRoleAuth("approle", AppRoleAuthArgs(plan.approle_roles), after_acl)
if settings.oidc:
    OidcAuth("oidc", OidcAuthArgs(settings.oidc, plan.oidc_roles), after_acl)

# What Vault keeps and issues.
kv = KvEngine("kv", KvEngineArgs(settings.kv, plan.kv_entries, settings.protect), inside)
pki = PkiEngine(
    "pki",
    PkiEngineArgs(settings.pki, settings.environment, plan.pki_roles, settings.protect),
    inside,
)
if settings.database:
    database = DatabaseEngineArgs(settings.database, plan.database_connections, plan.database_roles)
    DatabaseEngine("database", database, inside)
if settings.aws:
    region = MATRIX.spec(settings.environment).aws.region
    AwsEngine("aws", AwsEngineArgs(settings.aws, region, plan.aws_roles), inside)
if settings.gcp:
    GcpEngine("gcp", GcpEngineArgs(settings.gcp, plan.gcp_roles), inside)
if settings.azure:
    AzureEngine("azure", AzureEngineArgs(settings.azure, plan.azure_roles), inside)

pulumi.export("address", settings.vault.address)
pulumi.export("environment", settings.environment.value)
pulumi.export("keyShares", vault.shares)
pulumi.export("rootCertificate", pki.root_certificate)
pulumi.export("secretsNotGivenYet", list(kv.pending))
