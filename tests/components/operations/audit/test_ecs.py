"""Vault's audit entries as documents for a SIEM: the very program, compiled and run by Vector's own
language, on lines that a Vault 1.21 wrote in a rehearsal.

What is tested is the program. Vector's sources and sinks are not: no package registry has Vector.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from vrl_python import VRLRuntime

from components.operations.audit.ecs import PROGRAM
from policies.audit_log import EntryType, read

NAMES: Final = (
    "login",
    "logged in",
    "login refused",
    "read",
    "denied",
    "policy read",
    "denied in PKI",
    "bad token",
    "database",
    "AppRole refused",
    "AppRole refused with a token",
    "login with a token",
    "logged in with a token",
)
LINES: Final = dict(
    zip(NAMES, (Path(__file__).parent / "lines.jsonl").read_text().splitlines(), strict=True)
)
API: Final = "kubernetes-kubesentiment-dev-kubesentiment"
# Name -> category, types, outcome, allowed, who.
EXPECTED: Final[dict[str, tuple[str, list[str], str, bool | None, str | None]]] = {
    "login": ("authentication", ["start"], "unknown", None, None),
    "logged in": ("authentication", ["start", "allowed"], "success", True, API),
    "login refused": ("authentication", ["start", "denied"], "failure", False, None),
    "read": ("api", ["access", "allowed"], "success", True, API),
    "denied": ("api", ["access", "denied"], "failure", False, API),
    "policy read": (
        "iam",
        ["access", "allowed"],
        "success",
        True,
        "oidc-auditors-dev@example.com",
    ),
    "denied in PKI": ("api", ["change", "denied"], "failure", False, API),
    "bad token": ("api", ["access", "denied"], "failure", False, None),
    "database": ("api", ["access", "allowed"], "success", True, API),
    "AppRole refused": ("authentication", ["start", "denied"], "failure", False, None),
    "AppRole refused with a token": ("authentication", ["start", "denied"], "failure", False, None),
    "login with a token": ("authentication", ["start"], "unknown", None, None),
    "logged in with a token": (
        "authentication",
        ["start", "allowed"],
        "success",
        True,
        "kubernetes-kubesentiment-staging-kubesentiment",
    ),
}


def document(line: str) -> dict[str, Any]:
    event = {"message": line, "kubernetes": {"pod_name": "vault-0"}}
    return VRLRuntime().execute(PROGRAM, event).processed_event


def test_it_compiles() -> None:
    diagnostic = VRLRuntime.check_syntax(PROGRAM)
    assert diagnostic is None, diagnostic.formatted_message


def test_a_mistake_in_it_is_found() -> None:
    """That compiling means more than reading: VRL wants each error handled."""
    assert VRLRuntime.check_syntax(PROGRAM.replace("object!(entry)", "object(entry)")) is not None
    assert VRLRuntime.check_syntax(PROGRAM.replace("is_object(entry)", "is_objekt(entry)"))


def test_a_whole_document() -> None:
    assert document(LINES["read"]) == {
        "@timestamp": "2026-11-22T14:03:42.472562111Z",
        "ecs": {"version": "8.17.0"},
        "event": {
            "action": "read",
            "category": ["api"],
            "dataset": "vault.audit",
            "id": "838060fa-de52-6560-6acb-1901cb744c4d-response",
            "kind": "event",
            "module": "vault",
            "outcome": "success",
            "type": ["access", "allowed"],
        },
        "host": {"name": "vault-0"},
        "http": {"request": {"id": "838060fa-de52-6560-6acb-1901cb744c4d"}},
        "service": {"type": "vault"},
        "source": {"ip": "127.0.0.1", "port": 58976},
        "url": {"path": "/v1/secret/data/kubesentiment/config"},
        "user": {
            "id": "eb4946a1-5c99-0d8a-ee3b-7017d6631981",
            "name": API,
            "roles": ["kubesentiment-api-dev"],
        },
        "user_agent": {"original": "python-requests/2.34.2"},
        "vault": {
            "audit": {
                "allowed": True,
                "granting_policies": ["kubesentiment-api-dev"],
                "mount": {"point": "secret/", "type": "kv"},
                "role": "kubesentiment",
                "token": {
                    "accessor": "hmac-sha256:"
                    "0727164ca25b71ea7e3b60af28309107e585bd6aada5ffd6b56f0e7318d6b720",
                    "type": "service",
                },
                "type": "response",
            }
        },
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_it_was_and_how_it_went(name: str) -> None:
    found = document(LINES[name])
    event, audit = found["event"], found["vault"]["audit"]
    assert (
        event["category"][0],
        event["type"],
        event["outcome"],
        audit.get("allowed"),
        found.get("user", {}).get("name"),
    ) == EXPECTED[name]


@pytest.mark.parametrize("name", NAMES)
def test_it_says_the_same_as_our_own_reader(name: str) -> None:
    (entry,) = read([LINES[name]])
    found = document(LINES[name])
    audit = found["vault"]["audit"]
    assert found["url"]["path"] == f"/v1/{entry.path}"
    assert found["event"]["action"] == entry.operation
    assert audit["type"] == entry.type
    assert audit.get("role", "") == entry.role
    assert tuple(audit.get("granting_policies", ())) == entry.granting_policies
    assert found.get("error", {}).get("message", "") == entry.error
    if not (name.startswith("login") and entry.type is EntryType.REQUEST):
        assert audit["allowed"] is entry.allowed


def test_no_value_goes_on_not_even_as_a_hash() -> None:
    """But the token's accessor, by which an operator finds what one token did."""
    for line in LINES.values():
        found = document(line)
        found["vault"]["audit"].get("token", {}).pop("accessor", None)
        assert "hmac-sha256" not in json.dumps(found)


@pytest.mark.parametrize(
    "line",
    [
        '{"@level":"info","@message":"core: vault is unsealed"}',
        "==> Vault server configuration:",
        "",
        "[]",
        LINES["read"][:-10],
    ],
)
def test_what_is_no_entry_is_aborted(line: str) -> None:
    with pytest.raises(RuntimeError, match="aborted"):
        document(line)


def test_an_entry_with_least_in_it_still_goes_on() -> None:
    """Such as the one with which Vault tries a new device."""
    line = json.dumps({"request": {"id": "1"}, "time": "2026-11-22T14:03:39Z", "type": "request"})
    assert document(line)["event"]["id"] == "1-request"
    assert VRLRuntime().execute(PROGRAM, {"message": line}).processed_event["url"]
    assert "id" not in document(line.replace('"id": "1"', '"path": "kv/a"'))["event"]
