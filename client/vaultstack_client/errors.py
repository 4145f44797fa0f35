"""What can go wrong, one class for each thing that an application may want to treat differently.

Every message names what was asked for, the rule that was broken and the fix. None holds a secret,
so it may be printed and logged as it is; nor does an error keep the request that failed, which
holds the token.
"""

# ruff: noqa: N818 - named as an application says it: `except NotFound`, not what it is made of

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class VaultClientError(Exception):
    """Any failure of this client. The classes below say which."""


class ConfigurationError(VaultClientError):
    """What the application gave cannot be used: a setting, a path, a role's name."""


class ClientClosed(VaultClientError):
    """The client was closed, or is being closed by another thread."""


class Refused(VaultClientError):
    """Vault understood the request and refused it, for another reason than those below."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class NotAllowed(VaultClientError):
    """The token is good, and its ACL policies do not allow this."""


class LoginFailed(VaultClientError):
    """Vault gave no token: role unknown, not bound to this identity, or the proof is missing."""


class NotFound(VaultClientError):
    """Vault has no such entry, no such version, or no such role."""


class SecretDestroyed(NotFound):
    """The version was destroyed: its values are gone for good."""


class MissingKey(VaultClientError, KeyError):
    """The entry is there and lacks the key. A `KeyError` too, so that `secret.get(key)` works."""

    def __str__(self) -> str:
        # KeyError would show the sentence in quotes.
        return str(self.args[0])


class Unavailable(VaultClientError):
    """No usable answer within the deadline: no connection, sealed, no leader, failing.

    `everywhere` is false where only this request fails, such as for a database that is away.
    """

    def __init__(self, message: str, *, everywhere: bool = True) -> None:
        super().__init__(message)
        self.everywhere = everywhere


class CannotVerify(Unavailable):
    """Somebody answers, but cannot prove to be this Vault, so nothing was sent."""


class LoginUndecided(LoginFailed, Unavailable):
    """Vault gave no token, perhaps only because it cannot ask Kubernetes who this is. So it says
    nothing of what this identity may do, and is bridged as silence is.
    """


class LeaseExpired(Unavailable):
    """The credentials at hand have ended, and Vault gives no new ones now."""


def bare(do: Callable[[], T]) -> T:
    """What it returns, or its error without the frames that it came through: their variables are
    the token, a service account's and what was sent, and error trackers send variables on.
    """
    try:
        return do()
    except VaultClientError as error:
        problem = error
    raise problem.with_traceback(None)
