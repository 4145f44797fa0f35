"""The reader of Vault's audit log, on lines that a Vault 1.21 wrote; only hashes are shortened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from policies.audit_log import AuditLogError, Entry, EntryType, read

ROLE: Final = "kubesentiment"
ACL: Final = "kubesentiment-api-dev"
DISPLAY_NAME: Final = "kubernetes-kubesentiment-dev-kubesentiment"
AUTH: Final[Mapping[str, Any]] = {
    "accessor": "hmac-sha256:0727",
    "client_token": "hmac-sha256:ec60",
    "display_name": DISPLAY_NAME,
    "entity_id": "eb4946a1",
    "metadata": {"role": ROLE, "service_account_name": "kubesentiment"},
    "policies": [ACL],
    "token_policies": [ACL],
    "token_issue_time": "2026-11-22T14:03:39Z",
    "token_ttl": 3600,
    "token_type": "service",
}
READ: Final[Mapping[str, Any]] = {
    "auth": {
        **AUTH,
        "policy_results": {
            "allowed": True,
            "granting_policies": [
                {"type": ""},
                {"name": ACL, "namespace_id": "root", "type": "acl"},
            ],
        },
    },
    "request": {
        "client_id": "eb4946a1",
        "client_token": "hmac-sha256:793c",
        "id": "838060fa",
        "mount_class": "secret",
        "mount_point": "secret/",
        "mount_type": "kv",
        "namespace": {"id": "root"},
        "operation": "read",
        "path": "secret/data/kubesentiment/config",
        "remote_address": "127.0.0.1",
        "remote_port": 58976,
    },
    "time": "2026-11-22T14:03:42.472562111Z",
    "type": "response",
}
DENIED: Final[Mapping[str, Any]] = {
    **READ,
    "auth": {**AUTH, "policy_results": {"allowed": False}},
    "error": "1 error occurred:\n\t* permission denied\n\n",
}
# No token came with it; the ACL allows everybody to try.
LOGIN: Final[Mapping[str, Any]] = {
    "auth": {"policy_results": {"allowed": True}, "token_type": "default"},
    "request": {
        "data": {"jwt": "hmac-sha256:5608", "role": "hmac-sha256:5538"},
        "id": "ce543817",
        "mount_class": "auth",
        "mount_point": "auth/kubernetes/",
        "mount_type": "kubernetes",
        "operation": "update",
        "path": "auth/kubernetes/login",
        "remote_address": "127.0.0.1",
    },
    "time": "2026-11-22T14:03:39.273482629Z",
    "type": "request",
}
BAD_TOKEN: Final[Mapping[str, Any]] = {
    "auth": {"token_type": "default"},
    "error": "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n",
    "request": {"id": "1", "operation": "read", "path": "secret/data/x", "mount_class": "secret"},
    "time": "2026-11-22T14:03:42Z",
    "type": "request",
}


def read_one(body: Mapping[str, Any]) -> Entry:
    (entry,) = read([json.dumps(body)])
    return entry


def test_an_access_is_read_with_who_where_and_what_was_decided() -> None:
    assert read_one(READ) == Entry(
        time=datetime(2026, 11, 22, 14, 3, 42, 472562, tzinfo=UTC),
        type=EntryType.RESPONSE,
        id="838060fa",
        role=ROLE,
        display_name=DISPLAY_NAME,
        entity_id="eb4946a1",
        token_policies=(ACL,),
        operation="read",
        path="secret/data/kubesentiment/config",
        allowed=True,
        granting_policies=(ACL,),
        error="",
        remote_address="127.0.0.1",
    )


def test_what_was_denied_names_who_asked() -> None:
    entry = read_one(DENIED)
    assert (entry.role, entry.allowed, entry.granting_policies) == (ROLE, False, ())
    assert entry.error == "1 error occurred: * permission denied"


def test_what_was_allowed_and_failed_stays_allowed() -> None:
    entry = read_one({**READ, "error": "1 error occurred:\n\t* unsupported path\n\n"})
    assert entry.allowed
    assert entry.error


def test_a_login_is_decided_by_its_response() -> None:
    assert read_one(LOGIN).allowed
    failed = {**LOGIN, "type": "response", "error": "service account name not authorized"}
    assert not read_one(failed).allowed
    went_well = read_one({**LOGIN, "type": "response", "auth": AUTH})
    assert (went_well.allowed, went_well.role) == (True, ROLE)


def test_a_login_that_an_auth_method_refuses_is_denied() -> None:
    """AppRole's and Kubernetes' refusals are answers: no error, and their text is a hash."""
    refused = {**LOGIN, "type": "response", "response": {"data": {"error": "hmac-sha256:b463"}}}
    assert not read_one(refused).allowed


def test_a_token_beside_a_login_changes_nothing() -> None:
    """Vault does not look at it, and no ACL policy granted anything."""
    request = {**LOGIN["request"], "client_token": "hmac-sha256:08d8"}
    answer = {"data": {"error": "hmac-sha256:b463"}}
    refused = {**LOGIN, "request": request, "type": "response", "response": answer}
    assert not read_one(refused).allowed
    assert read_one({**refused, "response": {}}).allowed


def test_a_role_of_approle_has_another_word() -> None:
    assert read_one({**READ, "auth": {**AUTH, "metadata": {"role_name": "ci"}}}).role == "ci"


def test_what_an_auth_mount_is_asked_with_a_token_the_acl_decides() -> None:
    path = "auth/approle/role/ci/secret-id-accessor/destroy"
    request = {**READ["request"], "mount_class": "auth", "path": path}
    assert read_one({**READ, "request": request, "error": "failed to find it"}).allowed


def test_what_the_acl_decided_counts_whatever_became_of_it() -> None:
    """With a name of what granted it or without, and where the log tells no error of its own."""
    unnamed = {**AUTH, "policy_results": {"allowed": True}}
    assert read_one({**READ, "auth": unnamed, "error": "1 error occurred"}).allowed
    denied = {**AUTH, "policy_results": {"allowed": False}}
    for mount_class in ("auth", "secret"):
        request = {**READ["request"], "mount_class": mount_class}
        assert not read_one({**READ, "auth": denied, "request": request}).allowed


def test_a_question_for_help_has_no_identity() -> None:
    request = {key: value for key, value in READ["request"].items() if key != "id"}
    assert read_one({**READ, "request": {**request, "operation": "help"}}).id == ""


def test_a_bad_token_is_nobody_and_denied() -> None:
    entry = read_one(BAD_TOKEN)
    assert (entry.role, entry.display_name, entry.token_policies) == ("", "", ())
    assert not entry.allowed


def test_entries_keep_their_order_and_empty_lines_are_none() -> None:
    lines = [json.dumps(LOGIN), "\n", json.dumps(READ)]
    assert [entry.id for entry in read(lines)] == ["ce543817", "838060fa"]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(READ)[:-40],
        "2026-11-22T14:03:39Z [INFO] core: vault is unsealed",
        "[]",
        json.dumps({**READ, "type": "other"}),
        json.dumps({key: READ[key] for key in ("auth", "time", "type")}),
        json.dumps({**READ, "time": "yesterday"}),
        json.dumps({**READ, "time": "2026-11-22T14:03:39"}),
        json.dumps({**READ, "request": {**READ["request"], "path": ["a"]}}),
        json.dumps({**READ, "request": {**READ["request"], "path": None}}),
        json.dumps({**READ, "request": {"operation": "read"}}),
        json.dumps({**READ, "request": {"path": "secret/data/x"}}),
        json.dumps({**READ, "request": {**READ["request"], "id": ["a"]}}),
        json.dumps({**READ, "auth": {"token_policies": "root"}}),
        json.dumps(
            {
                **READ,
                "auth": {"policy_results": {"allowed": True, "granting_policies": [{"name": 5}]}},
            }
        ),
        "[" * 200_000,
    ],
    ids=[
        "cut off",
        "the server's log",
        "a list",
        "another type",
        "no request",
        "no time",
        "no time zone",
        "a path of two",
        "no path",
        "not even a path",
        "no operation",
        "an id of two",
        "policies as one",
        "a name that is a number",
        "too deep",
    ],
)
def test_what_is_no_entry_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(AuditLogError, match=r"^line 2 is no entry of Vault's audit log"):
        list(read([json.dumps(READ), line]))
