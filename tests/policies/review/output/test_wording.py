"""The words that all outputs share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.environments import Environment
from policies.hcl import Capability
from policies.review.conditions import Example
from policies.review.difference import Direction
from policies.review.model import (
    CredentialLifetime,
    EffectiveLifetime,
    EnvironmentReview,
    Review,
    Severity,
    Status,
    Verdict,
)
from policies.review.output import wording
from tests.policies.review.made import (
    ACCOUNT,
    DEV,
    ESCALATION,
    FULL,
    LISTS,
    LONGER,
    NEW,
    NO_LONGER,
    NOTE,
    PROD,
    READS,
    STAGING,
    WARNING,
    WRAPPED,
    environment,
    everywhere,
    review,
    workload,
)

GAINS, LOSES = workload(READS), workload(NO_LONGER, label="shop/batch")


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        (review(), "No access is gained or lost"),
        (everywhere(), "No access is gained or lost"),
        (everywhere(GAINS), "1 workload gains access"),
        (everywhere(GAINS, workload(READS, label="x")), "2 workloads gain access"),
        (everywhere(LOSES), "No access is gained, 1 workload loses some"),
        (everywhere(GAINS, LOSES), "1 workload gains access, 1 loses some"),
        (everywhere(findings=(WARNING,)), "No workload changes, 1 warning"),
        (
            everywhere(workload(READS, findings=(ESCALATION, NOTE))),
            "1 workload gains access, 1 escalation",
        ),
        (
            review(
                environment(DEV, GAINS),
                environment(STAGING, GAINS),
                environment(PROD, workload(READS, findings=(WARNING, WARNING))),
            ),
            "1 workload gains access, 2 warnings in prod",
        ),
        (
            review(
                environment(DEV, GAINS),
                environment(PROD, workload(READS, findings=(WARNING,))),
            ),
            "dev and prod: 1 workload gains access, 1 warning in prod",
        ),
        (
            review(environment(DEV, GAINS), environment(STAGING), environment(PROD, GAINS)),
            "dev and prod: 1 workload gains access",
        ),
        (
            review(environment(DEV, GAINS), environment(PROD, LOSES)),
            "dev: 1 workload gains access; prod: No access is gained, 1 workload loses some",
        ),
    ],
)
def test_the_first_line(shown: Review, line: str) -> None:
    assert wording.headline(shown) == line


def test_the_verdict_names_who_must_approve() -> None:
    assert wording.verdict(FULL) == "Needs the approval of security-team and shop-team"
    assert "no approval" in wording.verdict(everywhere(GAINS))
    assert "Nothing is gained" in wording.verdict(everywhere(verdict=Verdict.NOTHING_GAINED))


def test_findings_are_told_once_and_the_gravest_first() -> None:
    told = wording.findings(everywhere(workload(READS, findings=(NOTE, ESCALATION))))
    assert [one.finding.severity for one in told] == [Severity.ESCALATION, Severity.NOTE]
    assert told[0].environments == (DEV, STAGING, PROD)
    assert (told[0].label, told[0].severity) == ("shop/api", "escalation")
    assert not told[0].names_whom
    (other,) = wording.findings(everywhere(workload(READS, findings=(WARNING,))))
    assert other.names_whom


def test_a_workload_that_changes_alike_is_told_once() -> None:
    (one,) = wording.workloads(everywhere(workload(WRAPPED)))
    assert one.environments == (DEV, STAGING, PROD)
    assert len(wording.workloads(FULL)) == 3


def test_what_differs_in_the_environments_name_only_is_told_once() -> None:
    def of(one: Environment) -> EnvironmentReview:
        term = replace(ACCOUNT, after=f"shop-{one}")
        finding = replace(WARNING, title=f"namespace shop-{one} is new")
        return environment(one, workload(term, findings=(finding,)))

    shown = review(*map(of, Environment))
    (changed,) = wording.workloads(shown)
    assert changed.environments == (DEV, STAGING, PROD)
    assert changed.workload.terms[0].after == "shop-<environment>"
    (told,) = wording.findings(shown)
    assert told.finding.title == "namespace shop-<environment> is new"


def test_workloads_come_in_order_of_gravity() -> None:
    grave = workload(NO_LONGER, label="z", findings=(ESCALATION,))
    shown = wording.workloads(review(environment(PROD, LOSES, GAINS, grave)))
    assert [one.workload.label for one in shown] == ["z", "shop/api", "shop/batch"]


def test_of_equal_gravity_prod_comes_first() -> None:
    dev = workload(READS, label="a", findings=(WARNING,))
    prod = workload(READS, label="b", findings=(WARNING,))
    shown = review(environment(DEV, dev), environment(PROD, prod))
    assert [one.workload.label for one in wording.workloads(shown)] == ["b", "a"]
    assert [one.label for one in wording.findings(shown)] == ["b", "a"]


def test_a_title_counts_the_lines_that_follow() -> None:
    one = workload(READS, LISTS, NO_LONGER, findings=(WARNING, WARNING), status=Status.ADDED)
    (changed,) = wording.workloads(review(environment(PROD, one)))
    assert changed.title == "added; gains 1, loses 1; 2 warnings"


def test_capabilities_of_the_same_paths_are_one_line() -> None:
    (line,) = wording.lines((LISTS, READS))
    assert line.capabilities == (Capability.READ, Capability.LIST)
    assert set(line.witnesses) == {READS.witness, LISTS.witness}


@pytest.mark.parametrize(
    "other",
    [
        replace(LISTS, direction=Direction.LOST),
        replace(LISTS, paths="secret/data/other"),
        replace(LISTS, besides=("secret/data/shop/db",)),
        replace(LISTS, rule="secret/*"),
        replace(LISTS, instead_of=("secret/+/shop",)),
        replace(LISTS, conditions="with ttl"),
        replace(LISTS, example=Example({}, None)),
    ],
)
def test_whatever_else_differs_is_a_line_of_its_own(other: object) -> None:
    assert len(wording.lines((READS, other))) == 2  # type: ignore[arg-type]


def test_gained_comes_before_lost() -> None:
    assert [line.direction for line in wording.lines((NO_LONGER, READS))] == list(Direction)


def test_a_condition_and_its_example_are_said() -> None:
    (line,) = wording.lines((WRAPPED,))
    assert line.only_if == (
        'wrapped for at least 60 s; new for a request wrapped for 60 s with ttl="1h"'
    )
    assert line.before == "auth/approle/role/+/secret-id"
    assert wording.lines((READS,))[0].only_if == ""
    assert wording.lines((READS,))[0].before == "no rule"
    freely = wording.lines((replace(READS, example=Example({}, None)),))
    assert freely[0].only_if == "new for a request not wrapped"


def test_lifetimes_say_what_bounds_them() -> None:
    assert list(wording.lifetimes((LONGER, NEW))) == [
        ("token", "1h (role), at most 24h (role)", "2h (role), at most 24h (mount)", "longer"),
        ("database/creds/shop-readwrite", "none", "1h30m (token)", ""),
    ]


@pytest.mark.parametrize(
    ("seconds", "trend"),
    [((10, 30), ""), ((5, 30), "shorter"), ((10, 20), "shorter"), ((20, 20), "other")],
)
def test_a_lifetimes_trend(seconds: tuple[int, int], trend: str) -> None:
    def effective(default: int, most: int) -> EffectiveLifetime:
        return EffectiveLifetime(default, "role", most, "mount")

    one = CredentialLifetime("token", effective(10, 30), effective(*seconds))
    assert [row[3] for row in wording.lifetimes((one,))] == [trend]


def test_lifetimes_that_stay_are_told_apart() -> None:
    same = CredentialLifetime("token", NEW.after, NEW.after)
    assert wording.changed_lifetimes((LONGER, same, NEW)) == ([LONGER, NEW], [same])


def test_nothing_has_no_length() -> None:
    assert [wording.duration(seconds) for seconds in (0, 90)] == ["0s", "1m30s"]
