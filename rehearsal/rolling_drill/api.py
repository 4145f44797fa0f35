"""The rehearsal's Kubernetes API by paths, for those who play its controllers and kubelets.

It deliberately hides nothing: a refusal is an answer, and its caller decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests

from rehearsal.errors import RehearsalError
from rehearsal.servers import CALL_TIMEOUT, http_session
from rehearsal.servers.kubernetes import KubernetesApi

Json = dict[str, Any]
NAMESPACE: Final = "vault"
PODS: Final = f"/api/v1/namespaces/{NAMESPACE}/pods"
STATEFUL_SET: Final = f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/vault"
BUDGET: Final = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets/vault"
_MERGE: Final = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json = field(repr=False)

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


class Rest:
    """Speaks as the cluster's administrator. Not for several threads."""

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api
        self._session: requests.Session = http_session(str(api.kubeconfig.with_name("ca.pem")))
        self._session.headers["Authorization"] = f"Bearer {api.admin_token}"

    def fresh(self) -> Rest:
        """One more, for another thread."""
        return Rest(self._api)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """One request. A PATCH merges."""
        headers = {"Content-Type": _MERGE} if method == "PATCH" else None
        response = self._session.request(
            method,
            self._api.url + path,
            json=body,
            headers=headers,
            timeout=CALL_TIMEOUT.total_seconds(),
        )
        return Answer(response.status_code, response.json() if response.content else {})

    def must(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """One request that has to succeed. Raises `RehearsalError`."""
        answer = self.call(method, path, body)
        if not answer.good:
            said = answer.body.get("message", "")
            raise RehearsalError(f"{method} {path}: Kubernetes said {answer.status}: {said}")
        return answer.body
