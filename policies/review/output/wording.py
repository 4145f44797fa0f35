"""What every output says alike: the first line, the verdict, what belongs together, and in which
order. Plain text; each output escapes it in its own way.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from policies.environments import Environment
from policies.hcl import Capability, in_order
from policies.lifetime import Duration
from policies.review.conditions import Example
from policies.review.difference import AccessChange, Direction
from policies.review.model import (
    CredentialLifetime,
    EffectiveLifetime,
    EnvironmentReview,
    Finding,
    Review,
    Severity,
    Status,
    Verdict,
    WorkloadReview,
)
from policies.review.output.alike import alike
from policies.texts import counted, joined, some

_ENVIRONMENTS: Final = {environment: place for place, environment in enumerate(Environment)}

SIGN: Final = {Direction.GAINED: "+", Direction.LOST: "\N{MINUS SIGN}"}
"""A change's shape, beside its word and its colour."""
_COUNTED: Final = {
    Severity.ESCALATION: ("escalation", "escalations"),
    Severity.HIGH: ("high risk", "high risks"),
    Severity.WARNING: ("warning", "warnings"),
}


def headline(review: Review) -> str:
    """The first line: how many gain and lose, and where, if not the same everywhere."""
    changed = [one for one in review.environments if one.workloads or one.findings]
    if not changed:
        return "No access is gained or lost"
    by_access, by_findings = _grouped(changed, _access), _grouped(changed, _risks)
    if len(by_access) > 1:
        parts = _grouped(changed, lambda one: ", ".join(filter(None, (_access(one), _risks(one)))))
        return "; ".join(f"{joined(where)}: {what}" for what, where in parts.items())
    ((access, everywhere),) = by_access.items()
    parts = {access: everywhere, **by_findings}
    places = {
        what: "" if where == everywhere else f" in {joined(where)}" for what, where in parts.items()
    }
    line = ", ".join(f"{what}{place}" for what, place in places.items() if what)
    return line if len(everywhere) == len(Environment) else f"{joined(everywhere)}: {line}"


def _grouped(
    environments: Iterable[EnvironmentReview], what: Callable[[EnvironmentReview], str]
) -> dict[str, list[Environment]]:
    where = dict[str, list[Environment]]()
    for one in environments:
        where.setdefault(what(one), []).append(one.environment)
    return where


def _access(one: EnvironmentReview) -> str:
    gaining = sum(workload.gains for workload in one.workloads)
    losing = sum(workload.loses for workload in one.workloads)
    if gaining:
        gained = counted(gaining, "workload gains access", "workloads gain access")
        return f"{gained}, {counted(losing, 'loses some', 'lose some')}" if losing else gained
    if losing:
        lost = counted(losing, "workload loses some", "workloads lose some")
        return f"No access is gained, {lost}"
    return "No access is gained or lost" if one.workloads else "No workload changes"


def _risks(one: EnvironmentReview) -> str:
    found = Counter(finding.severity for _, finding in _found(one))
    return ", ".join(
        counted(found[severity], *words) for severity, words in _COUNTED.items() if found[severity]
    )


def verdict(review: Review) -> str:
    """One sentence: what the review ends with."""
    match review.verdict:
        case Verdict.NOTHING_GAINED:
            return "Nothing is gained, so no approval is needed."
        case Verdict.WITHIN_LIMITS:
            return "What is gained is within the limits: no approval is needed."
        case Verdict.NEEDS_APPROVAL:
            return f"Needs the approval of {some(review.approvers) or 'a person who may approve'}"


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, whom it is about (empty: no single workload), and in which environments."""

    finding: Finding
    label: str
    environments: tuple[Environment, ...]

    @property
    def severity(self) -> str:
        return self.finding.severity.name.lower()

    @property
    def names_whom(self) -> bool:
        """Whether whom it is about must be said, as its title does not begin with it."""
        return bool(self.label) and not self.finding.title.startswith(self.label)


def findings(review: Review) -> tuple[Told, ...]:
    """Each once, the gravest first, prod's before the others', then by label."""
    found = (
        (one.environment, (label, finding))
        for one in review.environments
        for label, finding in _found(one)
    )
    told = [Told(finding, label, where) for (label, finding), where in alike(found)]
    return tuple(sorted(told, key=_urgency))


def _urgency(told: Told) -> tuple[int, int, str]:
    return -told.finding.severity, -_last(told.environments), told.label


def _last(environments: Iterable[Environment]) -> int:
    return max(_ENVIRONMENTS[environment] for environment in environments)


def _found(one: EnvironmentReview) -> Iterator[tuple[str, Finding]]:
    yield from (("", finding) for finding in one.findings)
    yield from (
        (workload.label, finding) for workload in one.workloads for finding in workload.findings
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """A workload that changed alike in some environments."""

    workload: WorkloadReview
    environments: tuple[Environment, ...]

    @property
    def title(self) -> str:
        """Such as `added; gains 3, loses 1; 1 escalation`."""
        workload, parts = self.workload, list[str]()
        if workload.status is not Status.CHANGED:
            parts.append(workload.status.value)
        changes = [line.direction for line in lines(workload.access)]
        changes += [change.direction for change in workload.terms]
        amounts = [
            f"{word} {changes.count(direction)}"
            for direction, word in ((Direction.GAINED, "gains"), (Direction.LOST, "loses"))
            if direction in changes
        ]
        parts += [", ".join(amounts)] if amounts else []
        found = Counter(finding.severity for finding in workload.findings)
        parts += [counted(found[severity], *words) for severity, words in _COUNTED.items()]
        return "; ".join(filter(None, parts)) or "changed"


def workloads(review: Review) -> tuple[Changed, ...]:
    """Those that changed: the gravest first, then who gains, then prod's, then by label."""
    every = (
        (one.environment, workload) for one in review.environments for workload in one.workloads
    )
    return tuple(sorted((Changed(*same) for same in alike(every)), key=_gravity))


def _gravity(changed: Changed) -> tuple[int, bool, int, str]:
    workload = changed.workload
    gravest = max((finding.severity for finding in workload.findings), default=-1)
    return -gravest, not workload.gains, -_last(changed.environments), workload.label


@dataclass(frozen=True, slots=True)
class Line:
    """Changes of the same paths, told at once: only their capabilities and witnesses differ."""

    direction: Direction
    capabilities: tuple[Capability, ...]
    paths: str
    besides: tuple[str, ...]
    witnesses: tuple[str, ...]
    rule: str
    instead_of: tuple[str, ...]
    conditions: str
    example: Example | None

    @property
    def before(self) -> str:
        """What decided on the other side, in words."""
        rules = [rule or "no rule" for rule in self.instead_of]
        return joined(rules) or "no rule"

    @property
    def only_if(self) -> str:
        """What is asked of a request, in words; empty where nothing is."""
        parts = [self.conditions] if self.conditions else []
        if self.example:
            wrapped = self.example.wrap_ttl
            data = ", ".join(f"{key}={json.dumps(v)}" for key, v in self.example.data.items())
            wrapping = "not wrapped" if wrapped is None else f"wrapped for {wrapped:g} s"
            parts.append(f"new for a request {wrapping}" + (f" with {data}" if data else ""))
        return "; ".join(parts)


def lines(changes: Iterable[AccessChange]) -> tuple[Line, ...]:
    """Gained first. Changes that differ in capabilities and witness only become one line."""
    together = dict[tuple[object, ...], list[AccessChange]]()
    for change in changes:
        example = repr(change.example)
        key = (change.direction, change.paths, change.besides, change.rule, change.conditions)
        together.setdefault((*key, change.instead_of, example), []).append(change)
    merged = [_line(same) for same in together.values()]
    return tuple(sorted(merged, key=lambda line: (line.direction is Direction.LOST, line.paths)))


def _line(same: Sequence[AccessChange]) -> Line:
    first = same[0]
    capabilities = {capability for change in same for capability in change.capabilities}
    return Line(
        first.direction,
        in_order(capabilities),
        first.paths,
        first.besides,
        tuple(dict.fromkeys(change.witness for change in same)),
        first.rule,
        first.instead_of,
        first.conditions,
        first.example,
    )


def lifetimes(of: Iterable[CredentialLifetime]) -> Iterator[tuple[str, str, str, str]]:
    """Credential, before, after, and `longer`, `shorter`, `other` or nothing."""
    for one in of:
        yield one.credential, lifetime(one.before), lifetime(one.after), _trend(one)


def changed_lifetimes(
    of: Iterable[CredentialLifetime],
) -> tuple[list[CredentialLifetime], list[CredentialLifetime]]:
    """Those that differ, and those that do not."""
    both = list(of)
    same = [one for one in both if one.before == one.after]
    return [one for one in both if one not in same], same


def lifetime(effective: EffectiveLifetime | None) -> str:
    if effective is None:
        return "none"
    default, most = duration(effective.default_seconds), duration(effective.maximum_seconds)
    if (effective.default_seconds, effective.default_bound) == (
        effective.maximum_seconds,
        effective.maximum_bound,
    ):
        return f"{most} ({effective.maximum_bound})"
    return f"{default} ({effective.default_bound}), at most {most} ({effective.maximum_bound})"


def _trend(one: CredentialLifetime) -> str:
    if one.before is None or one.after is None:
        return ""
    before = (one.before.default_seconds, one.before.maximum_seconds)
    after = (one.after.default_seconds, one.after.maximum_seconds)
    if before == after:
        return ""
    longer = any(new > old for old, new in zip(before, after, strict=True))
    shorter = any(new < old for old, new in zip(before, after, strict=True))
    return "longer" if longer and not shorter else "shorter" if not longer else "other"


def duration(seconds: int) -> str:
    """`1h30m`; nothing has no length."""
    return str(Duration(seconds)) if seconds > 0 else "0s"
