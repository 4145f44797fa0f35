"""Where a token may be taken."""

from __future__ import annotations

import pytest

from vaultstack_client import CannotVerify
from vaultstack_client.redirects import followed, is_loopback

HERE = "https://vault-0.vault:8200/v1/secret/data/a?version=2"


@pytest.mark.parametrize(
    ("url", "location"),
    [
        (HERE, "https://vault-1.vault:8200/v1/secret/data/a?version=2"),
        (HERE, "https://10.0.0.7/v1/secret/data/a"),
        ("http://127.0.0.1:8200/v1/a", "http://127.0.0.1:8202/v1/a"),
        ("http://localhost:8200/v1/a", "http://[::1]:8202/v1/a"),
    ],
)
def test_to_the_leader(url: str, location: str) -> None:
    assert followed(url, location, pinned=True) == location


@pytest.mark.parametrize(
    ("url", "location", "rule"),
    [
        (HERE, "http://vault-1.vault:8200/v1/secret/data/a", "must stay with https"),
        (HERE, "ftp://vault-1.vault/v1/secret/data/a", "must stay with https"),
        (HERE, "https://vault-1.vault:8200/v1/secret/data/b", "must lead to the same path"),
        (HERE, "https://user:x@vault-1.vault/v1/secret/data/a", "must lead to the same path"),
        (HERE, "/v1/elsewhere", "must lead to the same path"),
        ("http://127.0.0.1:8200/v1/a", "http://vault.example.com/v1/a", "must not leave this mach"),
        ("http://127.0.0.1:8200/v1/a", "https://vault.example.com/v1/a", "must stay with http,"),
    ],
)
def test_to_nobody_else(url: str, location: str, rule: str) -> None:
    with pytest.raises(CannotVerify, match=rf"{rule}.*correct api_addr"):
        followed(url, location, pinned=True)


def test_an_authority_that_vouches_for_everybody_takes_the_token_nowhere_else() -> None:
    with pytest.raises(CannotVerify, match=r"must stay with this host unless VAULT_CACERT"):
        followed(HERE, "https://attacker.example.net/v1/secret/data/a", pinned=False)
    there = "https://vault-0.vault:8202/v1/secret/data/a"
    assert followed(HERE, there, pinned=False) == there


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("localhost.example.com", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_this_machine(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
