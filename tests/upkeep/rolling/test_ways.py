"""Port-forwarding itself is for the drills: it takes a real API server, and a kubelet."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import urllib3
from kubernetes import client

from upkeep.errors import UpkeepError
from upkeep.rolling.ways import Forwarded, Straight


def nobody() -> client.ApiClient:
    settings = client.Configuration(host="http://127.0.0.1:9")
    settings.retries = urllib3.Retry(0)
    return client.ApiClient(settings)


def test_forwarded_a_server_is_known_by_its_name_among_its_peers() -> None:
    assert Forwarded(nobody, "vault", "vault-internal").host("vault-2") == "vault-2.vault-internal"


def test_an_api_server_that_forwards_nothing_is_a_lost_connection() -> None:
    with pytest.raises(ConnectionError, match="no port-forward to vault-2"):
        Forwarded(nobody, "vault", "vault-internal").open("vault-2")


def test_straight_to_an_address() -> None:
    way = Straight({"vault-0": urlsplit("https://vault-0.example.com:8200")})
    assert way.host("vault-0") == "vault-0.example.com"
    with pytest.raises(UpkeepError, match="not vault-1; fix: add --at vault-1="):
        way.open("vault-1")
