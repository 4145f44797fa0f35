"""`policies.review.snapshot` reads what was rendered, and refuses what was not."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.rendering import files_of
from policies.review.snapshot import Snapshot, SnapshotError, empty, of_plan, read

DEV = Environment.DEV
PLAN = compile_plan(MATRIX, DEV)
FILES = dict(files_of(PLAN))
SIDE = "base (main)"


def refused(files: dict[str, str]) -> str:
    with pytest.raises(SnapshotError) as caught:
        read(files, SIDE)
    assert str(caught.value).startswith(SIDE)
    return str(caught.value)


def changed(name: str, text: str) -> dict[str, str]:
    return {**FILES, name: text}


def table(name: str) -> list[dict[str, Any]]:
    things: list[dict[str, Any]] = json.loads(FILES[name])
    return things


@pytest.mark.parametrize("environment", Environment)
def test_a_rendered_plan_reads_back_as_it_was(environment: Environment) -> None:
    plan = compile_plan(MATRIX, environment)
    snapshot = of_plan(plan, SIDE)
    assert snapshot.side == SIDE
    for field in dataclasses.fields(plan):
        if field.name not in ("environment", "acl_policies"):
            assert getattr(snapshot, field.name) == getattr(plan, field.name)
    for policy in plan.acl_policies:
        assert snapshot.stanzas(policy.name) == policy.stanzas


def test_environments_are_told_apart() -> None:
    files = FILES | dict(files_of(compile_plan(MATRIX, Environment.PROD)))
    assert set(read(files, SIDE)) == {DEV, Environment.PROD}


def test_workloads_are_named_as_in_the_matrix() -> None:
    workloads = of_plan(PLAN, SIDE).workloads
    api = workloads["kubesentiment/api"]
    assert api.role.name == "kubesentiment"
    assert api.owner
    assert api.owner.team == "sentiment-team"
    assert api.token.policies == ("kubesentiment-api-dev",)
    assert list(workloads) == sorted(workloads)
    assert "people/auditors" in workloads


def test_a_role_that_no_owner_names_is_a_workload_all_the_same() -> None:
    """A base that was rendered before there were owners can be compared with."""
    files = {name: text for name, text in FILES.items() if name != "dev/owners.json"}
    assert "kubesentiment-admin" in read(files, SIDE)[DEV].workloads


def test_an_environment_that_is_not_there_has_nobody() -> None:
    nobody = empty(DEV, SIDE)
    assert not nobody.workloads
    assert nobody == Snapshot(SIDE, DEV, {})


def test_a_policy_that_does_not_exist_says_nothing() -> None:
    assert of_plan(PLAN, SIDE).stanzas("of-nobody") == ()


def test_a_side_without_a_rendered_plan_is_refused() -> None:
    message = refused({})
    assert "no rendered plan under policies/rendered/" in message
    assert "fix:" in message


def test_a_policy_that_vault_would_refuse_is_named_with_line_and_column() -> None:
    files = changed("dev/acl/kubesentiment-api-dev.hcl", 'path "a" {\n  capabilities = ["raed"]\n}')
    with pytest.raises(SnapshotError) as caught:
        read(files, SIDE)[DEV].stanzas("kubesentiment-api-dev")
    message = str(caught.value)
    assert "dev/acl/kubesentiment-api-dev.hcl" in message
    assert 'invalid capability "raed"' in message
    assert "2:" in message or "line 2" in message


@pytest.mark.parametrize("text", ["[{]", "[" * 100_000], ids=["broken", "deep"])
def test_a_table_that_is_no_json_is_named(text: str) -> None:
    message = refused(changed("dev/kubernetes_roles.json", text))
    assert "dev/kubernetes_roles.json" in message
    assert "fix: python -m policies render" in message


def test_a_key_of_the_wrong_type_is_named_with_its_place() -> None:
    roles = table("dev/kubernetes_roles.json")
    roles[1]["token"]["ttl_seconds"] = "1h"
    message = refused(changed("dev/kubernetes_roles.json", json.dumps(roles)))
    assert "$[1].token.ttl_seconds" in message


def test_a_key_that_is_missing_is_named() -> None:
    roles = table("dev/kubernetes_roles.json")
    del roles[0]["audience"]
    assert "`audience`" in refused(changed("dev/kubernetes_roles.json", json.dumps(roles)))


def test_a_key_that_nobody_renders_is_named() -> None:
    """Vault would be given what a review did not read."""
    roles = table("dev/kubernetes_roles.json")
    roles[0]["alias_name_source"] = "serviceaccount_name"
    message = refused(changed("dev/kubernetes_roles.json", json.dumps(roles)))
    assert "unknown key alias_name_source" in message
    assert roles[0]["name"] in message


def test_an_unknown_key_further_inside_is_named_too() -> None:
    roles = table("dev/kubernetes_roles.json")
    roles[0]["token"]["period"] = 3600
    assert "period" in refused(changed("dev/kubernetes_roles.json", json.dumps(roles)))


@pytest.mark.parametrize("name", ["dev/acl/notes.txt", "dev/users.json", "dev/README.md"])
def test_a_file_that_no_plan_has_is_refused(name: str) -> None:
    assert name in refused(changed(name, "[]"))


def test_a_folder_that_is_no_environment_is_refused() -> None:
    assert "'production' is no environment" in refused(changed("production/acl/a.hcl", ""))


@pytest.mark.parametrize(
    "name",
    ["Kubesentiment-admin-dev", "kubesentiment-admin-dev ", "\u0430dmin", "admin*", "", "a/b"],
)
def test_a_name_that_vault_or_a_reader_takes_for_another_is_refused(name: str) -> None:
    roles, owners = table("dev/kubernetes_roles.json"), table("dev/owners.json")
    roles[0]["token"]["policies"].append(name)
    owners[0]["members"][0]["role"] = name
    for file, changed_table in (("kubernetes_roles", roles), ("owners", owners)):
        message = refused(changed(f"dev/{file}.json", json.dumps(changed_table)))
        assert f"{name!a} is no name" in message
    roles = table("dev/kubernetes_roles.json")
    roles[0]["name"] = name
    assert "is no name" in refused(changed("dev/kubernetes_roles.json", json.dumps(roles)))
    assert "is no name" in refused(changed(f"dev/acl/{name}.hcl", ""))


def test_a_connection_that_allows_whatever_is_named_so_is_refused() -> None:
    connections = table("dev/database_connections.json")
    connections[0]["allowed_roles"] = ["*"]
    message = refused(changed("dev/database_connections.json", json.dumps(connections)))
    assert "'*' is no name" in message


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("database_static_roles", "connection"),
        ("database_static_roles", "username"),
        ("rotations", "role"),
        ("rotations", "service_account"),
        ("rotations", "namespace"),
    ],
)
def test_a_wildcard_that_is_no_name_is_refused_wherever_a_name_stands(file: str, key: str) -> None:
    things = table(f"dev/{file}.json")
    things[-1][key] = "a*"
    assert "'a*' is no name" in refused(changed(f"dev/{file}.json", json.dumps(things)))


def test_of_two_entries_of_one_name_neither_is_hidden() -> None:
    roles = table("dev/pki_roles.json")
    message = refused(changed("dev/pki_roles.json", json.dumps([*roles, roles[-1]])))
    assert f"{roles[-1]['name']} is there twice" in message
    assert len(roles) > 1


@pytest.mark.parametrize(("key", "other"), [("workload", "role"), ("role", "workload")])
def test_two_members_of_one_name_would_hide_each_other(key: str, other: str) -> None:
    owners = table("dev/owners.json")
    first = owners[0]["members"][0]
    owners[1]["members"].append({key: first[key], other: "another"})
    message = refused(changed("dev/owners.json", json.dumps(owners)))
    assert f"the {key} {first[key]} is there 2 times" in message


def test_a_lifetime_of_less_than_nothing_is_refused() -> None:
    roles = table("dev/kubernetes_roles.json")
    roles[0]["token"]["max_ttl_seconds"] = -1
    message = refused(changed("dev/kubernetes_roles.json", json.dumps(roles)))
    assert "entry 0 (kubesentiment) has a token of less than nothing" in message
