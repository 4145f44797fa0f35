"""`explain`: all about one workload."""

from __future__ import annotations

import pytest

from policies.commands import explain
from tests.policies.commands.conftest import Call
from tests.policies.repositories import Repository


def test_a_workload_in_words(call: Call) -> None:
    ended = call("explain", "kubesentiment/api", "--env", "prod")
    assert ended.status == 0
    lines = [" ".join(line.split()) for line in ended.lines]
    assert lines[:8] == [
        "kubesentiment/api in prod, of sentiment-team",
        "logs in by Kubernetes service account kubesentiment-prod/kubesentiment",
        "with a token for the audience vault-prod",
        "role auth/kubernetes/role/kubesentiment",
        "policies kubesentiment-api-prod",
        "token 1h (role), at most 24h (role)",
        "",
        "It may:",
    ]
    for told in (
        "at what granted as",
        "Secrets whose values it can read:",
        "Credentials that it can have:",
        "from lives ends",
        "secret/data/kubesentiment/* read values kv read kubesentiment/*",
        "auth/token/renew-self renew its own token renew-self",
        "database/creds/kubesentiment-readwrite have a database user made database readwrite",
        "kubesentiment/config (redis_password, kafka_password, model_api_key)",
        "pki/issue/kubesentiment-api 24h (role), at most 72h (role) by itself",
        "It holds no power that leads to more than this.",
    ):
        assert told in lines


def test_powers_are_told_with_their_chain(call: Call) -> None:
    ended = call("explain", "operators", "--env", "dev")
    assert "Powers:" in ended.lines
    assert (
        "  escalation, issue-secret-ids: update auth/approle/role/kubesentiment-ci/secret-id: with "
        "a role ID, which is no secret, it logs in as another workload"
    ) in ended.lines
    assert "only wrapped for at least 60 s" in ended.out


def test_what_it_rotates_is_told(call: Call) -> None:
    lines = [
        " ".join(line.split())
        for line in call("explain", "media-catalog/rotation", "--env", "prod").lines
    ]
    at = lines.index("It rotates by schedule (UTC):")
    assert "what when called" in lines[at:]
    assert "kv-key media-catalog/api jwt_secret 0 3 * * 1 media-catalog-jwt-secret" in lines[at:]
    powers = lines[lines.index("Powers:") :]
    restarts = (
        "availability, restart-deployments: patch deployments/media-catalog in media-catalog-prod"
    )
    assert [line for line in powers if line.startswith(restarts)]
    (one,) = call("explain", "platform/rotation-pki", "--env", "prod", "--format", "json").document[
        "answers"
    ]
    assert one["team"] == "platform-team"
    assert [each["what"] for each in one["rotations"]] == ["pki-intermediate pki"]
    assert "It rotates" not in call("explain", "kubesentiment/api", "--env", "prod").out


def test_a_password_that_vault_rotates_lives_until_then(call: Call) -> None:
    lines = [
        " ".join(line.split())
        for line in call("explain", "kubesentiment/batch", "--env", "prod").lines
    ]
    assert "database/static-creds/kubesentiment-exports 168h (rotation) by itself" in lines


def test_every_environment_unless_one_is_chosen(call: Call) -> None:
    heads = [line for line in call("explain", "media-catalog/api").lines if " in " in line]
    assert [line.partition(",")[0] for line in heads if "team" in line] == [
        "media-catalog/api in dev",
        "media-catalog/api in staging",
        "media-catalog/api in prod",
    ]


def test_without_renewal_a_lease_ends_with_the_first_token(call: Call) -> None:
    (one,) = call("explain", "kubesentiment/batch", "--env", "dev", "--format", "json").document[
        "answers"
    ]
    lifetimes = {lives["credential"]: lives for lives in one["lifetimes"]}
    assert lifetimes["token"]["maximum_seconds"] == 3600
    lease = lifetimes["database/creds/kubesentiment-readonly"]
    assert (lease["maximum_seconds"], lease["ends_with_token"]) == (3600, True)
    lines = [" ".join(line.split()) for line in call("explain", "kubesentiment/batch").lines]
    lives = "database/creds/kubesentiment-readonly 1h (role) with its token, at the latest"
    assert lives in lines


def test_json_has_all_that_is_said(call: Call) -> None:
    ended = call("explain", "kubesentiment-ci", "--env", "dev", "--format", "json")
    assert ended.status == 0
    (one,) = ended.document["answers"]
    assert one["workload"] == "kubesentiment/ci"
    assert one["login"] == "AppRole, a secret ID for 20 logins in 24h"
    assert one["secrets"] == ["deploy/kubesentiment/keys (registry_token, signing_key)"]
    (reach,) = [reach for reach in one["reaches"] if reach["rule"].startswith("secret/")]
    assert reach == {
        "rule": "secret/data/deploy/kubesentiment/*",
        "capabilities": ["read"],
        "meaning": "read values",
        "conditions": "",
        "witness": "secret/data/deploy/kubesentiment/any",
        "list_witness": "",
        "grants": ["kv read deploy/kubesentiment/*"],
    }
    assert one["powers"] == []


def test_for_tools_rotations_lifetimes_and_powers_are_whole(call: Call) -> None:
    asked = ("explain", "media-catalog/rotation", "--env", "prod", "--format", "json")
    document = call(*asked).document
    assert document.keys() == {"workload", "answers"}
    assert document["workload"] == "media-catalog/rotation"
    (one,) = document["answers"]
    (power,) = one.pop("powers")
    (rotation,) = one.pop("rotations")
    rules = [reach["rule"] for reach in one.pop("reaches")]
    assert rules == sorted(rules)
    entry = "jwt_secret, session_secret, jwt_secret_previous, jwt_secret_previous_until"
    assert one == {
        "environment": "prod",
        "workload": "media-catalog/rotation",
        "team": "media-team",
        "role": "auth/kubernetes/role/media-catalog-rotation",
        "login": "Kubernetes service account media-catalog-prod/media-catalog-rotation",
        "policies": ["media-catalog-rotation-prod"],
        "secrets": [f"media-catalog/api ({entry})"],
        "lifetimes": [
            {
                "credential": "token",
                "default_seconds": 900,
                "default_bound": "role",
                "maximum_seconds": 900,
                "maximum_bound": "role",
                "ends_with_token": True,
            }
        ],
        "not_weighed": [],
    }
    assert rotation.pop("task")["type"] == "kv-key"
    assert rotation == {
        "name": "media-catalog-jwt-secret",
        "what": "kv-key media-catalog/api jwt_secret",
        "schedule": "0 3 * * 1",
        "interval_seconds": 604_800,
    }
    assert power.pop("chain").startswith("it reads the Deployment, with all that stands in clear")
    assert power == {
        "name": "restart-deployments",
        "effect": "availability",
        "capability": "patch",
        "witness": "deployments/media-catalog in media-catalog-prod",
    }


def test_what_a_request_must_bring_is_told_once_as_the_only_way(
    call: Call, repository: Repository
) -> None:
    repository.write(
        "policies/rendered/dev/acl/kubesentiment-api-dev.hcl",
        '# by hand\npath "pki/issue/kubesentiment-api" {\n  capabilities = ["update"]\n'
        '  allowed_parameters = { "ttl" = ["1h"] }\n}\n'
        'path "sys/mounts" {\n  capabilities = ["read"]\n  min_wrapping_ttl = "60s"\n}\n'
        'path "secret/data/{{identity.entity.id}}" {\n  capabilities = ["read"]\n}\n',
    )
    repository.commit()
    asked = ("explain", "kubesentiment/api", "--env", "dev", "--ref", "HEAD")
    lines = [" ".join(line.split()) for line in call(*asked).lines]
    assert ("pki/issue/kubesentiment-api have certificates issued; only ttl in 1h by hand") in lines
    assert "sys/mounts read; only wrapped for at least 60 s" in lines
    (one,) = call(*asked, "--format", "json").document["answers"]
    conditions = {reach["rule"]: reach["conditions"] for reach in one["reaches"]}
    assert conditions["pki/issue/kubesentiment-api"] == "only ttl in 1h"
    (said,) = one["not_weighed"]
    assert said.startswith("templated rules are about who asks")


def test_a_secret_is_listed_only_where_its_values_can_be_read(
    call: Call, repository: Repository
) -> None:
    repository.write(
        "policies/rendered/dev/acl/kubesentiment-api-dev.hcl",
        'path "secret/data/kubesentiment/*" {\n  capabilities = ["update"]\n}\n'
        'path "secret/metadata/kubesentiment/*" {\n  capabilities = ["read"]\n}\n',
    )
    repository.commit()
    asked = ("explain", "kubesentiment/api", "--env", "dev", "--ref", "HEAD")
    ended = call(*asked)
    assert "Secrets whose values it can read:" not in ended.lines
    assert "Credentials that it can have:" not in ended.lines
    assert call(*asked, "--format", "json").document["answers"][0]["secrets"] == []


def test_a_workload_that_nobody_owns_is_of_no_team(call: Call, repository: Repository) -> None:
    repository.write("policies/rendered/dev/owners.json", "[]\n")
    repository.commit()
    asked = ("explain", "kubesentiment-ci", "--env", "dev", "--ref", "HEAD")
    assert call(*asked).lines[0] == "kubesentiment-ci in dev"
    assert call(*asked, "--format", "json").document["answers"][0]["team"] == ""
    assert call("explain", "operators", "--env", "dev").lines[0] == "people/operators in dev"


def test_environments_are_told_apart_by_an_empty_line(call: Call) -> None:
    lines = call("explain", "people/auditors").lines
    heads = [f"people/auditors in {one}" for one in ("dev", "staging", "prod")]
    assert [line for line in lines if line.startswith("people/auditors in")] == heads
    assert lines[0] == heads[0]
    assert [lines[lines.index(head) - 1] for head in heads[1:]] == ["", ""]


def test_a_rule_that_decides_nothing_is_left_out(call: Call, repository: Repository) -> None:
    policy = "policies/rendered/dev/acl/kubesentiment-api-dev.hcl"
    repository.write(
        policy,
        'path "sys/audit" {\n  capabilities = ["read"]\n}\n'
        'path "secret/data/{{identity.entity.id}}" {\n  capabilities = ["read"]\n}\n',
    )
    repository.commit()
    ended = call("explain", "kubesentiment/api", "--env", "dev", "--ref", "HEAD")
    assert ended.status == 0
    assert "sys/audit" not in ended.out  # root-protected, and without sudo
    assert ended.lines[-1].startswith("Not weighed: templated rules are about who asks")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("kubesentiment",), ""),
        (("kubesentimental",), "workload 'kubesentimental': there is none of this name; did you"),
        (("nobody-at-all",), "there are kubesentiment/admin, kubesentiment/api, "),
        (("kubesentiment/api", "--env", "test"), "there are dev, staging, prod"),
    ],
)
def test_an_unknown_workload_or_environment(
    call: Call, arguments: tuple[str, ...], said: str
) -> None:
    ended = call("explain", *arguments)
    assert ended.status == (3 if said else 0)
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert explain.REFUSALS
