"""`components.settings.pgp`: what Vault would not encrypt a share to is told before it is asked,
and no key is repeated in what is told.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia import ArmorKind, CipherSuite, EncryptionAlgorithm, Profile, Tsk, armor, encrypt
from pysequoia.packet import Packet, PacketPile, PublicKeyAlgorithm, Tag

from components.settings import pgp
from tests.components.settings.keys import encoded, holder, public_keys

KEY: Final = holder(1)
PUBLIC: Final = bytes(KEY.extract_certificate())
PRIVATE: Final = bytes(KEY)
FINGERPRINT: Final = KEY.extract_certificate().fingerprint
PACKETS: Final = [bytes(packet) for packet in PacketPile.from_bytes(PUBLIC)]
PRIVATE_PACKETS: Final = [bytes(packet) for packet in PacketPile.from_bytes(PRIVATE)]
REVOCATION: Final = bytes(KEY.extract_certificate().revoke(KEY.certifier()))
NOW: Final = datetime.now(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def public(key: Tsk) -> str:
    return encoded(bytes(key.extract_certificate()))


# --- what can be given ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "suite",
    [
        CipherSuite.Cv25519,
        CipherSuite.Cv448,
        CipherSuite.P256,
        CipherSuite.P384,
        CipherSuite.P521,
        CipherSuite.RSA2k,
    ],
)
def test_a_public_key_has_no_fault(suite: CipherSuite) -> None:
    key = public(Tsk.generate("Holder", cipher_suite=suite))
    assert pgp.fault(key) is None
    assert not pgp.expired(key, NOW)


@pytest.mark.parametrize("profile", [Profile.RFC4880, Profile.RFC9580])
def test_a_public_key_of_either_version_has_no_fault(profile: Profile) -> None:
    assert pgp.fault(public(Tsk.generate("Holder", profile=profile))) is None


def test_the_keys_that_the_tests_use_have_no_fault_and_differ() -> None:
    keys = public_keys()
    assert [pgp.fault(key) for key in keys] == [None] * 5
    assert len(set(keys)) == 5


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_base64_may_be_in_lines(line_end: str) -> None:
    lines = base64.encodebytes(PUBLIC).decode().replace("\n", line_end)
    assert lines.count(line_end) > 1
    assert pgp.fault(lines) is None


# --- what cannot ---------------------------------------------------------------------------------

EXPORT: Final = "export it with `gpg --export <id> | base64 -w0`"
NOT_BASE64: Final = f"is not base64; {EXPORT}"
TEXT: Final = f"is text in base64, and Vault reads the binary form; {EXPORT}, without --armor"
IS_PRIVATE: Final = "is a private key; export the public one with `gpg --export`"
REVOKED: Final = f"({FINGERPRINT}) is revoked"
KEY_BASE64: Final = encoded(PUBLIC)

# What the words are where they are ours.
FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "a word": ("key", NOT_BASE64),
    "not ASCII": ("schlüssel", NOT_BASE64),
    "an account at Keybase": ("keybase:holder", NOT_BASE64),
    "armor": (armor(PUBLIC, ArmorKind.PublicKey), NOT_BASE64),
    "private armor": (armor(PRIVATE, ArmorKind.SecretKey), NOT_BASE64),
    "base64 for URLs": ("_-" + KEY_BASE64[2:], NOT_BASE64),
    "a blank in it": (f"{KEY_BASE64[:64]} {KEY_BASE64[64:]}", NOT_BASE64),
    "a blank after it": (f"{KEY_BASE64} ", NOT_BASE64),
    "without its padding": (encoded(PUBLIC[:100]).rstrip("="), NOT_BASE64),
    "armor in base64": (encoded(armor(PUBLIC, ArmorKind.PublicKey).encode()), TEXT),
    "private armor in base64": (encoded(armor(PRIVATE, ArmorKind.SecretKey).encode()), TEXT),
    "a private key": (encoded(PRIVATE), IS_PRIVATE),
    "a private key of version 6": (
        encoded(bytes(Tsk.generate("Holder", profile=Profile.RFC9580))),
        IS_PRIVATE,
    ),
    "private subkeys alone": (
        encoded(PACKETS[0] + b"".join(PRIVATE_PACKETS[1:])),
        IS_PRIVATE,
    ),
    "a private primary key alone": (
        encoded(PRIVATE_PACKETS[0] + b"".join(PACKETS[1:])),
        IS_PRIVATE,
    ),
    "revoked": (encoded(PACKETS[0] + REVOCATION + b"".join(PACKETS[1:])), REVOKED),
    "revoked, as it was appended": (encoded(PUBLIC + REVOCATION), REVOKED),
    "private and revoked": (encoded(PRIVATE + REVOCATION), IS_PRIVATE),
}
# What the words are the library's.
UNUSABLE: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "no packet": b"not a key at all",
    "zeros": bytes(100),
    "cut off": PUBLIC[:-20],
    "with something after it": PUBLIC + b"something",
    "two keys": PUBLIC + bytes(holder(2).extract_certificate()),
    "a message": encrypt(b"text", recipients=[KEY.extract_certificate()], armor=False),
    "a signature": REVOCATION,
    "no subkey that encrypts": b"".join(PACKETS[:-2]),
    "no signature": PACKETS[0],
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named(name: str) -> None:
    text, fault = FAULTS[name]
    assert pgp.fault(text) == fault


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_is_no_key_to_encrypt_to_cannot_be_used(name: str) -> None:
    found = pgp.fault(encoded(UNUSABLE[name]))
    assert found
    assert found.startswith("cannot be used (")
    assert found.endswith(f"); {EXPORT}")
    assert "\n" not in found, "a backtrace"


def test_what_the_library_says_is_told() -> None:
    assert "is this a keyring?" in (pgp.fault(encoded(UNUSABLE["two keys"])) or "")


def test_an_error_without_words_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise RuntimeError

    monkeypatch.setattr(pgp, "encrypt", fail)
    assert pgp.fault(KEY_BASE64) == f"cannot be used (RuntimeError); {EXPORT}"


def test_a_key_without_a_user_id_is_not_read_by_vault() -> None:
    key = Tsk.generate()
    fingerprint = key.extract_certificate().fingerprint
    assert pgp.fault(public(key)) == (
        f"({fingerprint}) has no user ID, without which Vault does not read it"
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Tsk.generate("Holder", encryption_algorithm=EncryptionAlgorithm.MLKEM768_X25519),
        lambda: Tsk.generate(
            "Holder", profile=Profile.RFC9580, cipher_suite=CipherSuite.MLDSA65_Ed25519
        ),
    ],
)
def test_what_only_newer_programs_encrypt_to_is_refused(make: Callable[[], Tsk]) -> None:
    key = make()
    fingerprint = key.extract_certificate().fingerprint
    assert pgp.fault(public(key)) == (
        f"({fingerprint}) encrypts only in ways that Vault does not know"
    )


# --- keys that end -------------------------------------------------------------------------------


def test_a_key_that_ends_is_over_from_then_on() -> None:
    key = Tsk.generate("Holder", validity_seconds=3600)
    end = key.extract_certificate().expiration
    assert end is not None
    assert not pgp.expired(public(key), end - timedelta(seconds=1))
    assert pgp.expired(public(key), end)
    assert pgp.expired(public(key), end + DAY)


def test_a_key_that_does_not_end_is_never_over() -> None:
    assert not pgp.expired(KEY_BASE64, NOW + 1000 * DAY)


def test_an_expired_key_is_no_fault_so_that_its_stack_stays_usable() -> None:
    key = public(Tsk.generate("Holder", validity_seconds=1))
    assert pgp.expired(key, NOW + HOUR)
    assert pgp.fault(key) is None


@pytest.mark.parametrize("suite", [CipherSuite.Cv25519, CipherSuite.RSA2k])
def test_prolonging_the_key_does_not_prolong_the_part_that_encrypts(suite: CipherSuite) -> None:
    key = Tsk.generate("Holder", cipher_suite=suite, validity_seconds=3600)
    longer = key.extract_certificate().set_expiration(NOW + 10 * DAY, key.certifier())
    assert longer.expiration is not None
    assert longer.expiration > NOW + 9 * DAY
    text = encoded(bytes(longer))
    assert not pgp.expired(text, NOW)
    assert pgp.expired(text, NOW + DAY)


def test_a_shortened_key_is_over_though_its_parts_go_on() -> None:
    shorter = KEY.extract_certificate().set_expiration(NOW + HOUR, KEY.certifier())
    text = encoded(bytes(shorter))
    assert not pgp.expired(text, NOW)
    assert pgp.expired(text, NOW + DAY)


@dataclass(frozen=True)
class Flags:
    transport_encryption: bool = False
    storage_encryption: bool = False


@dataclass(frozen=True)
class Part:
    """What is asked of a packet. The library signs no subkey twice, as GnuPG does to prolong it."""

    tag: Tag
    key_created: datetime | None = None
    key_algorithm: PublicKeyAlgorithm | None = None
    fingerprint: str | None = None
    key_flags: Flags | None = None
    signature_created: datetime | None = None
    key_validity_period: timedelta | None = None


def subkey(name: str) -> Part:
    return Part(Tag.PublicSubkey, NOW, PublicKeyAlgorithm.ECDH, name)


def signature(flags: Flags | None, made: datetime, lasts: timedelta | None) -> Part:
    return Part(Tag.Signature, key_flags=flags, signature_created=made, key_validity_period=lasts)


def ends(*parts: Part) -> list[datetime | None]:
    return pgp._encrypts_until(cast("list[Packet]", parts))


BOTH: Final = Flags(transport_encryption=True, storage_encryption=True)


@pytest.mark.parametrize("turned", [False, True])
def test_the_newest_signature_says_when_a_part_ends(turned: bool) -> None:
    old, new = signature(BOTH, NOW, HOUR), signature(BOTH, NOW + HOUR, DAY)
    signatures = (new, old) if turned else (old, new)
    assert ends(subkey("a"), *signatures) == [NOW + DAY]


def test_each_part_that_encrypts_has_its_end() -> None:
    found = ends(
        subkey("never"),
        signature(BOTH, NOW, None),
        subkey("transport"),
        signature(Flags(transport_encryption=True), NOW, HOUR),
        subkey("storage"),
        signature(Flags(storage_encryption=True), NOW, DAY),
        subkey("neither"),
        signature(Flags(), NOW, DAY),
        subkey("somebody else's word"),
        signature(None, NOW, DAY),
    )
    assert found == [None, NOW + HOUR, NOW + DAY]


# --- nothing of a key is told --------------------------------------------------------------------

SHORTEST_PIECE: Final = 8


def assert_tells_nothing(text: str, raw: bytes) -> None:
    """The fingerprint is public, so that it may be told; of a private key not even that is."""
    told = (pgp.fault(text) or "").replace(FINGERPRINT, "").replace(FINGERPRINT.upper(), "")
    for shown in (text, raw.hex(), raw.hex().upper(), raw.decode("latin-1")):
        pieces = {
            shown[start : start + SHORTEST_PIECE]
            for start in range(len(shown) - SHORTEST_PIECE + 1)
        }
        assert not any(
            told[start : start + SHORTEST_PIECE] in pieces
            for start in range(len(told) - SHORTEST_PIECE + 1)
        ), told


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_does_not_repeat_the_key(name: str) -> None:
    text, _ = FAULTS[name]
    assert_tells_nothing(text, PRIVATE)
    assert_tells_nothing(text, PUBLIC)


@given(st.binary(min_size=1, max_size=40), st.integers(0, len(PRIVATE)), st.integers(0, 40))
def test_a_damaged_private_key_is_refused_and_not_repeated(
    noise: bytes, start: int, length: int
) -> None:
    raw = PRIVATE[:start] + noise + PRIVATE[start + length :]
    text = encoded(raw)
    if raw != PRIVATE:
        # What is left of the key; the noise may be words of ours.
        for left in (PRIVATE[:start], PRIVATE[start + length :]):
            assert_tells_nothing(text, left)
    found = pgp.fault(text)
    # Damage may make the private parts unreadable, but never a public key of them.
    assert found is not None


@given(st.one_of(st.text(), st.binary().map(encoded)))
def test_whatever_is_given_is_answered_in_one_line(text: str) -> None:
    found = pgp.fault(text)
    assert found is not None
    assert "\n" not in found
