"""Looks at a Kubernetes cluster through its API before anything is put there.

A dynamic resource's provider, so that a preview asks nothing. It changes nothing, and keeps nothing
but its questions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pulumi import dynamic
from pulumi.dynamic import CreateResult, DiffResult, ResourceProvider, UpdateResult
from urllib3.exceptions import HTTPError

from components.certificate import GROUP, VERSION

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_NOT_FOUND: Final = 404
_REQUEST_SECONDS: Final = 30
_CERT_MANAGER: Final = (GROUP, VERSION)


class Preflight(dynamic.Resource, module="vaultstack", name="Preflight"):
    """What comes after it finds all that was asked for."""


class PreflightError(Exception):
    """The Kubernetes cluster lacks something. Lists all of it."""

    def __init__(self, what: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            f"the Kubernetes cluster is not ready for {what}:\n"
            + "\n".join(f"  - {problem}" for problem in self.problems)
        )


class AskingProvider(ResourceProvider):
    """Asks when it is made, and again when a question changes. A question is an input; `context`
    and `kubeconfig` say which cluster is asked.
    """

    WHAT = ""
    """What the cluster is to be ready for, and what was made before it was asked."""
    INPUTS: tuple[str, ...] = ("context", "kubeconfig")

    def problems(self, cluster: Cluster, props: Mapping[str, Any]) -> Iterator[str]:
        """Each with its key, the rule and the fix."""
        raise NotImplementedError

    def create(self, props: dict[str, Any]) -> CreateResult:
        self._require(props)
        return CreateResult(id_=props["namespace"], outs=self._asked(props))

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        # Where the kubeconfig lies is each machine's own.
        asked = set(self.INPUTS) - {"kubeconfig"}
        return DiffResult(changes=any(olds.get(key) != news.get(key) for key in asked))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        self._require(news)
        return UpdateResult(outs=self._asked(news))

    def _asked(self, props: Mapping[str, Any]) -> dict[str, Any]:
        return {key: props[key] for key in self.INPUTS}

    def _require(self, props: Mapping[str, Any]) -> None:
        # Importing it takes longer than everything else in the program.
        from kubernetes import client, config  # noqa: PLC0415

        try:
            with config.new_client_from_config(
                config_file=props["kubeconfig"] or None, context=props["context"]
            ) as api:
                problems = list(self.problems(Cluster(api, client), props))
        except (config.ConfigException, client.ApiException, HTTPError) as error:
            raise PreflightError(self.WHAT, [_unanswered(props["context"], error)]) from None
        if problems:
            raise PreflightError(self.WHAT, problems)


def _unanswered(context: str, error: Exception) -> str:
    try:  # of an answer, the API's own words are enough
        why = json.loads(getattr(error, "body", ""))["message"]
    except (ValueError, KeyError, TypeError):
        why = error
    return (
        f"vaultstack:kubernetesContext: {context!r} gives no answer to what must be asked ({why}); "
        "fix: write one of `kubectl config get-contexts` with which `kubectl get namespaces` works"
    )


@dataclass(frozen=True, slots=True)
class Cluster:
    """The few questions to the Kubernetes API."""

    api: ApiClient
    client: Any

    def namespaces(self) -> set[str]:
        found = self.client.CoreV1Api(self.api).list_namespace(_request_timeout=_REQUEST_SECONDS)
        return {item.metadata.name for item in found.items}

    def storage_classes(self) -> Mapping[str, Any]:
        found = self.client.StorageV1Api(self.api).list_storage_class(
            _request_timeout=_REQUEST_SECONDS
        )
        return {item.metadata.name: item for item in found.items}

    def ingress_classes(self) -> set[str]:
        found = self.client.NetworkingV1Api(self.api).list_ingress_class(
            _request_timeout=_REQUEST_SECONDS
        )
        return {item.metadata.name for item in found.items}

    def secret(self, namespace: str, name: str) -> Mapping[str, str] | None:
        read = self.client.CoreV1Api(self.api).read_namespaced_secret
        found = self._found(read, name, namespace)
        return None if found is None else found.data or {}

    def service_account_labels(self, namespace: str, name: str) -> Mapping[str, str] | None:
        read = self.client.CoreV1Api(self.api).read_namespaced_service_account
        found = self._found(read, name, namespace)
        return None if found is None else found.metadata.labels or {}

    def has_csi_driver(self, name: str) -> bool:
        read = self.client.StorageV1Api(self.api).read_csi_driver
        return self._found(read, name) is not None

    def knows(self, group: str, version: str, resource: str) -> bool:
        """Whether it serves a kind, by its name in paths."""
        list_all = self.client.CustomObjectsApi(self.api).get_api_resources
        found = self._found(list_all, group, version)
        return found is not None and any(one.name == resource for one in found.resources)

    def has_issuer(self, kind: str, name: str, namespace: str) -> bool:
        custom = self.client.CustomObjectsApi(self.api)
        if kind == "ClusterIssuer":
            read = custom.get_cluster_custom_object
            return self._found(read, *_CERT_MANAGER, "clusterissuers", name) is not None
        read = custom.get_namespaced_custom_object
        return self._found(read, *_CERT_MANAGER, namespace, "issuers", name) is not None

    def lacks_issuer(
        self, key: str, otherwise: str, kind: str, name: str, namespace: str
    ) -> Iterator[str]:
        """The problem of a setting that names an issuer which is not there, or whose certificates
        the cluster does not know; `otherwise` is the setting that needs none.
        """
        if not self.has_issuer(kind, name, namespace) or not self.knows(
            *_CERT_MANAGER, "certificates"
        ):
            yield (
                f"vaultstack:{key}: the cluster has no {kind} {name!r} of cert-manager; fix: "
                f"install cert-manager and make the issuer, or set {otherwise}"
            )

    def _found(self, read: Any, *arguments: str) -> Any:
        """The API's answer; None where there is no such thing."""
        try:
            return read(*arguments, _request_timeout=_REQUEST_SECONDS)
        except self.client.ApiException as error:
            if error.status == _NOT_FOUND:
                return None
            raise
