"""What must be in the Kubernetes cluster before that is put there which calls Vault: the injector,
the CSI provider, the scheduled jobs; and what says how Vault is watched.

It is asked before anything is made, so that nothing is half there. An issuer of kind Issuer is the
exception: it lies in the injector's own namespace, which comes later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from components.delivery.provider_class import DRIVER, GROUP, KIND, VERSION
from components.namespace import MANAGED
from components.operations.rotation.restarts import restarts
from components.preflight.asking import AskingProvider, Cluster
from components.settings import IssuerKind, Settings
from policies.plan import Plan
from policies.snapshots import reader

_OTHERWISE: Final = {"tlsIssuer": "tlsSecret", "injectorIssuer": "injectorTlsSecret"}
# Of Kubernetes 1.30. Older ones know it as a trial, if at all.
_LIMITS: Final = ("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies")
_WITHOUT_LIMITS: Final = {"csiProvider": "csiProvider false", "jobsImage": "jobsImage ''"}
_OPERATOR: Final = ("monitoring.coreos.com", "v1")
_WATCHING: Final = {"ServiceMonitor": "servicemonitors", "PrometheusRule": "prometheusrules"}


def asked(settings: Settings, plan: Plan) -> dict[str, Any] | None:
    """The questions; None where nothing of the kind is deployed."""
    delivery, operations = settings.delivery, settings.operations
    either = delivery or operations or (settings.deployment if settings.telemetry else None)
    if either is None:
        return None
    kubernetes = either.kubernetes
    serving = delivery.injector.serving.issuer if delivery and delivery.injector else None
    issuers = {
        issuer.name: key
        for key, issuer in (
            ("injectorIssuer", serving),
            # It is the injector's, too, where that is told of no other.
            ("tlsIssuer", delivery.authority.issuer if delivery else None),
        )
        if issuer and issuer.kind is IssuerKind.CLUSTER_ISSUER
    }
    rotations = plan.rotations if operations else ()
    takes_snapshots = reader(plan) if operations and settings.cluster.raft else None
    csi = delivery is not None and delivery.csi is not None
    # Vault's own is made with the servers.
    own = {kubernetes.namespace} if settings.deployment else set()
    return {
        "context": kubernetes.context,
        "kubeconfig": kubernetes.kubeconfig or "",
        "namespace": kubernetes.namespace,
        "cluster_issuers": issuers,
        "csi": csi,
        "accounts": [
            f"{one.namespace}/{one.service_account}" for one in (*rotations, takes_snapshots) if one
        ],
        "namespaces": sorted({one for each in rotations for one in each.namespaces} - own),
        "metrics": settings.telemetry is not None,
        # Settings by which a service account is given a right that RBAC makes too large.
        "limits": [*["csiProvider"] * csi, *["jobsImage"] * any(map(restarts, rotations))],
    }


class PodsProvider(AskingProvider):
    """Nothing of what it is for was made before it."""

    WHAT = "what calls Vault; nothing was made"
    INPUTS = (
        "accounts",
        "cluster_issuers",
        "context",
        "csi",
        "kubeconfig",
        "limits",
        "metrics",
        "namespace",
        "namespaces",
    )

    def problems(self, cluster: Cluster, props: Mapping[str, Any]) -> Iterator[str]:
        for name, key in sorted(props["cluster_issuers"].items()):
            yield from cluster.lacks_issuer(
                key, _OTHERWISE[key], IssuerKind.CLUSTER_ISSUER.value, name, ""
            )
        if props["csi"]:
            yield from _driver(cluster)
        if props["limits"] and not cluster.knows(*_LIMITS):
            yield from map(_unlimited, props["limits"])
        if props["metrics"]:
            yield from _watching(cluster)
        existing = cluster.namespaces() if props["namespaces"] else set()
        for namespace in props["namespaces"]:
            if namespace not in existing:
                yield (
                    f"vaultstack:jobsImage: namespace {namespace!r}, in which jobs of the access "
                    "matrix run or change something, does not exist; fix: make it, or correct the "
                    "matrix"
                )
        for account in props["accounts"]:
            yield from _taken(cluster, account)


def _driver(cluster: Cluster) -> Iterator[str]:
    missing = []
    if not cluster.knows(GROUP, VERSION, "secretproviderclasses"):
        missing.append(f"the kind {KIND}")
    if not cluster.has_csi_driver(DRIVER):
        missing.append(f"the CSI driver {DRIVER!r}")
    if missing:
        yield (
            f"vaultstack:csiProvider: the cluster lacks {' and '.join(missing)}; fix: install the "
            "Secrets Store CSI driver, or pulumi config set vaultstack:csiProvider false"
        )


def _watching(cluster: Cluster) -> Iterator[str]:
    missing = [kind for kind, plural in _WATCHING.items() if not cluster.knows(*_OPERATOR, plural)]
    if missing:
        yield (
            f"vaultstack:metrics: the cluster lacks prometheus-operator's {' and '.join(missing)}; "
            "fix: install prometheus-operator, or pulumi config set vaultstack:metrics false"
        )


def _unlimited(key: str) -> str:
    return (
        f"vaultstack:{key}: the cluster has no ValidatingAdmissionPolicies (v1), by which a right "
        "is made smaller than RBAC can; fix: use Kubernetes 1.30 or newer, or pulumi config set "
        f"vaultstack:{_WITHOUT_LIMITS[key]}"
    )


def _taken(cluster: Cluster, account: str) -> Iterator[str]:
    """Whoever made an account could have a token of it, and be the job in Vault's eyes."""
    namespace, _, name = account.partition("/")
    labels = cluster.service_account_labels(namespace, name)
    if labels is not None and not MANAGED.items() <= labels.items():
        yield (
            f"the access matrix: service account {name!r} in namespace {namespace!r} exists "
            "already, made by somebody else, and whoever has a token of it would be the job; fix: "
            f"see that nothing runs as it, then kubectl -n {namespace} delete serviceaccount {name}"
        )
