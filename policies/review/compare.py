"""Two sides -> the review. What is equal on both costs next to nothing: an ACL policy is parsed,
and a workload looked at, only where something that it depends on differs by its text.

Holders are unknown, so templated paths are compared as they are written. The policies of a workload
are those of its role: tokens carry no default policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from policies.environments import Environment
from policies.review import described
from policies.review.credentials import credential_risks
from policies.review.dangling import dangling
from policies.review.difference import AccessChange, difference
from policies.review.identity import Names, identity_risks
from policies.review.lifetimes import OWN, MountLifetimes, lifetimes_of
from policies.review.limits import Limits
from policies.review.model import (
    EnvironmentReview,
    Finding,
    Review,
    Status,
    TermChange,
    Verdict,
    WorkloadReview,
)
from policies.review.risk import risks
from policies.review.rotations import described as described_rotation
from policies.review.rotations import rotation_risks
from policies.review.sides import Pair, Sides
from policies.review.snapshot import LoginRole, Snapshot, empty
from policies.review.terms import changes
from policies.review.territory import Territory


def compare(
    base: Mapping[Environment, Snapshot],
    head: Mapping[Environment, Snapshot],
    *,
    base_name: str,
    head_name: str,
    limits: Limits,
    head_limits: Limits | None = None,
    settings: Mapping[Environment, Iterable[Finding]] | None = None,
    mounts: MountLifetimes = OWN,
) -> Review:
    """What `head` gives and takes away, beside `base`. `limits` are the base's; where those of the
    head are given, too, it is told what they ask less. `settings`: what `settings_risks` found.

    Raises `SnapshotError` where an ACL policy that is compared is none that Vault takes.
    """
    environments = tuple(
        _Comparison(base, head, one, base_name, head_name, limits, mounts).review(
            head_limits, (settings or {}).get(one, ())
        )
        for one in Environment
        if one in base or one in head
    )
    excesses = [excess for one in environments for excess in limits.exceeded(one)]
    gains = any(workload.gains for one in environments for workload in one.workloads)
    verdict = Verdict.NEEDS_APPROVAL if excesses else Verdict(gains)
    return Review(
        base_name,
        head_name,
        environments,
        verdict,
        tuple(sorted({team for excess in excesses for team in excess.approvers})),
        tuple(dict.fromkeys(excess.sentence for excess in excesses)),
    )


class _Comparison:
    """Of one environment."""

    def __init__(
        self,
        base: Mapping[Environment, Snapshot],
        head: Mapping[Environment, Snapshot],
        environment: Environment,
        base_name: str,
        head_name: str,
        limits: Limits,
        mounts: MountLifetimes,
    ) -> None:
        self._environment, self._limits, self._mounts = environment, limits, mounts
        before = base.get(environment) or empty(environment, base_name)
        after = head.get(environment) or empty(environment, head_name)
        if not before.owners:
            # Rendered before plans named owners: its roles are called as they are at the head.
            before = replace(before, owners=after.owners)
        self._sides = Sides(before, after)
        self._territory = Territory(self._sides)
        self._names = Names.known(base, environment)

    def review(self, head_limits: Limits | None, settings: Iterable[Finding]) -> EnvironmentReview:
        reviews = tuple(self._workloads())
        labels = self._sides.base.workloads.keys() | self._sides.head.workloads.keys()
        findings = [*self._territory.moved(), *dangling(self._sides), *settings]
        findings += rotation_risks(self._sides, self._limits.security)
        if head_limits:
            findings += self._limits.loosened(self._environment, head_limits)
        return EnvironmentReview(
            self._environment, reviews, len(labels) - len(reviews), self._weighed(findings)
        )

    def _workloads(self) -> Iterator[WorkloadReview]:
        for pair in self._sides.pairs():
            review = self._workload(pair)
            changed = review.access or review.terms or review.findings
            if changed or pair.status is not Status.CHANGED:
                yield review

    def _workload(self, pair: Pair) -> WorkloadReview:
        access = difference(pair.before, pair.after) if pair.rules_differ else ()
        terms = tuple(_terms(pair, self._mounts))
        lifetimes = tuple(lifetimes_of(pair, self._mounts))
        findings = self._weighed(self._risks(pair, access, terms))
        return WorkloadReview(
            pair.label, pair.team, pair.status, access, terms, lifetimes, findings
        )

    def _risks(
        self, pair: Pair, access: tuple[AccessChange, ...], terms: tuple[TermChange, ...]
    ) -> Iterator[Finding]:
        security, territory = self._limits.security, self._territory
        yield from risks(pair, access, territory, security)
        yield from identity_risks(pair, access, terms, territory, self._names, security)
        yield from credential_risks(pair, terms, territory, security)

    def _weighed(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """With those who must approve, the gravest first."""
        weighed = (self._limits.weighed(self._environment, one) for one in findings)
        return tuple(sorted(weighed, key=lambda one: (-one.severity, one.rule, one.title)))


def _terms(pair: Pair, mounts: MountLifetimes) -> Iterator[TermChange]:
    before, after = pair.issued
    sides = ((pair.base, before, after), (pair.head, after, before))
    renamed = _renamed(pair)
    old, new = (
        [
            *(described.login(workload.role, mounts, renamed) if workload else ()),
            *(
                described.issued(one, mounts, alone=role not in others)
                for role, one in issued.items()
            ),
            *map(described_rotation, rotations),
        ]
        for (workload, issued, others), rotations in zip(sides, pair.rotations, strict=True)
    )
    yield from changes(old, new)


def _renamed(pair: Pair) -> LoginRole | None:
    """The role at the head, where it is of the same method and has another name."""
    if pair.base is None or pair.head is None:
        return None
    old, new = pair.base.role, pair.head.role
    return new if type(old) is type(new) and old.name != new.name else None
