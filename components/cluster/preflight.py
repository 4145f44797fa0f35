"""What must be in the Kubernetes cluster before servers are put there, looked at through its API.

A dynamic resource, so that a preview asks nothing. It changes nothing, and keeps nothing but its
questions: of a given Secret it looks at the certificate, never at the key.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from pulumi.dynamic import CreateResult, DiffResult, ResourceProvider, UpdateResult
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

# They share files between nodes; Raft's database needs a file system of its own.
_SHARED_FILES: Final = ("efs.csi.aws.com", "file.csi.azure.com", "filestore.csi.storage.gke.io")
_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"
_NOT_FOUND: Final = 404
_REQUEST_SECONDS: Final = 30

INPUTS: Final = (
    "bound_namespaces",
    "certificate_names",
    "context",
    "ingress_class",
    "issuer_kind",
    "issuer_name",
    "kubeconfig",
    "namespace",
    "storage_class",
    "tls_secret",
)


class PreflightError(Exception):
    """The Kubernetes cluster lacks something. Lists all of it."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "the Kubernetes cluster is not ready for Vault; nothing but Vault's namespace was made:"
            "\n" + "\n".join(f"  - {problem}" for problem in self.problems)
        )


class PreflightProvider(ResourceProvider):
    """Asks when it is made, and again when a question changes."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        _require(props)
        return CreateResult(id_=props["namespace"], outs={key: props[key] for key in INPUTS})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        # Where the kubeconfig lies is each machine's own.
        asked = set(INPUTS) - {"kubeconfig"}
        return DiffResult(changes=any(olds.get(key) != news.get(key) for key in asked))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        _require(news)
        return UpdateResult(outs={key: news[key] for key in INPUTS})


def _require(props: Mapping[str, Any]) -> None:
    # Importing it takes longer than everything else in the program.
    from kubernetes import client, config  # noqa: PLC0415

    try:
        with config.new_client_from_config(
            config_file=props["kubeconfig"] or None, context=props["context"]
        ) as api:
            problems = list(_problems(_Cluster(api, client), props))
    except (config.ConfigException, client.ApiException, HTTPError) as error:
        raise PreflightError([_unanswered(props["context"], error)]) from None
    if problems:
        raise PreflightError(problems)


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
class _Cluster:
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
        core = self.client.CoreV1Api(self.api)
        try:
            found = core.read_namespaced_secret(name, namespace, _request_timeout=_REQUEST_SECONDS)
        except self.client.ApiException as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        return found.data or {}

    def has_issuer(self, kind: str, name: str, namespace: str) -> bool:
        custom = self.client.CustomObjectsApi(self.api)
        where = ("cert-manager.io", "v1")
        try:
            if kind == "ClusterIssuer":
                custom.get_cluster_custom_object(
                    *where, "clusterissuers", name, _request_timeout=_REQUEST_SECONDS
                )
            else:
                custom.get_namespaced_custom_object(
                    *where, namespace, "issuers", name, _request_timeout=_REQUEST_SECONDS
                )
        except self.client.ApiException as error:
            if error.status == _NOT_FOUND:
                return False
            raise
        return True


def _problems(cluster: _Cluster, props: Mapping[str, Any]) -> Iterator[str]:
    yield from _missing_namespaces(props["bound_namespaces"], cluster.namespaces())
    yield from _storage(props["storage_class"], cluster.storage_classes())
    if props["issuer_name"]:
        kind, name = props["issuer_kind"], props["issuer_name"]
        if not cluster.has_issuer(kind, name, props["namespace"]):
            yield (
                f"vaultstack:tlsIssuer: the cluster has no {kind} {name!r} of cert-manager; fix: "
                "install cert-manager and make the issuer, or set tlsSecret"
            )
    if props["tls_secret"]:
        secret = cluster.secret(props["namespace"], props["tls_secret"])
        yield from _given_certificate(props, secret)
    if props["ingress_class"] and props["ingress_class"] not in cluster.ingress_classes():
        yield (
            f"vaultstack:ingressClass: the cluster has no class {props['ingress_class']!r}; fix: "
            "write one of `kubectl get ingressclass`"
        )


def _missing_namespaces(bound: Mapping[str, str], existing: set[str]) -> Iterator[str]:
    for namespace, role in sorted(bound.items()):
        if namespace not in existing:
            yield (
                f"the access matrix: namespace {namespace!r}, to which workload {role!r} is bound, "
                "does not exist, and whoever makes it would be that workload; fix: make the "
                "namespace, or correct the matrix"
            )


def _storage(name: str, classes: Mapping[str, Any]) -> Iterator[str]:
    key = "vaultstack:storageClass"
    choose = "write one of `kubectl get storageclass`"
    if name and name not in classes:
        yield f"{key}: the cluster has no storage class {name!r}; fix: {choose}"
        return
    chosen = [name] if name else [one for one in classes if _is_default(classes[one])]
    if not chosen:
        yield f"{key}: is empty, and the cluster has no default storage class; fix: {choose}"
    for one in chosen:
        if classes[one].provisioner in _SHARED_FILES:
            yield (
                f"{key}: {one!r} ({classes[one].provisioner}) shares files between nodes, and "
                f"Vault's storage needs block storage; fix: {choose} that makes disks"
            )


def _is_default(storage_class: Any) -> bool:
    return (storage_class.metadata.annotations or {}).get(_DEFAULT_CLASS) == "true"


def _given_certificate(props: Mapping[str, Any], secret: Mapping[str, str] | None) -> Iterator[str]:
    key = f"vaultstack:tlsSecret: Secret {props['tls_secret']!r}"
    where = f"namespace {props['namespace']!r}"
    if secret is None:
        yield f"{key} does not exist in {where}; fix: make it, then run `pulumi up` again"
        return
    if missing := sorted({"tls.crt", "tls.key", "ca.crt"} - secret.keys()):
        yield f"{key} in {where} lacks {', '.join(missing)}; fix: add them (PEM)"
        return
    try:
        certificate = x509.load_pem_x509_certificate(base64.b64decode(secret["tls.crt"]))
    except ValueError as error:
        yield f"{key} in {where}: tls.crt is no certificate ({error}); fix: store PEM"
        return
    end = certificate.not_valid_after_utc
    if end <= datetime.now(UTC):
        yield f"{key} in {where}: its certificate ended {end:%Y-%m-%d}; fix: have it renewed"
    if lacking := lacking_names(certificate, props["certificate_names"]):
        yield (
            f"{key} in {where}: its certificate lacks {', '.join(lacking)}, by which peers and "
            "clients call the servers; fix: have one issued that holds them"
        )


def lacking_names(certificate: x509.Certificate, names: Sequence[str]) -> list[str]:
    """Those of `names` that a certificate is not valid for."""
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return list(names)
    hosts = set(held.get_values_for_type(x509.DNSName))
    hosts |= {str(address) for address in held.get_values_for_type(x509.IPAddress)}
    return [name for name in names if not _covered(name, hosts)]


def _covered(name: str, hosts: set[str]) -> bool:
    """A wildcard stands for one label, the first."""
    return name in hosts or f"*.{name.partition('.')[2]}" in hosts
