"""One attempt of `sys/generate-root`: begun, given shares, and either the token or cancelled.

The one-time password that hides the token on its way stays in this object, and the shares are in
none. It deliberately does not know where shares come from or what the token is for.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import hvac
import requests
from hvac.exceptions import InvalidRequest, VaultError

from upkeep.errors import UpkeepError

_PATH: Final = "/v1/sys/generate-root"
_REQUEST_SECONDS: Final = 60
# Vault checks shares only when it has enough of them, so a wrong one costs all that came before.
TRIES: Final = 5

Ask = Callable[[int, int], str]
"""The share that is to be given as this one of so many."""


class ShareRefusedError(UpkeepError):
    """Vault took none of the shares that were given since it counted from nothing."""


@dataclass
class Generation:
    """An attempt that is under way."""

    client: hvac.Client
    nonce: str
    required: int
    _otp: str = field(repr=False)
    given: int = 0

    def give(self, share: str) -> str | None:
        """The token, with the last share; None before. Raises `ShareRefusedError`."""
        try:
            said = self.client.adapter.put(
                f"{_PATH}/update", json={"key": share, "nonce": self.nonce}
            )
        except InvalidRequest as error:
            self.given = int(_status(self.client)["progress"])
            raise ShareRefusedError(
                f"Vault refused the shares: {'; '.join(error.errors or [str(error)])}. "
                f"{self.given} of {self.required} are counted now."
            ) from None
        self.given = int(said["progress"])
        encoded = said.get("encoded_token") or said.get("encoded_root_token")
        return _unmask(encoded, self._otp) if said["complete"] else None


def connect(address: str, ca_cert_file: str | None, token: str = "") -> hvac.Client:
    """A client that verifies TLS, and takes nothing from the environment or from home: no token,
    no `.netrc`, and no proxy, which would be shown key shares and tokens where Vault has no TLS.
    """
    session = requests.Session()
    session.trust_env = False
    session.verify = ca_cert_file or True
    client = hvac.Client(url=address, timeout=_REQUEST_SECONDS, token=token, session=session)
    client.token = token  # hvac falls back to VAULT_TOKEN and ~/.vault-token
    return client


@contextmanager
def begun(client: hvac.Client) -> Iterator[Generation]:
    """An attempt of our own; cancelled on leaving, unless it was completed. Raises `UpkeepError`
    where one is under way already: shares that were given to it are somebody's.
    """
    try:
        said: dict[str, Any] = client.adapter.put(f"{_PATH}/attempt", json={})
    except InvalidRequest:
        nonce = _status(client)["nonce"]
        raise UpkeepError(
            f"Vault at {client.url} makes a root token already (nonce {nonce}). Ask who began it; "
            "nobody did: `vault operator generate-root -cancel`, then look into the audit log for "
            "sys/generate-root."
        ) from None
    try:
        yield Generation(client, said["nonce"], int(said["required"]), said["otp"])
    finally:
        with suppress(requests.exceptions.RequestException, VaultError):
            if _status(client)["nonce"] == said["nonce"]:
                client.adapter.delete(f"{_PATH}/attempt")


def regain(client: hvac.Client, ask: Ask, told: Callable[[str], None]) -> str:
    """A root token, from shares that are asked for one after the other. `told`: of what Vault
    refused. Raises `UpkeepError` after five refusals.
    """
    refused = 0
    with begun(client) as generation:
        while True:
            try:
                token = generation.give(ask(generation.given + 1, generation.required))
            except ShareRefusedError as error:
                refused += 1
                if refused == TRIES:
                    raise
                told(str(error))
                continue
            if token:
                return token


def _status(client: hvac.Client) -> dict[str, Any]:
    return dict(client.adapter.get(f"{_PATH}/attempt"))


def _unmask(encoded: str, otp: str) -> str:
    """Vault gives the token XORed with the one-time password, as unpadded base64."""
    masked = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    return bytes(a ^ b for a, b in zip(masked, otp.encode(), strict=True)).decode()
