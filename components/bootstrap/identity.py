"""The provisioner's way into a Vault that has it, and the change from one way to the other.

A state with a secret ID logs in by AppRole; one without, by the token of CI's run. A door is closed
only by who came in through the other: a mistake in the settings must not lock the program out.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

import hvac
import requests
from hvac.exceptions import VaultError

from components.bootstrap import ceremony, ci_login, teams
from components.bootstrap.ceremony import BootstrapError, Credentials
from components.bootstrap.properties import Properties, changed_of, plain, teams_in


def bring_up_to_date(
    client: hvac.Client, given: Properties, olds: Mapping[str, Any], outs: dict[str, Any]
) -> None:
    """The provisioner's own ACL policy, and its way in; `outs` is the state that will be. The token
    that this takes ends whatever happens.
    """
    log_in(client, given, outs)
    try:
        _change(client, given, olds, outs)
    except Exception:
        with contextlib.suppress(requests.exceptions.RequestException, VaultError):
            ceremony.revoke_self(client)
        raise
    ceremony.revoke_self(client)


def _change(
    client: hvac.Client, given: Properties, olds: Mapping[str, Any], outs: dict[str, Any]
) -> None:
    keys = ("acl", "bound_cidrs", "secret_id_ttl_seconds", "ci_login")
    changed = changed_of(keys, olds, given.raw)
    # Before the right to is taken away with them.
    teams.remove(client, teams_in({"teams": plain(olds.get("teams"))}).keys() - given.teams.keys())
    if "acl" in changed:  # it may be what allows the rest
        ceremony.write_acl(client, given.raw["acl"])
    if given.ci_login:
        by_approle = bool(outs["secret_id"])
        if by_approle or "ci_login" in changed:
            _enter_by_ci(client, given, before="" if by_approle else plain(olds["ci_login"]))
        if by_approle:
            ceremony.remove_provisioners_mount(client)
            forget(outs)
    elif not outs["secret_id"]:
        _enter_by_approle(client, given, outs)
        ci_login.remove(client)
    else:
        _renew(client, given, outs, changed)
    teams.install(client, given)


def keep(outs: dict[str, Any], credentials: Credentials) -> None:
    outs["role_id"], outs["secret_id"] = credentials.role_id, credentials.secret_id
    outs["secret_id_issued_at"] = int(time.time())


def forget(outs: dict[str, Any]) -> None:
    outs["role_id"], outs["secret_id"], outs["secret_id_issued_at"] = "", "", 0


def renewal_due(state: Mapping[str, Any]) -> bool:
    """In the second half of the secret ID's life, so that an `up` now and then keeps it valid."""
    if plain(state.get("ci_login")) and not plain(state["secret_id"]):
        return False
    issued, ttl = plain(state["secret_id_issued_at"]), plain(state["secret_id_ttl_seconds"])
    return time.time() > float(issued) + float(ttl) / 2


def log_in(client: hvac.Client, given: Properties, outs: Mapping[str, Any]) -> None:
    """As the state (`outs`) says. A run that ended between Vault's change and the state's left a
    secret ID in the state that is none any more; then it is the other way.
    """
    if not outs["secret_id"]:
        ci_login.log_in(client)
        return
    try:
        ceremony.log_in(client, Credentials(outs["role_id"], outs["secret_id"]))
    except BootstrapError:
        if not given.ci_login:
            raise
        ci_login.log_in(client)


def _enter_by_ci(client: hvac.Client, given: Properties, *, before: str) -> None:
    """Set up the login of CI and come in through it. Where Vault would not let this very run in,
    all is as before.
    """
    came_with = client.token
    try:
        ci_login.install(client, given.ci_login)
        ci_login.log_in(client)
    except BootstrapError:
        client.token = came_with
        if before:
            ci_login.install(client, before)
        else:
            ci_login.remove(client)
        raise
    _end(client, came_with)


def _enter_by_approle(client: hvac.Client, given: Properties, outs: dict[str, Any]) -> None:
    came_with = client.token
    credentials = ceremony.install_provisioner(
        client,
        acl=given.raw["acl"],
        secret_id_ttl_seconds=given.secret_id_ttl_seconds,
        bound_cidrs=given.bound_cidrs,
    )
    ceremony.log_in(client, credentials)
    keep(outs, credentials)
    _end(client, came_with)


def _end(client: hvac.Client, token: str) -> None:
    """End a token that is not the one `client` goes on with."""
    goes_on_with, client.token = client.token, token
    ceremony.revoke_self(client)
    client.token = goes_on_with


def _renew(client: hvac.Client, given: Properties, outs: dict[str, Any], changed: set[str]) -> None:
    """The AppRole as set, and a new secret ID when the old one ages. The old one is left to expire:
    a run that stops before the state is written must not lock itself out.
    """
    if changed & {"bound_cidrs", "secret_id_ttl_seconds"}:
        ceremony.write_role(
            client,
            secret_id_ttl_seconds=given.secret_id_ttl_seconds,
            bound_cidrs=given.bound_cidrs,
        )
    if renewal_due(outs) or "secret_id_ttl_seconds" in changed:
        keep(outs, ceremony.issue_secret_id(client))
