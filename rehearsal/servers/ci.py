"""What a CI system is to Vault: an issuer of OIDC tokens that say which repository's run, in which
environment, holds them. Plain http on the loopback address.

Its claims are those that GitHub Actions names so. Deliberately plays nothing else of CI: whoever is
tried is given a token with any claims.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from rehearsal.errors import NotYet
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import PATIENCE, answer, http_session
from rehearsal.supervisor import Supervisor, wait_until

_VALID: Final = timedelta(minutes=5)
_DISCOVERY: Final = ".well-known/openid-configuration"
_KEY_ID: Final = "rehearsal"


@dataclass(frozen=True)
class CiIssuer:
    """A running issuer, which signs with the key that it publishes."""

    url: str
    key: rsa.RSAPrivateKey = field(repr=False, compare=False)


@dataclass(frozen=True)
class Run:
    """A run of CI, by what its token says."""

    issuer: CiIssuer
    audience: str
    repository: str
    environment: str
    """Empty: it runs in none."""
    age: timedelta = timedelta()
    """How long ago its token was issued."""

    def token(self) -> str:
        """A secret, as long as it is valid."""
        begins = int(time.time() - self.age.total_seconds())
        environment = {"environment": self.environment} if self.environment else {}
        body = {
            "iss": self.issuer.url,
            "aud": self.audience,
            "sub": f"repo:{self.repository}:environment:{self.environment}",
            "repository": self.repository,
            "iat": begins,
            "nbf": begins,
            "exp": begins + int(_VALID.total_seconds()),
            **environment,
        }
        signed = f"{_part({'alg': 'RS256', 'typ': 'JWT', 'kid': _KEY_ID})}.{_part(body)}"
        signature = self.issuer.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encoded(signature)}"


def start(supervisor: Supervisor, name: str = "ci") -> CiIssuer:
    """Start the issuer and wait until its discovery document is served. Raises RehearsalError."""
    port = free_port()
    issuer = f"http://{LOOPBACK}:{port}"
    key = new_key()
    folder = supervisor.folder / name
    _write(folder / _DISCOVERY, _discovery(issuer))
    _write(folder / "keys", {"keys": [_published(key)]})
    process = supervisor.start(
        name,
        [sys.executable, "-m", "http.server", "--bind", LOOPBACK, "--directory", folder, str(port)],
        env=supervisor.environment(),
    )
    session = http_session()

    def ready() -> None:
        response = answer(session, f"{issuer}/{_DISCOVERY}")
        if not response.ok:
            raise NotYet(f"discovery answers {response.status_code}")

    wait_until(
        ready,
        awaited=f"the issuer of CI's tokens to answer on {issuer}",
        patience=PATIENCE,
        processes=[process],
    )
    return CiIssuer(issuer, key)


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _discovery(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/keys",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def _published(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": _KEY_ID,
        "n": _number(numbers.n),
        "e": _number(numbers.e),
    }


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8))


def _part(value: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
