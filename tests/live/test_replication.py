"""A real Vault without a licence refuses to be a primary, before anything in it is changed."""

from __future__ import annotations

import pytest

from components.cluster.replication.primary import ReplicationError
from components.cluster.replication.provider import TOKEN_VARIABLE, DrPrimaryProvider
from rehearsal.destroy import remains
from rehearsal.stand_up import root_api
from tests.live.conftest import Stage

pytestmark = pytest.mark.live


@pytest.mark.parametrize("role", ["somebody without a token", "root"])
def test_a_community_vault_is_refused_and_left_as_it_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    with root_api(stage) as root:
        monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
        if role == "root":
            monkeypatch.setenv(TOKEN_VARIABLE, root.token)
        before = remains.of_vault(root)
        with pytest.raises(
            ReplicationError,
            match=r"^vaultstack:replicationRole: 'primary' needs Vault Enterprise .*Community "
            r"edition 1\.\d+\.\d+; fix: pulumi config set vaultstack:replicationRole none",
        ):
            DrPrimaryProvider().create(
                {
                    "address": stage.scene.vault_address,
                    "ca_cert_file": stage.ca_file,
                    "cluster_address": "",
                    "secondaries": "{}",
                    "timeout_seconds": 10.0,
                }
            )
        assert remains.of_vault(root) == before
