"""`can`: Vault's answer, the rule that gives it with its grant, and why the others lost."""

from __future__ import annotations

import json

import pytest

from policies.commands import can
from tests.policies.commands.conftest import Call
from tests.policies.repositories import Repository

CONFIG = "secret/data/kubesentiment/config"
SECRET_ID = "auth/approle/role/kubesentiment-ci/secret-id"


def test_yes_with_the_rule_its_stanza_and_the_grant(call: Call) -> None:
    ended = call("can", "kubesentiment/api", "read", CONFIG)
    assert ended.status == 0
    assert ended.out == (
        "dev, staging, prod: yes, secret/data/kubesentiment/* allows it\n"
        "\n"
        "The rule that decides:\n"
        "  # kubesentiment/api: kv read kubesentiment/*\n"
        '  path "secret/data/kubesentiment/*" {\n'
        '    capabilities = ["read"]\n'
        "  }\n"
        "\n"
        "7 rules do not match in the first segment\n"
        "ACL policies: kubesentiment-api-dev, kubesentiment-api-staging, kubesentiment-api-prod\n"
    )


def test_the_roles_name_is_as_good_as_the_workloads(call: Call) -> None:
    by_label = call("can", "people/operators", "read", "sys/mounts")
    assert call("can", "operators", "read", "sys/mounts") == by_label
    assert by_label.status == 0


def test_no_with_what_is_missing(call: Call) -> None:
    ended = call("can", "kubesentiment/api", "update", CONFIG, "--env", "prod")
    assert ended.status == 1
    assert ended.lines[0] == "prod: no, secret/data/kubesentiment/* grants no update"


def test_no_where_no_rule_matches_names_the_segment(call: Call) -> None:
    ended = call("can", "kubesentiment/api", "read", "secret/data/media-catalog/api")
    assert ended.status == 1
    assert "no, no rule matches the path" in ended.lines[0]
    reason = "segment 3 is 'media-catalog', and not 'kubesentiment'"
    assert f"  secret/data/kubesentiment/* [read]: {reason}" in ended.lines
    # Then all policies that it has are named.
    last = "kubesentiment-api-dev, kubesentiment-api-staging, kubesentiment-api-prod"
    assert ended.lines[-1] == f"ACL policies: {last}"


def test_environments_that_differ_are_told_apart_and_one_no_is_no(call: Call) -> None:
    ended = call("can", "media-catalog/api", "read", "secret/data/media-catalog/external")
    assert ended.status == 1
    assert [line for line in ended.lines if ": yes" in line or ": no" in line] == [
        "dev: yes, secret/data/media-catalog/* allows it",
        "staging: yes, secret/data/media-catalog/external allows it",
        "prod: no, no rule matches the path",
    ]


def test_list_is_asked_with_the_slash_that_the_api_adds(call: Call) -> None:
    for path in ("secret/metadata", "secret/metadata/", "pki/certs"):
        ended = call("can", "people/auditors", "list", path, "--env", "dev")
        assert ended.status == 0
        assert f"Asked as LIST of {path.rstrip('/')}/" in ended.lines
    assert call("can", "people/auditors", "read", "pki/certs", "--env", "dev").status == 1


def test_the_rule_that_decides_a_list_is_the_one_of_the_folders_name(
    call: Call, repository: Repository
) -> None:
    repository.write(
        "policies/rendered/dev/acl/kubesentiment-api-dev.hcl",
        'path "secret/metadata/a" {\n  capabilities = ["read"]\n}\n'
        'path "secret/metadata/*" {\n  capabilities = ["read", "list"]\n}\n',
    )
    repository.commit()

    def deciding(capability: str) -> tuple[bool, str]:
        asked = ("can", "kubesentiment/api", capability, "secret/metadata/a/", "--env", "dev")
        (answer,) = call(*asked, "--ref", "HEAD", "--format", "json").document["answers"]
        return answer["allowed"], answer["rule"]["path"]

    assert deciding("list") == (False, "secret/metadata/a")
    assert deciding("read") == (True, "secret/metadata/*")


def test_a_narrower_rule_is_told_to_outrank(call: Call, repository: Repository) -> None:
    policy = "policies/rendered/dev/acl/kubesentiment-api-dev.hcl"
    text = (repository.root / policy).read_text()
    denial = 'path "secret/data/kubesentiment/config" {\n  capabilities = ["deny"]\n}\n'
    repository.write(policy, f"{text}\n{denial}")
    repository.commit()
    ended = call("can", "kubesentiment/api", "read", CONFIG, "--env", "dev", "--ref", "HEAD")
    assert ended.status == 1
    assert ended.lines[0] == f"dev: no, {CONFIG} denies"
    at = ended.lines.index("Other rules that match, and were outranked:")
    assert ended.lines[at + 1] == (
        "  secret/data/kubesentiment/* [read]: a rule without wildcards that is the path itself "
        "goes first"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 1, f"{SECRET_ID}: the answer must be wrapped, for at most 3600 s"),
        (("--wrap-ttl", "5m"), 0, f"{SECRET_ID} allows it"),
        (("--wrap-ttl", "59"), 1, f"{SECRET_ID}: the answer must be wrapped, for at least 60 s"),
        (("--wrap-ttl", "2h"), 1, f"{SECRET_ID}: the answer must be wrapped, for at most 3600 s"),
    ],
)
def test_wrapping_counts(call: Call, arguments: tuple[str, ...], status: int, said: str) -> None:
    ended = call("can", "operators", "update", SECRET_ID, "--env", "dev", *arguments)
    assert ended.status == status
    assert ended.lines[0] == f"dev: {'no' if status else 'yes'}, {said}"


def test_parameters_count(call: Call, repository: Repository) -> None:
    policy = "policies/rendered/dev/acl/kubesentiment-api-dev.hcl"
    stanza = (
        'path "pki/issue/kubesentiment-api" {\n  capabilities = ["update"]\n'
        '  allowed_parameters = { "ttl" = ["1h"], "options" = [] }\n}\n'
    )
    repository.write(policy, stanza)
    repository.commit()
    asked = ("can", "kubesentiment/api", "update", "pki/issue/kubesentiment-api")
    where = ("--env", "dev", "--ref", "HEAD")
    assert call(*asked, *where, "--data", "ttl=1h").status == 0
    assert call(*asked, *where, "--data", '{"ttl": "1h", "options": {"cas": 0}}').status == 0
    ended = call(*asked, *where, "--data", "ttl=2h")
    assert ended.status == 1
    assert "the parameter 'ttl' is not allowed with this value" in ended.lines[0]
    assert "It asks for a request: only options, ttl in 1h" in ended.lines


def test_a_root_protected_path_takes_sudo(call: Call) -> None:
    ended = call("can", "people/auditors", "read", "sys/audit", "--env", "dev")
    assert ended.status == 0
    assert "sys/audit is root-protected: it takes sudo besides" in ended.lines


def test_so_it_is_in_our_own_pki_mounts(call: Call, repository: Repository) -> None:
    policy = "policies/rendered/dev/acl/kubesentiment-api-dev.hcl"
    repository.write(policy, 'path "pki-root/*" {\n  capabilities = ["delete"]\n}\n')
    repository.commit()
    where = ("--env", "dev", "--ref", "HEAD")
    ended = call("can", "kubesentiment/api", "delete", "pki-root/root", *where)
    assert ended.status == 1
    assert ended.lines[0] == ("dev: no, the path is root-protected, and pki-root/* grants no sudo")
    assert call("can", "kubesentiment/api", "delete", "pki-root/issuer/x", *where).status == 0


def test_vault_writes_to_no_path_that_ends_in_a_slash(call: Call) -> None:
    ended = call("can", "kubesentiment/admin", "update", f"{CONFIG}/", "--env", "dev")
    assert ended.status == 1
    assert ended.lines[0] == (
        "dev: no, Vault refuses to write to a path that ends in a slash, whatever a rule says"
    )
    document = call(
        *("can", "kubesentiment/admin", "update", f"{CONFIG}/", "--env", "dev", "--format", "json")
    ).document
    assert (document["allowed"], document["answers"][0]["allowed"]) == (False, False)
    assert call("can", "kubesentiment/admin", "update", CONFIG, "--env", "dev").status == 0


def test_json_has_all_that_is_said(call: Call) -> None:
    ended = call("can", "kubesentiment/api", "read", f"/{CONFIG}", "--format", "json")
    document = ended.document
    assert (document["workload"], document["capability"]) == ("kubesentiment/api", "read")
    assert (document["path"], document["allowed"]) == (CONFIG, True)
    first = document["answers"][0]
    assert (first["environment"], first["allowed"]) == ("dev", True)
    assert first["rule"]["sources"] == [
        {
            "policy": "kubesentiment-api-dev",
            "grant": "kubesentiment/api: kv read kubesentiment/*",
            "stanza": (
                "# kubesentiment/api: kv read kubesentiment/*\n"
                'path "secret/data/kubesentiment/*" {\n  capabilities = ["read"]\n}\n'
            ),
        }
    ]
    # Unlike in words, every rule is there.
    assert len(first["others"]) == 7
    assert {other["outcome"] for other in first["others"]} == {"no match"}


@pytest.fixture
def everything(repository: Repository) -> tuple[str, ...]:
    """Where to ask: a rule that decides, one that is outranked, one near, and one templated."""
    repository.write(
        "policies/rendered/dev/acl/kubesentiment-api-dev.hcl",
        '# kubesentiment/api: look\npath "sys/audit" {\n  capabilities = ["read", "sudo"]\n'
        '  min_wrapping_ttl = "60s"\n}\n'
        'path "sys/*" {\n  capabilities = ["read", "list"]\n}\n'
        'path "sys/+/x" {\n  capabilities = ["deny"]\n}\n'
        'path "secret/data/{{identity.entity.id}}" {\n  capabilities = ["read"]\n}\n',
    )
    repository.commit()
    return ("--env", "dev", "--ref", "HEAD")


def test_in_words_there_is_all_that_counts(call: Call, everything: tuple[str, ...]) -> None:
    asked = ("can", "kubesentiment/api", "read", "sys/audit", "--wrap-ttl", "5m")
    assert call(*asked, *everything).out == (
        "dev: yes, sys/audit allows it\n"
        "sys/audit is root-protected: it takes sudo besides\n"
        "It asks for a request: wrapped for at least 60 s\n"
        "\n"
        "The rule that decides:\n"
        "  # kubesentiment/api: look\n"
        '  path "sys/audit" {\n'
        '    capabilities     = ["read", "sudo"]\n'
        '    min_wrapping_ttl = "1m"\n'
        "  }\n"
        "\n"
        "Other rules that match, and were outranked:\n"
        "  sys/* [read, list]: a rule without wildcards that is the path itself goes first\n"
        "\n"
        "Rules that do not match:\n"
        "  sys/+/x [deny]: it asks for a segment 3, and the path has 2\n"
        "\n"
        "1 rule does not match in the first segment\n"
        "\n"
        "Not weighed: templated rules are about who asks, which is not known: "
        "secret/data/{{identity.entity.id}}\n"
        "ACL policies: kubesentiment-api-dev\n"
    )


def test_for_tools_there_is_all_that_counts(call: Call, everything: tuple[str, ...]) -> None:
    asked = ("can", "kubesentiment/api", "read", "sys/audit", "--wrap-ttl", "5m", *everything)
    stanza = (
        '# kubesentiment/api: look\npath "sys/audit" {\n  capabilities     = ["read", "sudo"]\n'
        '  min_wrapping_ttl = "1m"\n}\n'
    )
    outranked, near, far = (
        ("sys/*", ["list", "read"], "outranked"),
        ("sys/+/x", ["deny"], "no match"),
        ("secret/data/{{identity.entity.id}}", ["read"], "no match"),
    )
    ended = call(*asked, "--format", "json")
    (answer,) = ended.document["answers"]
    others = answer.pop("others")
    assert [(one["path"], one["capabilities"], one["outcome"]) for one in others] == [
        outranked,
        near,
        far,
    ]
    assert others[1]["reason"] == "it asks for a segment 3, and the path has 2"
    assert answer == {
        "environment": "dev",
        "allowed": True,
        "reason": "sys/audit allows it",
        "rule": {
            "path": "sys/audit",
            "capabilities": ["read", "sudo"],
            "conditions": "wrapped for at least 60 s",
            "sources": [
                {
                    "policy": "kubesentiment-api-dev",
                    "grant": "kubesentiment/api: look",
                    "stanza": stanza,
                }
            ],
        },
        "not_weighed": [f"templated rules are about who asks, which is not known: {far[0]}"],
    }
    assert ended.document | {"answers": []} == {
        "workload": "kubesentiment/api",
        "capability": "read",
        "path": "sys/audit",
        "root_protected": True,
        "allowed": True,
        "answers": [],
    }
    assert ended.out == json.dumps(ended.document, indent=2) + "\n"


def test_no_where_there_is_no_such_workload(call: Call, repository: Repository) -> None:
    repository.write("policies/rendered/dev/approle_roles.json", "[]\n")
    repository.commit()
    asked = ("can", "kubesentiment/ci", "read", "auth/token/lookup-self", "--ref", "HEAD")
    ended = call(*asked)
    assert ended.status == 1
    assert ended.lines[:3] == [
        "dev: no, there is no such workload",
        "",
        "staging, prod: yes, auth/token/lookup-self allows it",
    ]
    document = call(*asked, "--format", "json").document
    assert (document["allowed"], document["root_protected"]) == (False, False)
    assert document["answers"][0] == {
        "environment": "dev",
        "allowed": False,
        "reason": "there is no such workload",
        "rule": None,
        "others": [],
        "not_weighed": [],
    }
    assert [answer["allowed"] for answer in document["answers"]] == [False, True, True]


def test_rules_of_one_pattern_are_told_to_be_merged(call: Call, repository: Repository) -> None:
    policy = "policies/rendered/dev/acl/kubesentiment-api-dev.hcl"
    stanza = 'path "{}sys/health" {{\n  capabilities = ["{}"]\n}}\n'
    repository.write(policy, stanza.format("", "read") + stanza.format("/", "update"))
    repository.commit()
    where = ("--env", "dev", "--ref", "HEAD")
    ended = call("can", "kubesentiment/api", "update", "sys/health", *where)
    assert ended.status == 0
    assert "The rule that decides, merged by Vault:" in ended.lines


def test_a_templated_rule_is_not_passed_over_in_silence(call: Call, repository: Repository) -> None:
    policy = "policies/rendered/dev/acl/kubesentiment-api-dev.hcl"
    path = "secret/data/{{identity.entity.name}}/*"
    repository.write(policy, f'path "{path}" {{\n  capabilities = ["read"]\n}}\n')
    repository.commit()
    asked = ("can", "kubesentiment/api", "read", "secret/data/bob/x")
    ended = call(*asked, "--env", "dev", "--ref", "HEAD")
    assert ended.status == 1
    said = f"templated rules are about who asks, which is not known: {path}"
    assert f"Not weighed: {said}" in ended.lines
    document = call(*asked, "--env", "dev", "--ref", "HEAD", "--format", "json").document
    assert document["answers"][0]["not_weighed"] == [said]


def test_nor_is_an_acl_policy_that_the_plan_does_not_have(
    call: Call, repository: Repository
) -> None:
    """Vault comes with one of the name `default`."""
    roles = repository.root / "policies/rendered/dev/approle_roles.json"
    text = roles.read_text().replace('"kubesentiment-ci-dev"', '"default", "kubesentiment-ci-dev"')
    repository.write("policies/rendered/dev/approle_roles.json", text)
    repository.commit()
    asked = ("can", "kubesentiment/ci", "update", "sys/tools/hash", "--env", "dev")
    ended = call(*asked, "--ref", "HEAD")
    assert ended.status == 1
    assert "Not weighed: ACL policies that the plan does not have: default" in ended.lines
    assert "Not weighed" not in call(*asked).out


def test_what_a_terminal_would_obey_is_shown_and_not_done(
    call: Call, repository: Repository
) -> None:
    policy = "policies/rendered/dev/acl/kubesentiment-api-dev.hcl"
    repository.write(policy, '# \x1b[2Jgone\npath "sys/health" {\n  capabilities = ["read"]\n}\n')
    repository.commit()
    where = ("--env", "dev", "--ref", "HEAD")
    ended = call("can", "kubesentiment/api", "read", "sys/health", *where)
    assert ended.status == 0
    assert "\x1b" not in ended.out
    assert "\\x1b[2Jgone" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("kubesentiment/apy", "read", CONFIG),
            "error: workload 'kubesentiment/apy': there is none of this name; did you mean 'kube",
        ),
        (
            ("kubesentiment/api", "write", CONFIG),
            "argument CAPABILITY: capability 'write': there is none of this name",
        ),
        (("kubesentiment/api", "deny", CONFIG), "capability 'deny': there is none of this name"),
        (
            ("kubesentiment/api", "read", "kv/data/x"),
            "error: path 'kv/data/x': must lie under a mount; the mounts are secret, database,",
        ),
        (
            ("kubesentiment/api", "read", "secret/data/*"),
            "error: path 'secret/data/*': must be one path, and is a pattern",
        ),
        (
            ("kubesentiment/api", "read", CONFIG, "--env", "prd"),
            "environment 'prd': there is none of this name; did you mean 'prod'? there are dev,",
        ),
        (
            ("kubesentiment/api", "read", CONFIG, "--wrap-ttl", "soon"),
            'argument --wrap-ttl: time: invalid duration "soon"; write one such as 5m',
        ),
        (
            ("kubesentiment/api", "read", CONFIG, "--data", "x"),
            "error: --data 'x': must be name=value, or a JSON object",
        ),
        (
            ("kubesentiment/api", "read", CONFIG, "--data", "{x"),
            "error: --data {x: is no JSON object",
        ),
        (
            ("kubesentiment/api", "read", CONFIG, "--data", "x=1", "--data", "x=2"),
            "error: --data x: is given twice",
        ),
    ],
)
def test_what_cannot_be_asked_is_3_and_says_the_fix(
    call: Call, arguments: tuple[str, ...], said: str
) -> None:
    ended = call("can", *arguments)
    assert (ended.status, ended.out) == (3, "")
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_its_refusals_are_what_plans_can_end_in() -> None:
    assert {one.__name__ for one in can.REFUSALS} == {"GitError", "SnapshotError", "AclError"}
