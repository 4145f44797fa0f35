"""The Service `vault` as a client finds it: each new connection goes to one of the pods that are
ready, and stays there, also while that pod says farewell.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Mapping
from itertools import count
from typing import Final
from urllib.parse import urlsplit

from rehearsal.drill.line import Line

NAME: Final = "vault"


class ServiceLine(Line):
    """Connections to whichever pods are ready. For several threads."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        ready: Callable[[], frozenset[str]],
        trust: ssl.SSLContext,
        token: str,
        timeout: float,
    ) -> None:
        """`addresses`: pod -> its API's base URL."""
        super().__init__(NAME, next(iter(addresses.values())), trust, token, timeout)
        self._places = {pod: urlsplit(address) for pod, address in addresses.items()}
        self._ready, self._context, self._numbers = ready, trust, count()

    def connect(self) -> http.client.HTTPSConnection:
        pods = sorted(self._ready()) or sorted(self._places)
        place = self._places[pods[next(self._numbers) % len(pods)]]
        return http.client.HTTPSConnection(place.hostname or "", place.port, context=self._context)
