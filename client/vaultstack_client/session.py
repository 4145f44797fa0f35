"""The client's token: made when first needed, renewed, replaced, and ended with the client.

A token's end ends every lease issued with it, so leases keep the token they came with. A token
that is replaced because it nears its end is only retired: it stays good until that end, and gives
time to replace its leases. A token that Vault no longer knows is dead, and its leases with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from hvac.api.auth_methods import Token as TokenApi

from vaultstack_client.clock import NEVER, Deadline, End, Instant
from vaultstack_client.connections import Answer
from vaultstack_client.errors import ClientClosed, LoginFailed, LoginUndecided, VaultClientError
from vaultstack_client.flight import Flights
from vaultstack_client.login import Auth, Login
from vaultstack_client.timing import Timing
from vaultstack_client.transport import Transport, VaultAdapter

_log: Final = logging.getLogger(__name__)

CAPPED: Final = 0.9
"""A renewal that gives less than this share of the first TTL was cut by the greatest TTL."""


class Token:
    """One token, and what is known of it. Never shown."""

    __slots__ = ("dead", "end", "ours", "renewable", "retired", "ttl", "value")

    def __init__(self, auth: Auth, now: Instant) -> None:
        self.value = auth.token
        self.ttl = auth.ttl
        self.renewable = auth.renewable
        self.ours = auth.ours
        self.end = End.after(now, auth.ttl) if auth.ttl else NEVER
        self.retired = False
        self.dead = False

    def __repr__(self) -> str:
        return f"<Token dead={self.dead} retired={self.retired}>"

    def good(self, now: Instant) -> bool:
        return not self.dead and self.end.left(now) > 0

    def margin(self, timing: Timing) -> float:
        """With how many seconds left it is to be renewed."""
        below = min(timing.renew_token_below.total_seconds(), self.ttl * 2 / 3)
        return max(self.ttl * (1 - timing.renew_token_at), below)

    def extend(self, seconds: float, now: Instant) -> None:
        self.end = End.after(now, seconds)
        if seconds < self.ttl * CAPPED:
            self.renewable = False


class Session:
    """Safe to use from several threads."""

    def __init__(self, login: Login, transport: Transport, timing: Timing) -> None:
        self._login, self._transport, self._timing = login, transport, timing
        self._flights = Flights()
        self._token: Token | None = None
        self._retired: list[Token] = []
        self._not_before = 0.0
        """Steady clock: not to be kept again before, because it failed a moment ago."""
        self._failed = 0
        self._refusal: LoginFailed | None = None
        self._refusals = 0
        self._refused_until = 0.0
        self._closed = False

    @property
    def who(self) -> str:
        return self._login.who

    @property
    def token(self) -> Token | None:
        return self._token

    @property
    def refusal(self) -> str | None:
        """Why there is no new token, since the last login failed."""
        return str(self._refusal) if self._refusal else None

    def use(self, deadline: Deadline, do: Callable[[VaultAdapter], Answer]) -> tuple[Answer, Token]:
        """The answer to what `do` asks with this client's token, and that token. A refusal comes
        back only if the token is good: with a dead one this logs in and asks once more.
        """
        token = self._token
        if token is None or not token.good(self._transport.clock.now()):
            token = self._log_in(deadline, instead_of=token)
        answer = do(self._adapter(deadline, token.value))
        if answer.status != HTTPStatus.FORBIDDEN or not self._lost(token, deadline):
            return answer, token
        token = self._log_in(deadline, instead_of=token)
        return do(self._adapter(deadline, token.value)), token

    def keep(self, deadline: Deadline) -> None:
        """Renew the token, or log in anew, if it is time. Raises what these raise."""
        token, now = self._token, self._transport.clock.now()
        if token is None or now.steady < self._not_before:
            return
        if not token.dead and token.end.left(now) > token.margin(self._timing):
            return
        try:
            self._renew(token, deadline)
        except VaultClientError:
            self._failed += 1
            self._not_before = self._transport.clock.now().steady + self._pause(token)
            raise
        self._failed = 0

    def verify(self, deadline: Deadline) -> bool:
        """Whether Vault still knows the token; if not, its leases are gone too."""
        token = self._token
        return token is None or not (token.dead or self._lost(token, deadline))

    def due(self) -> float:
        """When, on the steady clock, `keep` has something to do."""
        token = self._token
        if token is None:
            return float("inf")
        left = 0.0 if token.dead else token.end.left(self._transport.clock.now())
        at = self._transport.clock.now().steady + left - token.margin(self._timing)
        return max(at, self._not_before)

    def close(self, deadline: Deadline, *, revoke: bool) -> None:
        """End the tokens that this client made, as far as Vault can be asked."""
        self._closed = True
        tokens = [*self._retired, *([self._token] if self._token else [])]
        self._token, self._retired = None, []
        if revoke:
            self._end(tokens, deadline)

    def _end(self, tokens: list[Token], deadline: Deadline) -> None:
        now = self._transport.clock.now()
        for token in tokens:
            if not (token.ours and token.good(now)):
                continue
            token.dead = True
            try:
                adapter = self._adapter(deadline, token.value).twice(harmless=True)
                answer: Answer = TokenApi(adapter).revoke_self()
            except VaultClientError as error:
                _log.warning("the token could not be revoked and ends by itself: %s", error)
                return
            if not answer.ok:
                _log.warning(
                    "the token was not revoked and ends by itself: Vault said %s", answer.status
                )

    def _log_in(self, deadline: Deadline, instead_of: Token | None) -> Token:
        return self._flights.run("login", lambda: self._replace(deadline, instead_of))

    def _replace(self, deadline: Deadline, instead_of: Token | None) -> Token:
        if self._closed:
            raise ClientClosed("the client is closed; make a new one")
        current = self._token
        if (
            current is not None
            and current is not instead_of
            and current.good(self._transport.clock.now())
        ):
            return current  # another thread was faster
        now = self._transport.clock.now()
        auth = self._granted(deadline)
        if current is not None and current.value == auth.token:
            # A given token, looked at again: what it is has not changed, its end may have.
            current.end = End.after(now, auth.ttl) if auth.ttl else NEVER
            current.dead = False
            return current
        token = Token(auth, now)
        if self._closed:
            self._end([token], deadline)
            raise ClientClosed("the client was closed while it logged in; make a new one")
        if current is not None:
            current.retired = True
            self._retired = [t for t in (*self._retired, current) if t.good(now)]
        self._token = token
        _log.info("logged in as %s; the token lives %g s", self.who, auth.ttl)
        return token

    def _granted(self, deadline: Deadline) -> Auth:
        """A login, but not again at once after one that was refused: an application that asks a
        thousand times a second would have Vault, and Kubernetes, look at each.
        """
        if self._refusal and self._transport.clock.now().steady < self._refused_until:
            raise _again(self._refusal)
        try:
            auth = self._prove(deadline)
        except LoginFailed as error:
            timing = self._timing
            pause = timing.first_backoff.total_seconds() * 2.0 ** min(self._refusals, 20)
            pause = min(pause, timing.greatest_backoff.total_seconds())
            self._refused_until = self._transport.clock.now().steady + pause
            self._refusal, self._refusals = _again(error), self._refusals + 1
            raise
        self._refusal, self._refusals = None, 0
        return auth

    def _prove(self, deadline: Deadline) -> Auth:
        problem = ""
        try:
            return self._login.log_in(self._adapter(deadline))
        except VaultClientError:
            raise
        except Exception as error:  # noqa: BLE001 - an application may bring its own login
            problem = type(error).__name__
        raise LoginFailed(
            f"{self.who}: its login must fail with a VaultClientError, but {problem} came; correct "
            "that login, or look whether it is Vault that answers"
        )

    def _renew(self, token: Token, deadline: Deadline) -> None:
        if token.renewable and not token.dead:
            adapter = self._adapter(deadline, token.value).twice(harmless=True)
            answer: Answer = TokenApi(adapter).renew_self()
            if answer.ok:
                token.extend(float(answer.auth.get("lease_duration") or 0), answer.asked)
                if token.end.left(answer.asked) > token.margin(self._timing):
                    self._refusal = None  # nor is a login needed
                    return
            elif answer.status == HTTPStatus.FORBIDDEN and not self._lost(token, deadline):
                token.renewable = False  # the role is not granted it
        new = self._log_in(deadline, instead_of=token)
        left = token.end.left(self._transport.clock.now())
        if new is token and left <= token.margin(self._timing):
            raise LoginFailed(
                f"{self.who}: must be replaced before it ends, for it cannot be renewed; write a "
                "new one to its file, or log in by Kubernetes"
            )

    def _lost(self, token: Token, deadline: Deadline) -> bool:
        """Whether Vault no longer knows the token, or another thread has replaced it."""
        if token.dead or self._token is not token:
            return True
        answer: Answer = TokenApi(self._adapter(deadline, token.value)).lookup_self()
        if answer.status == HTTPStatus.FORBIDDEN:
            _log.warning("Vault no longer knows the token of %s", self.who)
            token.dead = True
        return token.dead

    def _adapter(self, deadline: Deadline, token: str | None = None) -> VaultAdapter:
        return VaultAdapter(self._transport, deadline, token)

    def _pause(self, token: Token) -> float:
        """Longer after each failure, but never so long that the token ends in it."""
        timing = self._timing
        longest = timing.check_every.total_seconds()
        if token.dead:
            longest = timing.greatest_backoff.total_seconds()
        pause = timing.greatest_backoff.total_seconds() * 2.0 ** min(self._failed - 1, 8)
        return min(longest, pause)


def _again(error: LoginFailed) -> LoginFailed:
    """The same, without what it holds: the stack where it was raised, with the proof in it."""
    kind = LoginUndecided if isinstance(error, LoginUndecided) else LoginFailed
    return kind(str(error))
