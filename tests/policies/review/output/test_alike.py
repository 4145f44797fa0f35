"""What is alike in several environments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.environments import Environment
from policies.review.model import Finding, Severity, WorkloadReview
from policies.review.output.alike import alike
from tests.policies.review.made import (
    ACCOUNT,
    DEV,
    ESCALATION,
    LISTS,
    LONGER,
    NEW,
    NOTE,
    PROD,
    READS,
    SQL,
    STAGING,
    WRAPPED,
    workload,
)


def test_equal_things_are_one_and_stay_as_they_are() -> None:
    one = workload(WRAPPED, label="dev/api")
    assert list(alike([(DEV, one), (PROD, one)])) == [(one, (DEV, PROD))]


def test_only_the_environments_own_name_gives_way() -> None:
    def reads(*words: str) -> list[str]:
        pairs = zip(Environment, words, strict=False)
        return [text for text, _ in alike(pairs)]

    assert reads("a-dev/b", "a-staging/b", "a-prod/b") == ["a-<environment>/b"]
    assert reads("dev", "prod") == ["dev", "prod"]
    assert reads("devops", "stagingops") == ["devops", "stagingops"]
    assert reads("a_dev", "a_staging") == ["a_<environment>"]
    assert reads("a-prod", "a-prod", "a-prod") == ["a-prod", "a-prod"]


def test_one_environment_keeps_its_name() -> None:
    one = workload(replace(READS, paths="secret/data/dev"))
    assert list(alike([(DEV, one)])) == [(one, (DEV,))]


def test_labels_stay() -> None:
    ones = [(one, workload(READS, label=f"{one}/api")) for one in (DEV, STAGING)]
    assert [where for _, where in alike(ones)] == [(DEV,), (STAGING,)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (workload(READS), workload(LISTS)),
        (workload(ACCOUNT), workload(SQL)),
        (workload(lifetimes=(LONGER,)), workload(lifetimes=(NEW,))),
        (workload(findings=(NOTE,)), workload(findings=(ESCALATION,))),
        (workload(READS), workload(replace(READS, paths="secret/data/staging/*"))),
    ],
)
def test_what_differs_is_told_apart(one: WorkloadReview, other: WorkloadReview) -> None:
    assert list(alike([(DEV, one), (PROD, other)])) == [(one, (DEV,)), (other, (PROD,))]


def test_the_name_gives_way_in_all_that_is_told_of_a_workload() -> None:
    def of(name: str) -> WorkloadReview:
        return workload(
            replace(READS, paths=f"a/{name}", besides=(f"b/{name}",)),
            replace(ACCOUNT, role=f"auth/kubernetes/role/shop-{name}"),
            lifetimes=(replace(NEW, credential=f"database/creds/shop-{name}"),),
            findings=(Finding(Severity.NOTE, "rule", f"of {name}", (f"in {name}",)),),
        )

    ((shown, where),) = alike([(DEV, of("dev")), (PROD, of("prod"))])
    # By their text, too: a capability is no mere word.
    assert (shown, repr(shown)) == (of("<environment>"), repr(of("<environment>")))
    assert where == (DEV, PROD)
