"""The configuration of the agent beside the provider."""

from __future__ import annotations

import json

from components.delivery.csi.agent import SOCKET, render

ADDRESS = "https://vault.example.com:8200"


def test_it_passes_calls_on_and_logs_in_as_nobody() -> None:
    config = json.loads(render(ADDRESS, "/ca.crt"))
    assert config == {
        "vault": {"address": ADDRESS, "ca_cert": "/ca.crt"},
        "cache": {},
        "listener": [
            {
                "unix": {
                    "address": SOCKET,
                    "tls_disable": True,
                    "socket_mode": "0660",
                    "socket_user": "100",
                    "socket_group": "1000",
                }
            },
        ],
    }


def test_public_cas_need_no_file() -> None:
    assert json.loads(render(ADDRESS, None))["vault"] == {"address": ADDRESS}
