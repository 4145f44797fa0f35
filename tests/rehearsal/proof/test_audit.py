"""That the proof of the audit log can fail: with an entry missing, or of somebody else, or with a
decision or a secret that should not be there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from policies.audit_log import AuditLogError
from rehearsal.journal import Call, Journal
from rehearsal.proof.audit import Log, fault_of, secrets_in

TOKEN: Final = "hvs.a-token-of-somebody"
ACL: Final = "app-api-dev"
PATH: Final = "secret/data/app/config"
SECRET: Final = "correct-horse-battery"


def entry(kind: str, *, identity: str = "1", **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "auth": {
            "token_policies": [ACL],
            "policy_results": {"allowed": True, "granting_policies": [{"name": ACL}]},
        },
        "request": {
            "id": "0",
            "client_token": "hmac-sha256:aa",
            "headers": {"x-correlation-id": [identity]},
            "mount_class": "secret",
            "operation": "read",
            "path": PATH,
        },
        "time": "2026-11-22T14:03:42.472562111Z",
        "type": kind,
    }
    for name, value in changed.items():
        outer, _, inner = name.partition("__")
        if inner:
            found[outer] = {**found[outer], inner: value}
        else:
            found[outer] = value
    return found


def log(*entries: Mapping[str, Any]) -> Log:
    return Log.of("file", [json.dumps(one) for one in entries])


def fault(*entries: Mapping[str, Any], status: int = 200, token: str = TOKEN) -> str:
    journal = Journal()
    journal.knows(TOKEN, (ACL,))
    return fault_of(Call("1", "GET", PATH, status, token), log(*entries), journal)


BOTH: Final = (entry("request"), entry("response"))
WHAT: Final = f"GET {PATH} (200)"
DENIED: Final = {"token_policies": [ACL], "policy_results": {"allowed": False}}
OTHER: Final = {"token_policies": ["app-batch-dev"], "policy_results": {"allowed": True}}


def test_a_call_with_both_entries_is_written_down() -> None:
    assert fault(*BOTH) == ""
    assert fault(*(entry(kind, auth=DENIED) for kind in ("request", "response")), status=403) == ""


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ((), "has not a request and its response but nothing"),
        ((entry("request"),), "has not a request and its response but request"),
        ((*BOTH, entry("response")), "has not a request and its response but request, response, r"),
        (tuple(entry(kind, identity="2") for kind in ("request", "response")), "has not a request"),
        (
            (entry("request"), entry("response", request__path="secret/data/x")),
            "is written down as secret/data/x",
        ),
        ((entry("request", auth=OTHER), entry("response")), "is written down as of app-batch-dev"),
        ((entry("request", auth={}), entry("response")), "is written down as of nobody"),
        ((entry("request"), entry("response", auth=DENIED)), "is written down as denied"),
    ],
)
def test_each_fault_is_found(entries: tuple[Mapping[str, Any], ...], said: str) -> None:
    assert f"{WHAT} {said}" in fault(*entries)


def test_what_the_client_was_refused_must_not_be_written_down_as_allowed() -> None:
    assert fault(*BOTH, status=403) == f"GET {PATH} (403) is written down as allowed"


def test_what_vault_refuses_at_once_has_one_entry_with_the_reason() -> None:
    assert fault(entry("request", auth={}, error="not valid"), status=400, token="") == ""
    assert fault(entry("request", auth={}), status=400, token="") != ""


def test_a_denied_call_whose_answer_is_missing_is_found() -> None:
    """Its request says why as well, as does the one entry of what Vault refuses at once."""
    lost = entry("request", auth=DENIED, error="permission denied")
    assert "has not a request and its response" in fault(lost, status=403)


def test_a_line_that_was_cut_off_is_no_entry() -> None:
    with pytest.raises(AuditLogError):
        Log.of("file", [json.dumps(BOTH[0])[:-5]])


def found(value: Any, secret: str = SECRET) -> list[str]:
    body = entry("response", response={"data": {"value": value}})
    return secrets_in(log(body).texts, [secret])


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_a_secret_in_clear_is_found_wherever_it_is(before: str) -> None:
    assert found(f"{before}{SECRET}-and-more")
    assert found({f"{before}{SECRET}": 1}), "as a name"
    assert found(base64.b64encode(f"{before}{SECRET}-and-more".encode()).decode())
    assert found(f"hmac-sha256:{before}{SECRET}"), "which only looks like a hash"
    assert found(["hmac-sha256:aa", {"deep": [f"{before}{SECRET}"]}])


def test_a_line_of_a_key_is_found_without_the_others() -> None:
    key = f"-----BEGIN PRIVATE KEY-----\n{'MIG' * 21}\n-----END PRIVATE KEY-----"
    assert found("MIG" * 21, key)
    assert not found("-----BEGIN PRIVATE KEY-----", key), "which is no secret"


def test_what_is_not_there_is_not_found() -> None:
    assert found("hmac-sha256:" + "a" * 64) == []
    assert found(SECRET[:-1]) == []


def test_a_finding_says_where_and_not_what() -> None:
    (said,) = found(f"password={SECRET}")
    assert said == "a value of 21 characters, in a text that begins with 'password='"
    assert SECRET not in said
