"""What is declared of replication: no token, and activations that nobody sees."""

from __future__ import annotations

import json

from components.cluster.replication import DrPrimary, DrPrimaryArgs
from components.settings import BootstrapSettings, ReplicationSettings, Seal, VaultSettings
from policies.lifetime import Duration
from tests.components.conftest import Alone

TYPE = "pulumi-python:dynamic/vaultstack:DrPrimary"
BOOTSTRAP = BootstrapSettings(
    seal=Seal.AWSKMS,
    shares=5,
    threshold=3,
    pgp_keys=(),
    timeout=Duration.parse("15m"),
    adopted=None,
    secret_id_ttl=Duration.parse("90d"),
    bound_cidrs=(),
    ci=None,
)


def test_the_settings_are_handed_on_and_activations_are_secret(alone: Alone) -> None:
    args = DrPrimaryArgs(
        ReplicationSettings("https://vault.example.com:8201", {"eu": "key-of-eu"}),
        VaultSettings("https://vault.example.com:8200", "/etc/ca.pem"),
        BOOTSTRAP,
    )
    recording = alone(lambda opts: DrPrimary("replication", args, opts))
    (made,) = recording.of(TYPE)
    given = {key: value for key, value in made.values.items() if key != "__provider"}
    assert json.loads(str(given.pop("secondaries"))) == {"eu": "key-of-eu"}
    assert given == {
        "address": "https://vault.example.com:8200",
        "ca_cert_file": "/etc/ca.pem",
        "cluster_address": "https://vault.example.com:8201",
        "timeout_seconds": 900,
    }
    assert made.secret_outputs == {"activations"}
