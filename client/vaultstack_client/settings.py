"""What the client is told: where Vault is, how to log in, and when (`timing`) it does things.

Nothing is read here but the environment's variables, and those only by `from_environment`: files
are read when they are needed, each time anew, because they change.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from vaultstack_client.errors import ConfigurationError
from vaultstack_client.login import AppRoleLogin, KubernetesLogin, Login, TokenLogin
from vaultstack_client.names import check_role
from vaultstack_client.redirects import is_loopback
from vaultstack_client.timing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """All that a client needs. Making it asks nobody."""

    address: str
    """Vault's base URL. `http` only on this machine, where an agent may listen."""
    login: Login
    ca_file: Path | None = None
    """Who signs Vault's certificate; read again when it changes. None: the public authorities."""
    timing: Timing = field(default_factory=Timing)
    cache_size: int = 128
    """How many answers are kept; the one asked for longest ago goes first."""
    revoke_on_close: bool = True
    """Whether `close` ends the token, and with it every credential issued with it."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ConfigurationError(
                f"address {self.address!r}: must be a URL; write one such as "
                "'https://vault.vault.svc:8200'"
            )
        if "@" in parts.netloc or parts.query or parts.fragment or parts.path not in ("", "/"):
            raise ConfigurationError(
                "address: must be scheme, host and port only, for the rest is not Vault's; write "
                f"'{parts.scheme}://{parts.hostname}:{parts.port or 8200}'"
            )
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ConfigurationError(
                f"address {self.address!r}: must be https, or everybody on the way reads the token "
                "and the secrets; write https and give ca_file (VAULT_CACERT)"
            )
        if self.cache_size < 1:
            raise ConfigurationError(
                f"cache_size ({self.cache_size}): must be at least 1; leave it out for 128"
            )
        object.__setattr__(self, "address", self.address.rstrip("/"))

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, timing: Timing | None = None
    ) -> ClientSettings:
        """From VAULT_ADDR, VAULT_CACERT and VAULT_AUTH, which is one of

        - `kubernetes` (the default): VAULT_ROLE, and VAULT_JWT_FILE where the service account's
          token is not at Kubernetes' own place;
        - `approle`: VAULT_ROLE_ID, and VAULT_SECRET_ID_FILE or VAULT_SECRET_ID, or
          VAULT_WRAPPED_SECRET_ID_FILE for a file with a wrapping token;
        - `token`: VAULT_TOKEN or VAULT_TOKEN_FILE.

        A variable that is there but empty counts as missing.
        """
        given = os.environ if environment is None else environment
        ca_file = given.get("VAULT_CACERT")
        return cls(
            address=_need(given, "VAULT_ADDR", "the URL of Vault"),
            login=_login(given),
            ca_file=Path(ca_file) if ca_file else None,
            timing=timing or Timing(),
        )


def _login(given: Mapping[str, str]) -> Login:
    method = given.get("VAULT_AUTH") or "kubernetes"
    match method:
        case "kubernetes":
            role = check_role("VAULT_ROLE", _need(given, "VAULT_ROLE", "the role to log in as"))
            file = given.get("VAULT_JWT_FILE")
            return KubernetesLogin(role, Path(file)) if file else KubernetesLogin(role)
        case "approle":
            role_id = _need(given, "VAULT_ROLE_ID", "the role ID")
            if wrapped := given.get("VAULT_WRAPPED_SECRET_ID_FILE"):
                return AppRoleLogin(role_id, secret_id_file=Path(wrapped), wrapped=True)
            if file := given.get("VAULT_SECRET_ID_FILE"):
                return AppRoleLogin(role_id, secret_id_file=Path(file))
            return AppRoleLogin(
                role_id, _need(given, "VAULT_SECRET_ID", "the secret ID, or its file's name")
            )
        case "token":
            if file := given.get("VAULT_TOKEN_FILE"):
                return TokenLogin(token_file=Path(file))
            return TokenLogin(_need(given, "VAULT_TOKEN", "a token"))
    raise ConfigurationError(
        f"VAULT_AUTH ({method!r}): must be kubernetes, approle or token; leave it out for "
        "kubernetes"
    )


def _need(given: Mapping[str, str], name: str, what: str) -> str:
    if value := given.get(name):
        return value
    raise ConfigurationError(f"{name}: must be there, with {what}; set it for this process")
