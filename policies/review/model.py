"""The result of a review, as values: what every output shows, and nothing that one must compute."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique

from policies.environments import Environment
from policies.review.difference import AccessChange, Direction


@unique
class Status(StrEnum):
    """What became of a workload."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@unique
class Topic(StrEnum):
    """What besides ACL text a change is about."""

    LOGIN = "login"
    TOKEN = "token"
    DATABASE = "database"
    CLOUD = "cloud"
    CERTIFICATE = "certificate"
    SECRET = "secret"
    ROTATION = "rotation"
    OWNERSHIP = "ownership"


@dataclass(frozen=True, slots=True)
class TermChange:
    """A change of what a role says, such as a TTL, a service account or an IAM action. Whatever
    cannot be shown to be narrower counts as gained. `before` and `after` are texts; empty: none.
    """

    direction: Direction
    topic: Topic
    role: str
    """Which role, as Vault's path: `auth/kubernetes/role/shop-api`."""
    term: str
    """Which of its terms: `service account`, `TTL`, `IAM action`."""
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CredentialLifetime:
    """How long a credential lives in effect, in seconds, and what bounds it (`role`, `mount`,
    `system`, `token`), before and after; None where there is none.
    """

    credential: str
    """What issues it, as Vault's path; `token` for the login's own."""
    before: EffectiveLifetime | None
    after: EffectiveLifetime | None


@dataclass(frozen=True, slots=True)
class EffectiveLifetime:
    """A maximum of 0 is none: it never ends by itself."""

    default_seconds: int
    default_bound: str
    maximum_seconds: int
    maximum_bound: str
    ends_with_token: bool = True
    """Whether it is revoked with the token that took it; what is no lease lives on."""


@unique
class Severity(IntEnum):
    """How much attention a finding wants."""

    NOTE = 0
    WARNING = 1
    HIGH = 2
    ESCALATION = 3
    """Its holder can give itself more than is written."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reviewer should see. Only what this change brings about is a finding."""

    severity: Severity
    rule: str
    """A stable name: `another-application`, `escalation`, `dangling-role`."""
    title: str
    """One sentence, that names the paths and roles that it is about."""
    reasons: tuple[str, ...]
    """What can be checked, step by step; of an escalation its chain."""
    witness: str = ""
    """A path that Vault can be asked about; empty where there is none."""
    approvers: tuple[str, ...] = ()
    """Teams whose approval it takes."""


@dataclass(frozen=True, slots=True)
class WorkloadReview:
    """One workload in one environment, of those that changed."""

    label: str
    team: str
    """Which team answers for it; empty for people."""
    status: Status
    access: tuple[AccessChange, ...]
    terms: tuple[TermChange, ...]
    lifetimes: tuple[CredentialLifetime, ...]
    findings: tuple[Finding, ...]

    @property
    def gains(self) -> bool:
        changes: tuple[AccessChange | TermChange, ...] = (*self.access, *self.terms)
        return any(change.direction is Direction.GAINED for change in changes)

    @property
    def loses(self) -> bool:
        changes: tuple[AccessChange | TermChange, ...] = (*self.access, *self.terms)
        return any(change.direction is Direction.LOST for change in changes)


@dataclass(frozen=True, slots=True)
class EnvironmentReview:
    environment: Environment
    workloads: tuple[WorkloadReview, ...]
    """Those that changed, by label."""
    unchanged: int
    """How many did not."""
    findings: tuple[Finding, ...]
    """Of no single workload: dangling roles, for example."""


@unique
class Verdict(IntEnum):
    """What the review ends with; the exit status, too."""

    NOTHING_GAINED = 0
    WITHIN_LIMITS = 1
    NEEDS_APPROVAL = 2


@dataclass(frozen=True, slots=True)
class Review:
    """What a change gives and takes away between two sides, in every environment there is, with the
    verdict. Knows no files and no format: `policies.review.output` shows it.
    """

    base: str
    head: str
    """How the sides are named: a git reference, or `working tree`."""
    environments: tuple[EnvironmentReview, ...]
    verdict: Verdict
    approvers: tuple[str, ...]
    """Teams whose approval it takes, sorted; empty where none is needed."""
    over_limit: tuple[str, ...]
    """Why it takes an approval, in sentences."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, the gravest first."""
        found = [
            finding
            for one in self.environments
            for finding in (*one.findings, *(f for w in one.workloads for f in w.findings))
        ]
        return tuple(sorted(found, key=lambda finding: -finding.severity))
