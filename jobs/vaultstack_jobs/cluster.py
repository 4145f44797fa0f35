"""The Kubernetes API, as far as a job needs it: one Lease, one Deployment, one Secret, as plain
JSON. Waits out an API server that is away for a moment; every request here may be sent twice.

Deliberately looks at nothing else, so that the rights of a job can be one line each.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from vaultstack_jobs.clock import Clock

Json = dict[str, Any]

_CONNECT_SECONDS: Final = 5
_ANSWER_SECONDS: Final = 10
_PAUSES_SECONDS: Final = (0.5, 1.0, 2.0, 4.0)
_CONFLICT: Final = 409
_TOO_MANY: Final = 429


class ClusterError(Exception):
    """The API server refused, or could not be asked; says what was tried."""


class ClusterConflictError(ClusterError):
    """Somebody else changed the object since it was read."""


class ClusterUnavailableError(ClusterError):
    """The API server did not answer, however often it was asked: what was sent may have come
    through.
    """


@dataclass(frozen=True, slots=True)
class Cluster:
    """Speaks as whoever `api` is."""

    api: client.ApiClient
    clock: Clock

    def lease(self, namespace: str, name: str) -> Json:
        read = client.CoordinationV1Api(self.api).read_namespaced_lease
        return self._ask(f"read Lease {namespace}/{name}", read, name, namespace)

    def replace_lease(self, lease: Mapping[str, Any]) -> Json:
        """Raises `ClusterConflictError` unless the stored one is still what `lease` was read as."""
        name, namespace = lease["metadata"]["name"], lease["metadata"]["namespace"]
        replace = client.CoordinationV1Api(self.api).replace_namespaced_lease
        return self._ask(f"update Lease {namespace}/{name}", replace, name, namespace, dict(lease))

    def deployment(self, namespace: str, name: str) -> Json:
        read = client.AppsV1Api(self.api).read_namespaced_deployment
        return self._ask(f"read Deployment {namespace}/{name}", read, name, namespace)

    def annotate_pods(
        self, namespace: str, name: str, annotations: Mapping[str, str], *, dry_run: bool = False
    ) -> Json:
        """Change the annotations of a Deployment's pods, which replaces them one by one."""
        patch = client.AppsV1Api(self.api).patch_namespaced_deployment
        body = {"spec": {"template": {"metadata": {"annotations": dict(annotations)}}}}
        options = {"dry_run": "All"} if dry_run else {}
        return self._ask(
            f"restart Deployment {namespace}/{name}", patch, name, namespace, body, **options
        )

    def set_secret_key(self, namespace: str, name: str, key: str, value: str) -> None:
        """Change one key of a Secret; the others stay as they are."""
        patch = client.CoreV1Api(self.api).patch_namespaced_secret
        body = {"stringData": {key: value}}
        self._ask(f"update Secret {namespace}/{name}", patch, name, namespace, body)

    def _ask(self, what: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Json:
        pauses = iter(_PAUSES_SECONDS)
        while True:
            try:
                answer = call(
                    *arguments,
                    **options,
                    _preload_content=False,
                    _request_timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
                )
            except ApiException as error:
                if error.status != _TOO_MANY and error.status < 500:
                    kind = ClusterConflictError if error.status == _CONFLICT else ClusterError
                    raise kind(f"{what}: the API server said {_said(error)}") from None
                problem = _said(error)
            except urllib3.exceptions.HTTPError as error:
                problem = type(error).__name__
            else:
                content: Json = json.loads(answer.data)
                return content
            pause = next(pauses, None)
            if pause is None:
                raise ClusterUnavailableError(
                    f"{what}: the API server cannot be asked ({problem})"
                ) from None
            self.clock.sleep(pause)


def connect(clock: Clock) -> Cluster:
    """As the pod's own service account; outside a pod, as `KUBECONFIG` says.

    Raises `ClusterError`.
    """
    settings = client.Configuration()
    try:
        if file := os.environ.get("KUBECONFIG"):
            config.load_kube_config(config_file=file, client_configuration=settings)
        else:
            config.load_incluster_config(client_configuration=settings)
    except config.ConfigException as error:
        raise ClusterError(
            f"no way to the Kubernetes API: {error}; run in a pod with a token of its service "
            "account, or set KUBECONFIG"
        ) from None
    # urllib3 would try again by itself, at once, and without telling.
    settings.retries = urllib3.Retry(0)
    return Cluster(client.ApiClient(settings), clock)


def _said(error: ApiException) -> str:
    """Status and reason, as the API server words it; never the body of the request."""
    try:
        message = json.loads(error.body or "")["message"]
    except (TypeError, ValueError, KeyError):
        message = error.reason
    return f"{error.status}: {message}"
