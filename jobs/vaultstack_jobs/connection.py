"""`vault.Vault` by way of `vaultstack_client`: its login, transport and errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

import vaultstack_client as vc
from vaultstack_jobs.outcomes import ConfigurationError
from vaultstack_jobs.strict import VaultPart
from vaultstack_jobs.vault import (
    Json,
    VaultError,
    VaultRefusedError,
    VaultUncertainError,
    data_of,
)

# Longer than an application waits: making a key or changing a database's password takes time.
_TIMING: Final = vc.Timing(deadline=timedelta(seconds=30), read_timeout=timedelta(seconds=20))


@dataclass(frozen=True, slots=True)
class Connection:
    """As a service account. Logs in with the first request, and again if its token ends."""

    client: vc.VaultClient = field(repr=False)

    def request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        with _told():
            return self.client.request(method, path, body, headers=headers)

    def secret(self, path: str, version: int) -> Mapping[str, str]:
        with _told():
            return self.client.get_secret(path, version=version)

    def who(self) -> str:
        return str(data_of(self.request("GET", "auth/token/lookup-self")).get("display_name"))


@contextmanager
def connected(part: VaultPart) -> Iterator[Connection]:
    """Asks nobody yet; at the end, the token is revoked. Raises `ConfigurationError`."""
    try:
        settings = vc.ClientSettings(
            address=part.address,
            login=vc.KubernetesLogin(part.role, Path(part.token_file)),
            ca_file=Path(part.ca_file) if part.ca_file else None,
            timing=_TIMING,
        )
    except vc.ConfigurationError as error:
        raise ConfigurationError(f"vault: {error}") from error
    with vc.VaultClient(settings) as client:
        yield Connection(client)


@contextmanager
def _told() -> Iterator[None]:
    """The client's errors as those of `vault`: what matters here is whether anything changed."""
    try:
        yield
    except vc.NotAllowed as error:
        raise VaultRefusedError(str(error), HTTPStatus.FORBIDDEN) from None
    except vc.NotFound as error:
        raise VaultRefusedError(str(error), HTTPStatus.NOT_FOUND) from None
    except vc.Refused as error:
        raise VaultRefusedError(str(error), error.status) from None
    except vc.LoginFailed as error:  # nothing was sent, whoever was away
        raise VaultError(str(error)) from None
    except vc.Unavailable as error:
        raise VaultUncertainError(str(error)) from None
    except vc.VaultClientError as error:
        raise VaultError(str(error)) from None
