"""What a version brings, and versions that nobody looked at."""

from __future__ import annotations

import pytest

from attest.built_in import NEWEST, built_in, is_known, parsed
from attest.kinds import Kind


@pytest.mark.parametrize(
    ("version", "number"),
    [("1.21.0", (1, 21)), ("2.0.4+ent", (2, 0)), ("v1.18.1", (1, 18)), ("", None), ("x", None)],
)
def test_versions_are_read(version: str, number: tuple[int, int] | None) -> None:
    assert parsed(version) == number


def test_2_0_brought_a_policy_and_a_mount() -> None:
    brought = built_in("2.0.0") - built_in("1.21.4")
    assert brought == {(Kind.ACL_POLICY, "default-ceiling"), (Kind.MOUNT, "agent-registry")}
    assert built_in("1.18.0") == built_in("1.21.0")


def test_an_unknown_version_is_taken_for_the_newest_and_is_known_to_be_unknown() -> None:
    assert built_in("3.7.0") == built_in("") == built_in(".".join(map(str, NEWEST)))
    assert not is_known("3.7.0")
    assert not is_known("1.13.2")
    assert not is_known("")
    assert is_known("1.21.0")
