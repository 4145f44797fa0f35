"""What a review lets pass, and who must approve the rest: `approvals.toml`, read and applied.

    security = "security-team"     # approves escalations and Vault's own secrets

    [prod]
    team = "platform-team"         # approves what has no other approver
    severity = "high"              # from here on a finding takes an approval
    topics = ["login", "cloud"]    # a gain of these takes one whatever its severity
    owners = true                  # owners approve what reaches for their application's paths

The reviewer reads it from the base's side, so that a change cannot loosen its own limits.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from policies.environments import Environment
from policies.review.difference import Direction
from policies.review.model import EnvironmentReview, Finding, Severity, TermChange, Topic

FILE: Final = "policies/approvals.toml"
OWNERS_RULE: Final = "another-application"
"""The rule whose findings owners approve."""
_T = TypeVar("_T")
_KEYS: Final = ("team", "severity", "topics", "owners")


class LimitsError(ValueError):
    """Limits that cannot be read. Names the key, the rule and the repair."""


@dataclass(frozen=True, slots=True)
class EnvironmentLimits:
    team: str
    severity: Severity
    topics: frozenset[Topic]
    owners: bool
    unwritten: bool = False
    """Nobody wrote limits yet, so that no gain is within them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What `approvals.toml` says, for every environment. `security` is the team that approves
    escalations, Vault's own secrets, and limits that are loosened.
    """

    security: str
    environments: Mapping[Environment, EnvironmentLimits]

    @classmethod
    def parse(cls, text: str, *, file: str = FILE) -> Limits:
        """Every environment must be there: what is not written must not pass in silence."""
        try:
            given = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise LimitsError(f"{file}: is no TOML: {error}; write it as {FILE} is") from None
        _known(file, "", given, ("security", *(one.value for one in Environment)))
        return cls(
            _name(file, "security", given.get("security")),
            {one: _environment(file, one.value, given.get(one.value)) for one in Environment},
        )

    def weighed(self, environment: Environment, finding: Finding) -> Finding:
        """The finding with those who must approve it, of those who could; none within limits."""
        limits = self.environments[environment]
        approvers: tuple[str, ...] = ()
        if finding.severity >= limits.severity or (limits.owners and finding.rule == OWNERS_RULE):
            approvers = finding.approvers or (limits.team,)
        return dataclasses.replace(finding, approvers=tuple(sorted(set(approvers))))

    def loosened(self, environment: Environment, after: Limits) -> Iterator[Finding]:
        """Where `after` asks less, or others: it counts from the next change on, so it is told."""
        reasons = [
            *_replaced("security", self.security, after.security),
            *_looser(self.environments[environment], after.environments[environment]),
        ]
        if reasons:
            yield Finding(
                Severity.HIGH,
                "limits",
                f"from the next change on fewer, or others, approve in {environment}",
                tuple(reasons),
                approvers=(self.security,),
            )

    def exceeded(self, review: EnvironmentReview) -> Iterator[Excess]:
        """What takes an approval, of a review whose findings were weighed."""
        limits = self.environments[review.environment]
        where = review.environment.value
        for finding in review.findings:
            yield from _over(finding, where, "")
        for workload in review.workloads:
            if limits.unwritten and workload.gains:
                yield Excess(
                    f"{where}, {workload.label}: gains something, and the base has no {FILE}; "
                    f"takes the approval of {limits.team}",
                    (limits.team,),
                )
            for finding in workload.findings:
                yield from _over(finding, where, workload.label)
            for topic in _gained(workload.terms, limits.topics):
                yield Excess(
                    f"{where}, {workload.label}: what its {topic.value} terms give takes the "
                    f"approval of {limits.team} (topics of [{where}])",
                    (limits.team,),
                )


@dataclass(frozen=True, slots=True)
class Excess:
    """One reason why an approval is needed."""

    sentence: str
    approvers: tuple[str, ...]


def unwritten(team: str = "security-team") -> Limits:
    """What holds where the base has no limits yet: whatever is gained takes an approval."""
    strictest = EnvironmentLimits(
        team, Severity.NOTE, frozenset(Topic), owners=True, unwritten=True
    )
    return Limits(team, dict.fromkeys(Environment, strictest))


def _kinds(finding: Finding) -> Iterable[str]:
    """Its rule and its severity, once where they are one word."""
    return dict.fromkeys((finding.rule, finding.severity.name.lower()))


def _looser(old: EnvironmentLimits, new: EnvironmentLimits) -> Iterator[str]:
    yield from _replaced("team", old.team, new.team)
    if new.severity > old.severity:
        yield from _replaced("severity", old.severity.name.lower(), new.severity.name.lower())
    if gone := old.topics - new.topics:
        yield f"topics are without {', '.join(sorted(gone))}"
    if old.owners and not new.owners:
        yield "owners are not asked any more"


def _replaced(key: str, old: str, new: str) -> Iterator[str]:
    if old != new:
        yield f"{key} is {new} and not {old}"


def _over(finding: Finding, environment: str, label: str) -> Iterator[Excess]:
    if finding.approvers:
        where = environment if label in finding.title else f"{environment}, {label}"
        yield Excess(
            f"{where}: {finding.title} ({', '.join(_kinds(finding))}); "
            f"takes the approval of {', '.join(finding.approvers)}",
            finding.approvers,
        )


def _gained(terms: Iterable[TermChange], topics: frozenset[Topic]) -> list[Topic]:
    gained = {term.topic for term in terms if term.direction is Direction.GAINED}
    return sorted(gained & topics)


def _environment(file: str, name: str, given: Any) -> EnvironmentLimits:
    if not isinstance(given, dict):
        raise LimitsError(
            f"{file}: [{name}] must be there, as a table: every environment has limits; "
            f"write [{name}] with {', '.join(_KEYS)}"
        )
    _known(file, f"{name}.", given, _KEYS)
    severities = {one.name.lower(): one for one in Severity}
    severity = _choice(file, f"{name}.severity", given.get("severity"), severities)
    topics = given.get("topics")
    if not isinstance(topics, list):
        raise LimitsError(
            f"{file}: {name}.topics must be a list, and is {topics!r}; write [] for none, or some "
            f"of {', '.join(Topic)}"
        )
    known = {one.value: one for one in Topic}
    owners = given.get("owners")
    if not isinstance(owners, bool):
        raise LimitsError(
            f"{file}: {name}.owners must be true or false, and is {owners!r}; write true where "
            "owners approve what reaches for their application's paths"
        )
    return EnvironmentLimits(
        _name(file, f"{name}.team", given.get("team")),
        severity,
        frozenset(_choice(file, f"{name}.topics", topic, known) for topic in topics),
        owners,
    )


def _choice(file: str, key: str, given: Any, choices: Mapping[str, _T]) -> _T:
    if not isinstance(given, str) or given not in choices:
        raise LimitsError(
            f"{file}: {key} must be of {', '.join(choices)}, and is {given!r}; write one of them"
        )
    return choices[given]


def _name(file: str, key: str, given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise LimitsError(
            f"{file}: {key} must name a team, and is {given!r}; write such as {key} = 'a-team'"
        )
    return given


def _known(file: str, prefix: str, given: Mapping[str, Any], keys: Iterable[str]) -> None:
    known = tuple(keys)
    if unknown := sorted(given.keys() - set(known)):
        raise LimitsError(
            f"{file}: {prefix}{unknown[0]} is no key; the keys are {', '.join(known)}; "
            "remove or correct it"
        )
