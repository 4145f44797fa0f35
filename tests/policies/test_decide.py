"""The batch form: one answer for each line, whatever the line is."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from policies.acl import Operation
from policies.decide import decide
from rehearsal.fuzz import texts
from rehearsal.fuzz.generator import Maker

READ = 'path "secret/*" { capabilities = ["read", "list"] }'
PKI = 'path "pki/*" { capabilities = ["delete"] }'
OWN = 'path "own/{{identity.entity.name}}" { capabilities = ["read"] }'


def answer(line: str) -> dict[str, Any]:
    (answered,) = decide([line])
    assert "\n" not in answered
    found = json.loads(answered)
    assert isinstance(found, dict)
    return found


def asked(*policies: str, **question: Any) -> dict[str, Any]:
    return answer(json.dumps({"policies": policies, **question}))


def allowed(*policies: str, operation: str = "read", **question: Any) -> bool:
    found = asked(*policies, operation=operation, **question)
    assert set(found) == {"allowed"}, found
    return bool(found["allowed"])


# --- answers -------------------------------------------------------------------------------------


def test_an_operation_is_allowed_or_not() -> None:
    assert allowed(READ, path="secret/data/x")
    assert not allowed(READ, path="other")
    assert not allowed(READ, path="secret/data/x", operation="update")
    assert not allowed(path="secret/data/x")


@pytest.mark.parametrize("operation", Operation)
def test_every_operation_can_be_asked(operation: Operation) -> None:
    assert allowed('path "a" { policy = "deny" }', path="a", operation=operation.value) is (
        operation is Operation.HELP
    )


def test_capabilities_are_what_vault_would_answer() -> None:
    assert asked(READ, capabilities="secret/x") == {"capabilities": ["list", "read"]}
    assert asked(READ, capabilities="other") == {"capabilities": ["deny"]}
    assert asked(capabilities="secret/x") == {"capabilities": ["deny"]}
    assert asked(READ, capabilities="  /secret/x\n") == {"capabilities": ["list", "read"]}


def test_several_policies_count_together() -> None:
    more = 'path "secret/*" { capabilities = ["sudo"] }'
    assert asked(READ, more, capabilities="secret/x") == {"capabilities": ["list", "read", "sudo"]}
    assert allowed(READ, more, path="secret/x", operation="sudo")
    assert not allowed(READ, path="secret/x", operation="sudo")


def test_policies_can_be_json() -> None:
    text = json.dumps({"path": {"a": {"capabilities": ["read"]}}})
    assert allowed(text, path="a")


def test_policies_can_be_base64_as_vaults_api_takes_them() -> None:
    encoded = b64encode(READ.encode()).decode()
    for text in (encoded, encoded[:20] + "\r\n" + encoded[20:] + "\n"):
        assert allowed(text, path="secret/x")
    for text, reason in {"0x0x": "illegal char", "abc": "key 'abc' expected"}.items():
        assert reason in asked(text, capabilities="a")["error"]
    # One letter too many for base64, and to Vault an assignment that is not finished.
    assert asked("abcd=", capabilities="a") == {"capabilities": ["deny"]}


def test_parameters_and_wrapping() -> None:
    text = """path "a" {
        capabilities = ["update"]
        allowed_parameters = { "n" = ["x*"] }
        max_wrapping_ttl = "5m"
    }"""
    for short in (60, 300.0, "5m", "0", "299s", 0):
        assert allowed(text, operation="update", path="a", data={"n": "xy"}, wrap_ttl=short)
    for wrong in (None, "", 301, "6m"):
        assert not allowed(text, operation="update", path="a", data={}, wrap_ttl=wrong)
    assert not allowed(text, operation="update", path="a", data={"n": "y"}, wrap_ttl=60)
    assert not allowed(text, operation="update", path="a", data={"m": "x"}, wrap_ttl=60)


def test_root_protected_paths_come_from_the_mounts_and_vaults_own() -> None:
    for mounts in (None, {}, {"pki/": "kv"}):
        assert allowed(PKI, operation="delete", path="pki/root", mounts=mounts)
    for path in ("pki/", "pki", "/pki/"):
        assert not allowed(PKI, operation="delete", path="pki/root", mounts={path: "pki"})
    assert not allowed('path "sys/*" { policy = "read" }', path="sys/auth/a")
    assert asked(PKI, capabilities="pki/root", mounts={"pki/": "pki"}) == {
        "capabilities": ["delete"]
    }


ADA = {
    "id": "e-1",
    "name": "ada",
    "metadata": {"team": "red"},
    "aliases": [
        {
            "mount_accessor": "acc",
            "id": "a-1",
            "name": "ada@x",
            "metadata": None,
            "mount_path": "x",
        },
        {
            "mount_accessor": "cci",
            "id": "a-2",
            "name": "lovelace",
            "metadata": {"floor": "first"},
            "custom_metadata": {"desk": "window"},
        },
    ],
    "creation_time": "2026-01-01T00:00:00Z",
    "disabled": False,
}
CREW = {"id": "g-1", "name": "crew", "metadata": {"place": "bridge"}, "type": "internal"}


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("identity.entity.id", "e-1"),
        ("identity.entity.name", "ada"),
        ("identity.entity.metadata.team", "red"),
        ("identity.entity.aliases.acc.id", "a-1"),
        ("identity.entity.aliases.acc.name", "ada@x"),
        ("identity.entity.aliases.cci.name", "lovelace"),
        ("identity.entity.aliases.cci.metadata.floor", "first"),
        ("identity.entity.aliases.cci.custom_metadata.desk", "window"),
        ("identity.groups.ids.g-1.name", "crew"),
        ("identity.groups.names.crew.id", "g-1"),
        ("identity.groups.names.crew.metadata.place", "bridge"),
    ],
)
def test_templates_are_filled_in_for_the_entity(directive: str, value: str) -> None:
    text = f'path "own/{{{{{directive}}}}}" {{ capabilities = ["read"] }}'
    assert allowed(text, path=f"own/{value}", entity=ADA, groups=[CREW])
    assert not allowed(text, path=f"own/{value}")
    assert not allowed(text, path=f"own/{value}", groups=[CREW])
    assert not allowed(text, path=f"own/{value}", entity=None, groups=None)


def test_who_has_no_name_is_filled_in_for_nobody() -> None:
    """Vault writes `null` for what is not there, or leaves it out."""
    nameless = {"id": "e-2", "name": "", "metadata": None, "aliases": None}
    for text in (OWN, OWN.replace("name", "metadata.team"), OWN.replace("name", "aliases.acc.id")):
        for entity in (nameless, {"id": "e-2"}):
            assert asked(text, capabilities="own/", entity=entity) == {"capabilities": ["deny"]}


def test_the_next_holder_is_another() -> None:
    """What is kept of a policy must not be somebody's."""
    escaped = OWN.replace("{{", "\\u007b\\u007b")
    for text in (OWN, escaped):
        for name in ("ada", "eve"):
            assert allowed(text, path=f"own/{name}", entity={"name": name})
            assert not allowed(text, path="own/bob", entity={"name": name})


def test_a_disabled_entity_may_nothing() -> None:
    disabled = ADA | {"disabled": True}
    assert not allowed(READ, path="secret/x", entity=disabled)
    assert "is disabled" in asked(READ, capabilities="secret/x", entity=disabled)["error"]


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "key", "rule", "fix"),
    [
        ({"policies": "x"}, "policies", "Expected `array`, got `str`", "a list of texts"),
        ({"policies": [1]}, "policies[0]", "Expected `str`, got `int`", "a list of texts"),
        ({"operation": "read", "path": "a"}, "policies", "missing", "a list of texts"),
        ({"policies": [], "path": "a"}, "operation", "missing", "read, update"),
        ({"policies": [], "operation": "read"}, "path", "missing", "secret/data/x"),
        (
            {"policies": [], "operation": "write", "path": "a"},
            "operation",
            "Invalid enum value 'write'",
            "create, read, update",
        ),
        ({"policies": [], "operation": "read", "path": 1}, "path", "got `int`", "secret/data/x"),
        (
            {"policies": [], "operation": "read", "path": "a", "polices": []},
            "polices",
            "no key of a question",
            "policies, operation, path",
        ),
        (
            {"policies": [], "operation": "read", "path": "a", "data": []},
            "data",
            "got `array`",
            "an object",
        ),
        (
            {"policies": [], "operation": "read", "path": "a", "wrap_ttl": "5x"},
            "wrap_ttl",
            'unknown unit "x"',
            "5m",
        ),
        (
            {"policies": [], "operation": "read", "path": "a", "wrap_ttl": -1},
            "wrap_ttl",
            "cannot be negative",
            "5m",
        ),
        (
            {"policies": [], "operation": "read", "path": "a", "wrap_ttl": True},
            "wrap_ttl",
            "got `bool`",
            "5m",
        ),
        (
            {"policies": [], "operation": "read", "path": "a", "entity": {"metadata": {"a": 1}}},
            "entity.metadata",
            "got `int`",
            "identity/entity/id/ID",
        ),
        (
            {"policies": [], "operation": "read", "path": "a", "groups": {}},
            "groups",
            "got `object`",
            "identity/group/id/ID",
        ),
        (
            {"policies": [], "operation": "read", "path": "a", "mounts": ["pki/"]},
            "mounts",
            "got `array`",
            '{"pki/": "pki"}',
        ),
        ({"policies": [], "capabilities": ["a"]}, "capabilities", "got `array`", "the path"),
        ({"policies": [], "capabilities": " "}, "capabilities", "missing path", "the path"),
        *(
            (
                {"policies": [], "capabilities": "a", key: value},
                "capabilities",
                f"has no use for {key}",
                "neither operation nor path",
            )
            for key, value in {"operation": "read", "path": "", "data": {}, "wrap_ttl": 0}.items()
        ),
    ],
)
def test_a_wrong_field_is_named_with_the_rule_and_the_fix(
    question: dict[str, Any], key: str, rule: str, fix: str
) -> None:
    error = answer(json.dumps(question))["error"]
    assert error.startswith(f"{key}")
    assert rule in error
    assert fix in error.partition(rule)[2]


@pytest.mark.parametrize(
    "line", ["", "nope", "{", '{"policies": ["\\ud800"]}', "\udc80", "[" * 9999]
)
def test_what_is_no_json_is_said(line: str) -> None:
    assert answer(line)["error"].endswith("give one object on a line")


@pytest.mark.parametrize("line", ["[]", "1", "null", '"a"'])
def test_what_is_no_object_is_said(line: str) -> None:
    assert answer(line)["error"].startswith("the line is no question (Expected `object`")


def test_a_policy_that_vault_refuses_is_named_with_vaults_words() -> None:
    error = asked(READ, 'path "a" {\n  capabilities = ["reed"]\n}', capabilities="a")["error"]
    assert error == (
        'policies[1]: failed to parse policy: path "a": invalid capability "reed" '
        "(line 2, column 19)"
    )
    error = asked("", operation="read", path="a")["error"]
    assert error == "policies[0]: 'policy' parameter not supplied or empty"


def test_a_value_that_breaks_the_acl_is_an_error() -> None:
    text = 'path "a/{{identity.entity.name}}*" { capabilities = ["read"] }'
    error = asked(text, operation="read", path="a", entity={"name": "+"})["error"]
    assert "'+*' is forbidden" in error
    assert "policies[0]" in error


def test_a_byte_that_is_no_letter_ends_nothing() -> None:
    """It can be in what is said of a policy, and JSON has no way to say it."""
    factor = 'factor "\\xc3" { identity { approvals = true } }'
    error = asked(f'path "a" {{ control_group {{ {factor} }} }}', capabilities="a")["error"]
    assert "control_group.factor.\ufffd.identity" in error


def test_damaged_policies_have_an_answer_each() -> None:
    """Whatever is wrong, there is a line for a line."""
    for seed in range(300):
        random = Random(seed)
        maker = Maker(random)
        text = texts.damaged(random, texts.whole(maker, maker.labels(3)))
        assert len(asked(text, capabilities="a")) == 1


# --- lines ---------------------------------------------------------------------------------------


def test_every_line_has_its_answer_and_the_next_ones_go_on() -> None:
    good = json.dumps({"policies": [READ], "operation": "read", "path": "secret/x"})
    answers = [json.loads(line) for line in decide([good, "nope", good + "\n", "{}", good])]
    assert [sorted(one) for one in answers] == [
        ["allowed"],
        ["error"],
        ["allowed"],
        ["error"],
        ["allowed"],
    ]


def test_an_answer_comes_before_the_next_line_is_read() -> None:
    """So that it can be spoken with, through pipes."""
    read = list[str]()

    def lines() -> Iterator[str]:
        for number in range(3):
            read.append(line := json.dumps({"policies": [], "capabilities": str(number)}))
            yield line

    for number, _ in enumerate(decide(lines()), 1):
        assert len(read) == number
