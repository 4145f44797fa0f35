"""`vaultstack_jobs.ca_profile`: what a CA's successor takes over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from tests.jobs.authorities import PrivateKey, ca_pem
from tests.jobs.fakes import NOON
from vaultstack_jobs.ca_profile import profile_of


@pytest.mark.parametrize(
    ("key", "key_type", "key_bits"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "ec", 256),
        (ec.generate_private_key(ec.SECP384R1()), "ec", 384),
        (rsa.generate_private_key(public_exponent=65537, key_size=2048), "rsa", 2048),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519", 0),
    ],
)
def test_the_key_is_told_in_vaults_words(key: PrivateKey, key_type: str, key_bits: int) -> None:
    profile = profile_of(ca_pem(key))
    assert (profile.key_type, profile.key_bits) == (key_type, key_bits)


def test_name_depth_and_dates_are_told() -> None:
    profile = profile_of(ca_pem(organization="Example Ltd", path_length=1, days=30))
    assert profile.organizations == ("Example Ltd",)
    assert profile.max_path_length == 1
    assert profile.since == NOON
    assert profile.until == NOON + timedelta(days=30)


def test_what_is_not_said_is_not_told() -> None:
    profile = profile_of(ca_pem(organization=None, path_length=None))
    assert profile.organizations == ()
    assert profile.max_path_length is None


@pytest.mark.parametrize(
    ("pem", "told"),
    [
        (ca_pem(ca=False), "is not a CA's"),
        (ca_pem(ca=None), "says nothing of being a CA's"),
        ("", "Unable to load PEM"),
        (
            ca_pem(ec.generate_private_key(ec.SECP256K1())),
            "which Vault cannot make",
        ),
    ],
)
def test_what_is_no_cas_certificate_is_refused(pem: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        profile_of(pem)


def test_a_kind_of_key_that_vault_does_not_know_is_refused() -> None:
    key = dsa.generate_private_key(2048)
    with pytest.raises(ValueError, match="which Vault cannot make"):
        profile_of(ca_pem(key))  # type: ignore[arg-type]
