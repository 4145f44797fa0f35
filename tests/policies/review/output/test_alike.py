"""What is alike in several environments."""

from __future__ import annotations

from dataclasses import replace

from policies.environments import Environment
from policies.review.output.alike import alike
from tests.policies.review.made import DEV, PROD, READS, STAGING, WRAPPED, workload


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
