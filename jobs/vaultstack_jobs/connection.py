"""Vault's API for a job: `vaultstack_client`'s login and transport, one request at a time.

The client's cache, leases and keeper are left out: a job wants answers as they are now, and lives
for minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from vaultstack_client import errors
from vaultstack_client.clock import Deadline, SystemClock
from vaultstack_client.connections import Answer
from vaultstack_client.login import KubernetesLogin
from vaultstack_client.session import Session
from vaultstack_client.settings import ClientSettings, Timing
from vaultstack_client.transport import Transport, VaultAdapter
from vaultstack_jobs.configuration import VaultPart
from vaultstack_jobs.outcomes import ConfigurationError
from vaultstack_jobs.vault import (
    Json,
    VaultError,
    VaultRefusedError,
    VaultUncertainError,
    data_of,
)

# Longer than an application waits: making a key or changing a database's password takes time.
_TIMING: Final = Timing(deadline=timedelta(seconds=30), read_timeout=timedelta(seconds=20))


class Connection:
    """`vault.Vault`, as a service account. Logs in with the first request, and again if its token
    ends meanwhile.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._clock = SystemClock()
        self._settings = settings
        self._transport = Transport(settings, self._clock)
        self._session = Session(settings.login, self._transport, settings.timing)

    def request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        def ask(adapter: VaultAdapter) -> Answer:
            return adapter.request(method, f"/v1/{path}", headers, json=body)

        what = f"{method} {path.partition('?')[0]}"
        try:
            answer, _ = self._session.use(self._deadline(), ask)
        except errors.Unavailable as error:
            raise VaultUncertainError(str(error)) from None
        except errors.VaultClientError as error:
            raise VaultError(str(error)) from None
        if not answer.ok:
            raise VaultRefusedError(what, answer.status, answer.errors or "without a reason")
        return answer.body

    def who(self) -> str:
        """Whom Vault takes this job for, as its audit log says it. Raises `VaultError`."""
        return str(data_of(self.request("GET", "auth/token/lookup-self")).get("display_name"))

    def close(self) -> None:
        """End the token. If Vault cannot be asked, it ends by itself."""
        self._session.close(self._deadline(), revoke=True)
        self._transport.close()

    def _deadline(self) -> Deadline:
        return Deadline.within(self._clock, self._settings.timing.deadline.total_seconds())


@contextmanager
def connected(part: VaultPart) -> Iterator[Connection]:
    """Asks nobody yet. Raises `ConfigurationError`."""
    try:
        settings = ClientSettings(
            address=part.address,
            login=KubernetesLogin(part.role, Path(part.token_file)),
            ca_file=Path(part.ca_file) if part.ca_file else None,
            timing=_TIMING,
        )
    except errors.ConfigurationError as error:
        raise ConfigurationError(f"vault: {error}") from error
    connection = Connection(settings)
    try:
        yield connection
    finally:
        connection.close()
