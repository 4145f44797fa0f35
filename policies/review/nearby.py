"""Which rules matter where two ACLs differ. The walk over all regions takes as many steps as there
are rules, and of a policy most rules are neither changed nor anywhere near one that is.

Deliberately rough: a rule is left out only if it and each of the places ask for different literals
of one segment, and not of the last that either asks for. What a last segment asks for says nothing
about LIST, for which a folder has two rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Final

from policies.acl import Acl, Pattern, Rule
from policies.acl.meetings import Meetings

_DECIDES: Final = attrgetter(*(field.name for field in fields(Rule) if field.name != "sources"))


def differing(before: Acl, after: Acl) -> Iterator[Pattern]:
    """The patterns of rules that one side has alone, or that decide differently. Where none of them
    matches, both sides decide alike.
    """
    for pattern in {**before.rules, **after.rules}:
        old, new = before.rules.get(pattern), after.rules.get(pattern)
        if old is None or new is None or _DECIDES(old) != _DECIDES(new):
            yield pattern


def near(acls: Iterable[Acl], places: Iterable[Pattern]) -> frozenset[Pattern]:
    """The rules that can decide a path which one of the places matches."""
    meeting_it = Meetings((_folder(place), place) for place in places)
    return frozenset(
        pattern
        for acl in acls
        for pattern in acl.rules
        if next(meeting_it.of(_folder(pattern)), None) is not None
    )


def _folder(pattern: Pattern) -> Pattern:
    """All that is where the pattern's last segment is."""
    return Pattern.of(
        "/".join(["+" if part is None else part for part in pattern.parts[:-1]] + ["*"])
    )
