"""How what delivers reaches Vault."""

from __future__ import annotations

from typing import Final

import pytest

from components.delivery.network import to_vault
from tests.components.delivery.shop import SETTINGS, settings
from tests.components.peers import declared
from tests.recording import Runner

METADATA: Final = ["169.254.169.254/32"]


def test_servers_of_this_program_are_named_by_their_labels(run: Runner) -> None:
    rule = declared(run, to_vault(SETTINGS))
    (peer,) = rule["to"]
    assert peer == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "vault"}},
        "podSelector": {
            "matchLabels": {
                "app.kubernetes.io/name": "vault",
                "app.kubernetes.io/component": "server",
            }
        },
    }
    assert rule["ports"] == [{"protocol": "TCP", "port": 8200}]


@pytest.mark.parametrize(
    ("address", "port"), [("https://vault.example.com", 443), ("http://10.0.0.1:8300", 8300)]
)
def test_another_vault_is_anywhere_but_at_the_nodes_identity(
    run: Runner, address: str, port: int
) -> None:
    rule = declared(run, to_vault(settings(servers=False, vault_address=address)))
    assert [peer["ipBlock"]["cidr"] for peer in rule["to"]] == ["0.0.0.0/0", "::/0"]
    assert rule["to"][0]["ipBlock"]["except"] == METADATA
    assert rule["to"][1]["ipBlock"]["except"] == ["fd00:ec2::254/128"]
    assert rule["ports"] == [{"protocol": "TCP", "port": port}]
