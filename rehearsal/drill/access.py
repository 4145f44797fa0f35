"""What the drill's clients may do: a mount of their own, and a token that may hurt the cluster.

The root token that makes both is made from the key shares and ended at once; the drill's own is
ended when the drill has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from policies.hcl import Capability, Stanza, render
from rehearsal.drill.traffic import MOUNT
from rehearsal.errors import NotYet
from rehearsal.stand_up import StoodUp, root_api
from rehearsal.supervisor import wait_until
from rehearsal.vault_api import VaultApi

AUDIT_DEVICES: Final = ("drill", "drill-second")
_POLICY: Final = "drill"
_TTL: Final = "12h"
_READ, _CREATE, _UPDATE = Capability.READ, Capability.CREATE, Capability.UPDATE
_DELETE, _SUDO = Capability.DELETE, Capability.SUDO
_STANZAS: Final = (
    Stanza(f"{MOUNT}/*", (_CREATE, _READ, _UPDATE)),
    Stanza("sys/step-down", (_UPDATE, _SUDO)),
    Stanza("sys/storage/raft/autopilot/state", (_READ,)),
    *(Stanza(f"sys/audit/{name}", (_CREATE, _UPDATE, _DELETE, _SUDO)) for name in AUDIT_DEVICES),
    Stanza("auth/token/revoke-self", (_UPDATE,)),
)


@contextmanager
def drill_token(stood: StoodUp) -> Iterator[str]:
    """A token for the drill, good from entering to leaving. Raises RehearsalError."""
    with root_api(stood) as root:
        own = root.with_token(_prepare(root))
    wait_until(lambda: _writable(own), awaited="the drill's mount", patience=timedelta(seconds=30))
    try:
        yield own.token
    finally:
        _end(own, stood)


def _prepare(root: VaultApi) -> str:
    root.write(f"sys/mounts/{MOUNT}", {"type": "kv", "options": {"version": "2"}})
    policy = render(_STANZAS, header="The failure drill's clients.")
    root.write(f"sys/policies/acl/{_POLICY}", {"policy": policy})
    made = root.write(
        "auth/token/create-orphan",
        {"policies": [_POLICY], "no_default_policy": True, "ttl": _TTL, "display_name": "drill"},
    )
    return str(made.body["auth"]["client_token"])


def _writable(own: VaultApi) -> None:
    answer = own.call("PUT", f"{MOUNT}/data/ready", {"data": {"value": True}})
    if not answer.allowed:
        # KV version 2 prepares itself after it is mounted.
        raise NotYet(f"{answer.status} {answer.errors}")


def _end(own: VaultApi, stood: StoodUp) -> None:
    """At any server: the first one may be the one that a failed drill left down. Where none would,
    the token ends with the servers, which are throwaway.
    """
    for server in stood.scene.vaults.servers:
        there = VaultApi(server.address, own.ca_file, own.token)
        with suppress(OSError):
            if there.call("POST", "auth/token/revoke-self").allowed:
                return
