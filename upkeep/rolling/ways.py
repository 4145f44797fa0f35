"""Ways to a server's API: through the Kubernetes API as `kubectl port-forward` goes, or straight.

Port-forwarding ends in the pod itself: no Service chooses, no NetworkPolicy is in the way, and TLS
is between this program and the server, so that the Kubernetes API sees no token.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult

from kubernetes import client
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward
from websocket import WebSocketException

from upkeep.errors import UpkeepError
from upkeep.rolling.vault import ANSWERS_WITHIN_SECONDS

API_PORT: Final = 8200


@dataclass(frozen=True, slots=True)
class Forwarded:
    """Through the Kubernetes API, as whoever `connect` makes a client for."""

    connect: Callable[[], client.ApiClient]
    """A client of its own for each connection: forwarding changes the one it is given."""
    namespace: str
    subdomain: str
    """Of the headless Service: with the pod's name it is in the servers' certificate."""

    def open(self, pod: str) -> socket.socket:
        api = client.CoreV1Api(self.connect())
        try:
            forward: Any = portforward(
                api.connect_get_namespaced_pod_portforward,
                pod,
                self.namespace,
                ports=str(API_PORT),
                _request_timeout=ANSWERS_WITHIN_SECONDS,
            )
        except (ApiException, WebSocketException) as error:
            raise ConnectionError(f"no port-forward to {pod}: {_short(error)}") from None
        # What the library hands out only resembles a socket, and TLS needs one.
        resembling = forward.socket(API_PORT)
        plain = socket.socket(fileno=os.dup(resembling.fileno()))
        resembling.close()  # so that closing ours ends the forwarding
        return plain

    def host(self, pod: str) -> str:
        return f"{pod}.{self.subdomain}"


@dataclass(frozen=True, slots=True)
class Straight:
    """To an address for each pod, for those who can reach them, by a VPN or a tunnel."""

    addresses: Mapping[str, SplitResult]

    def open(self, pod: str) -> socket.socket:
        address = self._address(pod)
        return socket.create_connection(
            (address.hostname, address.port or API_PORT), timeout=ANSWERS_WITHIN_SECONDS
        )

    def host(self, pod: str) -> str:
        return self._address(pod).hostname or ""

    def _address(self, pod: str) -> SplitResult:
        try:
            return self.addresses[pod]
        except KeyError:
            raise UpkeepError(
                f"--at names some servers, but not {pod}; fix: add --at {pod}=https://..., or name "
                "none and go through the Kubernetes API"
            ) from None


def _short(error: Exception) -> str:
    reason = getattr(error, "reason", None) or str(error)
    return str(reason).strip().splitlines()[0][:200]
