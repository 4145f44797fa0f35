"""The steps of first contact, over Vault's API. Each does one thing and can be tried again.

Knows nothing of Pulumi. No secret leaves a function but as its return value, and none is part of
an error's text.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import hvac
import requests
from hvac.exceptions import Forbidden, InvalidRequest, VaultError

from components.bootstrap.names import OF_A_STACK, Names
from policies import paths, provisioner, standing

_POLL_SECONDS: Final = 0.1
# A name that does not exist yet must not be asked for so often that its absence is remembered.
_PATIENT_POLL_SECONDS: Final = 2
_REQUEST_SECONDS: Final = 30
_LOOK_SECONDS: Final = 2
# Nobody can ask for `sys/init`'s answer a second time, so a slow KMS or disk gets all the time.
_INIT_SECONDS: Final = 300


class BootstrapError(Exception):
    """First contact failed; says what was left in which state, and what to do."""


class AlreadyInitialisedError(BootstrapError):
    """The Vault is initialised, and this stack's state does not hold its keys."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"Vault at {address} is already initialised, but not by this stack: its state holds no "
            "keys of it. Nothing was changed. To configure it, adopt it: put a token that may "
            "write ACL policies and auth mounts into VAULT_TOKEN, run `.venv/bin/python -m "
            f"components.bootstrap --address {address}`, and follow what it prints. If it is a "
            "leftover that holds nothing, empty its storage and run `pulumi up` again."
        )


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the provisioner logs in with."""

    role_id: str
    secret_id: str

    def __repr__(self) -> str:
        return "Credentials(...)"


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `sys/init` answers, once in a Vault's life. `shares` are unseal keys, or recovery keys
    where a KMS seals; hex, or encrypted to the PGP keys (base64).
    """

    shares: tuple[str, ...]
    root_token: str

    def __repr__(self) -> str:
        return f"Initialised(<{len(self.shares)} shares>)"


def connect(address: str, ca_cert_file: str | None, token: str | None = None) -> hvac.Client:
    """A client that verifies TLS, and takes nothing from the environment or from home: no address,
    token or `.netrc`, and no proxy, which would see key shares and tokens where Vault has no TLS.
    """
    if not address:  # hvac falls back to VAULT_ADDR
        raise BootstrapError("no address, so no Vault was asked; give the URL of its API")
    session = requests.Session()
    session.trust_env = False
    session.verify = ca_cert_file or True
    client = hvac.Client(url=address, timeout=_REQUEST_SECONDS, token=token, session=session)
    client.token = token or ""  # hvac falls back to VAULT_TOKEN and ~/.vault-token
    return client


def wait_until_answering(
    client: hvac.Client,
    timeout_seconds: float,
    names: Names = OF_A_STACK,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Returns when Vault's API answers at all, sealed or not; `tell` is told if that takes long.

    Raises `BootstrapError` after `timeout_seconds`, without what it came of: of a dynamic resource
    Pulumi would show all of that first.
    """
    deadline, pause = time.monotonic() + timeout_seconds, _POLL_SECONDS
    while True:
        first = pause == _POLL_SECONDS
        patience = _LOOK_SECONDS if first else _REQUEST_SECONDS  # so that waiting is told of soon
        try:
            client.adapter.get("/v1/sys/seal-status", timeout=patience)
        except requests.exceptions.SSLError as error:
            raise BootstrapError(
                f"Vault at {client.url} answers with a certificate that cannot be verified: "
                f"{error}. Set {names.ca_cert_file} to the CA that signed it."
            ) from None
        except (requests.exceptions.RequestException, VaultError) as error:
            why = type(error).__name__
            if time.monotonic() >= deadline:
                raise BootstrapError(
                    f"Vault at {client.url} did not answer within {timeout_seconds:g} s ({why}). "
                    f"Check {names.address}, that the server runs, and that this machine may reach "
                    f"it; {names.timeout} sets how long to wait."
                ) from None
            if first:
                tell(
                    f"Vault at {client.url} does not answer ({why}); waiting for it, at most "
                    f"{timeout_seconds:g} s"
                )
            time.sleep(pause)
            pause = min(2 * pause, _PATIENT_POLL_SECONDS)
        else:
            return


def seen_sealed(address: str, ca_cert_file: str | None) -> bool:
    """Whether Vault says now that it is sealed. One that cannot be asked counts as unsealed: this
    is for a look in passing, without credentials and without patience.
    """
    client = connect(address, ca_cert_file)
    try:
        status = client.adapter.get("/v1/sys/seal-status", timeout=_LOOK_SECONDS)
    except (requests.exceptions.RequestException, VaultError):
        return False
    # Whatever else answers in its place, such as a proxy's page, is no Vault that waits.
    return isinstance(status, dict) and bool(status.get("initialized") and status.get("sealed"))


def initialise(
    client: hvac.Client, *, auto_unseal: bool, shares: int, threshold: int, pgp_keys: Sequence[str]
) -> Initialised:
    """Initialise a Vault that never was.

    Raises `AlreadyInitialisedError` where it was, having changed nothing.
    """
    if client.sys.is_initialized():
        raise AlreadyInitialisedError(client.url)
    kind = "recovery" if auto_unseal else "secret"
    body: dict[str, object] = {f"{kind}_shares": shares, f"{kind}_threshold": threshold}
    if pgp_keys:
        body["recovery_pgp_keys" if auto_unseal else "pgp_keys"] = list(pgp_keys)
    try:
        answer = client.adapter.put("/v1/sys/init", json=body, timeout=_INIT_SECONDS)
    except InvalidRequest as error:
        if client.sys.is_initialized():  # somebody else was quicker
            raise AlreadyInitialisedError(client.url) from error
        raise BootstrapError(f"Vault at {client.url} refused to be initialised: {error}") from error
    field = "recovery_keys_base64" if auto_unseal else "keys_base64"
    return Initialised(tuple(answer[field]), answer["root_token"])


def unseal(client: hvac.Client, shares: Sequence[str]) -> None:
    """Give shares until Vault is unsealed. Does nothing where it already is."""
    for share in shares:
        if not client.sys.read_seal_status()["sealed"]:
            return
        client.sys.submit_unseal_key(key=share)
    if client.sys.read_seal_status()["sealed"]:
        raise BootstrapError(
            f"Vault at {client.url} is still sealed after {len(shares)} shares. Unseal it with "
            "`vault operator unseal`, then run `pulumi up` again."
        )


def wait_until_active(client: hvac.Client, timeout_seconds: float) -> None:
    """Returns when the server that answers is unsealed and leads, or knows who does and forwards to
    it: behind a load balancer it is any of them.
    """
    deadline = time.monotonic() + timeout_seconds
    while not _serves(client):
        if time.monotonic() >= deadline:
            raise BootstrapError(
                f"Vault at {client.url} is initialised but not active after {timeout_seconds:g} s: "
                "sealed, or without a leader. Look at its log and `vault status`, then run "
                "`pulumi up` again."
            )
        time.sleep(_POLL_SECONDS)


def _serves(client: hvac.Client) -> bool:
    try:
        if not client.sys.read_health_status(standby_ok=True).ok:
            return False
        leader = client.sys.read_leader_status()
    except (requests.exceptions.RequestException, VaultError):
        return False
    return not leader["ha_enabled"] or bool(leader["leader_address"])


def install_provisioner(
    client: hvac.Client, *, acl: str, secret_id_ttl_seconds: int, bound_cidrs: Sequence[str]
) -> Credentials:
    """Make, or bring up to date, the provisioner's ACL policy, auth mount and role, and issue it a
    secret ID. `client` needs a token that may do so.
    """
    mount = paths.PROVISIONER_AUTH
    write_acl(client, acl)
    if f"{mount}/" not in client.sys.list_auth_methods()["data"]:
        client.sys.enable_auth_method(
            standing.AUTH[mount].type, path=mount, description=standing.AUTH[mount].description
        )
    write_role(client, secret_id_ttl_seconds=secret_id_ttl_seconds, bound_cidrs=bound_cidrs)
    return issue_secret_id(client)


def write_role(
    client: hvac.Client,
    name: str = provisioner.NAME,
    *,
    secret_id_ttl_seconds: int,
    bound_cidrs: Sequence[str],
) -> None:
    """The provisioner's role, which it may itself bring up to date; or that of a team's."""
    client.auth.approle.create_or_update_approle(
        name,
        token_policies=[name],
        token_no_default_policy=True,
        token_ttl=provisioner.TOKEN_TTL,
        token_max_ttl=provisioner.TOKEN_TTL,
        token_bound_cidrs=list(bound_cidrs),
        secret_id_bound_cidrs=list(bound_cidrs),
        secret_id_ttl=f"{secret_id_ttl_seconds}s",
        mount_point=paths.PROVISIONER_AUTH,
    )


def write_acl(client: hvac.Client, acl: str, name: str = provisioner.NAME) -> None:
    """The provisioner's ACL policy, which it may itself bring up to date: under `sys/policies/acl`,
    that is, and not under the older `sys/policy`, which its own policy does not name.
    """
    client.sys.create_or_update_acl_policy(name=name, policy=acl)


def issue_secret_id(client: hvac.Client) -> Credentials:
    """A new secret ID of the provisioner; old ones go on until they expire."""
    approle, mount = client.auth.approle, paths.PROVISIONER_AUTH
    role_id = approle.read_role_id(provisioner.NAME, mount_point=mount)["data"]["role_id"]
    secret_id = approle.generate_secret_id(provisioner.NAME, mount_point=mount)["data"]["secret_id"]
    return Credentials(role_id, secret_id)


def remove_provisioners_mount(client: hvac.Client) -> None:
    """End the AppRole login: every secret ID of it, and every token that came of one."""
    client.sys.disable_auth_method(path=paths.PROVISIONER_AUTH)


def log_in(client: hvac.Client, credentials: Credentials) -> None:
    """Give `client` a token of the provisioner.

    Raises `BootstrapError` where Vault refuses the credential.
    """
    try:
        client.auth.approle.login(
            credentials.role_id, credentials.secret_id, mount_point=paths.PROVISIONER_AUTH
        )
    except (InvalidRequest, Forbidden) as error:
        raise BootstrapError(
            f"Vault at {client.url} refused the provisioner's credential: it is wrong, has "
            "expired, or may not be used from this address. Nothing was changed. Put a token that "
            "may write ACL policies and auth mounts into VAULT_TOKEN, run `.venv/bin/python -m "
            f"components.bootstrap --address {client.url}`, and set the new credential as it says."
        ) from error


def regain_root(client: hvac.Client, shares: Sequence[str]) -> str:
    """A new root token, made from the key shares (`sys/generate-root`)."""
    client.sys.cancel_root_generation()
    started: dict[str, Any] = client.adapter.put("/v1/sys/generate-root/attempt", json={})
    otp, progress = started["otp"], started
    for share in shares:
        progress = client.sys.generate_root(key=share, nonce=started["nonce"])
        if progress["complete"]:
            break
    encoded = progress["encoded_token"]
    if not encoded:
        raise BootstrapError(f"Vault at {client.url} wants more than the {len(shares)} shares")
    return _unmask(encoded, otp)


def _unmask(encoded: str, otp: str) -> str:
    """Vault gives the token XORed with the one-time password, as unpadded base64."""
    masked = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    return bytes(a ^ b for a, b in zip(masked, otp.encode(), strict=True)).decode()


def revoke_self(client: hvac.Client) -> None:
    """End the token that `client` holds."""
    client.auth.token.revoke_self()
    client.logout()
