"""The result of a comparison, as values: what every output shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, unique

from attest import built_in
from attest.authorities import authorities
from attest.differences import Difference, Fate, differences, reworded
from attest.expected import effective, expected
from attest.identities import Holders, holders, identities
from attest.live import Live
from attest.sides import Compared, compared
from attest.stack import Stack
from attest.usage import Usage
from attest.vault import Unread
from policies.environments import Environment
from policies.plan import Plan
from policies.texts import counted, some


@unique
class Status(IntEnum):
    """What a comparison ends with; the exit status, too."""

    SAME = 0
    DIFFERS = 1
    USAGE = 2
    """It was asked for wrongly, and nothing was compared."""
    INCOMPLETE = 3
    """Nothing differs in what could be read, and not all could be; or nothing could."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison found."""

    environment: Environment
    address: str
    version: str
    read_at: datetime
    differences: tuple[Difference, ...]
    access: Compared
    """What workloads have more or less than the matrix gives them."""
    holders: tuple[Holders, ...]
    unread: tuple[Unread, ...]
    notes: tuple[str, ...]
    """What is no difference, and good to know."""
    usage: Usage | None
    objects: int
    """How many were compared."""
    requests: int

    @property
    def status(self) -> Status:
        if self.differences:
            return Status.DIFFERS
        return Status.INCOMPLETE if self.unread else Status.SAME

    def of(self, fate: Fate) -> tuple[Difference, ...]:
        return tuple(one for one in self.differences if one.fate is fate)


def report(
    plan: Plan,
    stack: Stack,
    live: Live,
    *,
    address: str,
    usage: Usage | None = None,
    now: datetime | None = None,
) -> Report:
    """Compares."""
    there = effective(plan, stack)
    wanted = expected(there, stack)
    return Report(
        environment=plan.environment,
        address=address,
        version=live.version,
        read_at=now or datetime.now(UTC),
        differences=(
            *differences(wanted, live),
            *identities(wanted, live),
            *authorities(stack, live),
        ),
        access=compared(there, stack, live),
        holders=holders(wanted, live),
        unread=live.unread,
        notes=tuple(_notes(live, reworded(wanted, live))),
        usage=usage,
        objects=sum(len(found or ()) for found in live.folders.values())
        + sum(len(found or ()) for found in (live.mounts, live.auth, live.audit, live.settings)),
        requests=live.requests,
    )


def _notes(live: Live, other_words: tuple[str, ...]) -> list[str]:
    notes = list[str]()
    if not built_in.is_known(live.version):
        newest, oldest = (".".join(map(str, one)) for one in (built_in.NEWEST, built_in.OLDEST))
        notes.append(
            f"Vault {live.version or 'of an unknown version'} is none of those whose own things "
            f"are known here ({oldest} to {newest}): what it brings by itself may be told as "
            "undeclared; attest/built_in.py is to be brought up to date"
        )
    if other_words:
        policies = counted(len(other_words), "ACL policy is", "ACL policies are")
        notes.append(f"{policies} worded otherwise, with the same decisions: {some(other_words)}")
    if live.tokens and live.tokens.not_looked_up:
        left = counted(live.tokens.not_looked_up, "token was", "tokens were")
        notes.append(
            f"{left} not looked up, being beyond the bound (--most-tokens) or ended meanwhile; "
            f"{live.tokens.total} were there"
        )
    return notes
