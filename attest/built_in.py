"""What Vault brings by itself, by version, so that nobody is asked why it is there.

A version that is not known here is compared as the newest that is, and the report says so: what a
newer one brought may then be told as undeclared, and nothing is passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from attest.kinds import Kind

Version: TypeAlias = tuple[int, int]
OLDEST: Final[Version] = (1, 18)
NEWEST: Final[Version] = (2, 0)
"""Of those whose built-ins were looked at."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    kind: Kind
    name: str
    since: Version = OLDEST


_EVERY: Final = (
    BuiltIn(Kind.MOUNT, "cubbyhole"),
    BuiltIn(Kind.MOUNT, "identity"),
    BuiltIn(Kind.MOUNT, "sys"),
    BuiltIn(Kind.MOUNT, "agent-registry", (2, 0)),
    BuiltIn(Kind.AUTH, "token"),
    BuiltIn(Kind.ACL_POLICY, "default"),
    BuiltIn(Kind.ACL_POLICY, "root"),
    # By which nobody learns anything, as there is no client and no role.
    BuiltIn(Kind.OIDC_KEY, "default"),
    BuiltIn(Kind.OIDC_PROVIDER, "default"),
    BuiltIn(Kind.OIDC_ASSIGNMENT, "allow_all"),
    # Not in lists, but in tokens that carry a wrapped answer, or wait for an approval.
    BuiltIn(Kind.ACL_POLICY, "response-wrapping"),
    BuiltIn(Kind.ACL_POLICY, "control-group"),
    BuiltIn(Kind.ACL_POLICY, "default-ceiling", (2, 0)),
)


def parsed(version: str) -> Version | None:
    """`1.21.0` and `2.0.4+ent` as numbers; none of what is no version."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else None


def is_known(version: str) -> bool:
    number = parsed(version)
    return number is not None and OLDEST <= number <= NEWEST


def built_in(version: str) -> frozenset[tuple[Kind, str]]:
    """What this version brings."""
    number = parsed(version) or NEWEST
    return frozenset((one.kind, one.name) for one in _EVERY if one.since <= number)
