"""Where one looks to see what a Vault does: by the type of each mount, every path that is read, and
every path that is not, with the reason.

Paths stand as Vault's own description of its API has them, below their mount and with `{}` for a
name. So what a newer Vault, or another engine, can be asked besides is found by comparing (see
`unaccounted`), and nothing is overlooked in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Final

NAME: Final = "{}"


@unique
class Names(StrEnum):
    """What the names of several things in one place are."""

    GIVEN = "given"
    """By whoever made them: each is an object of its own."""
    GENERATED = "generated"
    """By Vault: they are kept as a list without names."""
    COUNTED = "counted"
    """Vault does not show, by reading, what they are."""


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that is read or, where its path has a name in it, each that its folder lists."""

    path: str
    listed: str = ""
    """The folder, if that is not where they are read."""
    names: Names = Names.GIVEN
    deep: bool = False
    """Whether there are folders in the folder."""

    @property
    def is_folder(self) -> bool:
        return NAME in self.path

    @property
    def folder(self) -> str:
        return self.listed or self.path.partition(f"/{NAME}")[0]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Paths that match, whole, are not read."""

    paths: str
    why: str


@dataclass(frozen=True, slots=True)
class Looking:
    """At one type of mount."""

    read: tuple[Place, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


_SAME: Final = "the same is read at another path"
_MOMENT: Final = "of this moment: what runs, waits or was counted"
_SERVER: Final = "of one server, and not of what it is told"
_ISSUES: Final = "hands out a credential"
_PUBLIC: Final = "a public document, made of what is read"
_GENERATED: Final = "a generated name"
_ENTERPRISE: Final = "Vault Enterprise only"

_SYSTEM: Final = Looking(
    (
        Place("activation-flags"),
        Place("audit"),
        Place("auth"),
        Place("auth/{}/tune", listed="auth"),
        Place("config/auditing/request-headers"),
        Place("config/cors"),
        Place("config/state/sanitized"),
        Place("config/ui/headers/{}"),
        Place("experiments"),
        Place("internal/counters/config"),
        Place("key-status"),
        Place("locked-users"),
        Place("mounts"),
        Place("mounts/{}/tune", listed="mounts"),
        Place("plugins/pins"),
        Place("plugins/runtimes/catalog"),
        Place("policies/acl/{}"),
        Place("policies/password/{}"),
        Place("quotas/config"),
        Place("quotas/rate-limit/{}"),
        Place("replication/status"),
        Place("rotate/config"),
        Place("seal-status"),
        Place("storage/raft/autopilot/configuration"),
        Place("storage/raft/configuration"),
    ),
    (
        LeftOut(
            r"policy(/\{\})?|auth/\{\}|mounts/\{\}|mounts/auth/\{\}/tune"
            r"|config/auditing/request-headers/\{\}|internal/ui/mounts(/\{\})?|plugins/pins/.*"
            r"|plugins/runtimes/catalog/\{\}/\{\}",
            _SAME,
        ),
        LeftOut(r"plugins/catalog(/.*)?|version-history|well-known(/.*)?", "comes with Vault"),
        LeftOut(
            r"ha-status|health|host-info|in-flight-req|init|leader|leases.*|license/status|metrics"
            r"|monitor|pprof.*|generate-root(/attempt)?|generate-recovery-token/attempt|rekey.*"
            r"|rotate/(root|recovery).*|internal/(counters/(activity.*|entities|requests)|inspect/.*)"
            r"|internal/ui/(feature-flags|namespaces|resultant-acl|version|.*-messages)"
            r"|internal/specs/openapi|remount/status/\{\}|storage/raft/autopilot/state"
            r"|wrapping/lookup|decode-token|mfa/validate",
            _MOMENT,
        ),
        LeftOut(r"loggers(/\{\})?", _SERVER),
        LeftOut(r"storage/raft/snapshot|raw(/.*)?", "all that Vault stores, secrets included"),
        LeftOut(r"policies/password/\{\}/generate|mfa/method/totp/\{\}/generate", _ISSUES),
        LeftOut(
            r"config/(control-group|group-policy-application|ui/(login|custom-messages)/.*)"
            r"|managed-keys/.*|mfa/method.*|namespaces.*|plugins/reload/.*|policies/[er]gp(/\{\})?"
            r"|quotas/lease-count(/\{\})?|replication/(dr|performance)/.*|sealwrap/rewrap"
            r"|storage/raft/snapshot-auto/.*",
            _ENTERPRISE,
        ),
    ),
)
_IDENTITY: Final = Looking(
    (
        Place("entity/id/{}", names=Names.GENERATED),
        Place("entity-alias/id/{}", names=Names.GENERATED),
        Place("group/id/{}", names=Names.GENERATED),
        Place("group-alias/id/{}", names=Names.GENERATED),
        Place("mfa/login-enforcement/{}"),
        Place("mfa/method/{}", names=Names.GENERATED),
        Place("oidc/assignment/{}"),
        Place("oidc/client/{}"),
        Place("oidc/config"),
        Place("oidc/key/{}"),
        Place("oidc/provider/{}"),
        Place("oidc/role/{}"),
        Place("oidc/scope/{}"),
    ),
    (
        LeftOut(
            r"(alias|persona)/id(/\{\})?|(entity|group)/name(/\{\})?|mfa/method/\w+(/\{\})?", _SAME
        ),
        LeftOut(r"oidc/.*\.well-known/.*", _PUBLIC),
        LeftOut(r"oidc/token/\{\}|oidc/provider/\{\}/(authorize|userinfo)", _ISSUES),
    ),
)
_TOKENS: Final = Looking(
    (Place("roles/{}"), Place("accessors", names=Names.GENERATED)),
    (LeftOut("lookup|lookup-self", _SAME),),
)
_APPROLE: Final = Looking(
    (Place("role/{}"), Place("role/{}/secret-id", names=Names.COUNTED)),
    (
        LeftOut(r"role/\{\}/role-id", _GENERATED),
        LeftOut(r"role/\{\}/(?!secret-id$|role-id$).+", _SAME),
    ),
)
_KUBERNETES: Final = Looking((Place("config"), Place("role/{}")))
_JWT: Final = Looking(
    (Place("config"), Place("role/{}")),
    (LeftOut("oidc/callback|oidc/auth_url", _MOMENT),),
)
_KV: Final = Looking(
    (
        Place("config"),
        Place("metadata/{}", deep=True),
        Place("subkeys/{}", listed="metadata", deep=True),
    ),
    (LeftOut(r"data/\{\}", "the secrets' values"),),
)
_DATABASE: Final = Looking(
    (Place("config/{}"), Place("roles/{}"), Place("static-roles/{}")),
    (LeftOut(r"(static-)?creds/\{\}", _ISSUES),),
)
_AWS: Final = Looking(
    (Place("config/lease"), Place("config/root"), Place("roles/{}"), Place("static-roles/{}")),
    (LeftOut(r"(creds|static-creds|sts)(/\{\})?", _ISSUES),),
)
_GCP: Final = Looking(
    (
        Place("config"),
        Place("impersonated-account/{}", listed="impersonated-accounts"),
        Place("roleset/{}", listed="rolesets"),
        Place("static-account/{}", listed="static-accounts"),
    ),
    (
        LeftOut(r"(\w+-account|\w+-accounts|rolesets?)", _SAME),
        LeftOut(r".*/(key|token)|(key|token)/.*", _ISSUES),
    ),
)
_AZURE: Final = Looking(
    (Place("config"), Place("roles/{}"), Place("static-roles/{}")),
    (LeftOut(r"(static-)?creds/\{\}", _ISSUES),),
)
_PKI: Final = Looking(
    (
        Place("cert/{}", listed="certs", names=Names.GENERATED),
        Place("config/acme"),
        Place("config/auto-tidy"),
        Place("config/cluster"),
        Place("config/crl"),
        Place("config/issuers"),
        Place("config/keys"),
        Place("config/urls"),
        Place("eab/{}", listed="eab", names=Names.COUNTED),
        Place("issuer/{}", listed="issuers", names=Names.GENERATED),
        Place("key/{}", listed="keys", names=Names.GENERATED),
        Place("roles/{}"),
    ),
    (
        LeftOut(r"certs?|cert/(?!\{\}$).+|issuers?|keys?|certs/.*", _SAME),
        LeftOut(r"ca(/pem)?|ca_chain|crl(/.*)?|issuer/\{\}/.*|ocsp/\{\}|(.*/)?acme/.*", _PUBLIC),
        LeftOut(r"tidy-status", _MOMENT),
    ),
)

BY_TYPE: Final[Mapping[str, Looking]] = {
    "auth/approle": _APPROLE,
    "auth/jwt": _JWT,
    "auth/kubernetes": _KUBERNETES,
    "auth/oidc": _JWT,
    "auth/token": _TOKENS,
    "aws": _AWS,
    "azure": _AZURE,
    "cubbyhole": Looking((), (LeftOut(".*", "each token's own"),)),
    "database": _DATABASE,
    "gcp": _GCP,
    "identity": _IDENTITY,
    "kv": _KV,
    "pki": _PKI,
    "system": _SYSTEM,
}
"""Of auth mounts with `auth/` before it."""


def unaccounted(api: Iterable[str], types: Mapping[str, str]) -> tuple[str, ...]:
    """The readable ones of Vault's own description of its API, `/sys/mounts/{path}` and so on, that
    are neither read nor left out. `types`: by mount, such as `auth/oidc/`, as in `BY_TYPE`.
    """
    return tuple(path for path in api if not _is_known(path.strip("/"), types))


def readable(described: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Of an OpenAPI document's `paths`."""
    return (path for path, operations in described.items() if "get" in operations)


def _is_known(path: str, types: Mapping[str, str]) -> bool:
    mounts = [mount for mount in types if f"{path}/".startswith(mount)]
    if not mounts:
        return False
    mount = max(mounts, key=len)
    looking = BY_TYPE[types[mount]]
    below = re.sub(r"\{\w+\}", NAME, path.removeprefix(mount))
    read = {one.path for one in looking.read} | {one.folder for one in looking.read}
    return below in read or any(re.fullmatch(one.paths, below) for one in looking.left_out)
