"""What can be asked of Vault, in general: a question knows its request, reads the answer and says
how long that lives. It is also the answer's key in the cache. What a refusal means is said here.

Deliberately not here: when to ask again, which is `cache` and `store`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final, Generic, Protocol, TypeVar

from vaultstack_client.clock import Instant
from vaultstack_client.connections import Answer
from vaultstack_client.errors import NotAllowed, NotFound, Refused, VaultClientError
from vaultstack_client.transport import VaultAdapter

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_UNKNOWN: Final = re.compile(r"(?i)unknown role|role .*not found|does not exist|invalid role name")
_SHOWN: Final = 300
"""How many characters of Vault's reason go into a message."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What can be renewed by its ID, and ends with the token it was issued with."""

    id: str
    renewable: bool


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    """An answer. `lives`: seconds until it is worth nothing, none where Vault sets no end."""

    value: T_co = field(repr=False)
    lives: float | None = None
    lease: Lease | None = None


class Question(Protocol[T_co]):
    """Hashable: equal questions have one answer."""

    def __hash__(self) -> int: ...

    @property
    def what(self) -> str:
        """For messages, such as "secret 'a/b'"."""

    @property
    def path(self) -> str:
        """In Vault's words, as an ACL policy has it."""

    @property
    def perishable(self) -> bool:
        """Whether every answer has an end past which it must not be given out. If not, it only
        grows old.
        """

    def ask(self, adapter: VaultAdapter) -> Answer: ...

    def read(self, answer: Answer) -> Found[T_co]: ...

    def missing(self, answer: Answer) -> VaultClientError | None:
        """What a 404 means, where the question can tell better than anybody."""


def understood(question: Question[T], answer: Answer, who: str) -> Found[T]:
    """What the answer says. Raises the error that it means."""
    if answer.status == HTTPStatus.NOT_FOUND and (error := question.missing(answer)):
        raise error
    check(answer, question.what, question.path, who)
    try:
        return question.read(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = type(error).__name__
    raise Refused(
        f"{question.what}: the answer from {question.path} must be as that engine gives it, but "
        f"reading it failed with {problem}; see which engine is mounted there",
        status=answer.status,
    )


def check(answer: Answer, what: str, path: str, who: str) -> None:
    """Nothing if Vault did it. Else raises, with Vault's reason."""
    if answer.ok:
        return
    said = answer.errors[:_SHOWN]
    if answer.status == HTTPStatus.FORBIDDEN:
        raise NotAllowed(
            f"{what}: {who} must be allowed to use {path}, and Vault denied it; grant it in the "
            "access matrix, or ask for what is granted"
        )
    unknown = answer.status == HTTPStatus.BAD_REQUEST and _UNKNOWN.search(said)
    if unknown or answer.status == HTTPStatus.NOT_FOUND:
        raise NotFound(
            f"{what}: must exist at {path}, but Vault said {answer.status} {said or '(nothing)'}; "
            "correct the name, or add it to the access matrix"
        )
    raise Refused(
        f"{what}: Vault refused {path}: {answer.status} {said or '(no reason)'}; correct what "
        "was asked",
        status=answer.status,
    )


def shown_end(start: Instant, lives: float) -> datetime:
    return datetime.fromtimestamp(start.wall, UTC) + timedelta(seconds=lives)


def said_at(answer: Answer) -> float:
    """Vault's clock rather than ours, where a date of Vault's is compared with it. In seconds."""
    return answer.asked.wall if answer.said_at is None else answer.said_at
