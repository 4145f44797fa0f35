"""The cluster that is restored into: what it says of itself, and what stands in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.upkeep.restore.vaults import OWN, ROOT, Target, serving
from upkeep.errors import UpkeepError
from upkeep.restore.cluster import State, reached


def test_a_fresh_one_holds_nothing() -> None:
    with serving(Target()) as target, reached(target.url, None, ROOT) as cluster:
        assert cluster.holds() == []
        assert cluster.state() == State(True, False, True, OWN, "1.21.0")
        assert cluster.knows_token()


def test_a_wrong_token_is_refused_in_vaults_words(tmp_path: Path) -> None:
    with serving(Target()) as target, reached(target.url, None, "wrong") as cluster:
        assert not cluster.knows_token()
        with pytest.raises(UpkeepError, match="GET sys/mounts: Vault said 403 permission denied"):
            cluster.holds()
        with pytest.raises(UpkeepError, match="403"):
            cluster.copy(tmp_path / "copy")


def test_nobody_there_is_said() -> None:
    with (
        reached("http://127.0.0.1:1", None, ROOT) as cluster,
        pytest.raises(UpkeepError, match=r"does not answer \(ConnectionError\)"),
    ):
        cluster.state()


def test_whoever_does_not_vote_or_is_unwell_has_not_joined() -> None:
    with serving(Target()) as target, reached(target.url, None, ROOT) as cluster:
        cluster.gather(2, 60)
        with pytest.raises(UpkeepError, match=r"2 of 3 .* \(vault-0, vault-1\).* --servers 2"):
            cluster.gather(3, 0)


def test_it_is_waited_for_until_it_leads() -> None:
    with serving(Target(sealed=True)) as target, reached(target.url, None, ROOT) as cluster:
        assert cluster.wait(0, 60).sealed
        assert cluster.wait(60, 0).sealed
        target.sealed = False
        assert cluster.wait(60, 60).leads
