"""What gained access is a risk for, with reasons that can be checked one by one: which rule, on
which path, what decided there before, and where that leads.

Only what the change brings about is a finding. Who could approve it is named in each;
`policies.review.limits` says whether anybody must.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from policies.escalation import Effect, held
from policies.hcl import Capability, in_order
from policies.review.difference import AccessChange, Direction
from policies.review.limits import OWNERS_RULE
from policies.review.model import Finding, Severity
from policies.review.reach import Led, Reach, Reached, Secret, reach
from policies.review.sides import Pair
from policies.review.territory import Owned, Territory

_CONTROL: Final = frozenset(
    {
        "issue-provisioner-secret-ids",
        "read-key-shares",
        "read-raw-storage",
        "read-snapshots",
        "restore-snapshots",
        "stop-audit",
        "write-audit-devices",
    }
)
"""Powers over what Vault itself is made of: its storage, its keys, its records, its provisioner."""


def risks(
    pair: Pair, access: Iterable[AccessChange], territory: Territory, security: str
) -> Iterator[Finding]:
    """Of one workload's gained lines. `security`: the team that approves escalations."""
    access = tuple(access)
    yield from _templates(pair.label, access, security)
    found = reach(pair.before, pair.after, access, territory, pair.owners)
    yield from _of_others(pair.label, found.owned)
    yield from _powers(pair, found, security)
    for one in found.secrets:
        assert isinstance(one.mark, Secret)
        yield Finding(
            Severity.HIGH,
            "control-plane",
            f"{pair.label} gains {_words(one)} on {one.mark.pattern}",
            (f"{one.mark.pattern} is {one.mark.what}", *_decided(one)),
            one.witness,
            (security,),
        )
    for one in found.sudo:
        yield Finding(
            Severity.HIGH,
            "sudo",
            f"{pair.label} gains sudo on root-protected paths by the rule {one.rule}",
            (f"Vault asks for sudo at {one.witness}", *_decided(one)),
            one.witness,
            (security,),
        )
    for one in found.writes:
        yield Finding(
            Severity.WARNING,
            "write-where-read",
            f"{pair.label} may {_words(one)} by the rule {one.rule} what it could only read",
            (f"before, {one.instead_of} granted read and nothing that writes", *_decided(one)),
            one.witness,
        )


def _templates(label: str, access: Iterable[AccessChange], security: str) -> Iterator[Finding]:
    """What a directive stands for is in no file, so none of the other rules can look there."""
    for change in access:
        if change.direction is Direction.GAINED and "{{" in change.paths:
            yield Finding(
                Severity.HIGH,
                "templated-path",
                f"{label} gains {_spoken(change.capabilities)} on {change.paths}, a template",
                (
                    "which paths that are, the identity of whoever holds the token says",
                    "whoever names what identities are made from chooses them, be they of others",
                ),
                approvers=(security,),
            )


def _of_others(label: str, reached: Iterable[Reached]) -> Iterator[Finding]:
    """One finding for each other application."""
    by_owner = defaultdict[tuple[str, str], list[tuple[Owned, Reached]]](list)
    for one in reached:
        if isinstance(one.mark, Owned):
            by_owner[one.mark.owner, one.mark.team].append((one.mark, one))
    for (owner, team), many in sorted(by_owner.items()):
        capabilities = {capability for _, one in many for capability in one.capabilities}
        patterns = sorted({mark.pattern.text for mark, _ in many})
        first = min((one for _, one in many), key=lambda one: (len(one.witness), one.witness))
        answers = f", for which {team} answers" if team else ", for which the base knows no team"
        yield Finding(
            Severity.WARNING if capabilities == {Capability.LIST} else Severity.HIGH,
            OWNERS_RULE,
            f"{label} gains {_spoken(capabilities)} on paths of {owner}: {', '.join(patterns)}",
            (
                f"{', '.join(patterns)} belongs to {owner}{answers}",
                *dict.fromkeys(reason for _, one in many for reason in _decided(one)),
            ),
            first.witness,
            (team,) if team else (),
        )


def _powers(pair: Pair, found: Reach, security: str) -> Iterator[Finding]:
    """One finding for what each rule leads to, by how grave it is."""
    grouped = defaultdict[tuple[str, Severity, str], list[tuple[Led, Reached]]](list)
    was_root = _was_root(pair) if any(_is_root(one) for one in found.powers) else ""
    for one in found.powers:
        assert isinstance(one.mark, Led)
        kind, severity = _gravity(one.mark, found.had, was_root)
        grouped[kind, severity, one.rule].append((one.mark, one))
    for (kind, severity, rule), many in sorted(grouped.items()):
        names = sorted({mark.power.name for mark, _ in many})
        shortest = min((one for _, one in many), key=lambda one: (len(one.witness), one.witness))
        more = kind == "escalation" and severity is Severity.HIGH
        yield Finding(
            severity,
            kind,
            f"{pair.label} gains{' more of' if more else ''} {', '.join(names)} by the rule {rule}",
            tuple(_chains(many, was_root)),
            shortest.witness,
            () if kind == "availability" else (security,),
        )


def _gravity(mark: Led, had: set[str], was_root: str) -> tuple[str, Severity]:
    power = mark.power
    if power.effect is Effect.HARM:
        return "availability", Severity.WARNING
    kind = "control-plane" if power.name in _CONTROL else "escalation"
    if power.effect is Effect.ROOT:
        return kind, Severity.WARNING if was_root else Severity.ESCALATION
    return kind, Severity.HIGH if power.name in had else Severity.ESCALATION


def _chains(many: Iterable[tuple[Led, Reached]], was_root: str) -> Iterator[str]:
    told = set[str]()
    for mark, one in sorted(many, key=lambda each: (each[0].power.name, len(each[1].witness))):
        power = mark.power
        if power.name in told:
            continue
        told.add(power.name)
        yield (
            f"{power.name} ({power.effect}): {one.rule} grants {_words(one)} on {one.witness} "
            f"({_before(one)}); {power.chain}"
        )
    if was_root:
        yield f"it was as good as root before: {was_root}"


def _is_root(one: Reached) -> bool:
    return isinstance(one.mark, Led) and one.mark.power.effect is Effect.ROOT


def _was_root(pair: Pair) -> str:
    return next(
        (str(one) for one in held(pair.before) if one.power.effect is Effect.ROOT),
        "",
    )


def _decided(one: Reached) -> Iterator[str]:
    yield f"the rule {one.rule} grants {_words(one)}, as on {one.witness} ({_before(one)})"


def _before(one: Reached) -> str:
    if one.instead_of:
        return f"before, the rule {one.instead_of} gave less there"
    return "before, no rule matched"


def _words(one: Reached) -> str:
    return _spoken(one.capabilities)


def _spoken(capabilities: Iterable[Capability]) -> str:
    return ", ".join(one.value for one in in_order(capabilities))
