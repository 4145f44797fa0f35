from __future__ import annotations

from rehearsal.engine.steps import outcome
from tests.rehearsal.engine.events import done, error, failed, summary, urn, violation


def test_what_changes_is_told_apart_from_what_stays() -> None:
    seen = outcome(
        "up",
        1.5,
        [done("same", "a"), done("create", "b"), done("update", "c", "policy")],
        succeeded=True,
    )
    assert [str(step) for step in seen.changes] == ["create b", "update c (policy)"]
    assert seen.urns() == {urn("b"), urn("c")}
    assert seen.names("same") == {"a"}
    assert str(seen) == "up: 1 create, 1 same, 1 update, 1.5 s"


def test_a_refresh_is_no_change_where_it_finds_none() -> None:
    assert outcome("refresh", 1, [done("refresh", "a")], succeeded=True).changes == ()


def test_a_replacement_is_told_once() -> None:
    parts = ("create-replacement", "replace", "delete-replaced")
    seen = outcome("up", 1, [done(part, "a") for part in parts], succeeded=True)
    assert len(seen.changes) == 1


def test_a_failure_says_where_and_why() -> None:
    events = [failed("create", "a"), error("a warning", "warning"), error(" permission denied\n")]
    seen = outcome("up", 1, events, succeeded=False)
    assert [step.name for step in seen.failed] == ["a"]
    assert seen.errors == ("permission denied",)
    assert str(seen).endswith(", failed")
    assert seen.with_error("more").errors == ("permission denied", "more")


def test_only_mandatory_rules_are_broken() -> None:
    seen = outcome("preview", 1, [violation("advisory"), violation("mandatory")], succeeded=False)
    assert seen.violations == ("a-rule: no",)


def test_the_packs_that_looked_are_known() -> None:
    assert outcome("preview", 1, [summary("guardrails")], succeeded=True).packs == ("guardrails",)
