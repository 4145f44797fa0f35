"""`policies.review.compare` sees what differs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import KubernetesRole
from policies.review import Snapshot, Verdict, compare, of_plan, read
from policies.review.model import Status
from tests.policies.review.sides_made import (
    BASE,
    LIMITS,
    but,
    reviewed,
    statuses,
    token,
    with_policies,
    workload,
)

RENDERED = Path("policies/rendered")


def rendered() -> Mapping[Environment, Snapshot]:
    files = {
        path.relative_to(RENDERED).as_posix(): path.read_text()
        for path in RENDERED.rglob("*")
        if path.is_file()
    }
    return read(files, "base")


def test_the_same_is_no_change() -> None:
    sides = rendered()
    review = compare(sides, sides, base_name="a", head_name="b", limits=LIMITS)
    assert review.verdict is Verdict.NOTHING_GAINED
    assert [one.environment for one in review.environments] == list(Environment)
    assert [one.workloads for one in review.environments] == [()] * 3
    assert [one.unchanged for one in review.environments] == [
        len(sides[one].workloads) for one in Environment
    ]
    assert review.findings == review.approvers == review.over_limit == ()


@pytest.mark.parametrize("environment", Environment)
def test_what_is_read_from_files_is_what_was_compiled(environment: Environment) -> None:
    plan = {environment: of_plan(compile_plan(MATRIX, environment), "plan")}
    files = {environment: rendered()[environment]}
    review = compare(files, plan, base_name="files", head_name="plan", limits=LIMITS)
    assert statuses(review) == {}


def test_other_words_and_another_order_show_nothing() -> None:
    rules = {"secret/data/blog/*": "read", "secret/data/blog/db": "read"}
    review = reviewed(with_policies({"blog-api-prod": rules}))
    assert statuses(review) == {}
    assert review.environments[0].unchanged == 4
    assert review.verdict is Verdict.NOTHING_GAINED


def test_a_policy_by_another_name_shows_nothing() -> None:
    blog, shop = BASE.kubernetes_roles
    renamed = KubernetesRole("blog", "blog", "blog-prod", "vault-prod", token("blog-2-prod"))
    head = with_policies({"blog-api-prod": None, "blog-2-prod": {"secret/data/blog/*": "read"}})
    assert statuses(reviewed(but(head, kubernetes_roles=(renamed, shop)))) == {}
    assert blog != renamed


def test_a_gained_path_is_told() -> None:
    rules = {"secret/data/blog/*": "read", "secret/metadata/blog/*": "list"}
    review = reviewed(with_policies({"blog-api-prod": rules}))
    assert statuses(review) == {"blog/api": Status.CHANGED}
    (line,) = workload(review, "blog/api").access
    assert line.paths == "secret/metadata/blog/*"
    assert review.verdict is Verdict.WITHIN_LIMITS


def test_a_removed_grant_gains_nothing() -> None:
    review = reviewed(with_policies({"blog-api-prod": {"secret/data/blog/db": "read"}}))
    assert workload(review, "blog/api").loses
    assert review.verdict is Verdict.NOTHING_GAINED
    assert review.approvers == review.over_limit == ()


def test_a_removed_workload_loses_all() -> None:
    head = but(
        with_policies({"blog-api-prod": None}),
        kubernetes_roles=BASE.kubernetes_roles[1:],
        owners=BASE.owners[1:],
    )
    review = reviewed(head)
    assert statuses(review) == {"blog/api": Status.REMOVED}
    assert workload(review, "blog/api").team == "blog-team"
    assert not workload(review, "blog/api").gains
    assert review.verdict is Verdict.NOTHING_GAINED


def test_an_environment_that_is_new_is_all_added_and_one_that_goes_all_removed() -> None:
    assert set(statuses(reviewed(BASE, base=None)).values()) == {Status.ADDED}
    review = compare(
        {BASE.environment: BASE}, {}, base_name="base", head_name="head", limits=LIMITS
    )
    assert set(statuses(review).values()) == {Status.REMOVED}
    assert review.verdict is Verdict.NOTHING_GAINED
