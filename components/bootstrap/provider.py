"""The two dynamic resources of first contact: initialise a new Vault, or adopt one.

Effects happen in `create` and `update` only: a preview changes nothing and needs no server. Pulumi
loads these classes by reference in a process of its own: they hold no state, all comes in as
properties.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import hvac
import requests
from hvac.exceptions import VaultError
from pulumi.dynamic import CreateResult, DiffResult, ResourceProvider, UpdateResult

from components.bootstrap import ceremony, ci_login, farewell, identity, teams
from components.bootstrap.ceremony import BootstrapError, Credentials
from components.bootstrap.properties import (
    ADOPTION_INPUTS,
    INPUTS,
    Properties,
    changed_of,
    plain,
)
from components.settings import pgp

# Whoever destroys a stack has a Vault that runs, or none any more: neither is worth a long wait.
_FAREWELL_SECONDS: Final = 30
# With the settings that they come from.
_FIXED_BY_INIT = {
    "auto_unseal": "seal",
    "pgp_keys": "sharePgpKeys",
    "share_count": "shares",
    "share_threshold": "shareThreshold",
}


class InitialiseProvider(ResourceProvider):
    """Initialises a Vault once, installs the provisioner, and ends the root token.

    Once `sys/init` has answered, nothing may be lost: the shares exist nowhere else. So a failure
    after it does not fail the resource, which would throw them away; it is noted in `problem`,
    which stops the rest of the program, and the next `up` finishes the work.

    A Vault with key shares is sealed after each restart, and nobody else may have the shares. So
    where they are in the state, `diff` asks the server in passing, and the next `up` unseals it.
    """

    def create(self, props: dict[str, Any]) -> CreateResult:
        given = Properties(props)
        _refuse_expired_keys(given.pgp_keys)
        if given.ci_login:
            ci_login.token_of_run()  # or first contact would stop halfway
        client = given.connect()
        initialised = ceremony.initialise(
            client,
            auto_unseal=given.auto_unseal,
            shares=int(props["share_count"]),
            threshold=int(props["share_threshold"]),
            pgp_keys=given.pgp_keys,
        )
        outs = {
            **_only(INPUTS, props),
            "shares": list(initialised.shares),
            "role_id": "",
            "secret_id": "",
            "secret_id_issued_at": 0,
            "problem": "",
        }
        client.token = initialised.root_token
        _finish(client, given, outs)
        return CreateResult(id_=props["address"], outs=outs)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        due = _unfinished(olds) or identity.renewal_due(olds) or _waits_for_shares(news)
        return DiffResult(changes=due or bool(changed_of(INPUTS, olds, news)))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        given = Properties(news)
        outs = {**_without_provider(olds), **_only(INPUTS, news)}
        _refuse_what_init_fixed(changed_of(INPUTS, olds, news))
        client = given.connect()
        if _unfinished(olds):
            _resume(client, given, olds, outs)
        else:
            if not given.auto_unseal:
                _let_serve(client, given, outs["shares"])
            identity.bring_up_to_date(client, given, olds, outs)
        return UpdateResult(outs=outs)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """The provisioner goes. The Vault stays initialised, with nothing of this program in it."""
        _leave(props)


class AdoptProvider(ResourceProvider):
    """Takes over a Vault whose provisioner's credential is given: makes sure that it works, so that
    a wrong or expired one is one clear error and not one for each resource, and exchanges it for a
    secret ID of its own, which it then keeps alive.
    """

    def create(self, props: dict[str, Any]) -> CreateResult:
        outs = _only(ADOPTION_INPUTS, props)
        _exchange(Properties(props), outs)
        return CreateResult(id_=props["address"], outs=outs)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = bool(changed_of(ADOPTION_INPUTS, olds, news))
        return DiffResult(changes=changed or identity.renewal_due(olds))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        given = Properties(news)
        outs = {**_without_provider(olds), **_only(ADOPTION_INPUTS, news)}
        if changed_of(("given_role_id", "given_secret_id"), olds, news):
            _exchange(given, outs)
        else:
            identity.bring_up_to_date(given.connect(), given, olds, outs)
        return UpdateResult(outs=outs)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        _leave(props)


def _exchange(given: Properties, outs: dict[str, Any]) -> None:
    """From the given credential to one of our own, with the ACL policy and role as they are now."""
    if given.ci_login:
        ci_login.token_of_run()
    client = given.connect()
    credentials = Credentials(given.raw["given_role_id"], given.raw["given_secret_id"])
    ceremony.log_in(client, credentials)
    ceremony.write_acl(client, given.raw["acl"])
    ceremony.write_role(
        client, secret_id_ttl_seconds=given.secret_id_ttl_seconds, bound_cidrs=given.bound_cidrs
    )
    identity.keep(outs, ceremony.issue_secret_id(client))
    teams.install(client, given)
    ceremony.revoke_self(client)
    if given.ci_login:
        identity.bring_up_to_date(client, given, outs, outs)


def _finish(client: hvac.Client, given: Properties, outs: dict[str, Any]) -> None:
    """From a root token to the provisioner's credential; the token ends whatever happens."""
    token = client.token
    try:
        _let_serve(client, given, outs["shares"])
        identity.keep(
            outs,
            ceremony.install_provisioner(
                client,
                acl=given.raw["acl"],
                secret_id_ttl_seconds=given.secret_id_ttl_seconds,
                bound_cidrs=given.bound_cidrs,
            ),
        )
        teams.install(client, given)
        ceremony.revoke_self(client)
        if given.ci_login:
            identity.bring_up_to_date(client, given, outs, outs)
        outs["problem"] = ""
    except Exception as error:  # noqa: BLE001 - the shares must reach the state, whatever went wrong
        outs["problem"] = (
            f"Vault at {given.raw['address']} was initialised, but setting up the provisioner did "
            f"not finish ({type(error).__name__}: {_without(error, token)}). The key shares are "
            "safe in the state. Repair the cause and run `pulumi up` again; it goes on from here."
        )
        _end(client, token)


def _end(client: hvac.Client, token: str | None) -> None:
    """End a token as far as Vault still listens; nobody holds it from here on."""
    client.token = token or ""
    with contextlib.suppress(requests.exceptions.RequestException, VaultError):
        ceremony.revoke_self(client)


def _resume(
    client: hvac.Client, given: Properties, olds: Mapping[str, Any], outs: dict[str, Any]
) -> None:
    if outs["secret_id"]:  # the provisioner is there; what failed came after
        _let_serve(client, given, outs["shares"])
        identity.bring_up_to_date(client, given, olds, outs)
        outs["problem"] = ""
        return
    if given.pgp_keys:
        raise BootstrapError(
            f"{outs['problem']} Its shares are encrypted to PGP keys, so this program cannot use "
            "them: let their holders make a root token (`vault operator generate-root`), put it "
            f"into VAULT_TOKEN, run `.venv/bin/python -m components.bootstrap --address "
            f"{given.raw['address']}`, set the credential as it says, and revoke the token."
        )
    _let_serve(client, given, outs["shares"])
    client.token = ceremony.regain_root(client, outs["shares"])
    _finish(client, given, outs)
    if outs["problem"]:
        raise BootstrapError(outs["problem"])


def _leave(props: Mapping[str, Any]) -> None:
    """A Vault that is gone for good has nothing to be taken out of; that is for people to say."""
    state = {key: plain(value) for key, value in props.items()}
    given = Properties({**state, "timeout_seconds": _FAREWELL_SECONDS})
    try:
        client = given.connect()
        _come_in_once_more(client, given, state)
        farewell.leave(client, given.raw["acl"], given.teams)
    except (BootstrapError, VaultError, requests.exceptions.RequestException) as error:
        raise BootstrapError(
            f"the provisioner could not be taken out of Vault at {given.raw['address']}: {error}. "
            "Repair the cause and run `pulumi destroy` again. Where that Vault is gone, or shall "
            "stay as it is, tell the state: `pulumi state delete` with the URN that "
            "`pulumi stack --show-urns` shows for this resource."
        ) from error


def _come_in_once_more(client: hvac.Client, given: Properties, state: Mapping[str, Any]) -> None:
    shares = state.get("shares") or []
    usable = bool(shares) and not given.pgp_keys
    if usable and not given.auto_unseal:
        ceremony.unseal(client, shares)
    ceremony.wait_until_active(client, _FAREWELL_SECONDS)
    if usable and _unfinished(state) and not state["secret_id"]:
        client.token = ceremony.regain_root(client, shares)  # there may be no provisioner yet
    else:
        identity.log_in(client, given, state)


def _let_serve(client: hvac.Client, given: Properties, shares: Sequence[str]) -> None:
    """Unsealed by its KMS or with the shares, which then are in clear: the settings see to that."""
    if not given.auto_unseal:
        ceremony.unseal(client, shares)
    ceremony.wait_until_active(client, given.timeout_seconds)


def _refuse_expired_keys(keys: list[str]) -> None:
    """Vault would find out after it had written itself down as initialised, and hand out no shares:
    lost for good. Later they may expire; the shares are encrypted by then.
    """
    now = datetime.now(UTC)
    if expired := [number for number, key in enumerate(keys, 1) if pgp.expired(key, now)]:
        raise BootstrapError(
            f"vaultstack:sharePgpKeys: key {', '.join(map(str, expired))} has expired, and Vault "
            "would break off halfway. Nothing was changed. Let its holder extend it, and give the "
            "new export."
        )


def _refuse_what_init_fixed(changed: set[str]) -> None:
    fixed = [f"vaultstack:{key}" for name, key in _FIXED_BY_INIT.items() if name in changed]
    if fixed:
        raise BootstrapError(
            f"{', '.join(fixed)}: an initialised Vault's seal and key shares cannot be "
            "changed by this program. Vault was not changed, but the configuration of deployed "
            "servers was: set the values back and run `pulumi up` before one restarts. To change "
            "them, use `vault operator rekey` or a seal migration."
        )


def _unfinished(state: Mapping[str, Any]) -> bool:
    return bool(plain(state.get("problem")))


def _waits_for_shares(props: Mapping[str, Any]) -> bool:
    return not plain(props["auto_unseal"]) and ceremony.seen_sealed(
        plain(props["address"]), plain(props["ca_cert_file"]) or None
    )


def _only(keys: Iterable[str], props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in keys}


def _without_provider(state: Mapping[str, Any]) -> dict[str, Any]:
    """Pulumi keeps the pickled provider beside the outputs, and puts it back itself."""
    return {key: value for key, value in state.items() if key != "__provider"}


def _without(error: Exception, token: str | None) -> str:
    text = str(error)
    return text.replace(token, "<token>") if token else text
