"""The provisioner: the identity with which this program configures Vault.

It manages mounts, roles and ACL policies, and uses none of them: it can issue no credential, read
no secret's value, and hand out no secret ID. Since it writes ACL policies and roles it could in
the end give itself anything, as must whoever defines access; that is why its credential is secret,
its tokens live an hour, and guardrails name it as the one identity of this kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies import paths
from policies.hcl import Capability, Stanza, render

NAME: Final = "provisioner"
TOKEN_TTL: Final = "1h"

CREATE, READ, UPDATE, DELETE, LIST, SUDO, DENY = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.DELETE,
    Capability.LIST,
    Capability.SUDO,
    Capability.DENY,
)
_MANAGE: Final = (CREATE, READ, UPDATE, DELETE, LIST)
_HEADER: Final = "The identity with which vaultstack configures this Vault."

# Where an engine hands out what it guards. More specific than the rule that manages the mount, so
# Vault lets these decide.
_ISSUING: Final = {
    paths.DATABASE: ("creds/*", "static-creds/*"),
    paths.AWS: ("creds/*", "sts/*"),
    paths.GCP: ("impersonated-account/+/token", "roleset/+/token", "roleset/+/key"),
    paths.AZURE: ("creds/*",),
    paths.PKI: ("issue/*", "sign/*", "sign-verbatim/*"),
    paths.PKI_ROOT: ("issue/*", "sign/*", "sign-verbatim/*"),
}


def acl() -> str:
    """The provisioner's ACL policy, as HCL."""
    return render(sorted(_stanzas(), key=lambda stanza: stanza.path), header=_HEADER)


def _stanzas() -> Iterator[Stanza]:
    for path, capability in (
        ("auth/token/lookup-self", READ),
        ("auth/token/renew-self", UPDATE),
        ("auth/token/revoke-self", UPDATE),
        ("sys/auth", READ),
        ("sys/mounts", READ),
    ):
        yield Stanza(path=path, capabilities=(capability,), comment="the provider's own needs")
    yield Stanza(path="sys/policies/acl/*", capabilities=_MANAGE, comment="ACL policies")
    yield Stanza(
        path="sys/storage/raft/autopilot/configuration",
        capabilities=(READ, UPDATE),
        comment="Raft's autopilot",
    )
    yield Stanza(
        path="sys/storage/raft/autopilot/state", capabilities=(READ,), comment="Raft's autopilot"
    )
    yield from _auth_mounts()
    yield from _engines()
    yield from _own_credential()


def _auth_mounts() -> Iterator[Stanza]:
    for mount in (paths.KUBERNETES_AUTH, paths.APPROLE_AUTH, paths.OIDC_AUTH):
        comment = f"auth method {mount}"
        # sys/auth is root-protected: changing who can log in takes sudo.
        yield Stanza(path=f"sys/auth/{mount}", capabilities=(*_MANAGE, SUDO), comment=comment)
        yield Stanza(path=f"sys/auth/{mount}/tune", capabilities=(*_MANAGE, SUDO), comment=comment)
        yield Stanza(path=f"sys/mounts/auth/{mount}", capabilities=(READ,), comment=comment)
        yield Stanza(
            path=f"sys/mounts/auth/{mount}/tune", capabilities=(READ, UPDATE), comment=comment
        )
        yield Stanza(path=f"auth/{mount}/*", capabilities=_MANAGE, comment=comment)
    yield Stanza(
        path=f"auth/{paths.APPROLE_AUTH}/role/+/secret-id",
        capabilities=(DENY,),
        comment="only operators hand out secret IDs",
    )


def _engines() -> Iterator[Stanza]:
    for mount in paths.ENGINE_MOUNTS:
        comment = f"secrets engine {mount}"
        yield Stanza(path=f"sys/mounts/{mount}", capabilities=_MANAGE, comment=comment)
        yield Stanza(path=f"sys/mounts/{mount}/tune", capabilities=(READ, UPDATE), comment=comment)
        if mount == paths.KV:
            continue
        # Deleting a root CA is root-protected.
        sudo = (SUDO,) if mount in (paths.PKI, paths.PKI_ROOT) else ()
        yield Stanza(path=f"{mount}/*", capabilities=(*_MANAGE, *sudo), comment=comment)
        for issuing in _ISSUING[mount]:
            yield Stanza(
                path=f"{mount}/{issuing}",
                capabilities=(DENY,),
                comment="issues credentials, which is not the provisioner's business",
            )
    kv = "entries are written, never read back"
    yield Stanza(path=f"{paths.KV}/config", capabilities=(CREATE, READ, UPDATE), comment=kv)
    yield Stanza(path=f"{paths.KV}/data/*", capabilities=(CREATE, UPDATE, DELETE), comment=kv)
    yield Stanza(path=f"{paths.KV}/metadata/*", capabilities=_MANAGE, comment=kv)


def _own_credential() -> Iterator[Stanza]:
    role = f"auth/{paths.PROVISIONER_AUTH}/role/{NAME}"
    comment = "renew the own credential"
    yield Stanza(path=role, capabilities=(READ, UPDATE), comment=comment)
    yield Stanza(path=f"{role}/role-id", capabilities=(READ,), comment=comment)
    yield Stanza(path=f"{role}/secret-id", capabilities=(UPDATE,), comment=comment)
    yield Stanza(path=f"{role}/secret-id/destroy", capabilities=(UPDATE,), comment=comment)
