"""Plain words."""

from __future__ import annotations

import pytest

from policies.commands import words
from policies.hcl import Capability
from policies.plan import AppRoleRole, KubernetesRole, OidcRole, TokenSettings

TOKEN = TokenSettings(("p",), 60, 60)
BOUND = TokenSettings(("p",), 60, 60, ("10.0.0.0/8", "192.168.0.0/16"))


@pytest.mark.parametrize(
    ("role", "told"),
    [
        (KubernetesRole("r", "sa", "ns", "aud", TOKEN), "Kubernetes service account ns/sa"),
        (
            AppRoleRole("r", 5400, 20, BOUND),
            "AppRole, a secret ID for 20 logins in 1h30m, from 10.0.0.0/8 and 192.168.0.0/16",
        ),
        (
            AppRoleRole("r", 0, 0, TOKEN),
            "AppRole, a secret ID for any number of logins in no limit of its own",
        ),
        (AppRoleRole("r", 60, 1, TOKEN), "AppRole, a secret ID for 1 login in 1m"),
        (OidcRole("r", ("a", "b"), TOKEN), "OIDC group a and b"),
    ],
)
def test_how_somebody_logs_in(role: KubernetesRole | AppRoleRole | OidcRole, told: str) -> None:
    assert words.login(role) == told


def test_lengths_of_time() -> None:
    assert [words.duration(one) for one in (-1, 0, 1, 3600)] == [
        "no limit of its own",
        "no limit of its own",
        "1s",
        "1h",
    ]


def test_lists() -> None:
    assert words.joined(["a"]) == "a"
    assert words.joined(["a", "b", "c"]) == "a, b and c"
    assert words.joined([]) == "nobody"
    assert words.listed({Capability.SUDO, Capability.READ}) == "read, sudo"


def test_nothing_that_a_terminal_obeys_is_left() -> None:
    assert words.seen("a\x1b[31m\nb\u202e") == "a\\x1b[31m\nb\\u202e"
