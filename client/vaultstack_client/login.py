"""Ways to prove to Vault who this is. Each is asked anew for every token that is needed, and reads
its files then: Kubernetes replaces a service account's token about every hour.

An application may bring its own: anything with `log_in` and `who`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from hvac.api.auth_methods import AppRole, Kubernetes
from hvac.api.auth_methods import Token as TokenApi
from hvac.api.system_backend import Wrapping

from vaultstack_client.errors import ConfigurationError, LoginFailed, LoginUndecided

if TYPE_CHECKING:
    from vaultstack_client.connections import Answer
    from vaultstack_client.transport import VaultAdapter

_UNREVIEWED: Final = ("permission denied", "")
"""What Vault says if its question to Kubernetes fails. If role, account, namespace or audience do
not match, it says so."""
_ENDED: Final = "token is expired"
"""Of a token that the kubelet could not replace, which it asks the API server for, too."""

SERVICE_ACCOUNT_TOKEN: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


@dataclass(frozen=True, slots=True)
class Auth:
    """A token, as Vault gave it."""

    token: str = field(repr=False)
    ttl: float
    """Seconds; 0: for ever."""
    renewable: bool
    ours: bool
    """Whether the client made it, so that nobody else needs it when the client is closed."""


class Login(Protocol):
    """A way to get a token. What an application brings itself needs nothing but these two."""

    @property
    def who(self) -> str:
        """For messages: the method and the role."""

    def log_in(self, adapter: VaultAdapter) -> Auth:
        """Get a token. Raises `LoginFailed`, or what the adapter raises."""


@dataclass(frozen=True, slots=True)
class KubernetesLogin:
    """By the pod's service account. `token_file` must have the audience that the role is bound to:
    a projected volume, where that is not the API server's own.
    """

    role: str
    token_file: Path = SERVICE_ACCOUNT_TOKEN
    mount: str = "kubernetes"

    @property
    def who(self) -> str:
        """For messages: the role, never the token."""
        return f"kubernetes role {self.role!r}"

    def log_in(self, adapter: VaultAdapter) -> Auth:
        """Raises `LoginFailed` where Vault refuses, and `LoginUndecided` where it may only be
        unable to ask Kubernetes.
        """
        jwt = _content(self.token_file, self.who, "a service account's token")
        api = Kubernetes(adapter.twice(harmless=True))
        answer: Answer = api.login(self.role, jwt, use_token=False, mount_point=self.mount)
        said = answer.errors
        if answer.status == HTTPStatus.FORBIDDEN and (said in _UNREVIEWED or _ENDED in said):
            raise LoginUndecided(
                f"{self.who}: Kubernetes must confirm the service account's token in "
                f"{self.token_file}, but Vault said {answer.status} {said}, as it does while it "
                "cannot ask; see whether it can reach Kubernetes' API server, and that the account "
                "is there and its token new"
            )
        return _auth(
            answer,
            self.who,
            "the role must be in the access matrix, and bound to this pod's service account, "
            f"namespace and audience ({self.token_file})",
        )


@dataclass(frozen=True, slots=True)
class AppRoleLogin:
    """By a role ID and a secret ID: given, or in a file, or in a file that holds a token with which
    it is unwrapped, once. A wrapping token that was used already means that somebody else has
    the secret ID.
    """

    role_id: str
    secret_id: str | None = field(default=None, repr=False)
    secret_id_file: Path | None = None
    wrapped: bool = False
    mount: str = "approle"
    _unwrapped: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Wrapping token -> secret ID."""

    def __post_init__(self) -> None:
        if (self.secret_id is None) == (self.secret_id_file is None):
            raise ConfigurationError(
                "AppRole login: must have a secret ID or a file for it, and not both; give "
                "secret_id_file (VAULT_SECRET_ID_FILE) where you can"
            )

    @property
    def who(self) -> str:
        """For messages: the role ID, never the secret one."""
        return f"AppRole with the role ID {self.role_id!r}"

    def log_in(self, adapter: VaultAdapter) -> Auth:
        """Raises `LoginFailed`, with what to tell operators where somebody else unwrapped the
        secret ID.
        """
        given = self.secret_id
        if self.secret_id_file is not None:
            given = _content(self.secret_id_file, self.who, "a secret ID")
        assert given is not None
        secret_id = self._unwrap(adapter, given) if self.wrapped else given
        api = AppRole(adapter.twice(harmless=True))
        answer: Answer = api.login(self.role_id, secret_id, use_token=False, mount_point=self.mount)
        return _auth(
            answer,
            self.who,
            "the role must be in the access matrix, and the secret ID not used up or past its end; "
            "ask an operator for a new one",
        )

    def _unwrap(self, adapter: VaultAdapter, wrapping_token: str) -> str:
        if wrapping_token not in self._unwrapped:
            # A second try after a lost answer would look as if somebody else had unwrapped it.
            bearer = adapter.with_token(wrapping_token).twice(harmless=False)
            answer: Answer = Wrapping(bearer).unwrap()
            if not answer.ok or "secret_id" not in answer.data:
                raise LoginFailed(
                    f"{self.who}: its wrapping token must be unused and not past its end, but "
                    f"Vault said {answer.status} {answer.errors}; if nobody here unwrapped it, "
                    "somebody else did: tell your operators, and ask for a new secret ID"
                )
            self._unwrapped.clear()
            self._unwrapped[wrapping_token] = str(answer.data["secret_id"])
        return self._unwrapped[wrapping_token]


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """By a token that somebody else made: given, or in a file, such as an agent's sink, that is
    read again when the token has ended. The client never revokes it.
    """

    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None

    def __post_init__(self) -> None:
        if (self.token is None) == (self.token_file is None):
            raise ConfigurationError(
                "token login: must have a token or a file for it, and not both; give token_file "
                "(VAULT_TOKEN_FILE) where you can"
            )

    @property
    def who(self) -> str:
        """For messages: the file, if there is one, never the token."""
        return f"the token in {self.token_file}" if self.token_file else "the given token"

    def log_in(self, adapter: VaultAdapter) -> Auth:
        """Looks the token up, and does not make one. Raises `LoginFailed` where it has ended."""
        token = self.token
        if self.token_file is not None:
            token = _content(self.token_file, self.who, "a token")
        assert token is not None
        answer: Answer = TokenApi(adapter.with_token(token)).lookup_self()
        if not answer.ok:
            raise LoginFailed(
                f"{self.who}: must be a token that has not ended and may look itself up, but Vault "
                f"said {answer.status} {answer.errors}; give a new one, or log in by Kubernetes"
            )
        data = answer.data
        return Auth(token, float(data["ttl"]), bool(data.get("renewable")), ours=False)


def _content(file: Path, who: str, what: str) -> str:
    problem = ""
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError as error:
        text, problem = "", error.strerror or type(error).__name__
    except UnicodeDecodeError:
        text, problem = "", "it is not plain text"
    if not text:
        raise LoginFailed(
            f"{who}: {file} must hold {what}, but {problem or 'it is empty'}; mount it there, or "
            "name the file where it is"
        )
    return text


def _auth(answer: Answer, who: str, rule: str) -> Auth:
    if not answer.ok or not answer.auth.get("client_token"):
        raise LoginFailed(
            f"{who}: Vault gave no token ({answer.status} {answer.errors or 'without a reason'}); "
            f"{rule}"
        )
    auth = answer.auth
    return Auth(
        str(auth["client_token"]),
        float(auth.get("lease_duration") or 0),
        bool(auth.get("renewable")),
        ours=True,
    )
