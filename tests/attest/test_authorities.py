"""Issuers that the program and its rotation did not make are found, and theirs are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from attest.authorities import authorities
from attest.differences import Difference, Fate
from attest.kinds import Kind
from attest.live import Live
from policies.environments import Environment
from tests.attest.vaults import (
    Ca,
    authorities_of,
    body_of,
    matching,
    settings,
    with_object,
    without,
)

STACK = settings()
LIVE = matching(STACK)
ROOT, INTERMEDIATE = authorities_of(Environment.PROD)
NAME = "vaultstack prod intermediate CA"
RENEWED = "intermediate-20261122120000"
REVOKES: dict[str, Any] = {"usage": "crl-signing,ocsp-signing,read-only"}


def found(live: Live) -> list[Difference]:
    return list(authorities(STACK, live))


def told(one: Difference) -> dict[str, str]:
    return {row.what: row.live for row in one.details}


def with_issuer(body: dict[str, Any]) -> Live:
    return with_object(LIVE, Kind.ISSUER, "3", body)


@pytest.mark.parametrize("environment", Environment)
def test_what_the_program_made_is_none(environment: Environment) -> None:
    stack = settings(environment)
    assert list(authorities(stack, matching(stack))) == []


def test_after_a_renewal_the_old_one_may_say_what_is_revoked_and_no_more() -> None:
    old = with_object(LIVE, Kind.ISSUER, "2", INTERMEDIATE.issuer(**REVOKES))
    new = Ca.named(NAME, ROOT).issuer(RENEWED)
    assert found(with_object(old, Kind.ISSUER, "3", new)) == []
    # Before the new one is there nobody signs.
    assert found(old) == [Difference(Kind.ISSUER, NAME, Fate.MISSING)]


STRANGERS: list[tuple[str, dict[str, Any], str]] = [
    ("of another root", Ca.named(NAME, Ca.named("vaultstack prod root CA")).issuer(), ""),
    ("a root itself", Ca.named(NAME).issuer(), "itself"),
    ("of another name", Ca.named("backdoor", ROOT).issuer(), "the root CA of pki-root"),
    ("of others", Ca.named(NAME, ROOT, o="else").issuer(), "the root CA of pki-root"),
    ("that signs CAs", Ca.named(NAME, ROOT, path_length=1).issuer(), "the root CA of pki-root"),
    ("renamed", Ca.named(NAME, ROOT).issuer("mine"), "the root CA of pki-root"),
    ("another time's", Ca.named(NAME, ROOT).issuer("intermediate-20200101000000"), "the root CA"),
    ("without a key", Ca.named(NAME, ROOT).issuer(key=False), "the root CA of pki-root"),
    ("the root with its key", ROOT.issuer(), "the root CA of pki-root"),
]


@pytest.mark.parametrize(
    ("body", "by"), [row[1:] for row in STRANGERS], ids=[r[0] for r in STRANGERS]
)
def test_an_issuer_that_nobody_made_is_told_with_who_signed_it(
    body: dict[str, Any], by: str
) -> None:
    (one,) = found(with_issuer(body))
    assert (one.kind, one.name, one.fate) == (Kind.ISSUER, "3", Fate.UNDECLARED)
    assert told(one)["signed by"].startswith(by or "CN=vaultstack prod root CA")
    assert told(one)["ends"] == "2027-02-20"


def test_a_second_root_is_told_whatever_it_is_called() -> None:
    twin = Ca.named("vaultstack prod root CA", path_length=1)
    (one,) = found(with_object(LIVE, Kind.ROOT_ISSUER, "9", twin.issuer("other")))
    assert (one.kind, one.name, one.fate) == (Kind.ROOT_ISSUER, "9", Fate.UNDECLARED)
    assert told(one)["can sign"] == "yes"


def test_a_root_in_the_place_of_the_first_did_not_sign_what_is_there() -> None:
    twin = Ca.named("vaultstack prod root CA", path_length=1)
    differences = found(with_object(LIVE, Kind.ROOT_ISSUER, "0", twin.issuer("root")))
    assert [(one.name, one.fate) for one in differences] == [
        ("1", Fate.UNDECLARED),
        ("2", Fate.UNDECLARED),
        (NAME, Fate.MISSING),
    ]


def test_what_is_gone_is_missing() -> None:
    assert found(without(LIVE, Kind.ISSUER, "2")) == [Difference(Kind.ISSUER, NAME, Fate.MISSING)]
    gone = found(without(LIVE, Kind.ROOT_ISSUER, "0"))
    assert gone[0] == Difference(Kind.ROOT_ISSUER, "root", Fate.MISSING)


@pytest.mark.parametrize(
    ("kind", "name", "changed", "what"),
    [
        (Kind.ROOT_ISSUER, "0", REVOKES, "usage"),
        (Kind.ROOT_ISSUER, "0", {"leaf_not_after_behavior": "permit"}, "leaf_not_after_behavior"),
        (Kind.ISSUER, "1", REVOKES, "usage"),
        (Kind.ISSUER, "2", {"leaf_not_after_behavior": "permit"}, "leaf_not_after_behavior"),
        (Kind.ISSUER, "2", {"manual_chain": ["x"]}, "manual_chain"),
        (Kind.ISSUER, "2", {"ocsp_servers": ["http://else"]}, "ocsp_servers"),
        (Kind.ISSUER, "2", {"revoked": True}, "revoked"),
    ],
)
def test_what_an_issuer_was_told_otherwise_is_named(
    kind: Kind, name: str, changed: dict[str, Any], what: str
) -> None:
    (one,) = found(with_object(LIVE, kind, name, {**body_of(LIVE, kind, name), **changed}))
    assert (one.name, one.fate, [row.what for row in one.details]) == (name, Fate.DIFFERENT, [what])


def test_a_certificate_that_cannot_be_read_is_told() -> None:
    (one,) = found(with_issuer({**INTERMEDIATE.issuer(), "certificate": "x"}))
    assert told(one)["certificate"] == "none that can be read"


def test_of_what_could_not_be_read_nothing_is_said() -> None:
    for kind in (Kind.ISSUER, Kind.ROOT_ISSUER):
        assert found(with_object(LIVE, kind, "9", None)) == []
        assert found(replace(LIVE, folders={**LIVE.folders, kind.where: None})) == []
