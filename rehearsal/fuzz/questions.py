"""One real request for one capability, with parameters and wrapping, and whether Vault allows it.

Unlike `sys/capabilities` it looks where the capability itself is looked for, and at what a rule
asks besides. It goes to the kv mount or to where nothing is mounted, so that it harms nothing. An
answer of 403 is a refusal; whatever else Vault says came after its decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from policies.acl.parameters import Json
from policies.hcl import Capability
from rehearsal.errors import RehearsalError
from rehearsal.fuzz.vault import KV, Oracle

_METHODS: Final = {
    Capability.CREATE: "PUT",
    Capability.READ: "GET",
    Capability.UPDATE: "PUT",
    Capability.PATCH: "PATCH",
    Capability.DELETE: "DELETE",
    Capability.LIST: "LIST",
}
_IN_QUERY: Final = frozenset({"GET", "LIST", "DELETE"})
"""Methods whose parameters are in the address."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `wrap_ttl`: in seconds; None for an answer that is not wrapped."""

    capability: Capability
    path: str
    data: Mapping[str, Json] = field(default_factory=dict)
    wrap_ttl: float | None = None

    @property
    def obstacle(self) -> str | None:
        """Why no request can ask this, whatever the policies say; None where one can."""
        method, segments = self._method, self.path.removesuffix("/").split("/")
        if not method:
            return f"no request asks for {self.capability} alone"
        if {"", ".", ".."} & set(segments):
            return "HTTP rewrites such a path"
        if method in {"PUT", "PATCH"} and self.path.endswith("/"):
            return "Vault writes to no path that ends in a slash"
        if method == "LIST" and not self.path.endswith("/"):
            return "Vault adds a slash to what is listed"
        if method in {"PUT", "PATCH"} and self.path == KV:
            return "the mount says whether a write to itself is a create"
        if self.capability is Capability.CREATE and not self._is_kept:
            return "without a mount no write is a create"
        if method in _IN_QUERY and not all(isinstance(v, str) for v in self.data.values()):
            return "the parameters of such a request are texts"
        return None

    def allowed(self, oracle: Oracle, token: str) -> bool:
        """Ask. Raises `RehearsalError` where Vault did not come as far as a decision."""
        self._prepare(oracle)
        headers = {} if self.wrap_ttl is None else {"X-Vault-Wrap-TTL": f"{self.wrap_ttl:g}"}
        query, body = "", None
        if self._method in _IN_QUERY:
            query = urlencode(self.data)
        else:
            body = self.data
        if self._method == "PATCH":
            headers["Content-Type"] = "application/merge-patch+json"
        reply = oracle.connection.call(self._method, self.path, token, body, headers, query)
        if reply.status in {301, 307, 429, 503}:
            raise RehearsalError(f"{self}: Vault said {reply.status}, and decided nothing")
        return reply.status != 403

    @property
    def _method(self) -> str:
        return _METHODS.get(self.capability, "")

    @property
    def _is_kept(self) -> bool:
        return self.path.removeprefix(f"{KV}/") not in {self.path, ""}

    def _prepare(self, oracle: Oracle) -> None:
        """A write to the mount is a create where nothing is, else an update."""
        if self._is_kept and self.capability is Capability.CREATE:
            oracle.connection.call("DELETE", self.path, oracle.root).require(self.path)
        elif self._is_kept and self.capability is Capability.UPDATE:
            oracle.connection.call("PUT", self.path, oracle.root, {"k": "v"}).require(self.path)
