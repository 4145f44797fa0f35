"""Which plan is asked."""

from __future__ import annotations

import pytest

from policies.commands import plans
from policies.commands.errors import CommandError
from policies.environments import Environment
from policies.git import GitError
from policies.review.snapshot import SnapshotError
from tests.policies.repositories import Repository

DEV, PROD = Environment.DEV, Environment.PROD


def test_the_working_trees_matrix_and_a_commit_of_it_say_the_same(repository: Repository) -> None:
    here, there = plans.plans(None, None), plans.plans("main", None)
    assert list(here) == list(there) == list(Environment)
    for environment in Environment:
        assert here[environment].policies == there[environment].policies
        assert here[environment].workloads == there[environment].workloads
    assert (here[DEV].side, there[DEV].side) == ("working tree", "main")
    assert repository


def test_one_environment(repository: Repository) -> None:
    assert list(plans.plans(None, PROD)) == list(plans.plans("main", PROD)) == [PROD]
    assert repository


def test_an_environment_that_the_commit_has_not(repository: Repository) -> None:
    repository.git("rm", "-r", "--quiet", "policies/rendered/prod")
    repository.commit()
    with pytest.raises(CommandError) as caught:
        plans.plans("main", PROD)
    assert str(caught.value).endswith("there are dev, staging")


def test_a_commit_that_is_no_plan(repository: Repository) -> None:
    repository.write("policies/rendered/dev/owners.json", "{}\n")
    repository.commit()
    with pytest.raises(SnapshotError, match=r"main, dev/owners\.json: "):
        plans.plans("main", DEV)
    with pytest.raises(GitError):
        plans.plans("gone", DEV)


def test_a_workload_by_label_and_by_role() -> None:
    asked = plans.plans(None, None)
    by_label = plans.workload(asked, "kubesentiment/api")
    assert [one.environment for one in by_label] == list(Environment)
    assert plans.workload(asked, "kubesentiment") == by_label
    with pytest.raises(CommandError, match="did you mean 'kubesentiment/api'"):
        plans.workload(asked, "kubesentiment/ap")


def test_everyone() -> None:
    labels = [
        (one.environment, one.workload.label) for one in plans.everyone(plans.plans(None, DEV))
    ]
    assert len(labels) == 13
    assert labels == sorted(labels)


def test_the_acl_is_of_all_policies_that_the_role_names() -> None:
    (api,) = plans.workload(plans.plans(None, DEV), "kubesentiment/api")
    rule = api.acl.rule("secret/data/kubesentiment/x")
    assert rule
    assert [source.policy for source in rule.sources] == ["kubesentiment-api-dev"]
    assert api.acl is api.acl


def test_what_is_not_known_is_told_in_order(repository: Repository) -> None:
    template = 'path "secret/data/{{{{identity.entity.{}}}}}" {{\n  capabilities = ["read"]\n}}\n'
    repository.write(
        "policies/rendered/dev/acl/kubesentiment-ci-dev.hcl",
        template.format("name") + template.format("id"),
    )
    roles = repository.root / "policies/rendered/dev/approle_roles.json"
    text = roles.read_text().replace('"kubesentiment-ci-dev"', '"kubesentiment-ci-dev", "b", "a"')
    repository.write("policies/rendered/dev/approle_roles.json", text)
    repository.commit()
    (ci,) = plans.workload(plans.plans("main", DEV), "kubesentiment/ci")
    templated = "secret/data/{{identity.entity.id}}, secret/data/{{identity.entity.name}}"
    assert ci.not_known == (
        f"templated rules are about who asks, which is not known: {templated}",
        "ACL policies that the plan does not have: b, a",
    )
    (api,) = plans.workload(plans.plans("main", DEV), "kubesentiment/api")
    assert api.not_known == ()


def test_an_unknown_workload_is_told_each_name_once() -> None:
    with pytest.raises(CommandError) as caught:
        plans.workload(plans.plans(None, None), "x")
    assert str(caught.value).startswith("workload 'x': there is none of this name; there are kube")
    assert str(caught.value).count("kubesentiment/api") == 1
