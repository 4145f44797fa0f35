"""The provisioners of teams that have stacks of their own: an ACL policy and a way in for each, set
up by the platform's provisioner.

Hands out no credential: where teams log in by AppRole, the platform's team issues a secret ID.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import hvac

from components.bootstrap import ceremony
from components.bootstrap.properties import Properties
from policies import paths


def described(acls: Mapping[str, str]) -> str:
    """Provisioner -> its ACL policy, as text that a preview shows; empty for none."""
    return json.dumps(acls, sort_keys=True) if acls else ""


def install(client: hvac.Client, given: Properties) -> None:
    """Make them, or bring them up to date. CI's logins are `ci_login`'s."""
    for name, acl in given.teams.items():
        ceremony.write_acl(client, acl, name)
        if not given.ci_login:
            ceremony.write_role(
                client,
                name,
                secret_id_ttl_seconds=given.secret_id_ttl_seconds,
                bound_cidrs=given.bound_cidrs,
            )


def remove(client: hvac.Client, names: Iterable[str]) -> None:
    """Take away those that are no more, with every way in."""
    for name in names:
        for mount in (paths.PROVISIONER_AUTH, paths.CI_AUTH):
            if f"{mount}/" in client.sys.list_auth_methods()["data"]:
                client.adapter.delete(f"/v1/auth/{mount}/role/{name}")
        client.sys.delete_acl_policy(name=name)
