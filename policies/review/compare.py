"""Two sides -> the review. What is equal on both costs next to nothing: an ACL policy is parsed,
and a workload looked at, only where something that it depends on differs by its text.

Holders are unknown, so templated paths are compared as they are written. The policies of a workload
are those of its role: tokens carry no default policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from policies.environments import Environment
from policies.review import described
from policies.review.difference import difference
from policies.review.lifetimes import OWN, MountLifetimes, lifetimes_of
from policies.review.limits import Limits
from policies.review.model import (
    EnvironmentReview,
    Review,
    Status,
    TermChange,
    Verdict,
    WorkloadReview,
)
from policies.review.sides import Pair, Sides
from policies.review.snapshot import Snapshot, empty
from policies.review.terms import changes


def compare(
    base: Mapping[Environment, Snapshot],
    head: Mapping[Environment, Snapshot],
    *,
    base_name: str,
    head_name: str,
    limits: Limits,
    mounts: MountLifetimes = OWN,
) -> Review:
    """What `head` gives and takes away, beside `base`.

    Raises `SnapshotError` where an ACL policy that is compared is none that Vault takes.
    """
    environments = tuple(
        _environment(
            Sides(
                base.get(one) or empty(one, base_name),
                head.get(one) or empty(one, head_name),
            ),
            mounts,
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


def _environment(sides: Sides, mounts: MountLifetimes) -> EnvironmentReview:
    reviews = list(_workloads(sides.pairs(), mounts))
    labels = sides.base.workloads.keys() | sides.head.workloads.keys()
    return EnvironmentReview(sides.environment, tuple(reviews), len(labels) - len(reviews), ())


def _workloads(pairs: Iterable[Pair], mounts: MountLifetimes) -> Iterator[WorkloadReview]:
    for pair in pairs:
        review = _workload(pair, mounts)
        if pair.status is not Status.CHANGED or review.access or review.terms or review.findings:
            yield review


def _workload(pair: Pair, mounts: MountLifetimes) -> WorkloadReview:
    access = difference(pair.before, pair.after) if pair.rules_differ else ()
    terms = tuple(_terms(pair, mounts))
    lifetimes = tuple(lifetimes_of(pair, mounts))
    return WorkloadReview(pair.label, pair.team, pair.status, access, terms, lifetimes, ())


def _terms(pair: Pair, mounts: MountLifetimes) -> Iterator[TermChange]:
    before, after = pair.issued
    sides = ((pair.base, before, after), (pair.head, after, before))
    old, new = (
        [
            *(described.login(workload.role, mounts) if workload else ()),
            *(
                described.issued(one, mounts, alone=role not in others)
                for role, one in issued.items()
            ),
        ]
        for workload, issued, others in sides
    )
    yield from changes(old, new)
