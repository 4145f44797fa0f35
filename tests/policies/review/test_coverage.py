"""`policies.review.coverage` calls covered only what is."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.review.coverage import (
    ANYONE,
    ANYWHERE,
    by_domain,
    by_glob,
    by_iam,
    by_name,
    by_network,
    by_right,
    by_scope,
)


def test_a_name_is_covered_by_itself_and_by_anyone() -> None:
    assert by_name("a", {"a"})
    assert by_name("a", {ANYONE})
    assert not by_name(ANYONE, {"a"})
    assert not by_name("a", {"*"})


@pytest.mark.parametrize(
    ("value", "other", "covered"),
    [
        ("shop", "*", True),
        ("shop-api", "shop-*", True),
        ("shop-*", "*", True),
        ("*", "shop-*", False),
        ("shop", "sho?", False),
        ("shop", "", False),
    ],
)
def test_globs(value: str, other: str, covered: bool) -> None:
    assert by_glob(value, {other}) is covered


@pytest.mark.parametrize(
    ("value", "others", "covered"),
    [
        ("10.1.0.0/16", {"10.0.0.0/8"}, True),
        ("10.0.0.0/8", {"10.1.0.0/16"}, False),
        ("10.0.0.0/8", {"10.0.0.0/9", "10.128.0.0/9"}, True),
        ("10.0.0.1", {"10.0.0.0/8"}, True),
        ("10.0.0.1/8", {"10.0.0.0/8"}, True),
        ("fd00::/16", {"fd00::/8"}, True),
        ("10.0.0.0/8", {"::/0"}, False),
        ("10.0.0.0/8", {ANYWHERE}, True),
        (ANYWHERE, {"10.0.0.0/8"}, False),
        ("no network", {"10.0.0.0/8"}, False),
        ("no network", {"no network"}, True),
    ],
)
def test_networks(value: str, others: set[str], covered: bool) -> None:
    assert by_network(value, others) is covered


NETWORKS = st.builds(
    lambda number, bits: str(ipaddress.ip_network((number, bits), strict=False)),
    st.integers(0, 255),
    st.integers(25, 32),
)


@given(NETWORKS, st.sets(NETWORKS, max_size=4))
def test_a_network_is_covered_if_all_its_addresses_are(value: str, others: set[str]) -> None:
    covering = {a for other in others for a in ipaddress.ip_network(other)}
    assert by_network(value, others) is (set(ipaddress.ip_network(value)) <= covering)


@pytest.mark.parametrize(
    ("value", "other", "covered"),
    [
        ("s3:GetObject on arn:x/a", "s3:* on arn:x/*", True),
        ("s3:getobject on arn:x/a", "s3:GetObject on arn:x/a", True),
        ("s3:GetObject on arn:x/A", "s3:GetObject on arn:x/a", False),
        ("s3:Get* on arn:x/*", "s3:* on arn:x/*", True),
        ("s3:* on arn:x/*", "s3:Get* on arn:x/*", False),
        ("s3:GetObject on arn:x/a*", "s3:GetObject on arn:x/a?", False),
        ("s3:GetObject on arn:x/ab", "s3:GetObject on arn:x/a?", True),
        ("s3:GetObject on arn:x/a", "s3:PutObject on *", False),
        # A resource can have the word, and blanks beside it, in its own name.
        ("s3:GetObject on a on b", "s3:GetObject on a on b", True),
        ("s3:GetObject on a on b", "s3:* on b", False),
    ],
)
def test_iam(value: str, other: str, covered: bool) -> None:
    assert by_iam(value, {other}) is covered


GLOBS = st.text("ab*?", max_size=5)


@given(GLOBS, GLOBS, st.text("ab", max_size=6))
def test_what_a_covered_iam_glob_matches_the_wider_matches(
    value: str, other: str, text: str
) -> None:
    if by_iam(f"a on {value}", {f"a on {other}"}) and _matches(value, text):
        assert _matches(other, text)


def _matches(glob: str, text: str) -> bool:
    return re.fullmatch(glob.replace("*", ".*").replace("?", "."), text) is not None


@pytest.mark.timeout(20)
def test_a_glob_of_many_stars_is_answered_too() -> None:
    action = f"s3:{'a' * 200}"
    many = "*a" * 40
    assert by_iam(f"{action} on x", {f"s3:{many}* on x"})
    assert not by_iam(f"{action} on x", {f"s3:{many}*c on x"})


def test_scopes() -> None:
    assert by_scope("Reader at /a/b", {"Reader at /a"})
    assert by_scope("Reader at /a", {"Reader at /a/"})
    assert not by_scope("Reader at /ab", {"Reader at /a"})
    assert not by_scope("Owner at /a/b", {"Reader at /a"})
    assert not by_scope("Reader at /a/b", {"Reader at /aX"})
    assert by_scope("Reader at night at /a/b", {"Reader at night at /a"})


def test_rights() -> None:
    assert by_right("SELECT ON t TO g", {"ALL PRIVILEGES ON t TO g"})
    assert not by_right("SELECT ON t TO g", {"ALL ON u TO g"})
    assert not by_right("ALL ON t TO g", {"SELECT ON t TO g"})
    assert by_right('SELECT ON "a ON b" TO g', {'ALL ON "a ON b" TO g'})


def test_domains() -> None:
    assert by_domain("a.b.c", {"b.c and below"})
    assert by_domain("b.c", {"b.c and below"})
    assert by_domain("a.b.c and below", {"b.c and below"})
    assert not by_domain("ab.c", {"b.c and below"})
    assert not by_domain("b.c and below", {"b.c"})
    assert not by_domain("a.b.c", {"b.c"})
