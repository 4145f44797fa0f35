"""Reviews made by hand: what is tested is how they are shown, not how they come about."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from policies.environments import Environment
from policies.hcl import Capability
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
    TermChange,
    Topic,
    Verdict,
    WorkloadReview,
)

GAINED, LOST = Direction.GAINED, Direction.LOST
DEV, STAGING, PROD = Environment


def access(direction: Direction, capability: Capability, paths: str) -> AccessChange:
    return AccessChange(
        direction=direction,
        capabilities=(capability,),
        paths=paths,
        besides=(),
        witness=paths.replace("*", "any"),
        rule=paths,
        instead_of=("",),
    )


READS: Final = access(GAINED, Capability.READ, "secret/data/shop/*")
LISTS: Final = replace(
    access(GAINED, Capability.LIST, "secret/data/shop/*"), witness="secret/data/shop/any/"
)
NO_LONGER: Final = replace(
    access(LOST, Capability.UPDATE, "pki/issue/+"),
    besides=("pki/issue/shop", "pki/issue/web"),
    witness="pki/issue/any",
)
WRAPPED: Final = replace(
    access(GAINED, Capability.UPDATE, "auth/approle/role/shop-ci/secret-id"),
    instead_of=("auth/approle/role/+/secret-id",),
    conditions="wrapped for at least 60 s",
    example=Example({"ttl": "1h"}, 60),
)
ACCOUNT: Final = TermChange(
    GAINED, Topic.LOGIN, "auth/kubernetes/role/shop-api", "service account", "shop", "shop-two"
)
SQL: Final = TermChange(
    LOST,
    Topic.DATABASE,
    "database/roles/shop-readwrite",
    "creation statement",
    'GRANT SELECT ON "a" TO "b";\nGRANT DELETE ON "a" TO "b";',
    "",
)
LONGER: Final = CredentialLifetime(
    "token",
    EffectiveLifetime(3600, "role", 86400, "role"),
    EffectiveLifetime(7200, "role", 86400, "mount"),
)
NEW: Final = CredentialLifetime(
    "database/creds/shop-readwrite", None, EffectiveLifetime(5400, "token", 5400, "token")
)
NOTE: Final = Finding(Severity.NOTE, "new-workload", "shop/api is new", ())
WARNING: Final = Finding(
    Severity.WARNING, "dangling-policy", "auth/kubernetes/role/shop-api names no policy", ("one",)
)
ESCALATION: Final = Finding(
    Severity.ESCALATION,
    "escalation",
    "shop/api can write the ACL policies sys/policies/acl/*",
    ("It may update sys/policies/acl/*.", "It can give itself any rule, and log in again."),
    "sys/policies/acl/any",
    ("security-team",),
)


def workload(
    *changes: AccessChange | TermChange,
    label: str = "shop/api",
    lifetimes: tuple[CredentialLifetime, ...] = (),
    findings: tuple[Finding, ...] = (),
    status: Status = Status.CHANGED,
) -> WorkloadReview:
    return WorkloadReview(
        label=label,
        team="shop-team",
        status=status,
        access=tuple(change for change in changes if isinstance(change, AccessChange)),
        terms=tuple(change for change in changes if isinstance(change, TermChange)),
        lifetimes=lifetimes,
        findings=findings,
    )


def environment(
    one: Environment, *workloads: WorkloadReview, findings: tuple[Finding, ...] = ()
) -> EnvironmentReview:
    return EnvironmentReview(one, workloads, unchanged=7, findings=findings)


def review(
    *environments: EnvironmentReview,
    verdict: Verdict = Verdict.WITHIN_LIMITS,
    approvers: tuple[str, ...] = (),
    over_limit: tuple[str, ...] = (),
) -> Review:
    return Review("origin/main", "working tree", environments, verdict, approvers, over_limit)


def everywhere(
    *workloads: WorkloadReview,
    verdict: Verdict = Verdict.WITHIN_LIMITS,
    findings: tuple[Finding, ...] = (),
) -> Review:
    alike = (environment(one, *workloads, findings=findings) for one in Environment)
    return review(*alike, verdict=verdict)


FULL: Final = review(
    environment(DEV, workload(READS, LISTS)),
    environment(STAGING),
    environment(
        PROD,
        workload(
            READS,
            LISTS,
            NO_LONGER,
            WRAPPED,
            ACCOUNT,
            SQL,
            lifetimes=(LONGER, NEW),
            findings=(ESCALATION, NOTE),
        ),
        workload(NO_LONGER, label="shop/old", status=Status.REMOVED),
        findings=(WARNING,),
    ),
    verdict=Verdict.NEEDS_APPROVAL,
    approvers=("security-team", "shop-team"),
    over_limit=("prod: an escalation needs the approval of security-team",),
)
"""Something of everything."""


def hostile(text: str) -> Review:
    """A review in which everything that a pull request can name is `text`."""
    change = AccessChange(
        GAINED, (Capability.READ,), text, (text,), text, text, (text, ""), text, None
    )
    term = TermChange(GAINED, Topic.LOGIN, text, text, text, text)
    finding = Finding(Severity.HIGH, text, text, (text,), text, (text,))
    effective = EffectiveLifetime(1, text, 2, text)
    one = WorkloadReview(
        text,
        text,
        Status.CHANGED,
        (change,),
        (term,),
        (CredentialLifetime(text, effective, None), CredentialLifetime(text, effective, effective)),
        (finding,),
    )
    return Review(
        text,
        text,
        (EnvironmentReview(PROD, (one,), 0, (finding,)),),
        Verdict.NEEDS_APPROVAL,
        (text,),
        (text,),
    )
