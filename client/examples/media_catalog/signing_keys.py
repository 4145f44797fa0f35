"""Signing and checking JSON Web Tokens while the secret rotates.

A rotation changes the secret for all instances at once, yet each sees it when it next asks Vault,
up to a minute later. So a new secret is accepted at once, and used to sign only after every
instance must have seen it; the one before is accepted for as long as the rotation says, so that
nobody is logged out.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import ClaimsOption

ALGORITHM: Final = "HS256"
LIFETIME: Final = timedelta(minutes=15)
SPREAD: Final = timedelta(minutes=2)
"""Longer than the client's `secret_fresh_for`, one minute by default."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_LEEWAY_SECONDS: Final = 5
_ESSENTIAL: Final[ClaimsOption] = {"essential": True}
_log: Final = logging.getLogger(__name__)


class InvalidToken(Exception):  # noqa: N818 - an answer, as much as an error
    """The token is not one of ours, or not any more. Why is nobody's business."""


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The secret, and the one before it."""

    current: str = field(repr=False)
    previous: str | None = field(default=None, repr=False)
    previous_until: datetime = _NEVER
    since: datetime | None = None
    """When `current` was written, where that is known."""

    @classmethod
    def of(
        cls, current: str, previous: str | None, until: str | None, since: datetime | None
    ) -> SigningKeys:
        """From an entry's values. A previous secret without a good time until which it is valid is
        not valid: tokens of the current one must be accepted all the same, so this is only logged.
        """
        if previous is None:
            return cls(current, since=since)
        try:
            end = datetime.fromisoformat(until or "")
        except ValueError:
            end = None
        if end is None or end.tzinfo is None:
            _log.error(
                "jwt_secret_previous_until: must be a time with its zone, such as "
                "2026-11-22T10:00:00Z, and is not: the previous secret is not accepted; rotate "
                "again"
            )
            return cls(current, since=since)
        return cls(current, previous, end, since)

    def accepted(self, now: datetime) -> tuple[str, ...]:
        if self.previous is not None and now < self.previous_until:
            return (self.current, self.previous)
        return (self.current,)

    def signing(self, now: datetime) -> str:
        """What to sign with: the secret that every instance accepts."""
        young = self.since is not None and now < self.since + SPREAD
        if young and self.previous is not None and now + LIFETIME < self.previous_until:
            return self.previous
        return self.current

    def issue(self, subject: str, now: datetime) -> str:
        claims = {
            "sub": subject,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        key = OctKey.import_key(self.signing(now))
        return jwt.encode({"alg": ALGORITHM}, claims, key, algorithms=[ALGORITHM])

    def subject(self, token: str, now: datetime) -> str:
        """Who the token speaks for. Raises `InvalidToken`."""
        rules = jwt.JWTClaimsRegistry(
            int(now.timestamp()), _LEEWAY_SECONDS, sub=_ESSENTIAL, exp=_ESSENTIAL, iat=_ESSENTIAL
        )
        for secret in self.accepted(now):
            key = OctKey.import_key(secret)
            try:
                found = jwt.decode(token, key, algorithms=[ALGORITHM])
                rules.validate(found.claims)
            except BadSignatureError:
                continue
            except (JoseError, ValueError):
                break
            return str(found.claims["sub"])
        raise InvalidToken
