"""What the proof expects comes from the matrix' grants alone: each kind of cell, both answers."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from policies.environments import Environment
from policies.grants import KvAccess
from policies.hcl import Capability
from policies.matrix import MATRIX
from policies.subject import Subject, subjects_in
from rehearsal.proof import expectations
from rehearsal.proof.expectations import PATCHES, READS, WRITES
from tests.rehearsal.subjects import SUBJECTS, subject

READ, LIST, UPDATE = Capability.READ, Capability.LIST, Capability.UPDATE
API, ADMIN, ROTATION, CI, OPERATORS = (
    "shop/api",
    "shop/admin",
    "shop/rotation",
    "shop/ci",
    "people/operators",
)
OWN, KEYS, FOREIGN = "shop/api", "deploy/shop/keys", "other/api"


@pytest.mark.parametrize(
    ("who", "reads", "writes", "patches"),
    [
        (API, True, False, False),
        (ADMIN, True, True, True),
        (ROTATION, False, False, True),
        (CI, False, False, False),
        (OPERATORS, False, False, False),
    ],
)
def test_an_applications_own_entry(who: str, reads: bool, writes: bool, patches: bool) -> None:
    one = subject(who)
    assert expectations.kv(one, OWN, READS) is reads
    assert expectations.kv(one, OWN, WRITES) is writes
    assert expectations.kv(one, OWN, PATCHES) is patches


def test_the_deployment_keys_are_for_the_pipeline_alone() -> None:
    assert {s.label for s in SUBJECTS if expectations.kv(s, KEYS, READS)} == {CI}


@pytest.mark.parametrize("accesses", [READS, WRITES, PATCHES])
def test_nobody_may_touch_what_is_anothers(accesses: frozenset[KvAccess]) -> None:
    assert not [s.label for s in SUBJECTS if expectations.kv(s, FOREIGN, accesses)]
    assert not [s.label for s in SUBJECTS if expectations.kv(s, "shopping/api", accesses)]


def test_a_folder_is_listed_by_who_writes_all_of_it() -> None:
    assert {s.label for s in SUBJECTS if expectations.kv_list(s, "shop")} == {ADMIN}
    assert not any(expectations.kv_list(s, "deploy/shop") for s in SUBJECTS)


@pytest.mark.parametrize(
    ("role", "who"), [("shop-readonly", API), ("shop-readwrite", ADMIN), ("shop-x", None)]
)
def test_a_database_role_is_for_who_has_just_that_access(role: str, who: str | None) -> None:
    workloads = [s for s in SUBJECTS if s.application]
    found = {s.label for s in workloads if expectations.database(s, role)}
    assert found == ({who} if who else set())


def test_a_cloud_role_is_for_who_is_granted_it() -> None:
    assert {s.label for s in SUBJECTS if expectations.cloud(s, "uploads")} == {API}
    assert not any(expectations.cloud(s, "admin") for s in SUBJECTS)


def test_a_certificate_is_for_the_workload_itself() -> None:
    for role, who in (("shop-api", API), ("shop-admin", ADMIN), ("shop-rotation", None)):
        found = {s.label for s in SUBJECTS if expectations.pki(s, role)}
        assert found == ({who} if who else set())


def test_who_administers_certificates_revokes_what_it_holds_the_key_of() -> None:
    assert {s.label for s in SUBJECTS if expectations.revokes_with_key(s)} == {ADMIN}


@pytest.mark.parametrize(
    ("rule", "path", "matches"),
    [
        ("auth/+/role/*", "auth/kubernetes/role/one", True),
        ("auth/+/role/*", "auth/kubernetes/role/one/two", True),
        ("auth/+/role/*", "auth/kubernetes/role/", True),
        ("auth/+/role/*", "auth/kubernetes/role", False),
        ("auth/+/role/*", "auth/kubernetes/other/one", False),
        ("auth/+/ro*", "auth/kubernetes/role", True),
        ("auth/+/ro*", "auth/kubernetes/tune", False),
        ("sys/leases/lookup/*", "sys/leases/lookup/", True),
        ("sys/leases/lookup/*", "sys/leases/lookup", False),
    ],
)
def test_wildcards_are_vaults(rule: str, path: str, matches: bool) -> None:
    assert expectations._matches(rule, path) is matches


def test_renewing_and_issuing_are_for_who_is_granted_them() -> None:
    assert {s.label for s in SUBJECTS if expectations.renew_self(s)} == {API}
    assert {s.label for s in SUBJECTS if expectations.issues_secret_ids(s)} == {OPERATORS}


@pytest.mark.parametrize(
    ("path", "capability", "allowed"),
    [
        ("sys/leases/revoke", UPDATE, True),
        ("sys/leases/revoke", READ, False),
        ("sys/leases/revoke-force", UPDATE, False),
        ("sys/leases", UPDATE, False),
        ("secret/metadata/shop/api", READ, True),
        ("secret/metadata/shop/", LIST, True),
        ("secret/metadata/shop/api", UPDATE, False),
        ("secret/data/shop/api", READ, False),
        ("sys/policies/acl/one", READ, True),
        ("sys/policies/acl/one/two", READ, False),
        ("sys/policies/acl", READ, False),
        ("sys/policies/acl", LIST, True),
        ("sys/policies/acl/", LIST, True),
    ],
)
def test_paths_of_vault_itself(path: str, capability: Capability, allowed: bool) -> None:
    assert expectations.control(subject(OPERATORS), path, capability) is allowed
    assert not expectations.control(subject(ADMIN), path, capability)


COMPILED: Final = {"policies.compile", "policies.stanzas", "policies.plan", "policies.rendering"}


def test_expectations_never_see_what_was_compiled() -> None:
    """Or a mistake in compiling would be expected."""
    tree = ast.parse(Path(expectations.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported.isdisjoint(COMPILED)


def test_the_platforms_jobs_rotate_what_they_are_named_after() -> None:
    everybody = subjects_in(MATRIX, Environment.PROD)
    (pipeline,) = (one for one in everybody if one.label == "kubesentiment/ci")

    def who(may: Callable[[Subject], object]) -> set[str]:
        return {one.label for one in everybody if may(one)}

    assert who(lambda one: expectations.rotates_database_root(one, "kubesentiment")) == {
        "platform/rotation-kubesentiment-database"
    }
    assert who(lambda one: expectations.rotates_database_root(one, "media-catalog")) == set()
    assert who(expectations.rotates_aws_root) == {"platform/rotation-aws"}
    assert who(expectations.renews_intermediate) == {"platform/rotation-pki"}
    assert who(lambda one: expectations.rotates_secret_ids(one, pipeline)) == {
        "platform/rotation-kubesentiment-ci"
    }
    assert who(lambda one: expectations.rotates_secret_ids(one, everybody[0])) == set()
    assert who(lambda one: expectations.static_user(one, "kubesentiment-exports")) == {
        "kubesentiment/batch"
    }


def test_one_machine_copies_all_that_vault_stores_where_that_can_be_done() -> None:
    for environment in Environment:
        who = [one for one in subjects_in(MATRIX, environment) if expectations.takes_snapshots(one)]
        expected = [] if environment is Environment.DEV else ["platform/snapshots"]
        assert [one.label for one in who] == expected


def test_who_keeps_what_it_replaces_reads_it() -> None:
    everybody = subjects_in(MATRIX, Environment.PROD)
    (job,) = (one for one in everybody if one.label == "media-catalog/rotation")
    assert expectations.kv(job, "media-catalog/api", READS)
    assert expectations.kv(job, "media-catalog/api", PATCHES)
    assert not expectations.kv(job, "media-catalog/api", WRITES)
    assert not expectations.kv(job, "media-catalog/database", READS)
