"""All that is compiled from the matrix for one environment. Plain values, no `Output`: what a
preview shows, what a guardrail reads and what `rendered/` holds is this, and nothing else.

Durations are whole seconds here, because this is the edge where Vault's own fields begin.
"""

from __future__ import annotations

from dataclasses import dataclass

from policies.environments import Environment
from policies.hcl import Stanza
from policies.postgresql import Statements


@dataclass(frozen=True, slots=True)
class AclPolicy:
    name: str
    stanzas: tuple[Stanza, ...]
    hcl: str


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """What every auth role says of the tokens that it gives out."""

    policies: tuple[str, ...]
    ttl_seconds: int
    max_ttl_seconds: int
    bound_cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KubernetesRole:
    name: str
    service_account: str
    namespace: str
    audience: str
    token: TokenSettings


@dataclass(frozen=True, slots=True)
class AppRoleRole:
    name: str
    secret_id_ttl_seconds: int
    secret_id_uses: int
    token: TokenSettings


@dataclass(frozen=True, slots=True)
class OidcRole:
    name: str
    groups: tuple[str, ...]
    token: TokenSettings


@dataclass(frozen=True, slots=True)
class DatabaseConnection:
    """One database: the connection is named as its application."""

    name: str
    database: str
    allowed_roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatabaseRole:
    name: str
    connection: str
    statements: Statements
    default_ttl_seconds: int
    max_ttl_seconds: int


@dataclass(frozen=True, slots=True)
class AwsRole:
    name: str
    policy_document: str
    default_ttl_seconds: int
    max_ttl_seconds: int


@dataclass(frozen=True, slots=True)
class GcpRole:
    name: str
    service_account: str
    scopes: tuple[str, ...]
    ttl_seconds: int


@dataclass(frozen=True, slots=True)
class AzureRole:
    name: str
    assignments: tuple[tuple[str, str], ...]
    """Pairs of a role's name and the scope (a resource id) that it holds for."""
    default_ttl_seconds: int
    max_ttl_seconds: int


@dataclass(frozen=True, slots=True)
class PkiRole:
    name: str
    allowed_domains: tuple[str, ...]
    allow_subdomains: bool
    client: bool
    server: bool
    default_ttl_seconds: int
    max_ttl_seconds: int


@dataclass(frozen=True, slots=True)
class KvSecret:
    """An entry that exists after the first `up`. Its values are never part of a plan."""

    name: str
    """The path below the mount."""
    keys: tuple[str, ...]
    generated_length: int | None
    """Characters of each value that is made at random; None where somebody else issues them."""


@dataclass(frozen=True, slots=True)
class Member:
    """A workload, named as in the matrix, and the auth role that it logs in with."""

    workload: str
    role: str


@dataclass(frozen=True, slots=True)
class Owner:
    """An application: which team answers for it, who belongs to it, and which of Vault's paths are
    its own, as patterns. People are one, of no team and without paths.
    """

    name: str
    team: str
    members: tuple[Member, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One environment. Every tuple is sorted by name, so that a moved line changes nothing."""

    environment: Environment
    owners: tuple[Owner, ...]
    acl_policies: tuple[AclPolicy, ...]
    kubernetes_roles: tuple[KubernetesRole, ...]
    approle_roles: tuple[AppRoleRole, ...]
    oidc_roles: tuple[OidcRole, ...]
    database_connections: tuple[DatabaseConnection, ...]
    database_roles: tuple[DatabaseRole, ...]
    aws_roles: tuple[AwsRole, ...]
    gcp_roles: tuple[GcpRole, ...]
    azure_roles: tuple[AzureRole, ...]
    pki_roles: tuple[PkiRole, ...]
    kv_entries: tuple[KvSecret, ...]
