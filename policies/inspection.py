"""Where one looks to see what a Vault holds: the one list of paths that the grant `Attest` allows
and that `attest` asks for.

It names what tells who may do what, and nothing that hands out a secret or may show one: the cloud
engines' own configuration, the clients of Vault as an identity provider and every KV path are left
out, or only listed. Whom an auth method believes is read: Vault keeps the reviewer's token and the
client's secret to itself there.

A database's connection is the one exception. Vault answers with its URL, and blanks a password
there only where the URL is a proper one; this program's hold a template in its place. So who may
read it can see a password that somebody wrote into a URL by hand, which `attest` never shows.
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
    """A folder whose names are listed, and each of them read, where that tells more."""

    folder: str
    reads: bool = True
    mount: str = ""
    """Where it is, if that may not be there: `aws/`, or `auth/oidc/`."""
    sudo: bool = False
    read_in: str = ""
    """Where each is read, if that is not where it is listed."""
    public: bool = False
    """Vault lists it for everybody, whatever an ACL policy says."""

    def path(self, name: str) -> str:
        """Where one of them is read."""
        return f"{self.read_in or self.folder}/{name}"

    @property
    def granted(self) -> tuple[tuple[str, tuple[Capability, ...]], ...]:
        """Path and capabilities."""
        listing = (Capability.LIST, Capability.SUDO) if self.sudo else (Capability.LIST,)
        reading = ((self.path("+"), (Capability.READ,)),) if self.reads else ()
        return reading if self.public else ((self.folder, listing), *reading)


def _below(mount: str, *folders: str, reads: bool = True) -> tuple[Listing, ...]:
    return tuple(Listing(f"{mount}/{folder}", reads, f"{mount}/") for folder in folders)


def _issuers(mount: str) -> Listing:
    return Listing(f"{mount}/issuers", mount=f"{mount}/", read_in=f"{mount}/issuer", public=True)


MOUNTS: Final = "sys/mounts"
AUTH_MOUNTS: Final = "sys/auth"
AUDIT: Final = "sys/audit"
ACL_POLICIES: Final = "sys/policies/acl"
PASSWORD_POLICIES: Final = "sys/policies/password"
RATE_LIMITS: Final = "sys/quotas/rate-limit"
LEASE_LIMITS: Final = "sys/quotas/lease-count"
UI_HEADERS: Final = "sys/config/ui/headers"
ENTITIES: Final = "identity/entity/id"
GROUPS: Final = "identity/group/id"
OIDC_PROVIDER: Final = "identity/oidc"
"""By which other programs take Vault's word for who somebody is."""
OIDC_KINDS: Final = ("key", "role", "provider", "client", "assignment", "scope")
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
    # Whose pages a browser lets ask this Vault, and what no rate limit is for.
    Setting("", "sys/config/cors", sudo=True),
    Setting("", "sys/quotas/config"),
)
LISTINGS: Final = (
    Listing(ACL_POLICIES),
    Listing(PASSWORD_POLICIES),
    Listing(RATE_LIMITS),
    Listing(LEASE_LIMITS, reads=False),
    Listing(UI_HEADERS, reads=False, sudo=True),
    Listing(ENTITIES),
    Listing(GROUPS),
    Listing(TOKEN_ROLES),
    *(Listing(f"{OIDC_PROVIDER}/{kind}", reads=False) for kind in OIDC_KINDS),
    *(listing for mount in paths.AUTH_MOUNTS for listing in _below(f"auth/{mount}", "role")),
    *_below(paths.DATABASE, "config", "roles", "static-roles"),
    *_below(paths.AWS, "roles", "static-roles"),
    Listing(
        f"{paths.GCP}/impersonated-accounts",
        mount=f"{paths.GCP}/",
        read_in=f"{paths.GCP}/impersonated-account",
    ),
    *_below(paths.GCP, "rolesets", "static-accounts", reads=False),
    *_below(paths.AZURE, "roles"),
    *_below(paths.PKI, "roles"),
    *_below(paths.PKI_ROOT, "roles"),
    _issuers(paths.PKI),
    _issuers(paths.PKI_ROOT),
    Listing(ACCESSORS, reads=False, sudo=True),
)


def granted() -> tuple[tuple[str, tuple[Capability, ...]], ...]:
    """Every path with what is needed of it, sorted."""
    found = list[tuple[str, tuple[Capability, ...]]]()
    found.extend((path, (Capability.READ,)) for path in READ)
    found.extend((setting.path, setting.capabilities) for setting in SETTINGS)
    found.append((AUDIT, (Capability.READ, Capability.SUDO)))
    found.append((LOOKUP, (Capability.UPDATE,)))
    found.extend(one for listing in LISTINGS for one in listing.granted)
    return tuple(sorted(found))
