"""Disaster recovery replication: what contradicts itself is refused before anything is made."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

import pytest

from components.settings import ReplicationSettings, Target
from components.settings.loading_replication import read_replication
from components.settings.reader import NAMESPACE, ConfigReader, SettingsError
from tests.components.settings.loader import SET, Loader, Rule, deploying, of_existing, sentence
from tests.recording import Runner

KEY: Final = base64.b64encode(b"the public key of a secondary").decode()
CLUSTER: Final = "https://vault.example.com:8201"
PRIMARY: Final[Mapping[str, object]] = {
    "replicationRole": "primary",
    "replicationClusterAddress": CLUSTER,
    "replicationSecondaries": {"eu-central": KEY},
}
NO_EFFECT: Final = "must not be given where vaultstack:replicationRole is 'none': nothing is copied"

RULES: Final[Mapping[str, Rule]] = {
    "a role that there is not": (
        "prod",
        {"replicationRole": "leader"},
        "replicationRole",
        "must be one of none, primary, secondary, is 'leader'",
        f"{SET}:replicationRole none",
    ),
    "a stack for a copy": (
        "prod",
        {"replicationRole": "secondary"},
        "replicationRole",
        (
            "must not be 'secondary': a secondary is a copy, empties what was there before, and "
            "lets nobody configure it, so that no stack can be one"
        ),
        f"{SET}:replicationRole none; docs/replication.md says how a Vault becomes one",
    ),
    "one server": (
        "dev",
        {"replicationRole": "primary"},
        "replicationRole",
        "must be 'none' with one server: a primary needs storage that several servers share",
        f"{SET}:servers 3, or {SET}:replicationRole none",
    ),
    "an address without a role": (
        "prod",
        {"replicationClusterAddress": CLUSTER},
        "replicationClusterAddress",
        NO_EFFECT,
        f"{SET}:replicationRole primary, or pulumi config rm vaultstack:replicationClusterAddress",
    ),
    "secondaries of nothing": (
        "prod",
        {"replicationSecondaries": {"eu-central": KEY}},
        "replicationSecondaries",
        NO_EFFECT,
        f"{SET}:replicationRole primary, or pulumi config rm vaultstack:replicationSecondaries",
    ),
    "the API's address": (
        "prod",
        {**PRIMARY, "replicationClusterAddress": "https://vault.example.com"},
        "replicationClusterAddress",
        (
            "must be https with the cluster's port, which is not the API's, is "
            "'https://vault.example.com'"
        ),
        f"{SET}:replicationClusterAddress https://<host>:8201",
    ),
    "a name that a path would change": (
        "prod",
        {**PRIMARY, "replicationSecondaries": {"EU/1": KEY}},
        "replicationSecondaries",
        "must have names of small letters, digits and dashes, has 'EU/1'",
        "rename it",
    ),
    "a key that is none": (
        "prod",
        {**PRIMARY, "replicationSecondaries": {"eu-central": "not base64"}},
        "replicationSecondaries",
        "eu-central must be the public key that this secondary made, in base64",
        (
            "vault write -f -field secondary_public_key "
            "sys/replication/dr/secondary/generate-public-key, there"
        ),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_one_problem_with_its_key_and_fix(loaded: Loader, name: str) -> None:
    environment, changed, *_ = RULES[name]
    assert loaded.problems_of(of_existing(environment, **changed)) == (sentence(RULES[name]),)


def test_servers_that_are_deployed_have_no_licence(loaded: Loader) -> None:
    (problem,) = loaded.problems_of(deploying("prod", **PRIMARY))
    assert problem.startswith(
        "vaultstack:replicationRole: must be 'none' with target 'kubernetes': replication is Vault "
        "Enterprise's, and the servers that this program deploys are given no licence; fix: "
    )


def test_a_primary_with_its_secondaries(loaded: Loader) -> None:
    found = loaded.of(of_existing("prod", **PRIMARY)).replication
    assert found == ReplicationSettings(CLUSTER, {"eu-central": KEY})


def test_nothing_is_copied_unless_it_is_said(loaded: Loader) -> None:
    assert loaded.of(of_existing("prod")).replication is None


def test_a_wrong_target_is_not_blamed_twice(run: Runner) -> None:
    """Rules that compare hold for values that were given, not for what stands in for wrong ones."""

    def look() -> None:
        read = ConfigReader(NAMESPACE)
        read.choice("target", Target, Target.KUBERNETES)
        read_replication(read, Target.KUBERNETES, 3)
        with pytest.raises(SettingsError) as caught:
            read.finish()
        assert [one for one in caught.value.problems if "replication" in one] == []

    run(look, config=of_existing("prod", **PRIMARY) | {"target": "somewhere"})
