"""How what delivers reaches Vault, as network policies name it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from components.cluster.network import to_servers
from components.peers import HTTPS, Egress, networks, tcp
from components.settings import DeliverySettings

_EVERYWHERE: Final = ("0.0.0.0/0", "::/0")


def to_vault(settings: DeliverySettings) -> Egress:
    """To the servers that this program deploys; another Vault's address only DNS knows."""
    if settings.servers:
        return to_servers(settings.kubernetes.namespace)
    port = urlsplit(settings.vault_address).port or HTTPS
    return Egress(to=networks(_EVERYWHERE), ports=tcp(port))
