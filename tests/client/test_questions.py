"""What a refusal means, whatever was asked."""

from __future__ import annotations

from typing import Any

import pytest

from vaultstack_client import NotAllowed, NotFound, Refused, VaultClientError
from vaultstack_client.clock import Instant
from vaultstack_client.connections import Answer
from vaultstack_client.credentials import DatabaseUser
from vaultstack_client.questions import Found, check, said_at, shown_end, understood

ASKED = Instant(5, 1_000_000)
DENIED = (
    "database role 'x': role 'app' must be allowed to use database/creds/x, and Vault denied it; "
    "grant it in the access matrix, or ask for what is granted"
)
UNKNOWN = (
    "database role 'x': must exist at database/creds/x, but Vault said 400 unknown role: x; "
    "correct the name, or add it to the access matrix"
)
REFUSED = (
    "database role 'x': Vault refused database/creds/x: 400 common name y not allowed by this "
    "role; correct what was asked"
)


def answer(status: int, *errors: str, **body: Any) -> Answer:
    return Answer(status, {"errors": list(errors), **body}, ASKED)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            answer(403, "1 error occurred:\n\t* permission denied\n\n"),
            NotAllowed,
            DENIED,
        ),
        (
            answer(400, "unknown role: x"),
            NotFound,
            UNKNOWN,
        ),
        (answer(400, 'Role "x" not found'), NotFound, None),
        (answer(404), NotFound, None),
        (
            answer(400, "common name y not allowed\nby this role"),
            Refused,
            REFUSED,
        ),
        (answer(405, "unsupported operation"), Refused, None),
    ],
)
def test_refusals(given: Answer, error: type[VaultClientError], message: str | None) -> None:
    with pytest.raises(error) as caught:
        check(given, "database role 'x'", "database/creds/x", "role 'app'")
    assert type(caught.value) is error
    assert message is None or str(caught.value) == message


def test_no_refusal() -> None:
    check(answer(204), "x", "x", "x")


def test_a_long_reason_is_cut() -> None:
    with pytest.raises(Refused) as caught:
        check(answer(400, "x" * 10_000), "a", "b", "c")
    assert len(str(caught.value)) < 500


def test_vaults_clock_where_it_is_known() -> None:
    assert said_at(answer(200)) == 1_000_000
    assert said_at(Answer(200, {}, ASKED, 1_000_007.0)) == 1_000_007


def test_an_end_to_show() -> None:
    assert shown_end(ASKED, 60).timestamp() == 1_000_060


def test_no_value_is_shown() -> None:
    assert "hidden" not in repr(Found("hidden", 1.0))


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"username": "u"}}, {"data": []}])
def test_an_answer_of_another_engine(body: dict[str, Any]) -> None:
    with pytest.raises(
        Refused, match=r"must be as that engine gives it.*see which engine is mount"
    ):
        understood(DatabaseUser("r"), Answer(200, body, ASKED), "role 'app'")
