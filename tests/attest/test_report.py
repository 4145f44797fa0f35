"""What a comparison ends with, and what it notes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from attest.differences import Fate
from attest.kinds import Kind
from attest.live import Live, Tokens
from attest.report import Report, Status, report
from attest.vault import Unread
from policies.environments import Environment
from tests.attest.vaults import matching, settings, whole_plan, with_object, without

STACK = settings()
PLAN = whole_plan(Environment.PROD)


def made(live: Live) -> Report:
    return report(PLAN, STACK, live, address="https://vault")


def test_the_same_is_0_and_has_nothing_to_say() -> None:
    same = made(matching(STACK))
    assert (same.status, same.differences, same.notes) == (Status.SAME, (), ())
    assert same.status.value == 0
    assert same.access.review.environments[0].findings == ()
    assert same.objects > 50


def test_a_difference_is_1_whatever_else_could_not_be_read() -> None:
    live = without(matching(STACK), Kind.PKI_ROLE, "kubesentiment-api")
    unread = replace(live, unread=(Unread("sys/audit", "read", "permission denied"),))
    assert made(live).status is made(unread).status is Status.DIFFERS
    assert Status.DIFFERS.value == 1
    assert [one.name for one in made(live).of(Fate.MISSING)] == ["kubesentiment-api"]


def test_the_same_as_far_as_it_could_be_read_is_3() -> None:
    live = replace(
        matching(STACK), audit=None, unread=(Unread("sys/audit", "read", "permission denied"),)
    )
    assert made(live).status is Status.INCOMPLETE
    assert Status.INCOMPLETE.value == 3


@pytest.mark.parametrize("version", ["3.1.0", "1.12.0", ""])
def test_a_version_that_nobody_looked_at_is_noted(version: str) -> None:
    (note,) = made(matching(STACK, version)).notes
    assert "none of those whose own things are known here (1.18 to 2.0)" in note


def test_a_newer_vaults_own_things_are_none_of_ours_and_none_of_an_older_ones() -> None:
    for version, fates in (("2.0.4", []), ("1.21.0", [Fate.UNDECLARED] * 2)):
        live = with_object(
            matching(STACK, version), Kind.ACL_POLICY, "default-ceiling", {"policy": ""}
        )
        live = replace(live, mounts={**(live.mounts or {}), "agent-registry/": {"type": "x"}})
        assert [one.fate for one in made(live).differences] == fates


def test_other_words_and_tokens_beyond_the_bound_are_noted() -> None:
    live = matching(STACK)
    name = "people-auditors-prod"
    text = (live.folders[Kind.ACL_POLICY.where] or {})[name]
    assert text
    live = with_object(live, Kind.ACL_POLICY, name, {"policy": f"{text['policy']}\n# by hand"})
    live = replace(live, tokens=Tokens((), 7))
    words, tokens = made(live).notes
    assert words == f"1 ACL policy is worded otherwise, with the same decisions: {name}"
    assert tokens.startswith("7 tokens were not looked up")
