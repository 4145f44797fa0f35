"""As much of Vault's API as first contact uses, on loopback, so that it can be made to fail at any
step. What Vault really answers is for the live tests to say.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

OTP: Final = "0123456789abcdefghijklmnop"
SHARES: Final = [f"share-{number}-hidden" for number in range(1, 6)]
ROLE: Final = "auth/provisioner/role/provisioner"
CI_ROLE: Final = "auth/ci/role/provisioner"
OF_TEAMS: Final = (f"{ROLE}-", f"{CI_ROLE}-")

Answer = tuple[int, dict[str, Any]]
DONE: Final[Answer] = (204, {})
REFUSED: Final[Answer] = (400, {"errors": ["refused by the fake"]})
ABSENT: Final[Answer] = (404, {"errors": []})
FORBIDDEN: Final[Answer] = (403, {"errors": ["permission denied"]})


class FakeVault:
    """Public attributes are its state; tests set and read them."""

    def __init__(self) -> None:
        self.address = ""
        self.initialised = False
        self.sealed = True
        self.clustered = False
        self.leader = ""
        self.threshold = 3
        self.given: list[str] = []
        self.tokens: set[str] = set()
        self.revoked: list[str] = []
        self.policies: dict[str, str] = {}
        self.auth: dict[str, dict[str, Any]] = {"token/": {"accessor": "auth_token"}}
        self.aliases: dict[str, dict[str, str]] = {}
        self.role: dict[str, Any] = {}
        self.secret_ids: list[str] = []
        self.ci_config: dict[str, Any] = {}
        self.ci_role: dict[str, Any] = {}
        self.attest_role: dict[str, Any] = {}
        self.team_roles: dict[str, dict[str, Any]] = {}
        """By path."""
        self.runs: dict[str, str] = {}
        """Token of a run of CI -> the environment in which it runs."""
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.answers: dict[str, Answer] = {}
        """By path, or method and path: what to answer instead."""
        self._roots = self._ci_logins = 0

    @property
    def writes(self) -> list[str]:
        return [path for method, path in self.requests if method not in ("GET", "HEAD", "LIST")]

    def new_root(self) -> str:
        self._roots += 1
        token = f"hvs.root-{self._roots}-hidden".ljust(len(OTP), "x")
        self.tokens.add(token)
        return token

    def answer(self, method: str, path: str, body: dict[str, Any], token: str) -> Answer:
        self.requests.append((method, path))
        self.bodies.append(body)
        for key in (path, f"{method} {path}"):
            if key in self.answers:
                return self.answers[key]
        if open_to_all := self._without_token(method, path, body):
            return open_to_all
        if token not in self.tokens or self.sealed:
            return FORBIDDEN
        return self._with_token(method, path, body, token)

    def _without_token(  # noqa: C901 - one case for each endpoint
        self, method: str, path: str, body: dict[str, Any]
    ) -> Answer | None:
        match method, path:
            case "GET", "sys/init":
                return 200, {"initialized": self.initialised}
            case "PUT", "sys/init":
                return self._initialise(body)
            case "GET", "sys/seal-status":
                return 200, {"sealed": self.sealed, "initialized": self.initialised}
            case "PUT", "sys/unseal":
                self.given.append(body["key"])
                self.sealed = len(set(self.given) & set(SHARES)) < self.threshold
                return 200, {"sealed": self.sealed}
            case "GET", "sys/leader":
                return 200, {"ha_enabled": self.clustered, "leader_address": self.leader}
            case (("HEAD" | "GET"), "sys/health"):
                return (200 if not self.sealed else 503 if self.initialised else 501), {}
            case "DELETE", "sys/generate-root/attempt":
                self.given = []
                return DONE
            case "PUT", "sys/generate-root/attempt":
                return 200, {"otp": OTP, "nonce": "n", "complete": False, "encoded_token": ""}
            case "PUT", "sys/generate-root/update":
                return self._generate_root(body)
            case _, "auth/provisioner/login":
                if body.get("secret_id") not in self.secret_ids:
                    return 400, {"errors": ["invalid role or secret ID"]}
                self.tokens.add("hvs.provisioner-hidden")
                return 200, {"auth": {"client_token": "hvs.provisioner-hidden"}}
            case _, "auth/ci/login":
                return self._log_in_by_ci(body)
        return None

    def _log_in_by_ci(self, body: dict[str, Any]) -> Answer:
        environment = self.runs.get(body["jwt"])
        if "ci/" not in self.auth or environment not in self.ci_role["bound_claims"]["environment"]:
            return 400, {"errors": [f"error validating {body['jwt']}: claim does not match"]}
        self._ci_logins += 1
        token = f"hvs.ci-{self._ci_logins}-hidden"
        self.tokens.add(token)
        return 200, {"auth": {"client_token": token}}

    def _with_token(  # noqa: C901, PLR0912 - one case for each endpoint
        self, method: str, path: str, body: dict[str, Any], token: str
    ) -> Answer:
        if path.startswith("sys/policies/acl/provisioner"):
            self.policies.pop(name := path.removeprefix("sys/policies/acl/"), None)
            if method != "DELETE":
                self.policies[name] = body["policy"]
            return DONE
        if path.startswith(OF_TEAMS):
            self.team_roles.pop(path, None)
            if method != "DELETE":
                self.team_roles[path] = body
            return DONE
        match method, path:
            case "DELETE", "sys/auth/provisioner":
                self.secret_ids = []
                self.auth.pop("provisioner/", None)
                return DONE
            case "DELETE", "sys/auth/ci":
                self.ci_config, self.ci_role = {}, {}
                self.auth.pop("ci/", None)
                return DONE
            case _, "sys/auth/provisioner" | "sys/auth/ci":
                name = path.removeprefix("sys/auth/")
                self.auth[f"{name}/"] = {**body, "accessor": f"auth_{name}"}
                return DONE
            case _, "auth/ci/config":
                self.ci_config = body
                return DONE
            case "DELETE", "auth/ci/role/attest":
                self.attest_role = {}
                return DONE
            case _, "auth/ci/role/attest":
                self.attest_role = body
                return DONE
            case _, "auth/ci/role/provisioner":
                self.ci_role = body
                return DONE
            case "GET", "sys/auth":
                return 200, {"data": self.auth}
            case _, "auth/provisioner/role/provisioner":
                self.role = body
                return DONE
            case "GET", "auth/provisioner/role/provisioner/role-id":
                return 200, {"data": {"role_id": "the-role-id"}}
            case _, "auth/provisioner/role/provisioner/secret-id":
                self.secret_ids.append(f"secret-id-{len(self.secret_ids) + 1}-hidden")
                return 200, {"data": {"secret_id": self.secret_ids[-1]}}
            case _, "auth/token/create-orphan":
                self.tokens.add("hvs.orphan-hidden")
                return 200, {"auth": {"client_token": "hvs.orphan-hidden"}}
            case "LIST", "identity/entity-alias/id":
                return (200, {"data": {"key_info": self.aliases}}) if self.aliases else ABSENT
            case "DELETE", _ if path.startswith("identity/entity/id/"):
                entity = path.rpartition("/")[2]
                self.aliases = {
                    key: one for key, one in self.aliases.items() if one["canonical_id"] != entity
                }
                return DONE
            case _, "auth/token/revoke-self":
                self.tokens.discard(token)
                self.revoked.append(token)
                return DONE
        return 404, {"errors": [f"the fake knows no {method} {path}"]}

    def _initialise(self, body: dict[str, Any]) -> Answer:
        if self.initialised:
            return 400, {"errors": ["Vault is already initialized"]}
        self.initialised = True
        kms = "recovery_shares" in body
        self.sealed = not kms
        field = "recovery_keys_base64" if kms else "keys_base64"
        return 200, {field: SHARES, "root_token": self.new_root()}

    def _generate_root(self, body: dict[str, Any]) -> Answer:
        self.given.append(body["key"])
        if len(self.given) < self.threshold:
            return 200, {"complete": False, "encoded_token": ""}
        masked = bytes(a ^ b for a, b in zip(self.new_root().encode(), OTP.encode(), strict=True))
        encoded = base64.b64encode(masked).decode().rstrip("=")
        return 200, {"complete": True, "encoded_token": encoded}


@contextmanager
def serving(vault: FakeVault, certificate: tuple[Path, Path] | None = None) -> Iterator[FakeVault]:
    """Serve on a free port of loopback; over TLS where a certificate and key are given."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            path = self.path.removeprefix("/v1/").split("?")[0]
            token = self.headers.get("X-Vault-Token") or ""
            status, answer = vault.answer(self.command, path, body, token)
            payload = b"" if status == 204 else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)

        do_GET = do_PUT = do_POST = do_DELETE = do_LIST = do_HEAD = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate:
        scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    vault.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
