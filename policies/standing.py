"""What stands in a Vault of this program before anybody is granted anything: its mounts, and the
roles by which runs of CI come in.

The components that make them and whoever compares a live Vault with them (`attest`) read it here,
so that there is one word on it. It does not say who may do what below a mount, which the matrix
does, nor where a mount's outside is (addresses, keys), which the settings do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any, Final

from policies import paths, provisioner
from policies.environments import Environment


@unique
class Part(StrEnum):
    """What a stack's settings can leave out."""

    CORE = "core"
    """What every Vault of this program has."""
    OIDC = "oidc"
    DATABASE = "database"
    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"
    PROVISIONER_BY_APPROLE = "provisioner-by-approle"
    PROVISIONER_BY_CI = "provisioner-by-ci"


@dataclass(frozen=True, slots=True)
class Mount:
    """A secrets engine or an auth method."""

    path: str
    type: str
    description: str
    part: Part = Part.CORE
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    listing_visibility: str = ""
    """Who sees it in the UI's login page: `unauth` is everybody."""


def _by_path(*mounts: Mount) -> Mapping[str, Mount]:
    return MappingProxyType({mount.path: mount for mount in mounts})


ENGINES: Final = _by_path(
    Mount(paths.KV, "kv", "Versioned secrets of the applications", options={"version": "2"}),
    Mount(
        paths.DATABASE,
        "database",
        "PostgreSQL users that live as long as their lease",
        Part.DATABASE,
    ),
    Mount(paths.AWS, "aws", "AWS credentials that end with their lease", Part.AWS),
    Mount(paths.GCP, "gcp", "Google Cloud tokens that end with their lease", Part.GCP),
    Mount(paths.AZURE, "azure", "Azure service principals that end with their lease", Part.AZURE),
    Mount(paths.PKI, "pki", "Certificates of the workloads"),
    Mount(paths.PKI_ROOT, "pki", "Root CA"),
)
"""By path; Vault puts a slash behind it."""

AUTH: Final = _by_path(
    Mount(paths.KUBERNETES_AUTH, "kubernetes", "Workloads in Kubernetes, by service account"),
    Mount(paths.APPROLE_AUTH, "approle", "Pipelines and services outside Kubernetes"),
    # So that the UI offers it on its login page.
    Mount(paths.OIDC_AUTH, "oidc", "People", Part.OIDC, listing_visibility="unauth"),
    Mount(
        paths.PROVISIONER_AUTH,
        "approle",
        "The identity with which vaultstack works",
        Part.PROVISIONER_BY_APPROLE,
    ),
    Mount(
        paths.CI_AUTH,
        "jwt",
        "Runs of CI that are the provisioner",
        Part.PROVISIONER_BY_CI,
    ),
)
"""By path, without `auth/`."""

CI_TOKEN_TTL: Final = "30m"
"""Of the tokens that a run of CI is given: an `up` is done by then. Nothing renews them."""


DATABASE_PLUGIN: Final = "postgresql-database-plugin"
PASSWORD_AUTHENTICATION: Final = "scram-sha-256"
OPEN_CONNECTIONS: Final = 4
"""Of Vault to each database."""

ROOT_ISSUER: Final = "root"
"""What Vault calls the root CA's issuer."""


def connection_url(host: str, port: int, database: str, sslmode: str) -> str:
    """Into which Vault fills the credentials, so that they are in no log and no read of it."""
    credentials = "{{username}}:{{password}}"
    return f"postgresql://{credentials}@{host}:{port}/{database}?sslmode={sslmode}"


def administrator(username: str, database: str) -> str:
    """Of a database, as which Vault makes users; `username` may hold `{database}`."""
    return username.replace("{database}", database)


def root_ca(organization: str, environment: Environment) -> str:
    """The common name of the CA that signs the other."""
    return f"{organization} {environment.value} root CA"


def intermediate_ca(organization: str, environment: Environment) -> str:
    """The common name of the CA that signs everything else."""
    return f"{organization} {environment.value} intermediate CA"


def renewed_issuer(since: datetime) -> str:
    """What the rotation calls the issuer that it made, by when its certificate begins."""
    return f"intermediate-{since:%Y%m%d%H%M%S}"


def ci_config(issuer: str) -> dict[str, str]:
    """Whose tokens the CI's auth mount believes, in Vault's own fields."""
    return {"oidc_discovery_url": issuer, "bound_issuer": issuer}


def ci_role(
    *,
    audience: str,
    repository: str,
    environments: Sequence[str],
    bound_cidrs: Sequence[str],
    acl_policy: str = provisioner.NAME,
) -> dict[str, Any]:
    """A role of the CI's auth mount, in Vault's own fields. Every claim is compared exactly."""
    return {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": [audience],
        "bound_claims_type": "string",  # exactly; the other type is glob
        "bound_claims": {"repository": [repository], "environment": list(environments)},
        "token_policies": [acl_policy],
        "token_no_default_policy": True,
        "token_type": "service",
        "token_ttl": CI_TOKEN_TTL,
        "token_max_ttl": CI_TOKEN_TTL,
        "token_bound_cidrs": list(bound_cidrs),
    }
