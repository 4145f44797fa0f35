from __future__ import annotations

import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from examples.media_catalog.signing_keys import LIFETIME, SPREAD, InvalidToken, SigningKeys

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
OLD, NEW = "the-secret-of-last-week", "the-secret-of-this-week"
BEFORE = SigningKeys(OLD)
OVERLAP = timedelta(hours=24)


def rotated(at: datetime = NOW, overlap: timedelta = OVERLAP) -> SigningKeys:
    until = (at + overlap).isoformat().replace("+00:00", "Z")
    return SigningKeys.of(NEW, OLD, until, at)


def accepts(keys: SigningKeys, token: str, now: datetime) -> bool:
    try:
        return keys.subject(token, now) == "ada"
    except InvalidToken:
        return False


def signed(claims: dict[str, Any], secret: str = OLD, algorithm: str = "HS256") -> str:
    key = OctKey.import_key(secret)
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


def test_a_token_is_good_for_its_lifetime() -> None:
    token = BEFORE.issue("ada", NOW)
    assert accepts(BEFORE, token, NOW)
    assert accepts(BEFORE, token, NOW + LIFETIME)
    assert not accepts(BEFORE, token, NOW + LIFETIME + timedelta(seconds=6))


def test_tokens_of_the_previous_secret_are_good_until_the_overlap_ends() -> None:
    keys = rotated(overlap=timedelta(minutes=10))
    token = BEFORE.issue("ada", NOW)
    assert accepts(keys, token, NOW + timedelta(minutes=9, seconds=59))
    assert not accepts(keys, token, NOW + timedelta(minutes=10))
    assert not accepts(SigningKeys(NEW), token, NOW)


def test_no_instance_turns_away_what_another_signed_just_after_a_rotation() -> None:
    """One has seen the new secret at once, another not before the longest that this may take."""
    seen, unseen = rotated(), BEFORE
    for seconds in range(0, int(SPREAD.total_seconds()), 10):
        now = NOW + timedelta(seconds=seconds)
        for signer in (seen, unseen):
            for verifier in (seen, unseen):
                assert accepts(verifier, signer.issue("ada", now), now)
    later = NOW + SPREAD
    assert not accepts(BEFORE, seen.issue("ada", later), later)
    assert accepts(SigningKeys(NEW), seen.issue("ada", later), later)


def test_nobody_is_logged_out_by_a_rotation() -> None:
    before, keys = BEFORE.issue("ada", NOW - timedelta(seconds=1)), rotated()
    for minute in range(int(LIFETIME.total_seconds() // 60)):
        assert accepts(keys, before, NOW + timedelta(minutes=minute))


def test_the_previous_secret_does_not_sign_what_would_outlive_it() -> None:
    assert rotated(overlap=LIFETIME).signing(NOW) == NEW
    assert rotated(overlap=LIFETIME + timedelta(seconds=1)).signing(NOW) == OLD
    assert SigningKeys.of(NEW, None, None, NOW).signing(NOW) == NEW
    assert SigningKeys.of(NEW, OLD, "2027-01-01T00:00:00Z", None).signing(NOW) == NEW


@pytest.mark.parametrize(
    "until", [None, "", "soon", "2026-11-23", "2026-11-23T10:00:00", "1795000000"]
)
def test_a_previous_secret_without_an_end_is_not_accepted(
    until: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    keys = SigningKeys.of(NEW, OLD, until, NOW)
    assert keys.accepted(NOW) == (NEW,)
    assert accepts(keys, SigningKeys(NEW).issue("ada", NOW), NOW)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "jwt_secret_previous_until: must be a time with its zone" in caplog.text
    assert OLD not in caplog.text


@pytest.mark.parametrize("until", ["2026-11-22T12:00:00+02:00", "2026-11-22T10:00:00Z"])
def test_the_end_is_compared_across_zones(until: str) -> None:
    keys = SigningKeys.of(NEW, OLD, until, NOW)
    assert keys.accepted(NOW) == (NEW,)
    assert keys.accepted(NOW - timedelta(seconds=1)) == (NEW, OLD)


CLAIMS = {"sub": "ada", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 60}


def unsigned(header: dict[str, str]) -> str:
    parts = (json.dumps(part).encode() for part in (header, CLAIMS))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no token",
        "a.b.c",
        unsigned({"alg": "none"}),
        unsigned({"alg": "HS256"}),
        signed(CLAIMS, NEW),
        signed(CLAIMS, algorithm="HS512"),
        signed({key: value for key, value in CLAIMS.items() if key != "exp"}),
        signed({key: value for key, value in CLAIMS.items() if key != "sub"}),
        signed(CLAIMS | {"exp": "never"}),
        signed(CLAIMS | {"exp": True}),
        signed(CLAIMS | {"nbf": CLAIMS["exp"]}),
        signed(CLAIMS)[:-2],
    ],
)
def test_everything_else_is_turned_away(token: str) -> None:
    assert accepts(BEFORE, signed(CLAIMS), NOW)
    with pytest.raises(InvalidToken) as caught:
        BEFORE.subject(token, NOW)
    assert str(caught.value) == ""


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode() + ".e30.x"))
def test_no_token_breaks_the_service(token: str) -> None:
    with pytest.raises(InvalidToken):
        BEFORE.subject(token, NOW)


def test_no_secret_is_shown() -> None:
    assert OLD not in repr(rotated())
    assert NEW not in repr(rotated())
