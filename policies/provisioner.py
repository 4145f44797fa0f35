"""The provisioner: the identity with which this program configures Vault.

It is allowed what the program manages, path by path, and nothing that a mount hands out: it can
issue no credential and no certificate, read no secret's value, and hand out no secret ID. Since it
writes ACL policies and roles it could in the end give itself anything, as must whoever defines
access; that is why its credential is secret and its tokens live an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policies import inspection, paths
from policies.audit_devices import AUDIT_DEVICES, AuditDevice
from policies.hcl import Capability, Stanza, render

NAME: Final = "provisioner"
TOKEN_TTL: Final = "1h"
"""The auth mount by which runs of CI log in as it."""

CREATE, READ, UPDATE, DELETE, LIST, SUDO = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.DELETE,
    Capability.LIST,
    Capability.SUDO,
)
_MANAGE: Final = (CREATE, READ, UPDATE, DELETE, LIST)
_HEADER: Final = "The identity with which vaultstack configures this Vault."

# What is managed below each mount. The two PKI mounts differ in who signs whom.
_CA: Final = {
    "config/*": _MANAGE,
    "roles/+": _MANAGE,
    "issuer/+": (READ, UPDATE, DELETE),
    "issuer/+/pem": (READ,),
    "issuers": (LIST,),
    "key/+": (READ, UPDATE, DELETE),
    "keys": (LIST,),
    "ca/pem": (READ,),
    "cert/ca": (READ,),
}
_MANAGED: Final[Mapping[str, Mapping[str, tuple[Capability, ...]]]] = {
    paths.KV: {
        "config": (CREATE, READ, UPDATE),
        # Written, never read back.
        "data/*": (CREATE, UPDATE, DELETE),
        "metadata/*": _MANAGE,
    },
    paths.DATABASE: {
        "config/+": _MANAGE,
        "roles/+": _MANAGE,
        "static-roles/+": _MANAGE,
        "rotate-root/+": (UPDATE,),
    },
    paths.AWS: {"config/root": _MANAGE, "config/lease": _MANAGE, "roles/+": _MANAGE},
    paths.GCP: {"config": _MANAGE, "impersonated-account/+": _MANAGE},
    paths.AZURE: {"config": _MANAGE, "roles/+": _MANAGE},
    paths.PKI: {
        **_CA,
        "intermediate/generate/internal": (CREATE, UPDATE),
        "issuers/generate/intermediate/internal": (CREATE, UPDATE),
        "intermediate/set-signed": (CREATE, UPDATE),
    },
    paths.PKI_ROOT: {
        **_CA,
        "root/generate/internal": (CREATE, UPDATE),
        "issuers/generate/root/internal": (CREATE, UPDATE),
        # Signing the intermediate is the one thing here that makes more than configuration.
        "root/sign-intermediate": (CREATE, UPDATE),
        # Deleting the root CA is root-protected.
        "root": (DELETE, SUDO),
    },
    f"auth/{paths.KUBERNETES_AUTH}": {"config": _MANAGE, "role/+": _MANAGE},
    f"auth/{paths.APPROLE_AUTH}": {"role/+": _MANAGE, "role/+/role-id": (READ,)},
    f"auth/{paths.OIDC_AUTH}": {"config": _MANAGE, "role/+": _MANAGE},
}


def acl(others: Iterable[str] = ()) -> str:
    """The provisioner's ACL policy, as HCL. `others` are the provisioners of teams, whose ways in
    it sets up as its own.
    """
    stanzas = (*_stanzas(), *_others(others))
    return render(sorted(stanzas, key=lambda stanza: stanza.path), header=_HEADER)


def providers_needs() -> Iterator[Stanza]:
    """What Pulumi's provider for Vault asks for, whatever it makes."""
    for path, capability in (
        ("auth/token/lookup-self", READ),
        ("auth/token/renew-self", UPDATE),
        ("auth/token/revoke-self", UPDATE),
        ("sys/auth", READ),
        ("sys/mounts", READ),
    ):
        yield Stanza(path=path, capabilities=(capability,), comment="the provider's own needs")


def _stanzas() -> Iterator[Stanza]:
    yield from providers_needs()
    yield Stanza(path="sys/policies/acl/*", capabilities=_MANAGE, comment="ACL policies")
    yield Stanza(
        path="sys/storage/raft/autopilot/configuration",
        capabilities=(READ, UPDATE),
        comment="Raft's autopilot",
    )
    yield Stanza(
        path="sys/storage/raft/autopilot/state", capabilities=(READ,), comment="Raft's autopilot"
    )
    yield Stanza(
        path=f"sys/quotas/rate-limit/{paths.RATE_LIMIT}",
        capabilities=_MANAGE,
        comment="the rate limit",
    )
    yield from _audit()
    for mount, managed in _MANAGED.items():
        yield from _mount(mount)
        for path, capabilities in managed.items():
            yield Stanza(path=f"{mount}/{path}", capabilities=capabilities, comment=mount)
    yield from _own_credential()


def _audit() -> Iterator[Stanza]:
    """The audit devices of this program, and no other's. All of it is root-protected."""
    comment = "the audit devices"
    yield Stanza(path=AUDIT_DEVICES, capabilities=(READ, SUDO), comment=comment)
    for device in AuditDevice:
        yield Stanza(path=device.path, capabilities=(UPDATE, DELETE, SUDO), comment=comment)


def _mount(mount: str) -> Iterator[Stanza]:
    """The mount itself. Auth mounts are root-protected: changing who can log in takes sudo."""
    if mount.startswith("auth/"):
        manage = (*_MANAGE, SUDO)
        yield Stanza(path=f"sys/{mount}", capabilities=manage, comment=mount)
        yield Stanza(path=f"sys/{mount}/tune", capabilities=manage, comment=mount)
        yield Stanza(path=f"sys/mounts/{mount}", capabilities=(READ,), comment=mount)
    else:
        yield Stanza(path=f"sys/mounts/{mount}", capabilities=_MANAGE, comment=mount)
    yield Stanza(path=f"sys/mounts/{mount}/tune", capabilities=(READ, UPDATE), comment=mount)


def _own_credential() -> Iterator[Stanza]:
    """Its two ways in, AppRole and the token of CI's run: each is set up, and ended, by who came in
    through the other.
    """
    role = f"auth/{paths.PROVISIONER_AUTH}/role/{NAME}"
    comment = "the own credential"
    yield Stanza(path=role, capabilities=(CREATE, READ, UPDATE), comment=comment)
    yield Stanza(path=f"{role}/role-id", capabilities=(READ,), comment=comment)
    yield Stanza(path=f"{role}/secret-id", capabilities=(UPDATE,), comment=comment)
    yield Stanza(
        path=f"auth/{paths.CI_AUTH}/config", capabilities=(CREATE, READ, UPDATE), comment=comment
    )
    yield Stanza(
        path=f"auth/{paths.CI_AUTH}/role/{NAME}",
        capabilities=(CREATE, READ, UPDATE),
        comment=comment,
    )
    yield Stanza(
        path=f"auth/{paths.CI_AUTH}/role/{inspection.WORKLOAD}",
        capabilities=(CREATE, READ, UPDATE, DELETE),
        comment="the login of runs that only look",
    )
    for mount in (paths.PROVISIONER_AUTH, paths.CI_AUTH):
        yield Stanza(
            path=f"sys/auth/{mount}",
            capabilities=(CREATE, READ, UPDATE, DELETE, SUDO),
            comment=comment,
        )


def _others(names: Iterable[str]) -> Iterator[Stanza]:
    """The roles with which teams' provisioners log in, and no secret ID of theirs."""
    for name in names:
        for mount in (paths.PROVISIONER_AUTH, paths.CI_AUTH):
            yield Stanza(
                path=f"auth/{mount}/role/{name}",
                capabilities=(CREATE, READ, UPDATE, DELETE),
                comment="the login of a team's provisioner",
            )
