"""As much of Vault as the client uses, on loopback, with clocks that tests can move and failures
that they can order. What Vault really answers is for the live tests to say.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from vaultstack_client import ClientSettings, LoginFailed, Timing, VaultClient
from vaultstack_client.clock import Clock, Instant, SystemClock
from vaultstack_client.login import Auth, Login
from vaultstack_client.transport import Transport

Answer = tuple[int, dict[str, Any]]
DONE: Final[Answer] = (204, {})
FORBIDDEN: Final[Answer] = (403, {"errors": ["permission denied"]})
SEALED: Final[Answer] = (503, {"errors": ["Vault is sealed"]})
PASSWORD: Final = "hidden-password"

QUICK: Final = Timing(
    deadline=timedelta(seconds=1),
    connect_timeout=timedelta(seconds=1),
    read_timeout=timedelta(seconds=0.5),
    stale_patience=timedelta(milliseconds=100),
    first_backoff=timedelta(milliseconds=5),
    greatest_backoff=timedelta(milliseconds=50),
)
"""Pauses that a test can wait for; what takes minutes is waited for by moving the clock."""

_LONG: Final = timedelta(minutes=2)
PATIENT: Final = replace(QUICK, deadline=_LONG, connect_timeout=_LONG, read_timeout=_LONG)
"""Who waits with it waits longer than any busy machine makes a call take: `without_waiting`."""


class MovableClock:
    """This machine's clocks, which a test can move on."""

    def __init__(self) -> None:
        self._steady = self._wall = 0.0

    def now(self) -> Instant:
        now = SystemClock().now()
        return Instant(now.steady + self._steady, now.wall + self._wall)

    def pass_(self, seconds: float) -> None:
        self._steady += seconds
        self._wall += seconds

    def jump(self, seconds: float) -> None:
        """Of the wall clock alone: it is set, or the machine slept and only this one noticed."""
        self._wall += seconds


class Mode(Enum):
    WELL = auto()
    SEALED = auto()
    NO_LEADER = auto()
    FAILING = auto()
    DROPPING = auto()
    """Takes the request and closes the connection."""
    STALLING = auto()
    """Takes the request and says nothing, for as long as the fake serves."""


@dataclass
class FakeLease:
    token: str
    role: str
    end: float
    latest: float


@dataclass
class FakeToken:
    end: float
    latest: float


@dataclass
class FakeVault:
    """Public attributes are its state; tests set and read them."""

    clock: MovableClock = field(default_factory=MovableClock)
    address: str = ""
    mode: Mode = Mode.WELL
    entries: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    login_roles: set[str] = field(default_factory=lambda: {"app"})
    database_roles: set[str] = field(default_factory=lambda: {"app-readonly"})
    denied: set[str] = field(default_factory=set)
    tokens: dict[str, FakeToken] = field(default_factory=dict)
    leases: dict[str, FakeLease] = field(default_factory=dict)
    token_ttl: float = 3600
    token_max: float = 86400
    token_renewable: bool = True
    lease_ttl: float = 3600
    lease_max: float = 86400
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    """By path: what to answer instead."""
    first: list[Answer] = field(default_factory=list)
    """What the next requests are answered, each once."""
    redirect: str = ""
    pause: float = 0.0
    """Seconds before each answer."""
    takes: float = 0.0
    """Seconds that each request takes by `clock`; no real time passes."""
    held: threading.Event | None = None
    """Where there is one, no answer is given until it is set; or, so that a test that never comes
    to set it fails and does not hang, until a minute has passed.
    """
    connections: int = 0
    """How many are open."""
    opened: int = 0
    """How many were ever opened."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    _made: int = 0

    def asked(self, path: str) -> int:
        return Counter(path for _, path in self.requests)[path]

    def write(self, path: str, /, *, lives: float | None = None, **values: object) -> None:
        ends = ""
        if lives is not None:
            moment = datetime.fromtimestamp(self.clock.now().wall + lives, UTC)
            ends = moment.isoformat().replace("+00:00", "Z")
        self.entries.setdefault(path, []).append({"values": values, "ends": ends, "gone": False})

    def revoke_token(self, token: str) -> None:
        self.tokens.pop(token, None)
        for name in [name for name, lease in self.leases.items() if lease.token == token]:
            del self.leases[name]

    def answer(self, method: str, path: str, body: dict[str, Any], token: str) -> Answer:
        self.requests.append((method, path))
        self.bodies.append(body)
        self.clock.pass_(self.takes)
        if self.first:
            return self.first.pop(0)
        match self.mode:
            case Mode.SEALED:
                return SEALED
            case Mode.NO_LEADER:
                said = "local node not active but active cluster node not found"
                return 500, {"errors": [said]}
            case Mode.FAILING:
                return 500, {"errors": ["internal error"]}
            case _:
                pass
        if path in self.answers:
            return self.answers[path]
        if path.endswith("/login"):
            return self._log_in(body)
        with self.lock:
            self._end()
            if token not in self.tokens or path in self.denied:
                return FORBIDDEN
            return self._with_token(method, path, body, token)

    def _name(self, kind: str) -> str:
        self._made += 1
        return f"{kind}-{self._made}"

    def _end(self) -> None:
        now = self.clock.now().steady
        for token in [name for name, token in self.tokens.items() if token.end <= now]:
            self.revoke_token(token)
        for name in [name for name, lease in self.leases.items() if lease.end <= now]:
            del self.leases[name]

    def _log_in(self, body: dict[str, Any]) -> Answer:
        role = body.get("role") or body.get("role_id")
        if role not in self.login_roles:
            return 400, {"errors": [f'invalid role name "{role}"']}
        if "wrong" in (body.get("jwt") or body.get("secret_id") or "wrong"):
            return FORBIDDEN
        return 200, {"auth": self._auth(self.new_token())}

    def new_token(self) -> str:
        now = self.clock.now().steady
        with self.lock:
            token = self._name("hidden-token")
            self.tokens[token] = FakeToken(now + self.token_ttl, now + self.token_max)
        return token

    def _auth(self, token: str) -> dict[str, Any]:
        left = self.tokens[token].end - self.clock.now().steady
        return {
            "client_token": token,
            "lease_duration": round(left),
            "renewable": self.token_renewable,
        }

    def _with_token(self, method: str, path: str, body: dict[str, Any], token: str) -> Answer:
        now = self.clock.now().steady
        match method, path.split("/"):
            case "GET", ["secret", "data", *rest]:
                return self._entry("/".join(rest), body.get("?version"))
            case "GET", ["database", "creds", role]:
                return self._user(role, token)
            case _, ["sys", "leases", "renew"]:
                lease = self.leases.get(body["lease_id"])
                if lease is None:
                    return 400, {"errors": ["lease not found"]}
                lease.end = min(now + self.lease_ttl, lease.latest)
                return 200, {
                    "lease_id": body["lease_id"],
                    "lease_duration": round(lease.end - now),
                    "renewable": True,
                }
            case _, ["auth", "token", "lookup-self"]:
                auth = self._auth(token)
                data = {"ttl": auth["lease_duration"], "renewable": auth["renewable"]}
                return 200, {"data": data}
            case _, ["auth", "token", "renew-self"]:
                held = self.tokens[token]
                held.end = min(now + self.token_ttl, held.latest)
                return 200, {"auth": self._auth(token)}
            case _, ["auth", "token", "revoke-self"]:
                self.revoke_token(token)
                return DONE
        return 404, {"errors": [f"the fake knows no {method} {path}"]}

    def _entry(self, path: str, version: str | None) -> Answer:
        versions = self.entries.get(path, [])
        number = int(version) if version else len(versions)
        if not 1 <= number <= len(versions):
            return 404, {"errors": []}
        entry = versions[number - 1]
        metadata = {
            "version": number,
            "created_time": "2026-11-22T10:00:00.123456789Z",
            "deletion_time": entry["ends"],
            "destroyed": entry["gone"],
        }
        ended = entry["ends"] and (
            datetime.fromisoformat(entry["ends"]).timestamp() <= self.clock.now().wall
        )
        if entry["gone"] or ended:
            return 404, {"data": {"data": None, "metadata": metadata}}
        return 200, {"data": {"data": entry["values"], "metadata": metadata}}

    def _user(self, role: str, token: str) -> Answer:
        if role not in self.database_roles:
            return 400, {"errors": [f"unknown role: {role}"]}
        now = self.clock.now().steady
        name = self._name(f"database/creds/{role}/lease")
        self.leases[name] = FakeLease(token, role, now + self.lease_ttl, now + self.lease_max)
        return 200, {
            "lease_id": name,
            "lease_duration": self.lease_ttl,
            "renewable": True,
            "data": {"username": f"user-{self._made}", "password": f"{PASSWORD}-{self._made}"},
        }


@contextmanager
def serving(vault: FakeVault, certificate: tuple[Path, Path] | None = None) -> Iterator[FakeVault]:
    """Serve on a free port of loopback; over TLS where a certificate and key are given."""
    ending = threading.Event()
    server = _Server(("127.0.0.1", 0), _handler(vault, ending))
    scheme = "http"
    if certificate:
        scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.context = context
    vault.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield vault
    finally:
        ending.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    # A connection that a failing test leaves open must not keep the run from ending.
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake belongs to the connection's own thread."""
        if self.context is None:
            super().finish_request(request, client_address)
            return
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except OSError:
            return  # the client did not like the certificate
        with secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients break connections here on purpose."""


def _handler(  # noqa: C901 - one class
    vault: FakeVault, ending: threading.Event
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            with vault.lock:
                vault.connections += 1
                vault.opened += 1

        def finish(self) -> None:
            with vault.lock:
                vault.connections -= 1
            super().finish()

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            path, _, query = self.path.removeprefix("/v1/").partition("?")
            if query.startswith("version="):
                body["?version"] = query.removeprefix("version=")
            token = self.headers.get("X-Vault-Token") or ""
            vault.headers.append(dict(self.headers.items()))
            if vault.redirect:
                vault.requests.append((self.command, path))
                self._send(307, {}, Location=vault.redirect + self.path)
                return
            status, answer = vault.answer(self.command, path, body, token)
            if vault.mode is Mode.STALLING:
                ending.wait()
            if vault.mode in (Mode.STALLING, Mode.DROPPING):
                self.close_connection = True
                return
            if vault.pause:
                time.sleep(vault.pause)
            if vault.held:
                vault.held.wait(60)
            wish = answer.get("?retry-after")
            self._send(status, answer, **({"Retry-After": wish} if wish else {}))

        def _send(self, status: int, answer: dict[str, Any], **headers: str) -> None:
            payload = b"" if status == 204 else json.dumps(answer).encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(vault.clock.now().wall, usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_LIST = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler


class GivenLogin:
    """Logs in without a file, so that a test need not have one."""

    def __init__(self, vault: FakeVault) -> None:
        self._vault = vault
        self.times = 0

    @property
    def who(self) -> str:
        return "role 'app'"

    def log_in(self, adapter: Any) -> Auth:
        answer = adapter.twice(harmless=True).post(
            "/v1/auth/kubernetes/login", json={"role": "app", "jwt": "right"}
        )
        self.times += 1
        if not answer.ok:
            raise LoginFailed(f"{self.who}: {answer.status} {answer.errors}")
        auth = answer.auth
        return Auth(auth["client_token"], auth["lease_duration"], auth["renewable"], ours=True)


def settings_for(
    vault: FakeVault, login: Login | None = None, timing: Timing = QUICK, **changed: Any
) -> ClientSettings:
    return ClientSettings(
        address=vault.address, login=login or GivenLogin(vault), timing=timing, **changed
    )


def transport_of(settings: ClientSettings, clock: Clock) -> Transport:
    return Transport(settings.address, settings.ca_file, settings.timing, clock)


@contextmanager
def without_waiting() -> Iterator[None]:
    """Fails where what is done inside waits with `PATIENT`, for two minutes; where the machine is
    merely busy, it takes less than one.
    """
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 60, "it waited"


def without_background(client: VaultClient) -> None:
    """Stops it before it has begun, so that Vault is asked by the test's own calls alone."""
    client._parts.keeper.let_go()
