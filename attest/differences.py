"""What is missing, what differs, and what nobody declared: of every kind of thing, by name.

ACL policies are compared by what they decide and not by their text (`policies.review.difference`).
What could not be read is not compared, and so is neither missing nor the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from attest import fields
from attest.built_in import built_in
from attest.expected import Objects
from attest.fields import Detail
from attest.kinds import FOLDERS, Kind
from attest.live import Body, Live
from policies.acl import Acl, Symbolic
from policies.hcl import HclError, parse
from policies.review.difference import difference
from policies.review.output import wording


@unique
class Fate(StrEnum):
    MISSING = "missing"
    """Declared, and not in Vault."""
    DIFFERENT = "different"
    UNDECLARED = "undeclared"
    """In Vault, and nobody declared it."""


@dataclass(frozen=True, slots=True)
class Difference:
    kind: Kind
    name: str
    fate: Fate
    details: tuple[Detail, ...] = ()
    """Of what differs, where; of what nobody declared, what matters of it."""

    @property
    def path(self) -> str:
        return self.kind.path(self.name)


def objects_of(live: Live) -> Mapping[Kind, Mapping[str, Body | None] | None]:
    """By kind and name, as `expected` has them; none for what could not be read."""
    found: dict[Kind, Mapping[str, Body | None] | None] = {
        kind: live.folders.get(kind.where) for kind in FOLDERS
    }
    for kind, bodies in (
        (Kind.MOUNT, live.mounts),
        (Kind.AUTH, live.auth),
        (Kind.AUDIT_DEVICE, live.audit),
    ):
        found[kind] = (
            None if bodies is None else {name.rstrip("/"): body for name, body in bodies.items()}
        )
    return {**found, Kind.SETTING: live.settings}


def differences(expected: Objects, live: Live) -> Iterator[Difference]:
    """Sorted by kind, then by name."""
    own = built_in(live.version)
    for kind, found in sorted(objects_of(live).items(), key=lambda item: list(Kind).index(item[0])):
        if found is None:
            continue
        wanted = expected.get(kind, {})
        for name in sorted(wanted.keys() | found.keys()):
            if (kind, name) in own:
                continue
            declared = wanted.get(name)
            if kind is Kind.SETTING and declared is None and found.get(name) is None:
                continue  # whether it is there at all is not known
            if name not in found:
                yield Difference(kind, name, Fate.MISSING)
            elif declared is None:
                yield Difference(kind, name, Fate.UNDECLARED, _told(kind, found[name]))
            elif (body := found[name]) is not None:
                details = _details(kind, declared, body)
                if details:
                    yield Difference(kind, name, Fate.DIFFERENT, details)


def reworded(expected: Objects, live: Live) -> tuple[str, ...]:
    """ACL policies whose text is not the declared one."""
    found = live.folders.get(Kind.ACL_POLICY.where) or {}
    wanted = expected[Kind.ACL_POLICY]
    return tuple(
        name
        for name, body in sorted(found.items())
        if body is not None and name in wanted and body.get("policy") != wanted[name]["hcl"]
    )


def _details(kind: Kind, declared: Body, body: Body) -> tuple[Detail, ...]:
    if kind is Kind.ACL_POLICY:
        return _decided(str(declared["hcl"]), str(body.get("policy", "")))
    return fields.details(kind, declared, body)


def _told(kind: Kind, body: Body | None) -> tuple[Detail, ...]:
    """What of something undeclared says whether it matters."""
    if body is None:
        return ()
    if kind is Kind.ACL_POLICY:
        return _decided("", str(body.get("policy", "")))
    return fields.details(kind, {}, body)


def _decided(declared: str, live: str) -> tuple[Detail, ...]:
    if declared == live:
        return ()
    try:
        before, after = (Acl({"": parse(text)}, Symbolic()) for text in (declared, live))
    except HclError as error:
        return (Detail("text", "an ACL policy", f"cannot be read: {error}"),)
    return tuple(_rules(line) for line in wording.lines(difference(before, after)))


def _rules(line: wording.Line) -> Detail:
    """In the review's words; the rules that decide on either side."""
    besides = f" besides {', '.join(line.besides)}" if line.besides else ""
    only_if = f" ({line.only_if})" if line.only_if else ""
    what = f"{line.direction} {', '.join(line.capabilities)} on {line.paths}{besides}{only_if}"
    sides = (line.before, line.rule)
    declared, live = sides if line.direction == "gained" else sides[::-1]
    return Detail(what, declared, live)
