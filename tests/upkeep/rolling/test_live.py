"""The driver, between a Kubernetes API and Vault servers in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.upkeep.rolling.kube import PODS, STATEFUL_SET, Kube
from tests.upkeep.rolling.vaults import TOKEN, Vaults
from upkeep.errors import UpkeepError
from upkeep.rolling.cluster import Kubernetes
from upkeep.rolling.driver import AwayError
from upkeep.rolling.live import LiveDriver
from upkeep.rolling.model import Peer
from upkeep.rolling.versions import Version
from upkeep.rolling.ways import Straight


@pytest.fixture
def driver(cluster: Kubernetes, vaults: Vaults) -> Iterator[LiveDriver]:
    own = LiveDriver(cluster, "vault", "vault", Straight(vaults.addresses), vaults.trust, TOKEN)
    yield own
    own.close()


def test_all_is_seen_at_once(driver: LiveDriver, kube: Kube) -> None:
    look = driver.look()
    assert [server.lacks for server in look.servers] == ["", "", ""]
    assert look.leader is not None
    assert (look.leader.name, look.margin, look.autopilot_silent) == ("vault-0", 1, "")
    assert (look.target.revision, str(look.target.version)) == ("vault-new", "1.21.0")
    assert str(look["vault-2"].version) == "1.20.4"
    assert "labelSelector=app%3Dvault%2Cpart%3Dserver" in str(kube.asked)


def test_a_sealed_server_is_not_asked_for_more(driver: LiveDriver, vaults: Vaults) -> None:
    vaults.by_name["vault-1"].sealed = True
    assert driver.look()["vault-1"].lacks == "is sealed"
    assert len(vaults.by_name["vault-1"].asked) == 1


def test_a_server_without_a_pod_is_not_asked(
    driver: LiveDriver, kube: Kube, vaults: Vaults
) -> None:
    del kube.objects[f"{PODS}/vault-1"]
    assert driver.look()["vault-1"].lacks == "has no pod"
    assert vaults.by_name["vault-1"].asked == []


def test_without_a_leader_autopilot_is_silent(driver: LiveDriver, vaults: Vaults) -> None:
    vaults.by_name["vault-0"].leads = False
    look = driver.look()
    assert look.autopilot_silent == "0 servers say that they lead"
    assert look.leader is None


def test_who_votes_without_a_pod_is_a_stranger(driver: LiveDriver, kube: Kube) -> None:
    kube.objects[STATEFUL_SET]["spec"]["replicas"] = 2
    assert driver.look().strangers == {"vault-2": Peer(voter=True, healthy=True)}


def test_somebody_says_what_the_image_holds(driver: LiveDriver) -> None:
    driver.version = Version.parse("1.21.4")
    assert str(driver.look().target.version) == "1.21.4"


def test_it_ends_a_pod_and_hears_the_budget(driver: LiveDriver, kube: Kube) -> None:
    pod = driver.look()["vault-2"].pod
    assert pod
    kube.answers = [(429, "the budget says no")]
    assert driver.end(pod) == "the budget says no"
    assert driver.end(pod) == ""
    assert driver.look()["vault-2"].lacks == "is ending"


def test_rights_that_are_missing_are_named(driver: LiveDriver, kube: Kube) -> None:
    pod = driver.look()["vault-2"].pod
    assert pod
    kube.answers = [(403, "forbidden")]
    with pytest.raises(UpkeepError, match=r"403: forbidden; fix: docs/rolling\.md lists"):
        driver.end(pod)
    kube.answers = [(403, "forbidden")]
    with pytest.raises(UpkeepError, match=r"read StatefulSet .* fix: docs/rolling\.md lists"):
        driver.look()


def test_an_api_server_that_is_away_is_told_apart(driver: LiveDriver, kube: Kube) -> None:
    kube.answers = [(503, "away")] * 5
    with pytest.raises(AwayError):
        driver.look()


def test_it_has_the_leader_step_down(driver: LiveDriver, vaults: Vaults) -> None:
    driver.step_down("vault-0")
    assert vaults.leader == "vault-1"
    vaults.by_name["vault-1"].status = 500
    with pytest.raises(UpkeepError, match="vault-1 could not be told to step down"):
        driver.step_down("vault-1")
