"""`who-can`: everyone whose ACL allows it, and nobody else."""

from __future__ import annotations

import pytest

from policies.commands import who_can
from tests.policies.commands.conftest import Call, Ended
from tests.policies.repositories import Repository


def workloads(ended: Ended) -> dict[tuple[str, str], list[str]]:
    return {
        (one["environment"], one["workload"]): one["capabilities"]
        for one in ended.document["answers"]
    }


def test_all_who_may_at_a_path_with_all_that_they_may(call: Call) -> None:
    ended = call("who-can", "secret/data/media-catalog/api", "--format", "json")
    assert ended.status == 0
    assert workloads(ended) == {
        (environment, workload): capabilities
        for environment in ("dev", "staging", "prod")
        for workload, capabilities in (
            ("media-catalog/api", ["read"]),
            ("media-catalog/rotation", ["patch", "read"]),
        )
    }


def test_a_row_says_who_by_which_rule_and_how_they_log_in(call: Call) -> None:
    asked = ("who-can", "/auth/approle/role/kubesentiment-ci/secret-id", "--env", "prod")
    one, other = call(*asked, "--format", "json").document["answers"]
    assert other["workload"] == "platform/rotation-kubesentiment-ci"
    assert other["conditions"].endswith("; only metadata")
    assert one == {
        "environment": "prod",
        "workload": "people/operators",
        "role": "operators",
        "login": "OIDC group vault-operators-prod",
        "capabilities": ["update"],
        "rule": "auth/approle/role/kubesentiment-ci/secret-id",
        "grants": ["people/operators: issue secret IDs (hand a pipeline what it logs in with)"],
        "conditions": "wrapped for at least 60 s; wrapped for at most 3600 s",
        "witness": "auth/approle/role/kubesentiment-ci/secret-id",
        "list_witness": "",
    }
    heading, _, row, *_ = call(*asked).lines
    assert " ".join(heading.split()) == "in workload may by the rule only logs in by"
    for cell in (
        "prod",
        "people/operators",
        "update",
        "wrapped for at least 60 s; wrapped for at most 3600 s",
        "OIDC group vault-operators-prod",
    ):
        assert cell in row


def test_only_who_has_one_capability(call: Call) -> None:
    asked = ("secret/data/kubesentiment/config", "delete", "--format", "json", "--env", "dev")
    assert set(workloads(call("who-can", *asked))) == {("dev", "kubesentiment/admin")}


def test_within_a_pattern_there_is_a_path_to_try(call: Call) -> None:
    ended = call("who-can", "secret/+/deploy/*", "--env", "dev")
    assert ended.status == 0
    assert "such as at" in ended.lines[0]
    assert [line.split()[1] for line in ended.lines[2:] if line.strip()] == [
        "kubesentiment/ci",
        "people/auditors",
    ]
    assert "secret/data/deploy/kubesentiment/any" in ended.out
    assert "secret/metadata/deploy/" in ended.out


def test_every_sudo_that_there_is(call: Call) -> None:
    ended = call("who-can", "*", "sudo", "--format", "json", "--env", "prod")
    found = {(one["workload"], one["rule"]) for one in ended.document["answers"]}
    assert found == {
        ("people/auditors", "sys/audit"),
        ("people/operators", "sys/leases/lookup"),
        ("people/operators", "sys/leases/lookup/*"),
        ("people/operators", "sys/leases/revoke-prefix/*"),
        ("platform/attest", "auth/token/accessors"),
        ("platform/attest", "sys/audit"),
        ("platform/attest", "sys/config/auditing/request-headers"),
        ("platform/attest", "sys/config/cors"),
        ("platform/attest", "sys/config/ui/headers"),
    }


def test_environments_come_one_after_the_other(call: Call) -> None:
    rows = [line.split()[0] for line in call("who-can", "sys/mounts").lines[2:] if line.strip()]
    assert rows == ["dev"] * 3 + ["staging"] * 3 + ["prod"] * 3


def test_nobody_is_an_answer(call: Call) -> None:
    assert call("who-can", "sys/seal").out == "nobody may do anything at sys/seal\n"
    ended = call("who-can", "sys/seal", "update")
    assert (ended.status, ended.out) == (0, "nobody may update at sys/seal\n")
    assert call("who-can", "sys/seal", "--format", "json").document["answers"] == []


def test_a_commit_can_be_asked_and_its_templated_rules_are_named(
    call: Call, repository: Repository
) -> None:
    policy = "policies/rendered/dev/acl/kubesentiment-api-dev.hcl"
    repository.write(
        policy,
        'path "sys/seal" {\n  capabilities = ["update", "sudo"]\n}\n'
        'path "secret/data/{{identity.entity.id}}/*" {\n  capabilities = ["read"]\n}\n',
    )
    repository.commit()
    ended = call("who-can", "sys/seal", "--ref", "main")
    assert ended.status == 0
    assert "kubesentiment/api" in ended.out
    assert ended.lines[-1] == (
        "Not weighed: dev, kubesentiment/api: templated rules are about who asks, which is not "
        "known: secret/data/{{identity.entity.id}}/*"
    )
    assert call("who-can", "sys/seal").out.startswith("nobody")
    document = call("who-can", "sys/seal", "--ref", "main", "--format", "json").document
    said = ended.lines[-1].removeprefix("Not weighed: dev, kubesentiment/api: ")
    assert document["not_weighed"] == {"dev, kubesentiment/api": [said]}
    assert (document["path"], len(document["answers"])) == ("sys/seal", 1)


def test_within_a_pattern_each_answer_has_what_can_be_tried(call: Call) -> None:
    document = call("who-can", "pki/+", "list", "--env", "dev", "--format", "json").document
    assert (document["path"], document["not_weighed"]) == ("pki/+", {})
    tried = [(one["workload"], one["witness"], one["list_witness"]) for one in document["answers"]]
    assert tried == [
        ("people/auditors", "", "pki/certs/"),
        ("people/auditors", "", "pki/roles/"),
        ("people/operators", "", "pki/certs/"),
        ("platform/attest", "", "pki/roles/"),
    ]


def test_a_table_has_the_columns_that_say_something(call: Call) -> None:
    def headings(*arguments: str) -> str:
        return " ".join(call("who-can", *arguments, "--env", "dev").lines[0].split())

    one_path, pattern = "sys/audit", "pki/+"
    assert headings(one_path) == "in workload may by the rule logs in by"
    assert headings(pattern) == "in workload may by the rule such as at logs in by"
    conditioned = "auth/approle/role/+/secret-id"
    assert headings(conditioned) == "in workload may by the rule such as at only logs in by"
    rows = call("who-can", conditioned, "--env", "dev").lines
    (row,) = [" ".join(line.split()) for line in rows if "people/operators" in line]
    at = "auth/approle/role/kubesentiment-ci/secret-id"
    wrapped = "wrapped for at least 60 s; wrapped for at most 3600 s"
    by = "OIDC group vault-operators-dev"
    assert row == f"dev people/operators update {at} {at} {wrapped} {by}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("kv/data/x",), "error: path 'kv/data/x': must lie under a mount; the mounts are secret"),
        (("secret/data/x", "raed"), "capability 'raed': there is none of this name; did you mean"),
        (("secret/data/x", "--ref", "gone"), "error: reference 'gone': there is no such commit"),
        (("secret/data/x", "--ref=--help"), "is not what a commit can be named"),
    ],
)
def test_what_cannot_be_asked_is_3_and_says_the_fix(
    call: Call, repository: Repository, arguments: tuple[str, ...], said: str
) -> None:
    assert repository
    ended = call("who-can", *arguments)
    assert (ended.status, ended.out) == (3, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert who_can.REFUSALS
