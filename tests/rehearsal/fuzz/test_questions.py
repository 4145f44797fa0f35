"""A question becomes the request that takes its capability, or says why there is none."""

from __future__ import annotations

import pytest

from policies.hcl import Capability
from rehearsal.errors import RehearsalError
from rehearsal.fuzz.connection import Reply
from rehearsal.fuzz.questions import Question
from tests.rehearsal.fuzz.answering import Answerer

CREATE, READ, UPDATE, PATCH, DELETE, LIST = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.PATCH,
    Capability.DELETE,
    Capability.LIST,
)


@pytest.mark.parametrize(
    ("question", "obstacle"),
    [
        (Question(READ, "a/"), None),
        (Question(DELETE, "a/b"), None),
        (Question(UPDATE, "a/b"), None),
        (Question(CREATE, "kv/b"), None),
        (Question(LIST, "kv/b/"), None),
        (Question(CREATE, "a/b"), "without a mount"),
        (Question(CREATE, "kv/"), "ends in a slash"),
        (Question(READ, "kv"), None),
        (Question(UPDATE, "kv"), "write to itself"),
        (Question(UPDATE, "a/"), "ends in a slash"),
        (Question(PATCH, "a/"), "ends in a slash"),
        (Question(READ, "a//b"), "HTTP rewrites"),
        (Question(READ, "a/.."), "HTTP rewrites"),
        (Question(LIST, "a"), "adds a slash"),
        (Question(READ, "a", {"b": 1}), "are texts"),
        (Question(UPDATE, "a", {"b": 1}), None),
        (Question(Capability.SUDO, "a"), "no request asks for sudo"),
        (Question(Capability.RECOVER, "a"), "no request asks for recover"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_says_why(question: Question, obstacle: str | None) -> None:
    said = question.obstacle
    assert (said is None) if obstacle is None else (said is not None and obstacle in said)


def test_parameters_and_wrapping_are_where_vault_looks() -> None:
    oracle, vault = Answerer.new()
    Question(READ, "a/b", {"ttl": "1 h"}, 60.0).allowed(oracle, "t")
    Question(PATCH, "a/b", {"ttl": 1}).allowed(oracle, "t")
    assert vault.asked == [
        ("GET", "a/b", None, {"X-Vault-Wrap-TTL": "60"}, "ttl=1+h"),
        ("PATCH", "a/b", {"ttl": 1}, {"Content-Type": "application/merge-patch+json"}, ""),
    ]


@pytest.mark.parametrize("capability", [CREATE, UPDATE])
def test_a_write_asks_for_this_capability_whatever_was_there(capability: Capability) -> None:
    oracle, vault = Answerer.new()
    oracle.write_policies({"p": f'path "kv/a" {{ capabilities = ["{capability}"] }}'})
    for there in (set[str](), {"kv/a"}):
        vault.kept = there
        assert Question(capability, "kv/a").allowed(oracle, "p")
        assert not Question(UPDATE if capability is CREATE else CREATE, "kv/a").allowed(oracle, "p")


def test_an_answer_that_decides_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    oracle, vault = Answerer.new()
    monkeypatch.setattr(vault, "call", lambda *_: Reply(503, b""))
    with pytest.raises(RehearsalError, match="503"):
        Question(READ, "a").allowed(oracle, "t")
