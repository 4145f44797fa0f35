from __future__ import annotations

import pytest

from migration.scanning.kingfisher import Match
from migration.scanning.placeholders import is_placeholder


@pytest.mark.parametrize(
    ("rule", "value", "placeholder"),
    [
        ("secret-beside-its-name", "DATABASE_PASSWORD", True),
        ("secret-beside-its-name", "************", True),
        ("secret-beside-its-name", "changeme", False),
        ("secret-beside-its-name", "SecretStr", False),
        ("secret-in-env-file", "settings.jwt_secret", True),
        ("secret-in-env-file", "MixedCase", False),
        ("secret-in-yaml", "SecretStr", True),
        ("secret-in-yaml", "dev-jwt-secret", False),
    ],
)
def test_what_only_stands_there(rule: str, value: str, placeholder: bool) -> None:
    assert is_placeholder(Match("a", 1, 1, f"custom.{rule}", value)) is placeholder


def test_the_scanners_own_rules_are_not_asked() -> None:
    assert not is_placeholder(Match("a", 1, 1, "betterleaks.x", "DATABASE_PASSWORD"))
