"""What the client hands to an application. Typed, frozen, and silent: no value is in `repr`, and
what takes an object apart without being told what is in it - `asdict`, `deepcopy`, pickle, and the
serialisers of loggers and web frameworks that stand on these - is refused. Who means to show all
says so: `reveal()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, NoReturn, SupportsIndex

from vaultstack_client.errors import MissingKey


class Guard:
    """Stops whatever copies all of an object that has it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<guard>"

    def __deepcopy__(self, _: object) -> NoReturn:
        raise TypeError(_REFUSED)

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError(_REFUSED)


_REFUSED: Final = (
    "secrets: must not be copied, pickled or taken apart unseen; take the attribute or key that is "
    "needed, or reveal() where all are meant to be shown"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Guarded:
    # Without a leading underscore, for there are serialisers that pass over such fields.
    guard: Guard = field(default=Guard(), init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class _Issued(_Guarded):
    """What Vault made for this client."""

    def reveal(self) -> dict[str, Any]:
        """Everything as a plain dictionary, which shows it to whoever prints it."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.init}


@dataclass(frozen=True, slots=True, eq=False)
class Secret(_Guarded, Mapping[str, str]):
    """One version of one entry. A value that was not written as text is here as JSON text."""

    path: str
    version: int
    created: datetime
    values_: Mapping[str, str] = field(repr=False)
    stale: bool = False
    """Whether Vault could not be asked, so that this is what it last said."""

    def __getitem__(self, key: str) -> str:
        try:
            return self.values_[key]
        except KeyError:
            pass
        there = ", ".join(sorted(self.values_)) or "none"
        raise MissingKey(
            f"secret {self.path!r}, version {self.version}: must have the key {key!r}; the keys "
            f"there are {there}; add it with 'vault kv patch', or ask for one of those"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)

    def reveal(self) -> dict[str, str]:
        """All values as a plain dictionary, which shows them to whoever prints it."""
        return dict(self.values_)


@dataclass(frozen=True, slots=True)
class DatabaseCredentials(_Issued):
    """A database user made for this client. `expires` is for showing: the client keeps time."""

    username: str
    password: str = field(repr=False)
    lease_id: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class StaticDatabaseCredentials(_Issued):
    """A database user that stays, with the password of now. `rotates`: when Vault changes it by
    itself; an operator may do so at any time.
    """

    username: str
    password: str = field(repr=False)
    rotates: datetime


@dataclass(frozen=True, slots=True)
class AwsCredentials(_Issued):
    """Keys of an IAM user or, with a session token, of an assumed role.

    AWS needs some seconds until a new IAM user's keys work everywhere.
    """

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    lease_id: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class GcpToken(_Issued):
    """An OAuth 2 access token of an impersonated service account."""

    token: str = field(repr=False)
    expires: datetime


@dataclass(frozen=True, slots=True)
class AzureCredentials(_Issued):
    """A service principal's secret."""

    client_id: str
    client_secret: str = field(repr=False)
    lease_id: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Certificate(_Issued):
    """A certificate with its key, as PEM. `chain` goes from the issuer upwards."""

    certificate: str
    private_key: str = field(repr=False)
    chain: tuple[str, ...]
    serial: str
    expires: datetime


def identity(value: object) -> object:
    """What tells one answer from the next, which may be the same one renewed or looked at again."""
    match value:
        case Secret():
            return value.version, value.created
        case StaticDatabaseCredentials():  # `rotates` is a little different each time
            return value.username, value.password
        case DatabaseCredentials() | AwsCredentials() | AzureCredentials():
            return value.lease_id
    return value


@dataclass(frozen=True, slots=True)
class Status:
    """How the client is, for health endpoints. Asking for it never asks Vault."""

    token_expires: datetime | None
    """None where there is no token yet, or where it never ends."""
    logged_in: bool
    hits: int
    """Answers given from the cache."""
    misses: int
    """Answers for which Vault was asked while the application waited."""
    stale_served: int
    """Of the hits, those given while Vault could not be asked."""
    cached: int
    requests: int
    """Requests sent to Vault, each try counted."""
    vault_away: bool
    last_error: str | None
    """The last failure, also of the background; none once Vault answered again."""
