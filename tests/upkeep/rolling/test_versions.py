from __future__ import annotations

import re

import pytest

from upkeep.rolling.versions import Version, why_not


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1.21.0", "1.21.0"),
        ("v1.20.4", "1.20.4"),
        ("1.21.0-rc1", "1.21.0-rc1"),
        ("1.21.0+ent", "1.21.0+ent"),
        ("1.21.0-ent", "1.21.0+ent"),
        ("1.21.0+ent.hsm.fips1403", "1.21.0+ent"),
        ("1.21.0-rc1+ent", "1.21.0-rc1+ent"),
    ],
)
def test_a_version_is_read(text: str, shown: str) -> None:
    assert str(Version.parse(text)) == shown


@pytest.mark.parametrize("text", ["", "1.21", "latest", "1.21.0.1", "sha256:1.2.3", "1.21.x"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no version of Vault"):
        Version.parse(text)


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("hashicorp/vault:1.21.0", "1.21.0"),
        ("registry.example.com:5000/vault:1.20.4", "1.20.4"),
        ("hashicorp/vault-enterprise:1.21.0-ent", "1.21.0+ent"),
        (f"hashicorp/vault:1.21.0@sha256:{'0a' * 32}", "1.21.0"),
        (f"hashicorp/vault@sha256:{'0a' * 32}", "None"),
        ("registry.example.com:5000/vault", "None"),
        ("hashicorp/vault:latest", "None"),
    ],
)
def test_an_images_tag_tells(image: str, shown: str) -> None:
    assert str(Version.of_image(image)) == shown


def test_older_comes_first() -> None:
    texts = ["1.9.10", "1.20.4", "1.21.0-rc1", "1.21.0", "2.0.0"]
    assert sorted(map(Version.parse, reversed(texts))) == [Version.parse(text) for text in texts]


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("1.21.0", "1.21.0"),
        ("1.20.4", "1.21.0"),
        ("1.20.0", "1.20.4"),
        ("1.21.0", "1.21.0+ent"),
        ("1.21.4", "2.0.0"),
    ],
)
def test_what_may_follow(now: str, wanted: str) -> None:
    assert why_not(Version.parse(now), Version.parse(wanted)) == ""


@pytest.mark.parametrize(
    ("now", "wanted", "why"),
    [
        ("1.21.0", "1.20.4", "is a downgrade.*restore"),
        ("1.21.0", "1.21.0-rc1", "is a downgrade"),
        ("1.19.5", "1.21.0", "upgrade to 1.20 first"),
        ("1.21.0", "2.1.0", "upgrade to 2.0 first"),
        ("1.21.0", "3.0.0", "upgrade to 2.0 first"),
        ("1.21.0+ent", "1.21.0", "leaves Enterprise"),
    ],
)
def test_what_may_not_follow_and_the_fix(now: str, wanted: str, why: str) -> None:
    reason = why_not(Version.parse(now), Version.parse(wanted))
    assert re.search(why, reason)
    assert "fix:" in reason
