"""One try of one HTTP request to Vault: connections that are kept, TLS that is verified, redirects
that are not trusted blindly.

Deliberately not here: trying again (`transport`), tokens (`session`), what an answer means
(`questions`). Nothing of the process' environment is used, neither proxies nor `.netrc`, which
would send its own credentials to Vault.
"""

from __future__ import annotations

import json as jsonlib
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from vaultstack_client.clock import Clock, Instant
from vaultstack_client.errors import CannotVerify, ClientClosed
from vaultstack_client.redirects import followed

_KEPT: Final = 32
"""Idle connections that are kept for the next requests."""
_REDIRECTS: Final = 3
"""From a standby to a leader, and on to the next if that one just stepped down."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Vault said. `body` may hold secrets, so it is not part of the representation."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    asked: Instant
    """When the request was sent, so that what Vault grants is never taken for longer than it is."""
    said_at: float | None = None
    """Vault's own wall clock, in seconds since 1970."""
    retry_after: float = 0.0
    """Seconds that Vault wants to be left alone."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def data(self) -> Mapping[str, Any]:
        return self.body.get("data") or {}

    @property
    def auth(self) -> Mapping[str, Any]:
        return self.body.get("auth") or {}

    @property
    def errors(self) -> str:
        return "; ".join(" ".join(str(error).split()) for error in self.body.get("errors") or ())


class Unreached(Exception):  # noqa: N818 - no failure yet: the next try may reach it
    """This try brought no answer. `sent`: whether Vault may have received the request."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Connections:
    """Kept connections to one address. Safe to use from several threads."""

    def __init__(self, address: str, ca_file: Path | None, clock: Clock) -> None:
        self._address, self._ca_file, self._clock = address, ca_file, clock
        self._lock = threading.RLock()
        self._session: requests.Session | None = None
        self._signature: tuple[int, ...] = ()
        self._closed = False
        self.requests = 0
        """How many were sent."""

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        json: object,
        params: Mapping[str, Any] | None,
        timeout: tuple[float, float],
    ) -> Answer:
        """Send one request and follow redirects. `timeout`: seconds to connect, and of silence.

        Raises `Unreached`, or `CannotVerify` before anything is sent to the wrong one.
        """
        session = self._current()
        url = f"{self._address}/v1/{path}"
        for _ in range(_REDIRECTS + 1):
            self.requests += 1
            asked = self._clock.now()
            response = _send(session, method, url, headers, json, params, timeout, self._ca_file)
            if response.status_code not in (301, 302, 303, 307, 308):
                return _answer(response, asked)
            url = followed(
                url, response.headers.get("Location", ""), pinned=self._ca_file is not None
            )
            params = None  # Vault's Location has them already
        raise Unreached("redirected in a circle, as while a leader is elected", sent=False)

    def close(self) -> None:
        with self._lock:
            session, self._session = self._session, None
            self._closed = True
        if session is not None:
            _end(session)

    def _current(self) -> requests.Session:
        """The session for the CA file as it is now. A changed one ends all kept connections, for
        those were verified by the old."""
        signature = _signature(self._ca_file)
        with self._lock:
            if self._closed:
                raise ClientClosed("the client is closed; make a new one")
            if self._session is not None and signature == self._signature:
                return self._session
            old, self._session = self._session, _new_session(self._ca_file)
            self._signature = signature
            session = self._session
        if old is not None:
            old.close()
        return session


def _new_session(ca_file: Path | None) -> requests.Session:
    if ca_file is not None:
        problem = ""
        try:
            ssl.create_default_context(cafile=str(ca_file))
        except OSError as error:
            problem = str(error)
        if problem:
            raise CannotVerify(
                f"ca_file {ca_file}: must hold certificates as PEM, but {problem}; give the "
                "authority that signs Vault's certificate (VAULT_CACERT)"
            )
    session = requests.Session()
    session.trust_env = False
    session.verify = str(ca_file) if ca_file else True
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_KEPT, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _end(session: requests.Session) -> None:
    """Close it with all its connections, at once: by itself urllib3 closes those of a pool when the
    pool is collected, which an error that still refers to it puts off.
    """
    for adapter in session.adapters.values():
        if isinstance(adapter, HTTPAdapter):
            pools = adapter.poolmanager.pools
            for pool in [pools.get(key) for key in pools.keys()]:  # noqa: SIM118 - no iteration else
                if pool is not None:
                    pool.close()
    session.close()


def _signature(ca_file: Path | None) -> tuple[int, ...]:
    """Differs when the file does, also where a mounted folder is swapped by its symbolic link."""
    if ca_file is None:
        return ()
    problem = ""
    try:
        found = ca_file.stat()
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        raise CannotVerify(
            f"ca_file {ca_file}: must be readable, but {problem}; mount the authority that signs "
            "Vault's certificate there, or correct VAULT_CACERT"
        )
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _send(
    session: requests.Session,
    method: str,
    url: str,
    headers: Mapping[str, str],
    json: object,
    params: Mapping[str, Any] | None,
    timeout: tuple[float, float],
    ca_file: Path | None,
) -> requests.Response:
    try:
        return session.request(
            method,
            url,
            headers=dict(headers),
            json=json,
            params=params,
            timeout=timeout,
            allow_redirects=False,
        )
    except (requests.RequestException, OSError) as error:
        problem = _problem(error, url, ca_file)
    # Raised here and not above, so that it does not hold the request, which holds the token.
    raise problem


def _problem(error: BaseException, url: str, ca_file: Path | None) -> Exception:
    causes = list(_causes(error))
    server = urlsplit(url).netloc
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            by = f"by ca_file {ca_file}" if ca_file else "by the public authorities"
            return CannotVerify(
                f"{server}: its certificate must verify {by}, but {cause.verify_message}; give the "
                "authority that signs Vault's certificate (VAULT_CACERT), and one of its names as "
                "the address"
            )
    unsent = (ConnectTimeoutError, NewConnectionError, NameResolutionError, ConnectionRefusedError)
    sent = not any(isinstance(cause, unsent) for cause in causes)
    return Unreached(f"{server}: {_shown(causes[-1])}", sent=sent)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made from, the first cause last."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        inner = [a for a in (*current.args, getattr(current, "reason", None)) if _is_error(a)]
        current = current.__cause__ or current.__context__ or (inner[0] if inner else None)


def _is_error(value: object) -> bool:
    return isinstance(value, BaseException)


def _shown(cause: BaseException) -> str:
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(cause).__name__


def _answer(response: requests.Response, asked: Instant) -> Answer:
    body: Any = {}
    if response.content:
        try:
            body = jsonlib.loads(response.content)
        except ValueError:
            body = None
    if not isinstance(body, dict):
        if response.ok:
            server = urlsplit(response.url).netloc
            raise Unreached(f"{server}: its answer is not Vault's JSON", sent=True)
        body = {}
    return Answer(
        response.status_code,
        body,
        asked,
        _seconds(response.headers.get("Date")),
        _number(response.headers.get("Retry-After")),
    )


def _seconds(date: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _number(text: str | None) -> float:
    return float(text) if text and text.isdecimal() else 0.0
