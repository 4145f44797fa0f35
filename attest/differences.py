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
    """What is wrong with a thing."""

    MISSING = "missing"
    """Declared, and not in Vault."""
    DIFFERENT = "different"
    UNDECLARED = "undeclared"
    """In Vault, and nobody declared it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in Vault, or that should be there, which is not as declared."""

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
                details = _shown_in_clear(kind, found.get(name))
                fate = Fate.DIFFERENT if details else None
            elif name not in found:
                fate, details = Fate.MISSING, ()
            else:
                fate, details = _compared(kind, wanted.get(name), found[name])
            if fate is not None:
                yield Difference(kind, name, fate, details)


def _compared(
    kind: Kind, declared: Body | None, body: Body | None
) -> tuple[Fate | None, tuple[Detail, ...]]:
    """Of something that is there, as far as it was read."""
    if declared is None:
        # Of a setting it is not even known that it is there.
        unknown = kind is Kind.SETTING and body is None
        return (None, ()) if unknown else (Fate.UNDECLARED, _told(kind, body))
    details = () if body is None else _details(kind, declared, body)
    return (Fate.DIFFERENT if details else None), details


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


def _shown_in_clear(kind: Kind, body: Body | None) -> tuple[Detail, ...]:
    """Of a mount that is Vault's own, what the audit log shows of it: `auth/token` is told tokens.
    The rest of its settings is by version, and gives nobody anything.
    """
    if kind not in (Kind.MOUNT, Kind.AUTH) or body is None:
        return ()
    return tuple(
        detail
        for detail in fields.details(kind, {}, body)
        if detail.what.startswith("config.audit_non_hmac_")
    )


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
