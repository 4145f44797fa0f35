"""The certificates of a PKI mount's default issuer, as Vault tells anybody. Needs no token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import hvac
import requests
from cryptography import x509
from hvac.exceptions import VaultError

from upkeep.errors import UpkeepError

_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA."""

    issuer_id: str
    certificate: str
    """PEM."""
    chain: tuple[str, ...]
    """PEM, from it to its root."""

    @property
    def serial_number(self) -> str:
        """As Vault writes it."""
        number = x509.load_pem_x509_certificate(self.certificate.encode()).serial_number
        text = f"{number:x}"
        text = text.zfill(len(text) + len(text) % 2)
        return ":".join(text[at : at + 2] for at in range(0, len(text), 2))


Look = Callable[[str], Authority]
"""A mount's path -> its default issuer. Raises `UpkeepError`."""


def look_at(address: str, ca_cert: str | None) -> Look:
    client = hvac.Client(url=address, verify=ca_cert or True, timeout=_TIMEOUT_SECONDS)

    def look(mount: str) -> Authority:
        try:
            said = client.adapter.get(f"/v1/{mount}/issuer/default/json")["data"]
        except (VaultError, requests.exceptions.RequestException, KeyError) as error:
            raise UpkeepError(
                f"{address} does not say who the default issuer of {mount}/ is: {error}. Is that "
                "the Vault whose state is lost, unsealed, and is its CA given?"
            ) from error
        chain = tuple(one.strip() for one in said["ca_chain"])
        return Authority(said["issuer_id"], said["certificate"].strip(), chain)

    return look
