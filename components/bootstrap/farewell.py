"""The end of the provisioner, when its stack is destroyed: what first contact made goes, and so
does what logins to mounts that are gone have left behind.

A token ends with the mount that it came of, and without its ACL policy it may do nothing. So the
last steps are taken with an orphan token, which the provisioner gives itself the right to make; it
lives for minutes, and ends itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import hvac
import requests
from hvac.exceptions import InvalidPath, VaultError

from components.bootstrap import ceremony
from policies import paths, provisioner
from policies.hcl import Capability, Stanza, render

_TOKEN_TTL: Final = "10m"
_MAKE_TOKEN: Final = "auth/token/create-orphan"
_ENTITIES: Final = "identity/entity/id"
_ALIASES: Final = "identity/entity-alias/id"
_LAST_RIGHTS: Final = render(
    [
        Stanza(_MAKE_TOKEN, (Capability.CREATE, Capability.UPDATE, Capability.SUDO)),
        Stanza(f"{_ENTITIES}/+", (Capability.DELETE,)),
        Stanza(_ALIASES, (Capability.LIST,)),
    ],
    header="For the last minutes of the provisioner: its stack is being destroyed.",
)


def leave(client: hvac.Client, acl: str, teams: Iterable[str] = ()) -> None:
    """Take away the provisioner's ways in, its tokens and its ACL policy (`acl` is its text), those
    of `teams`, which log in the same ways, and the entities that nobody can log in as any more.
    `client` holds a token of the provisioner; afterwards it holds none.
    """
    ceremony.write_acl(client, f"{acl}\n{_LAST_RIGHTS}")
    # Vault's own policy `default` is what lets it end itself when the other one is gone.
    made = client.adapter.post(
        f"/v1/{_MAKE_TOKEN}",
        json={
            "policies": [provisioner.NAME, "default"],
            "ttl": _TOKEN_TTL,
            "explicit_max_ttl": _TOKEN_TTL,
            "renewable": False,
        },
    )
    client.token = made["auth"]["client_token"]
    try:
        for mount in (paths.PROVISIONER_AUTH, paths.CI_AUTH):
            client.sys.disable_auth_method(path=mount)  # one that is not there is no error
        _remove_unreachable_entities(client)
        for name in (*teams, provisioner.NAME):
            client.sys.delete_acl_policy(name=name)
    finally:
        with contextlib.suppress(requests.exceptions.RequestException, VaultError):
            ceremony.revoke_self(client)


def _remove_unreachable_entities(client: hvac.Client) -> None:
    """Vault makes an entity for whoever logs in, and keeps it when the mount goes. Only one all of
    whose aliases are of mounts that are gone is removed: no login leads to it.
    """
    there = {mount["accessor"] for mount in client.sys.list_auth_methods()["data"].values()}
    aliases = _aliases(client)
    reached = {one["canonical_id"] for one in aliases if one["mount_accessor"] in there}
    for entity in sorted({one["canonical_id"] for one in aliases} - reached):
        client.adapter.delete(f"/v1/{_ENTITIES}/{entity}")


def _aliases(client: hvac.Client) -> list[Mapping[str, Any]]:
    try:
        answer = client.adapter.list(f"/v1/{_ALIASES}")
    except InvalidPath:  # Vault's word for an empty list
        return []
    return list(answer["data"]["key_info"].values())
