"""Where one looks to see what a Vault holds: the one list of paths that the grant `Attest` allows
and that `attest` asks for.

It names what tells who may do what, and nothing that hands out, or may show, a secret. So a
database's connection is only listed: reading one shows its URL, and Vault blanks a password there
only where the URL is one. The cloud engines' own configuration and every KV path are left out
likewise. Whom an auth method believes is read: Vault keeps the reviewer's token and the client's
secret to itself there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from policies import paths
from policies.environments import Environment
from policies.hcl import Capability

WORKLOAD: Final = "attest"
"""What the platform's workload that looks is called, and the role of the runs of CI that do."""


def acl_policy(environment: Environment) -> str:
    """The ACL policy of that workload."""
    return f"platform-{WORKLOAD}-{environment.value}"


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder whose names are listed, and each of them read, where that shows no secret."""

    folder: str
    reads: bool = True
    mount: str = ""
    """Where it is, if that may not be there: `aws/`, or `auth/oidc/`."""
    sudo: bool = False

    @property
    def granted(self) -> tuple[tuple[str, tuple[Capability, ...]], ...]:
        """Path and capabilities."""
        listing = (Capability.LIST, Capability.SUDO) if self.sudo else (Capability.LIST,)
        reading = ((f"{self.folder}/+", (Capability.READ,)),) if self.reads else ()
        return ((self.folder, listing), *reading)


def _below(mount: str, *folders: str, reads: bool = True) -> tuple[Listing, ...]:
    return tuple(Listing(f"{mount}/{folder}", reads, f"{mount}/") for folder in folders)


MOUNTS: Final = "sys/mounts"
AUTH_MOUNTS: Final = "sys/auth"
AUDIT: Final = "sys/audit"
ACL_POLICIES: Final = "sys/policies/acl"
PASSWORD_POLICIES: Final = "sys/policies/password"
RATE_LIMITS: Final = "sys/quotas/rate-limit"
ENTITIES: Final = "identity/entity/id"
GROUPS: Final = "identity/group/id"
CONNECTIONS: Final = f"{paths.DATABASE}/config"
ACCESSORS: Final = "auth/token/accessors"
LOOKUP: Final = "auth/token/lookup-accessor"
"""Written to with an accessor, and answers who holds the token, never what it is."""

TOKEN_ROLES: Final = "auth/token/roles"

READ: Final = (MOUNTS, AUTH_MOUNTS)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a mount as a whole is told."""

    mount: str
    """As `Listing`'s."""
    name: str
    sudo: bool = False

    @property
    def path(self) -> str:
        return f"{self.mount}{self.name}"

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What it takes to read it."""
        return (Capability.READ, Capability.SUDO) if self.sudo else (Capability.READ,)


SETTINGS: Final = (
    # Whoever says where tokens are reviewed, or whose keys sign them, says who comes in.
    *(
        Setting(f"auth/{mount}/", "config")
        for mount in (paths.KUBERNETES_AUTH, paths.OIDC_AUTH, paths.CI_AUTH)
    ),
    # By ACME anybody has certificates, without a token of Vault.
    *(Setting(f"{mount}/", "config/acme") for mount in (paths.PKI, paths.PKI_ROOT)),
    # A header may hold a token, which the audit log is told to show.
    Setting("", "sys/config/auditing/request-headers", sudo=True),
)
LISTINGS: Final = (
    Listing(ACL_POLICIES),
    Listing(PASSWORD_POLICIES),
    Listing(RATE_LIMITS),
    Listing(ENTITIES),
    Listing(GROUPS),
    Listing(TOKEN_ROLES),
    *(listing for mount in paths.AUTH_MOUNTS for listing in _below(f"auth/{mount}", "role")),
    *_below(paths.DATABASE, "config", reads=False),
    *_below(paths.DATABASE, "roles", "static-roles"),
    *_below(paths.AWS, "roles", "static-roles"),
    Listing(f"{paths.GCP}/impersonated-accounts", reads=False, mount=f"{paths.GCP}/"),
    *_below(paths.GCP, "rolesets", "static-accounts", reads=False),
    *_below(paths.AZURE, "roles"),
    *_below(paths.PKI, "roles"),
    *_below(paths.PKI_ROOT, "roles"),
    Listing(ACCESSORS, reads=False, sudo=True),
)
GCP_ACCOUNT: Final = f"{paths.GCP}/impersonated-account"
"""Where what `impersonated-accounts` lists is read: below it, and not where it is listed."""


def granted() -> tuple[tuple[str, tuple[Capability, ...]], ...]:
    """Every path with what is needed of it, sorted."""
    found = list[tuple[str, tuple[Capability, ...]]]()
    found.extend((path, (Capability.READ,)) for path in READ)
    found.extend((setting.path, setting.capabilities) for setting in SETTINGS)
    found.append((AUDIT, (Capability.READ, Capability.SUDO)))
    found.append((LOOKUP, (Capability.UPDATE,)))
    found.append((f"{GCP_ACCOUNT}/+", (Capability.READ,)))
    found.extend(one for listing in LISTINGS for one in listing.granted)
    return tuple(sorted(found))
