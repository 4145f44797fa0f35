"""What the secrets engines are told, as types: where each of them works, and as whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from components.settings.secret import Secret
from policies.lifetime import Duration


@unique
class TlsMode(StrEnum):
    """PostgreSQL's sslmode."""

    DISABLE = "disable"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


@dataclass(frozen=True, slots=True)
class KvSettings:
    """How many versions are kept, and the values that were given. Which entries there are says the
    matrix.
    """

    max_versions: int | None
    """None: the engine is another stack's."""
    values: Mapping[str, Mapping[str, Secret]]
    """Path -> key -> value, of the entries that somebody else issued."""
    obeyed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Path -> those of its keys whose value a shell would obey between double quotes."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """The one PostgreSQL server, and how Vault administers the databases on it. Which databases
    there are says the matrix; one whose password is missing has no connection yet.
    """

    host: str
    port: int
    tls: TlsMode
    ca_cert: str | None
    username: str
    """The administrator's name, in which `{database}` stands for the database's."""
    passwords: Mapping[str, Secret]
    rotate_root: bool


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """Vault's own key, and what it may assume. Both halves of the key are given or neither: then
    Vault is whoever its servers are in AWS.
    """

    region: str
    """The matrix'."""
    access_key_id: Secret | None
    secret_access_key: Secret | None
    role_arns: Mapping[str, str]
    endpoint: str | None
    rotate_root: bool
    """Whether a scheduled job changes the key, so that the configured one is soon no key any more.
    """


@dataclass(frozen=True, slots=True)
class GcpSettings:
    """As whom Vault asks Google for tokens; None: as whom its servers run."""

    credentials: Secret | None


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """Where Vault makes service principals, and as whom. Without a client of its own it is whoever
    its servers are in Azure.
    """

    subscription_id: str
    tenant_id: str
    client_id: str | None
    client_secret: Secret | None


@dataclass(frozen=True, slots=True)
class PkiSettings:
    """Lifetimes and names of both CAs, of which the intermediate never outlives the root. `url` is
    where certificates say that issuer and CRL are found; Vault's address where nothing else is
    given.
    """

    root_ttl: Duration
    intermediate_ttl: Duration
    organization: str
    url: str
