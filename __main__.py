"""vaultstack: settings and the access matrix make a plan, and components make the plan real."""

from __future__ import annotations

import gc

import pulumi

from components import auth, cluster, consistency, delivery, engines, operations, preflight
from components.acl import AclPolicies
from components.bootstrap import BootstrapArgs, VaultBootstrap
from components.options import after
from components.settings import load
from policies.compile import compile_plan
from policies.matrix import MATRIX

gc.disable()  # all is kept to the end: looking for garbage took a third of 1,000 workloads' time
settings = load(MATRIX.spec)
plan = compile_plan(MATRIX, settings.environment)
own, teams = consistency.check(settings, plan)  # its part of the plan, and who makes the rest

# What others put into the Kubernetes cluster, looked for before anything of ours is made there.
looked = preflight.PodsPreflight("preflight", preflight.PodsPreflightArgs(settings, plan))
after_look = pulumi.ResourceOptions(depends_on=[looked])

# The servers, where they are not there already.
servers = cluster.servers(settings, plan, after_look)
after_servers = pulumi.ResourceOptions(depends_on=[looked, *servers])

# First contact, and the identity that everything below is made with.
contact = BootstrapArgs(settings.vault, settings.bootstrap, settings.protect, teams)
vault = VaultBootstrap("vault", contact, after_servers)
inside = pulumi.ResourceOptions(providers={"vault": vault.provider})

# What is done in Vault is written down from here on, to the last thing that is undone.
inside = after(inside, operations.record("audit", settings, inside))

if settings.cluster.raft:
    cluster.Autopilot("autopilot", cluster.AutopilotArgs(settings.cluster), inside)
cluster.RateLimit("rate-limit", cluster.RateLimitArgs(settings.limits), inside)

# Who may do what. Roles name ACL policies, so these come first.
after_acl = after(inside, [AclPolicies("acl", own.acl_policies, inside)])

# Who can log in.
reviews = auth.reviewer_token("kubernetes-reviewer", settings.kubernetes_auth, after_look)
kubernetes = auth.KubernetesAuthArgs(settings.kubernetes_auth, own.kubernetes_roles, reviews)
auth.KubernetesAuth("kubernetes", kubernetes, after_acl)
auth.AppRoleAuth("approle", auth.AppRoleAuthArgs(own.approle_roles), after_acl)
if settings.oidc:
    auth.OidcAuth("oidc", auth.OidcAuthArgs(settings.oidc, plan.oidc_roles), after_acl)

# What Vault keeps and issues.
entries = engines.KvEngineArgs(settings.kv, own.kv_entries, settings.protect)
kv = engines.KvEngine("kv", entries, inside)
ca = engines.PkiEngineArgs(settings.pki, settings.environment, plan.pki_roles, settings.protect)
pki = engines.PkiEngine("pki", ca, inside)
if settings.database:
    database = engines.DatabaseEngineArgs(settings.database, plan, settings.protect)
    engines.DatabaseEngine("database", database, inside)
if settings.aws:
    engines.AwsEngine("aws", engines.AwsEngineArgs(settings.aws, plan.aws_roles), inside)
if settings.gcp:
    engines.GcpEngine("gcp", engines.GcpEngineArgs(settings.gcp, plan.gcp_roles), inside)
if settings.azure:
    engines.AzureEngine("azure", engines.AzureEngineArgs(settings.azure, plan.azure_roles), inside)

# How secrets come to applications' pods.
if settings.delivery:
    how = delivery.SecretDeliveryArgs(settings.delivery, plan, settings.protect)
    delivery.SecretDelivery("delivery", how, after_servers)

# What changes, and what is copied, by schedule; and who is told when something is not as it should.
operations.schedule_rotations("rotations", settings, plan, after_servers)
operations.schedule_snapshots("snapshots", settings, plan, after_servers)
operations.let_look("attest", settings, plan, after_servers)
operations.watch("telemetry", settings, plan, after_servers)

pulumi.export("address", settings.vault.address)
pulumi.export("environment", settings.environment.value)
pulumi.export("keyShares", vault.shares)
pulumi.export("podAnnotations", delivery.annotations_by_workload(plan))
pulumi.export("podSpecs", delivery.specs_by_workload(plan))
pulumi.export("rootCertificate", pki.root_certificate)
pulumi.export("secretsNotGivenYet", list(kv.pending))
