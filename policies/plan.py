"""All that is compiled from the matrix for one environment. Plain values, no `Output`: what a
preview shows, what a guardrail reads and what `rendered/` holds is this, and nothing else.

Durations are whole seconds here, because this is the edge where Vault's own fields begin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.environments import Environment
from policies.hcl import Stanza
from policies.postgresql import Statements


@dataclass(frozen=True, slots=True)
class AclPolicy:
    """What one workload, or one kind of people, may do: as stanzas, and as the text that Vault is
    given.
    """

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
    """How a workload in Kubernetes logs in: by one service account in one namespace, whose token is
    for one audience.
    """

    name: str
    service_account: str
    namespace: str
    audience: str
    token: TokenSettings


@dataclass(frozen=True, slots=True)
class AppRoleRole:
    """How a workload outside Kubernetes logs in: by a secret ID that ends after a time, and after
    so many logins; 0: any number.
    """

    name: str
    secret_id_ttl_seconds: int
    secret_id_uses: int
    token: TokenSettings


@dataclass(frozen=True, slots=True)
class OidcRole:
    """How people log in: whoever is in one of `groups`, in the identity provider's words."""

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
    """Database users that live as long as their lease, and the SQL that makes and ends them."""

    name: str
    connection: str
    statements: Statements
    default_ttl_seconds: int
    max_ttl_seconds: int


@dataclass(frozen=True, slots=True)
class DatabaseStaticRole:
    """A database user that stays, whose password Vault rotates by itself: either by `schedule` or
    every `period_seconds`; the other is empty, or 0.
    """

    name: str
    connection: str
    username: str
    schedule: str
    """A cron expression, in UTC."""
    period_seconds: int


@dataclass(frozen=True, slots=True)
class AwsRole:
    """What AWS credentials may do, as an IAM document in JSON, and how long they live. Whether they
    are a role's or a user's, the settings say.
    """

    name: str
    policy_document: str
    default_ttl_seconds: int
    max_ttl_seconds: int


@dataclass(frozen=True, slots=True)
class GcpRole:
    """Access tokens of one service account, which is named by its e-mail address."""

    name: str
    service_account: str
    scopes: tuple[str, ...]
    ttl_seconds: int


@dataclass(frozen=True, slots=True)
class AzureRole:
    """Service principals that are made with these assignments, and deleted with their lease."""

    name: str
    assignments: tuple[tuple[str, str], ...]
    """Pairs of a role's name and the scope (a resource id) that it holds for."""
    default_ttl_seconds: int
    max_ttl_seconds: int


@dataclass(frozen=True, slots=True)
class PkiRole:
    """Certificates for these names, or for names below them; `client` and `server` say for which
    ends of a connection.
    """

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
    kept_keys: tuple[str, ...] = ()
    """Keys that a rotation writes beside them, once it has run; nobody else does."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """A job that rotates one thing: when, as whom, and what it is told. Whether the thing is there
    in a stack (a database without its password has no connection yet, and an AWS engine on a role
    of the pod has no key of its own), the stack's settings say.
    """

    name: str
    """Unique, and short enough to name Kubernetes objects after."""
    role: str
    """The auth role that it logs in with, as the service account below."""
    service_account: str
    namespace: str
    audience: str
    schedule: str
    """A cron expression of five fields, in UTC."""
    interval_seconds: int
    """The shortest time between two runs."""
    task: Mapping[str, Any] = field(hash=False)
    """Plain JSON values (`rotation_task`), by `type`."""

    @property
    def namespaces(self) -> frozenset[str]:
        """Where it runs, and where it works."""
        parts = (self.task.get("tell") or {}, self.task.get("secret") or {})
        there = {part["namespace"] for part in parts if "namespace" in part}
        return frozenset({self.namespace, *there})


@dataclass(frozen=True, slots=True)
class Member:
    """A workload, named as in the matrix, and the auth role that it logs in with."""

    workload: str
    role: str


@dataclass(frozen=True, slots=True)
class Owner:
    """An application: which team answers for it, who belongs to it, and which of Vault's paths are
    its own, as patterns. People are one, of no team and without paths; so is the platform, of its
    team.
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
    database_static_roles: tuple[DatabaseStaticRole, ...]
    aws_roles: tuple[AwsRole, ...]
    gcp_roles: tuple[GcpRole, ...]
    azure_roles: tuple[AzureRole, ...]
    pki_roles: tuple[PkiRole, ...]
    kv_entries: tuple[KvSecret, ...]
    rotations: tuple[Rotation, ...]
