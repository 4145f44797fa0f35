"""What must be in the Kubernetes cluster before servers are put there."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509

from components.certificate import GROUP, VERSION
from components.preflight.asking import AskingProvider, Cluster

# They share files between nodes; Raft's database needs a file system of its own.
_SHARED_FILES: Final = ("efs.csi.aws.com", "file.csi.azure.com", "filestore.csi.storage.gke.io")
_AUTHORITY: Final = ("issuers", "certificates")
_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"

INPUTS: Final = (
    "bound_namespaces",
    "certificate_names",
    "context",
    "ingress_class",
    "issuer_kind",
    "issuer_name",
    "kubeconfig",
    "metrics",
    "namespace",
    "storage_class",
    "tls_secret",
)


class PreflightProvider(AskingProvider):
    """Of a given Secret it looks at the certificate, never at the key."""

    WHAT = "Vault; nothing but Vault's namespace was made"
    INPUTS = INPUTS

    def problems(self, cluster: Cluster, props: Mapping[str, Any]) -> Iterator[str]:
        return _problems(cluster, props)


def _problems(cluster: Cluster, props: Mapping[str, Any]) -> Iterator[str]:
    yield from _missing_namespaces(props["bound_namespaces"], cluster.namespaces())
    yield from _storage(props["storage_class"], cluster.storage_classes())
    if props["issuer_name"]:
        issuer = (props["issuer_kind"], props["issuer_name"], props["namespace"])
        yield from cluster.lacks_issuer("tlsIssuer", "tlsSecret", *issuer)
    if props["tls_secret"]:
        secret = cluster.secret(props["namespace"], props["tls_secret"])
        yield from _given_certificate(props, secret)
    if props["metrics"]:
        yield from _metrics(cluster)
    if props["ingress_class"] and props["ingress_class"] not in cluster.ingress_classes():
        yield (
            f"vaultstack:ingressClass: the cluster has no class {props['ingress_class']!r}; fix: "
            "write one of `kubectl get ingressclass`"
        )


def _metrics(cluster: Cluster) -> Iterator[str]:
    missing = [kind for kind in _AUTHORITY if not cluster.knows(GROUP, VERSION, kind)]
    if missing:
        yield (
            f"vaultstack:metrics: the cluster does not know cert-manager's {' and '.join(missing)},"
            " by which Prometheus gets the certificate that the servers know it by; fix: install "
            "cert-manager, or pulumi config set vaultstack:metrics false"
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
