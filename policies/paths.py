"""Typed Vault paths. The infixes of KV v2, `data/` and others, are written here and only here.

Mount names are fixed: one Vault serves one environment, so nothing is gained by moving them, and
every rendered file, error message and runbook can name the same path.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from policies.acl.patterns import Pattern, meeting

KV: Final = "secret"
DATABASE: Final = "database"
AWS: Final = "aws"
GCP: Final = "gcp"
AZURE: Final = "azure"
PKI: Final = "pki"
PKI_ROOT: Final = "pki-root"

KUBERNETES_AUTH: Final = "kubernetes"
APPROLE_AUTH: Final = "approle"
OIDC_AUTH: Final = "oidc"
PROVISIONER_AUTH: Final = "provisioner"
CI_AUTH: Final = "ci"
RATE_LIMIT: Final = "vaultstack"  # the quota's name

ENGINE_MOUNTS: Final = (KV, DATABASE, AWS, GCP, AZURE, PKI, PKI_ROOT)
AUTH_MOUNTS: Final = (KUBERNETES_AUTH, APPROLE_AUTH, OIDC_AUTH, PROVISIONER_AUTH, CI_AUTH)

DEPLOY: Final = "deploy"
"""The folder of all applications' deployment keys: `deploy/<application>/...`."""

# What is Vault's own, beside the mounts: the system backend, identities, and tokens.
SYSTEM_ROOTS: Final = ("sys", "identity", "auth/token")
ROOTS: Final = (*ENGINE_MOUNTS, *(f"auth/{mount}" for mount in AUTH_MOUNTS), *SYSTEM_ROOTS)
"""Where paths are served at all."""

PROTECTED_MOUNTS: Final[Mapping[str, str]] = {f"{mount}/": "pki" for mount in (PKI, PKI_ROOT)}
"""The mounts that have root-protected paths, with their last slash -> their type."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_SEGMENT = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
_INFIXES = frozenset({"data", "metadata", "delete", "undelete", "destroy", "subkeys"})

RESERVED_FOLDERS: Final = _INFIXES | {KV, DEPLOY}
"""What no application may be named: its folder would not be its own, or could not be written."""


def check_name(kind: str, name: str) -> None:
    """Refuse a name that Vault or Kubernetes would change, or that would need escaping.

    Vault lower-cases the names of ACL policies and roles: a name that it changes is a name that
    the next reader does not find.
    """
    if len(name) > 63 or not _NAME.fullmatch(name):
        fixed = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")[:63].rstrip("-") or "a-name"
        raise ValueError(
            f"{kind} {name!r}: must be lower-case letters, digits and inner hyphens, at most 63 "
            f"(Vault and Kubernetes would change or refuse it); write {fixed!r}"
        )


def refuse_twice(kind: str, names: Iterable[str]) -> None:
    """Raises `ValueError` for a name that is there more than once."""
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{kind} {name!r}: is there {count} times; names are unique, rename")


@dataclass(frozen=True, slots=True, order=True)
class SecretPath:
    """A path below the KV mount: one entry (`media-catalog/api`) or a whole folder
    (`media-catalog/*`). It says nothing of `data/` or `metadata/`: those belong to the operation.
    """

    text: str

    def __post_init__(self) -> None:
        segments = self.text.removesuffix("/*").split("/")
        if segments[0] == KV or (len(segments) > 1 and segments[0] in _INFIXES):
            raise ValueError(
                f"secret path {self.text!r}: must start below the mount, without {KV!r} or a KV v2 "
                f"infix such as 'data'; write the path as an application knows it, "
                f"such as 'media-catalog/api'"
            )
        if not all(_SEGMENT.fullmatch(segment) for segment in segments):
            raise ValueError(
                f"secret path {self.text!r}: must be lower-case segments joined by '/', with '*' "
                "only as the whole last segment below a folder; write one such as "
                "'media-catalog/api' or 'media-catalog/*'"
            )

    @property
    def is_folder(self) -> bool:
        return self.text.endswith("/*")

    @property
    def folder(self) -> str:
        """The first segment: whose path this is."""
        return self.text.split("/", 1)[0]

    def covers(self, other: SecretPath) -> bool:
        """Whether every entry under `other` is under this one."""
        if self.is_folder:
            return other.text.startswith(self.text.removesuffix("*"))
        return self == other

    @property
    def data(self) -> str:
        """Where the values are read and written."""
        return f"{KV}/data/{self.text}"

    @property
    def metadata(self) -> str:
        """Where versions, times and custom metadata are, never a value."""
        return f"{KV}/metadata/{self.text}"

    @property
    def anywhere(self) -> str:
        """All of the above and below: the same path behind every infix of KV v2."""
        return f"{KV}/+/{self.text}"

    @property
    def version_operations(self) -> tuple[str, str, str]:
        """Where chosen versions are deleted, brought back, and destroyed for good."""
        return (
            f"{KV}/delete/{self.text}",
            f"{KV}/undelete/{self.text}",
            f"{KV}/destroy/{self.text}",
        )


def database_credentials(role: str) -> str:
    """Where reading makes a user of this role."""
    return f"{DATABASE}/creds/{role}"


def static_credentials(role: str) -> str:
    """Where the password of a database user that stays is read."""
    return f"{DATABASE}/static-creds/{role}"


def rotate_static_user(role: str) -> str:
    """Where Vault is told to change such a password now."""
    return f"{DATABASE}/rotate-role/{role}"


def rotate_database_root(connection: str) -> str:
    """Where writing gives the connection's administrator a password that only Vault knows."""
    return f"{DATABASE}/rotate-root/{connection}"


ROTATE_AWS_ROOT: Final = f"{AWS}/config/rotate-root"

SNAPSHOT: Final = "sys/storage/raft/snapshot"
"""Where a snapshot of all that Vault stores is read, and one of the same cluster written back."""
RESTORE: Final = f"{SNAPSHOT}-force"
"""Where one is written back whose seal Vault does not compare with its own."""


def cloud_credentials(engine: str, role: str) -> str:
    """Where an engine of `AWS`, `GCP` or `AZURE` issues credentials for one of its roles.

    GCP names the kind of role set in the path; impersonation issues short-lived tokens and leaves
    no key behind, so it is the only kind used here.
    """
    if engine == GCP:
        return f"{GCP}/impersonated-account/{role}/token"
    return f"{engine}/creds/{role}"


def pki_issue(role: str) -> str:
    """Where writing makes a certificate of this role, with its key."""
    return f"{PKI}/issue/{role}"


def approle(role: str) -> str:
    """Where the role is; its role ID and its secret IDs are below."""
    return f"auth/{APPROLE_AUTH}/role/{role}"


HANDED_OUT: Final = (
    f"{KV}/data/*",
    f"{KV}/subkeys/*",
    f"{DATABASE}/creds/*",
    f"{DATABASE}/static-creds/*",
    f"{AWS}/creds/*",
    f"{AWS}/static-creds/*",
    f"{AWS}/sts/*",
    f"{AZURE}/creds/*",
    f"{AZURE}/static-creds/*",
    f"{GCP}/impersonated-account/+/token",
    f"{GCP}/key/*",
    f"{GCP}/roleset/+/key",
    f"{GCP}/roleset/+/token",
    f"{GCP}/static-account/+/key",
    f"{GCP}/static-account/+/token",
    f"{GCP}/token/*",
    *(
        f"{mount}/{secrets}"
        for mount in (PKI, PKI_ROOT)
        for secrets in ("issue/*", "sign*", "issuer/+/issue/*", "issuer/+/sign*")
    ),
)
"""Where values, credentials, signatures and certificates are handed out."""

# And what leads to them: Google's roles, CAs, secret IDs, tokens, and what lies below all rules.
_SECRETS: Final = (
    *(f"{GCP}/{kind}/*" for kind in ("impersonated-account", "roleset", "static-account")),
    *HANDED_OUT,
    *(
        f"{mount}/{secrets}"
        for mount in (PKI, PKI_ROOT)
        for secrets in (
            "root*",
            "intermediate/generate/*",
            "issuers/generate/*",
            "keys/generate/*",
            "acme/*",
            "roles/+/acme/*",
        )
    ),
    *(
        f"auth/{mount}/role/+/{secret_id}"
        for mount in (APPROLE_AUTH, PROVISIONER_AUTH)
        for secret_id in ("secret-id", "custom-secret-id")
    ),
    "auth/token/create*",
    "sys/raw/*",
    "sys/storage/raft/snapshot*",
)


def refuse_secrets(path: str) -> None:
    """Refuse a path that reaches, or whose wildcard covers, where Vault hands out secrets."""
    for secrets in _SECRETS:
        if meeting(Pattern.of(path), Pattern.of(secrets)) is not None:
            raise ValueError(
                f"path {path!r}: must not reach {secrets}, where Vault hands out secrets; grant a "
                "workload what it needs, such as Kv(...), or write a narrower path"
            )


def check_served(path: str) -> None:
    """Refuse a path that no mount of ours, and nothing of Vault's own, would answer."""
    if not any(path.startswith(f"{root}/") for root in ROOTS):
        raise ValueError(
            f"path {path!r}: must lie under a mount; the mounts are {', '.join(ROOTS)}"
        )
