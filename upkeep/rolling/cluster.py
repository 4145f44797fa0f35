"""The Kubernetes API, as far as a rolling change needs it: a StatefulSet, its pods, one Lease.

A pod is never deleted but evicted: so the PodDisruptionBudget has its say, and only the very pod
that was looked at goes, not one of the same name that came since.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from upkeep.errors import UpkeepError
from vaultstack_jobs.clock import Clock
from vaultstack_jobs.cluster import Cluster, ClusterConflictError, ClusterError

Json = dict[str, Any]
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_TOO_MANY: Final = 429
_CALL_SECONDS: Final = (5, 10)


class Kubernetes(Cluster):
    """Speaks as whoever `api` is. Waits out an API server that is away for a moment."""

    def stateful_set(self, namespace: str, name: str) -> Json:
        read = client.AppsV1Api(self.api).read_namespaced_stateful_set
        return self._ask(f"read StatefulSet {namespace}/{name}", read, name, namespace)

    def pods(self, namespace: str, selector: str) -> list[Json]:
        """Those that the selector finds."""
        read = client.CoreV1Api(self.api).list_namespaced_pod
        found = self._ask(f"list pods in {namespace}", read, namespace, label_selector=selector)
        return list(found["items"])

    def evict(self, namespace: str, name: str, uid: str) -> str:
        """Ask it to end. Empty where it does, or is gone already; else why its
        PodDisruptionBudget does not let it go now. Raises `ClusterError`.
        """
        create = client.CoreV1Api(self.api).create_namespaced_pod_eviction
        body: Any = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        try:
            create(name, namespace, body, _preload_content=False, _request_timeout=_CALL_SECONDS)
        except ApiException as error:
            if error.status == _TOO_MANY:
                return _message(error)
            if error.status in (_NOT_FOUND, _CONFLICT):
                return ""  # gone, or another one by now: its caller looks anyhow
            raise ClusterError(
                f"evict pod {namespace}/{name}: the API server said {error.status}: "
                f"{_message(error)}"
            ) from None
        except urllib3.exceptions.HTTPError as error:
            # It may have come through. Asked again, the precondition keeps it from counting twice.
            return f"the API server cannot be asked ({type(error).__name__})"
        return ""

    def find_lease(self, namespace: str, name: str) -> Json | None:
        """None where there is none yet."""
        read = client.CoordinationV1Api(self.api).read_namespaced_lease
        try:
            answer: Any = read(
                name, namespace, _preload_content=False, _request_timeout=_CALL_SECONDS
            )
        except ApiException as error:
            if error.status == _NOT_FOUND:
                return None
            raise ClusterError(
                f"read Lease {namespace}/{name}: the API server said {error.status}: "
                f"{_message(error)}"
            ) from None
        except urllib3.exceptions.HTTPError as error:
            raise ClusterError(f"read Lease {namespace}/{name}: {type(error).__name__}") from None
        found: Json = json.loads(answer.data)
        return found

    def make_lease(self, namespace: str, name: str) -> None:
        """Unless there is one."""
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {},
        }
        create = client.CoordinationV1Api(self.api).create_namespaced_lease
        with suppress(ClusterConflictError):
            self._ask(f"make Lease {namespace}/{name}", create, namespace, body)


def settings_of(kubeconfig: Path | None, context: str | None) -> client.Configuration:
    """Of a context of a kubeconfig: the usual one, and its current context, unless named. Raises
    `UpkeepError`.
    """
    settings = client.Configuration()
    try:
        config.load_kube_config(
            config_file=str(kubeconfig) if kubeconfig else None,
            context=context,
            client_configuration=settings,
        )
    except config.ConfigException as error:
        raise UpkeepError(
            f"no way to the Kubernetes API: {error}; fix: --context with one of `kubectl config "
            "get-contexts`"
        ) from None
    # urllib3 would try again by itself, at once, and without telling.
    settings.retries = urllib3.Retry(0)
    return settings


def connect(settings: client.Configuration, clock: Clock) -> Kubernetes:
    return Kubernetes(client.ApiClient(settings), clock)


def _message(error: ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        return str(error.reason)
