"""An OpenID Connect provider for people's logins, from the package `oidc-provider-mock`.

Plain http on the loopback address; its issuer is its URL, and discovery works there. Clients must
be registered, and their secrets and redirect addresses are really checked. People are not: it asks
for no password, whoever is named is signed in. That is what `sign_in` plays, without a browser.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

import requests

from rehearsal.errors import NotYet, RehearsalError
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import CALL_TIMEOUT, PATIENCE, answer, http_session, python_path
from rehearsal.supervisor import Supervisor, wait_until

# Not the package's own command: that logs every client with its secret.
_PROGRAM: Final = """\
import sys
import warnings
warnings.simplefilter("ignore")
import uvicorn
from oidc_provider_mock import app
uvicorn.run(
    app(require_client_registration=True, issue_refresh_token=False),
    interface="wsgi", host=sys.argv[1], port=int(sys.argv[2]), log_level="warning",
)
"""


@dataclass(frozen=True)
class OidcClient:
    """A registered client, such as Vault's auth/oidc."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class SignIn:
    """Where the browser was sent after a sign-in: the redirect address and its parameters."""

    redirect_uri: str
    state: str
    code: str = field(repr=False)


@dataclass(frozen=True)
class OidcProvider:
    """A running provider. `issuer` is also its base URL."""

    issuer: str
    _session: requests.Session = field(repr=False, compare=False)

    def register_client(self, redirect_uris: Sequence[str]) -> OidcClient:
        """Register a client that may send people back to these addresses."""
        body = {"redirect_uris": list(redirect_uris)}
        answered = self._send("POST", "/oauth2/clients", body).json()
        return OidcClient(answered["client_id"], answered["client_secret"])

    def register_user(self, subject: str, claims: Mapping[str, Any]) -> None:
        """Register a person, or replace their claims (`groups`, `email`, ...; not `sub`).

        A person who was never registered can sign in as well, with no claims but an e-mail.
        """
        self._send("PUT", f"/users/{quote(subject, safe='')}", dict(claims))

    def _send(self, method: str, path: str, body: Mapping[str, Any]) -> requests.Response:
        timeout = CALL_TIMEOUT.total_seconds()
        response = self._session.request(method, self.issuer + path, json=body, timeout=timeout)
        if not response.ok:
            raise RehearsalError(
                f"the OIDC provider refuses {method} {path}: {response.status_code} "
                f"{response.text.strip()}"
            )
        return response


def start(supervisor: Supervisor, name: str = "oidc") -> OidcProvider:
    """Start the provider and wait until its discovery document is served. Raises RehearsalError."""
    port = free_port()
    issuer = f"http://{LOOPBACK}:{port}"
    process = supervisor.start(
        name,
        [sys.executable, "-c", _PROGRAM, LOOPBACK, str(port)],
        # The variable allows plain http, which is fine on the loopback address only.
        env=supervisor.environment(AUTHLIB_INSECURE_TRANSPORT="1", **python_path()),
    )
    session = http_session()
    wait_until(
        lambda: _ready(session, issuer),
        awaited=f"the OIDC provider to answer on {issuer}",
        patience=PATIENCE,
        processes=[process],
    )
    return OidcProvider(issuer, session)


def sign_in(auth_url: str, subject: str) -> SignIn:
    """Play the browser of a person who opens `auth_url` and signs in as `subject`.

    Stops at the redirect back to the client, which is returned and not followed: its code and
    state are what the client's callback (Vault's `oidc/callback`) is given. Raises RehearsalError
    if the provider does not send the browser back with a code.
    """
    with http_session() as session:
        response = session.post(
            auth_url,
            data={"sub": subject},
            allow_redirects=False,
            timeout=CALL_TIMEOUT.total_seconds(),
        )
    target = urlsplit(response.headers.get("Location", ""))
    parameters = {key: values[0] for key, values in parse_qs(target.query).items()}
    if "code" not in parameters:
        reason = parameters.get("error_description") or parameters.get("error") or "no redirect"
        raise RehearsalError(
            f"signing in as {subject} ended without a code ({response.status_code}, {reason}). "
            "Check that the client is registered with this redirect address."
        )
    address = target._replace(query="", fragment="").geturl()
    return SignIn(address, parameters.get("state", ""), parameters["code"])


def _ready(session: requests.Session, issuer: str) -> None:
    response = answer(session, f"{issuer}/.well-known/openid-configuration")
    if not response.ok:
        raise NotYet(f"discovery answers {response.status_code}")
