"""The configuration of the agent beside the provider: through it the provider calls Vault. Pure."""

from __future__ import annotations

import json
from typing import Final

SOCKET: Final = "/var/run/vault/agent.sock"
CA_FOLDER: Final = "/etc/vault/ca"
CONFIG_FILE: Final = "agent.json"
# As whom it runs: Vault's image has this user and group.
USER, GROUP = 100, 1000


def render(vault_address: str, ca_file: str | None) -> str:
    """It passes calls on and logs in as nobody: each call has its pod's token.

    The socket is its group's: the provider is root without root's powers, and in this group. Vault
    heeds the mode only where user and group are said as well.
    """
    vault = {"address": vault_address} | ({"ca_cert": ca_file} if ca_file else {})
    listener = {
        "address": SOCKET,
        "tls_disable": True,
        "socket_mode": "0660",
        "socket_user": str(USER),
        "socket_group": str(GROUP),
    }
    config = {"vault": vault, "cache": {}, "listener": [{"unix": listener}]}
    return json.dumps(config, indent=2, sort_keys=True)
