"""What was seen: a refusal is not a failure, and a failure is not success."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import pytest

from policies.environments import Environment
from policies.subject import Subject
from rehearsal.errors import RehearsalError
from rehearsal.proof import control, kv, provisioner
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.proof.logins import LoginDesk, log_in_all
from rehearsal.proof.results import Figure, Outcome, Result, Seen, expected
from rehearsal.scene import Scene, person_of
from rehearsal.vault_api import Answer
from tests.rehearsal.fakes import Answering, Call, FakeVault, answer, refusal
from tests.rehearsal.subjects import PLAN, SUBJECTS, subject

ALLOWED, DENIED, BROKEN = Outcome.ALLOWED, Outcome.DENIED, Outcome.BROKEN


def bench(answering: Answering, provisioner: Answering | None = None) -> Bench:
    """Everybody's session answers alike."""
    vault = FakeVault(answering)
    sessions = {one.label: vault for one in SUBJECTS}
    of_provisioner = FakeVault(provisioner or (lambda _: answer(data={"current_version": 3})))
    return Bench(cast(Scene, None), PLAN, SUBJECTS, sessions, of_provisioner)


@pytest.mark.parametrize(
    ("expected_", "seen", "ok"),
    [
        (ALLOWED, ALLOWED, True),
        (ALLOWED, DENIED, False),
        (ALLOWED, BROKEN, False),
        (DENIED, DENIED, True),
        (DENIED, ALLOWED, False),
        (DENIED, BROKEN, False),
    ],
)
def test_a_cell_is_right_only_where_what_was_seen_was_expected(
    expected_: Outcome, seen: Outcome, ok: bool
) -> None:
    assert Result("who", "what", "with", expected_, Seen(seen)).ok is ok


def test_expected() -> None:
    assert (expected(True), expected(False)) == (ALLOWED, DENIED)


def test_figures_are_the_decision_records() -> None:
    assert {figure.label: figure.range for figure in Figure} == {
        "static secret": "5-15",
        "database credentials": "20-40",
        "token renewal": "10-20",
        "certificate": "50-100",
    }


def mismatch(_: Answer) -> None:
    raise Mismatch("holds something else")


@pytest.mark.parametrize(
    ("given", "outcome", "detail"),
    [
        (answer(200), ALLOWED, ""),
        (answer(204), ALLOWED, ""),
        (refusal(403), DENIED, ""),
        (refusal(400, "bad"), BROKEN, "400 bad"),
        (refusal(404, ""), BROKEN, "404 "),
        (refusal(500, "sealed"), BROKEN, "500 sealed"),
    ],
)
def test_only_403_is_a_refusal_and_only_2xx_a_success(
    given: Answer, outcome: Outcome, detail: str
) -> None:
    tried = bench(lambda _: given)
    tried.try_call(subject("shop/api"), "op", "r", allowed=True, call=lambda: given)
    (result,) = tried.results
    assert result.seen == Seen(outcome, 1.0, detail)
    assert (result.subject, result.operation, result.resource) == ("shop/api", "op", "r")


def test_what_is_let_in_but_does_not_work_is_broken() -> None:
    tried = bench(lambda _: answer())
    tried.try_call(subject("shop/api"), "op", "r", allowed=True, call=answer, check=mismatch)
    assert tried.results[0].seen == Seen(BROKEN, 1.0, "holds something else")


def test_what_is_refused_is_not_looked_at() -> None:
    tried = bench(lambda _: answer())
    tried.try_call(subject("shop/api"), "op", "r", allowed=False, call=refusal, check=mismatch)
    assert tried.results[0].ok


def test_a_passage_is_through_the_acl_whatever_came_then() -> None:
    tried = bench(lambda _: answer())
    who = subject("shop/api")
    tried.try_passage(who, "op", "r", allowed=False, answer=refusal(500, "it broke"))
    tried.try_passage(who, "op", "r", allowed=False, answer=refusal(404, ""))
    tried.try_passage(who, "op", "r", allowed=False, answer=refusal(403))
    assert [result.seen.outcome for result in tried.results] == [ALLOWED, ALLOWED, DENIED]
    assert tried.results[0].seen.detail == "500 it broke"


# --- chapters against a Vault that refuses, or allows, everything --------------------------------


def allow_everything(call: Call) -> Answer:
    if call.path.startswith("secret/data/") and call.method == "GET":
        entry = next(e for e in PLAN.kv_entries if call.path.endswith(e.name))
        return answer(data={"data": dict.fromkeys(entry.keys, "x"), "metadata": {"version": 3}})
    return answer()


@pytest.mark.parametrize("chapter", [kv, control, provisioner])
def test_a_vault_that_allows_everything_fails_just_the_cells_that_should_be_denied(
    chapter: Any,
) -> None:
    tried = bench(allow_everything, allow_everything if chapter is provisioner else None)
    chapter.prove(tried)
    denied = [r for r in tried.results if r.expected is DENIED]
    wrong = [r for r in tried.results if not r.ok]
    assert denied
    # A rotation that changes nothing is seen as well.
    assert {r.operation for r in wrong if r.expected is ALLOWED} <= {"kv change a key"}
    assert [r for r in wrong if r.expected is DENIED] == denied
    assert DENIED not in {r.seen.outcome for r in denied}


@pytest.mark.parametrize("chapter", [kv, control, provisioner])
def test_a_vault_that_refuses_everything_fails_just_the_cells_that_should_be_allowed(
    chapter: Any,
) -> None:
    tried = bench(lambda _: refusal(), (lambda _: refusal()) if chapter is provisioner else None)
    chapter.prove(tried)
    allowed = [r for r in tried.results if r.expected is ALLOWED]
    assert allowed
    assert [r for r in tried.results if not r.ok] == allowed


def test_every_entry_is_tried_in_every_way_by_everybody() -> None:
    tried = bench(lambda _: refusal())
    kv.prove(tried)
    by_entry = Counter(r.operation for r in tried.results)
    entries, folders = len(SUBJECTS) * len(PLAN.kv_entries), len(SUBJECTS) * 2
    assert by_entry == {
        "kv read": entries,
        "kv write": entries,
        "kv change a key": entries,
        "kv see versions": entries,
        "kv delete a version": entries,
        "kv undelete a version": entries,
        "kv destroy a version": entries,
        "kv write metadata": entries,
        "kv patch metadata": entries,
        "kv list": folders,
        "kv delete": folders,
        "kv delete for good": folders,
    }


def test_an_attempt_that_should_be_denied_would_do_no_harm() -> None:
    """What is tried without a grant names a version that is not there, or creates nothing."""
    vault = FakeVault(lambda _: refusal())
    stranger = subject("shop/ci")
    tried = Bench(
        cast(Scene, None), PLAN, (stranger,), {stranger.label: vault}, FakeVault(allow_everything)
    )
    kv.prove(tried)
    for call in vault.calls:
        if call.path.startswith("secret/metadata/"):
            assert not call.body, call
        elif call.method in ("POST", "PATCH"):
            version = call.body.get("versions", [call.body.get("options", {}).get("cas")])
            assert version in ([0], [1_000_000]), call
        if call.method == "DELETE":
            assert call.path.endswith("/not-there")


def test_an_entry_with_other_keys_than_the_plans_is_broken() -> None:
    def other_keys(call: Call) -> Answer:
        if call.path.startswith("secret/data/"):
            return answer(data={"data": {"unknown": "hidden"}, "metadata": {"version": 1}})
        return answer()

    tried = bench(other_keys)
    kv.prove(tried)
    read = [r for r in tried.results if r.operation == "kv read" and r.expected is ALLOWED]
    assert {(r.seen.outcome, r.seen.detail) for r in read} == {
        (BROKEN, "holds the keys ['unknown']")
    }
    assert "hidden" not in repr(tried.results)


# --- logins --------------------------------------------------------------------------------------


class Desk(LoginDesk):
    """A Vault that lets in who comes with what is named `right`."""

    def __init__(self, operator: Answering) -> None:
        self._operator = FakeVault(operator, "operator")

    def kubernetes(self, role: str, namespace: str, account: str, audience: str) -> Answer:
        right = (role, namespace, audience) == (f"shop-{account}", "shop-dev", AUDIENCE)
        return self._in() if right else refusal(403)

    def oidc(self, role: str, person: str) -> Answer:
        right = person == person_of(role, Environment.DEV)
        return self._in() if right else refusal(400, "not in the group")

    def approle(self, role_id: str, secret_id: str) -> Answer:
        return self._in() if (role_id, secret_id) == ("r", "s") else refusal(400, "invalid")

    def unwrap(self, wrapping_token: str) -> Answer:
        if wrapping_token in self._unwrapped:
            return refusal(400, "wrapping token is not valid")
        self._unwrapped.add(wrapping_token)
        return answer(data={"secret_id": "s"})

    def session(self, answer: Answer) -> FakeVault:  # noqa: ARG002
        return self._operator

    _unwrapped: set[str] = set()  # noqa: RUF012

    @staticmethod
    def _in() -> Answer:
        return answer(auth={"client_token": "hvs.x"})


AUDIENCE = PLAN.kubernetes_roles[0].audience


def hand_out(call: Call) -> Answer:
    if call.path.endswith("/role-id"):
        return answer(data={"role_id": "r"})
    assert call.headers == {"X-Vault-Wrap-TTL": "5m"}
    return answer(wrap_info={"token": f"wrapped-{id(call)}"})


def test_everybody_logs_in_rightly_and_wrongly() -> None:
    sessions, results = log_in_all(Desk(hand_out), SUBJECTS)
    assert sessions.keys() == {one.label for one in SUBJECTS}
    assert [r for r in results if not r.ok] == []
    tried = {(r.subject, r.resource, r.expected) for r in results}
    for wrong in (
        "another service account",
        "namespace of staging",
        "token made for prod",
        "as role shop-admin",
    ):
        assert ("shop/api", wrong, DENIED) in tried
    assert ("shop/ci", "a made-up secret ID", DENIED) in tried
    assert ("shop/ci", "the wrapping token, once more", DENIED) in tried
    for wrong in ("a person of no group", "a person of staging only", "a person of prod only"):
        assert ("people/operators", wrong, DENIED) in tried


class Closed(Desk):
    def kubernetes(self, role: str, namespace: str, account: str, audience: str) -> Answer:
        if role == "shop-rotation":
            return refusal(403, "namespace not authorized")
        return super().kubernetes(role, namespace, account, audience)


def test_who_cannot_log_in_is_named_with_what_vault_said_to_it() -> None:
    with pytest.raises(
        RehearsalError,
        match=r"^shop/rotation cannot log in \(own service account\): .*403 namespace not auth",
    ):
        log_in_all(Closed(hand_out), SUBJECTS)


@pytest.mark.parametrize("refused", ["/role-id", "/secret-id"])
def test_an_operator_who_may_not_hand_out_what_the_matrix_says_is_named(refused: str) -> None:
    def refuse(call: Call) -> Answer:
        return refusal() if call.path.endswith(refused) else hand_out(call)

    with pytest.raises(
        RehearsalError, match=r"^people/operators may hand shop/ci what it logs in with.*403"
    ):
        log_in_all(Desk(refuse), SUBJECTS)


def test_a_pipeline_that_nobody_hands_anything_is_named() -> None:
    nobody: tuple[Subject, ...] = tuple(s for s in SUBJECTS if s.application)
    with pytest.raises(RehearsalError, match=r"shop/ci logs in by AppRole.*grant IssueSecretIds"):
        log_in_all(Desk(hand_out), nobody)
