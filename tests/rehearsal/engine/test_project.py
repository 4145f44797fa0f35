"""The copy that the engine runs is the program, and a change of it stays in the copy."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
import yaml

from policies.compile import compile_plan
from policies.environments import Environment
from policies.model import AccessMatrix
from rehearsal.engine import changes, project
from rehearsal.program import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return project.copy_program(tmp_path / "program")


def test_the_copy_has_the_program_and_this_interpreter(copy: Path) -> None:
    assert (copy / "__main__.py").read_text() == (ROOT / "__main__.py").read_text()
    assert (copy / ".venv").resolve() == Path(sys.prefix).resolve()
    assert not list(copy.glob("policies/**/__pycache__"))


def test_configuration_is_written_as_pulumi_would(copy: Path) -> None:
    given = {"awsEngine": True, "databasePort": 5432, "oidcRedirectUris": ["http://a"]}
    project.write_configuration(copy, "dev", given)
    written = yaml.safe_load((copy / "Pulumi.dev.yaml").read_text())["config"]
    assert written["vaultstack:awsEngine"] == "true"
    assert written["vaultstack:databasePort"] == "5432"
    assert written["vaultstack:oidcRedirectUris"] == ["http://a"]
    assert written["vaultstack:environment"] == "dev"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", {"key": "text"}),
        ({"a/b": {"c": "d"}}, {'key["a/b"]["c"]': "d"}),
        (["x", 2], {"key[0]": "x", "key[1]": "2"}),
        ({}, {}),
    ],
)
def test_each_secret_has_a_path_of_its_own(value: object, expected: dict[str, str]) -> None:
    assert project.leaves("key", value) == expected


def matrix_of(copy: Path) -> object:
    return runpy.run_path(str(copy / "policies" / "matrix.py"))["MATRIX"]


def test_a_change_of_the_matrix_is_in_the_copy_and_can_be_taken_back(copy: Path) -> None:
    before = matrix_of(copy)
    project.change_matrix(copy, changes.with_workloads(2) + changes.with_a_grant())
    assert matrix_of(copy) != before
    project.change_matrix(copy, "")
    assert matrix_of(copy) == before


def test_a_change_comes_to_what_it_says(copy: Path) -> None:
    def plan_of() -> tuple[set[str], set[str]]:
        matrix = matrix_of(copy)
        assert isinstance(matrix, AccessMatrix)
        plan = compile_plan(matrix, Environment.DEV)
        return {one.name for one in plan.acl_policies}, {one.name for one in plan.kubernetes_roles}

    policies, roles = plan_of()
    project.change_matrix(copy, changes.with_workloads(2))
    more_policies, more_roles = plan_of()
    added = {f"acl-policy-{one}" for one in more_policies - policies}
    assert added == changes.acl_policies(Environment.DEV, 2)
    assert {f"kubernetes-role-{one}" for one in more_roles - roles} == changes.roles(2)
    assert len(changes.paths(Environment.DEV, 2)) == 4
    assert changes.granted(Environment.DEV).removeprefix("acl-policy-") in policies
