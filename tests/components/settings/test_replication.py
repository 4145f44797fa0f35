"""The roles there are."""

from __future__ import annotations

from components.settings.replication import ReplicationRole


def test_the_roles_are_vaults_own_words() -> None:
    assert [role.value for role in ReplicationRole] == ["none", "primary", "secondary"]
