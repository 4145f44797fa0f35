"""The preflight at a real Kubernetes API: it finds everything that is missing, and says all of it
in one error.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from components.cluster.layout import Layout
from components.cluster.preflight import INPUTS, PreflightProvider
from components.delivery.provider_class import DRIVER
from components.preflight import pods
from components.preflight.asking import PreflightError
from components.preflight.pods import PodsProvider
from rehearsal import crds
from rehearsal.binaries import Binary, Tool
from rehearsal.certificates import Authority, KeyPair
from rehearsal.ports import free_port
from rehearsal.servers import kubernetes
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live

NAMES: Final = Layout("vault", "cluster.local", 3, "vault.example.com", "given").certificate_names
AUTHORITY: Final = Authority.create("platform")
PAIR: Final = AUTHORITY.issue("vault", NAMES)
DEFAULT: Final = {"storageclass.kubernetes.io/is-default-class": "true"}


@pytest.fixture(scope="module")
def cluster(tools: Mapping[Tool, Binary]) -> Iterator[KubernetesApi]:
    """One that has all that a Vault needs."""
    with Supervisor() as supervisor:
        api = kubernetes.start(supervisor, tools[Tool.ETCD].path, tools[Tool.KUBE_APISERVER].path)
        definitions = crds.ensure()
        for kind in ("Certificate", "Issuer", "ClusterIssuer"):
            api.apply(definitions[kind])
        for namespace in ("vault", "shop-dev", "batch-dev"):
            api.namespace(namespace)
        issuer = {"apiVersion": "cert-manager.io/v1", "spec": {"selfSigned": {}}}
        api.apply({**issuer, "kind": "ClusterIssuer", "metadata": {"name": "platform"}})
        api.apply({**issuer, "kind": "Issuer", "metadata": {"name": "own", "namespace": "vault"}})
        storage_class(api, "disks", annotations=DEFAULT)
        storage_class(api, "shared", "efs.csi.aws.com")
        api.apply(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "IngressClass",
                "metadata": {"name": "nginx"},
                "spec": {"controller": "k8s.io/ingress-nginx"},
            }
        )
        secret(api, "good", PAIR)
        yield api


def storage_class(
    api: KubernetesApi,
    name: str,
    provisioner: str = "ebs.csi.aws.com",
    annotations: Mapping[str, str] | None = None,
) -> None:
    api.apply(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name, "annotations": annotations or {}},
            "provisioner": provisioner,
        }
    )


def secret(api: KubernetesApi, name: str, pair: KeyPair, **changed: str | None) -> None:
    content = {
        "tls.crt": pair.certificate_pem,
        "tls.key": pair.key_pem,
        "ca.crt": AUTHORITY.certificate_pem,
    }
    content |= {key.replace("_", "."): text for key, text in changed.items()}  # type: ignore[misc]
    api.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": "vault"},
            "data": {
                key: base64.b64encode(text.encode()).decode()
                for key, text in content.items()
                if text is not None
            },
        }
    )


def questions(api: KubernetesApi, **changed: Any) -> dict[str, Any]:
    return {
        "bound_namespaces": {"shop-dev": "shop-api", "batch-dev": "batch-worker"},
        "certificate_names": list(NAMES),
        "context": "rehearsal",
        "ingress_class": "nginx",
        "issuer_kind": "ClusterIssuer",
        "issuer_name": "platform",
        "kubeconfig": str(api.kubeconfig),
        "metrics": False,
        "namespace": "vault",
        "storage_class": "",
        "tls_secret": "",
        **changed,
    }


def problems(api: KubernetesApi, **changed: Any) -> tuple[str, ...]:
    """What creating it finds, which is what updating it finds."""
    provider, asked = PreflightProvider(), questions(api, **changed)
    with pytest.raises(PreflightError) as created:
        provider.create(asked)
    with pytest.raises(PreflightError) as updated:
        provider.update("vault", questions(api), asked)
    assert created.value.problems == updated.value.problems
    return created.value.problems


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"storage_class": "disks"},
        {"issuer_kind": "Issuer", "issuer_name": "own"},
        {"issuer_name": "", "tls_secret": "good"},
        {"ingress_class": ""},
        {"bound_namespaces": {}},
    ],
    ids=str,
)
def test_a_cluster_that_has_everything_passes_and_only_the_questions_are_kept(
    cluster: KubernetesApi, changed: Mapping[str, Any]
) -> None:
    asked = questions(cluster, **changed)
    made = PreflightProvider().create(asked)
    assert made.id == "vault"
    assert made.outs == {key: asked[key] for key in INPUTS}
    assert PreflightProvider().update("vault", {}, asked).outs == made.outs


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"bound_namespaces": {"shop-dev": "shop-api", "gone-dev": "gone-api"}},
            "the access matrix: namespace 'gone-dev', to which workload 'gone-api' is bound, does ",
        ),
        (
            {"storage_class": "fast"},
            "vaultstack:storageClass: the cluster has no storage class 'fast'; fix: write one of ",
        ),
        (
            {"storage_class": "shared"},
            "vaultstack:storageClass: 'shared' (efs.csi.aws.com) shares files between nodes",
        ),
        (
            {"issuer_name": "gone"},
            "vaultstack:tlsIssuer: the cluster has no ClusterIssuer 'gone' of cert-manager; fix: ",
        ),
        (
            # There is one of this name, in no namespace.
            {"issuer_kind": "Issuer"},
            "vaultstack:tlsIssuer: the cluster has no Issuer 'platform' of cert-manager; fix: ",
        ),
        (
            # There is one in another namespace.
            {"issuer_kind": "Issuer", "issuer_name": "own", "namespace": "shop-dev"},
            "vaultstack:tlsIssuer: the cluster has no Issuer 'own' of cert-manager; fix: ",
        ),
        (
            {"ingress_class": "traefik"},
            "vaultstack:ingressClass: the cluster has no class 'traefik'; fix: write one of ",
        ),
        (
            {"tls_secret": "gone"},
            "vaultstack:tlsSecret: Secret 'gone' does not exist in namespace 'vault'; fix: make it",
        ),
    ],
)
def test_what_is_missing_is_named_with_key_rule_and_fix(
    cluster: KubernetesApi, changed: Mapping[str, Any], said: str
) -> None:
    (problem,) = problems(cluster, **changed)
    assert problem.startswith(said)


def test_all_problems_are_in_one_error(cluster: KubernetesApi) -> None:
    found = problems(
        cluster,
        bound_namespaces={"gone-dev": "a", "away-dev": "b"},
        storage_class="fast",
        issuer_name="gone",
        ingress_class="traefik",
        tls_secret="gone",
    )
    keys = [problem.partition(":")[2].partition(":")[0] for problem in found[2:]]
    assert [problem[:17] for problem in found[:2]] == ["the access matrix"] * 2
    assert keys == ["storageClass", "tlsIssuer", "tlsSecret", "ingressClass"]


def test_without_a_default_storage_class_one_must_be_named(tools: Mapping[Tool, Binary]) -> None:
    with Supervisor() as supervisor:
        bare = kubernetes.start(supervisor, tools[Tool.ETCD].path, tools[Tool.KUBE_APISERVER].path)
        storage_class(bare, "disks", annotations={next(iter(DEFAULT)): "false"})
        nothing = {"bound_namespaces": {}, "ingress_class": ""}
        (storage, issuer) = problems(bare, **nothing)
        assert storage.startswith(
            "vaultstack:storageClass: is empty, and the cluster has no default storage class; fix: "
        )
        assert "no ClusterIssuer 'platform'" in issuer, "not even its kind is there"
        nothing["issuer_name"] = ""
        PreflightProvider().create(questions(bare, **nothing, storage_class="disks"))
        storage_class(bare, "shared", "file.csi.azure.com", DEFAULT)
        (storage,) = problems(bare, **nothing)
        assert "'shared' (file.csi.azure.com) shares files between nodes" in storage


@pytest.mark.parametrize(
    ("changed", "lacking"),
    [
        ({"ca_crt": None}, "ca.crt"),
        ({"tls_key": None}, "tls.key"),
        ({"tls_crt": None, "tls_key": None, "ca_crt": None}, "ca.crt, tls.crt, tls.key"),
    ],
)
def test_a_secret_that_lacks_a_part_is_refused(
    cluster: KubernetesApi, changed: Mapping[str, None], lacking: str
) -> None:
    name = f"lacks-{len(changed)}-{lacking[:2]}{lacking[-3:]}"
    secret(cluster, name, PAIR, **changed)
    (problem,) = problems(cluster, issuer_name="", tls_secret=name)
    assert problem == (
        f"vaultstack:tlsSecret: Secret {name!r} in namespace 'vault' lacks {lacking}; "
        "fix: add them (PEM)"
    )


@pytest.mark.parametrize("lacking", ["vault-2.vault-internal", "vault-active", "vault.example.com"])
def test_a_certificate_that_lacks_a_name_is_refused(cluster: KubernetesApi, lacking: str) -> None:
    pair = AUTHORITY.issue("vault", [name for name in NAMES if name != lacking])
    secret(cluster, f"without-{lacking}", pair)
    (problem,) = problems(cluster, issuer_name="", tls_secret=f"without-{lacking}")
    assert f": its certificate lacks {lacking}, by which peers and clients call" in problem


def test_a_wildcard_holds_the_peers(cluster: KubernetesApi) -> None:
    peers = re.compile(r"vault-\d\.(vault-internal.*)")
    held = {found.expand(r"*.\1") if (found := peers.fullmatch(name)) else name for name in NAMES}
    assert len(held) < len(NAMES)
    secret(cluster, "wildcard", AUTHORITY.issue("vault", sorted(held)))
    PreflightProvider().create(questions(cluster, issuer_name="", tls_secret="wildcard"))


def test_what_is_no_certificate_is_refused_and_a_key_in_its_place_is_not_shown(
    cluster: KubernetesApi,
) -> None:
    secret(cluster, "swapped", PAIR, tls_crt=PAIR.key_pem, tls_key=PAIR.certificate_pem)
    secret(cluster, "garbage", PAIR, tls_crt="garbage")
    for name in ("swapped", "garbage"):
        (problem,) = problems(cluster, issuer_name="", tls_secret=name)
        assert f"Secret {name!r} in namespace 'vault': tls.crt is no certificate (" in problem
        assert "fix: store PEM" in problem
        for line in PAIR.key_pem.splitlines()[1:-1]:
            assert line not in problem
    assert "garbage" not in problem.partition("tls.crt is")[2]


def test_no_context_no_answer_and_no_rights_are_said(
    cluster: KubernetesApi, tmp_path: Path
) -> None:
    key = "vaultstack:kubernetesContext: "
    (problem,) = problems(cluster, context="gone")
    assert problem.startswith(f"{key}'gone' gives no answer")
    assert "Expected object with name gone" in problem
    (problem,) = problems(cluster, kubeconfig=str(tmp_path / "none"))
    assert "No configuration found" in problem

    config = json.loads(cluster.kubeconfig.read_text())
    cluster.service_account("shop-dev", "nobody")
    token = cluster.request_token("shop-dev", "nobody", cluster.issuer)
    config["users"][0]["user"]["token"] = token
    weak = tmp_path / "weak"
    weak.write_text(json.dumps(config))
    (problem,) = problems(cluster, kubeconfig=str(weak))
    assert 'User "system:serviceaccount:shop-dev:nobody" cannot list resource "namesp' in problem
    assert token not in problem

    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{free_port()}"
    nowhere = tmp_path / "nowhere"
    nowhere.write_text(json.dumps(config))
    (problem,) = problems(cluster, kubeconfig=str(nowhere))
    assert "Connection refused" in problem


def asked_for_pods(api: KubernetesApi, **changed: Any) -> dict[str, Any]:
    return {
        "accounts": ["shop-dev/shop-rotation"],
        "cluster_issuers": {"platform": "tlsIssuer"},
        "context": "rehearsal",
        "csi": False,
        "kubeconfig": str(api.kubeconfig),
        "limits": ["csiProvider", "jobsImage"],
        "metrics": False,
        "namespace": "vault",
        "namespaces": ["shop-dev"],
        **changed,
    }


def problems_of_pods(api: KubernetesApi, **changed: Any) -> tuple[str, ...]:
    with pytest.raises(PreflightError) as caught:
        PodsProvider().create(asked_for_pods(api, **changed))
    assert str(caught.value).startswith(
        "the Kubernetes cluster is not ready for what calls Vault; nothing was made:"
    )
    return caught.value.problems


def test_a_cluster_that_has_all_that_pods_need_passes(cluster: KubernetesApi) -> None:
    asked = asked_for_pods(cluster)
    assert PodsProvider().create(asked).outs == asked


def test_what_pods_need_and_is_missing_is_named_with_key_rule_and_fix(
    cluster: KubernetesApi,
) -> None:
    found = problems_of_pods(
        cluster, cluster_issuers={"gone": "injectorIssuer"}, namespaces=["gone-dev"]
    )
    assert found == (
        (
            "vaultstack:injectorIssuer: the cluster has no ClusterIssuer 'gone' of cert-manager; "
            "fix: install cert-manager and make the issuer, or set injectorTlsSecret"
        ),
        (
            "vaultstack:jobsImage: namespace 'gone-dev', in which jobs of the access matrix run or "
            "change something, does not exist; fix: make it, or correct the matrix"
        ),
    )


def test_a_cluster_that_cannot_limit_rights_is_refused(
    cluster: KubernetesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for a version of the kind that nobody serves, for no old cluster is at hand."""
    monkeypatch.setattr(pods, "_LIMITS", ("admissionregistration.k8s.io", "v0", pods._LIMITS[2]))
    assert problems_of_pods(cluster) == tuple(
        f"vaultstack:{key}: the cluster has no ValidatingAdmissionPolicies (v1), by which a right "
        "is made smaller than RBAC can; fix: use Kubernetes 1.30 or newer, or pulumi config set "
        f"vaultstack:{otherwise}"
        for key, otherwise in (("csiProvider", "csiProvider false"), ("jobsImage", "jobsImage ''"))
    )
    assert PodsProvider().create(asked_for_pods(cluster, limits=[])).outs


def test_an_account_that_somebody_else_made_is_named_and_ours_is_not(
    cluster: KubernetesApi,
) -> None:
    cluster.service_account("batch-dev", "batch-rotation")
    accounts = ["batch-dev/batch-rotation", "shop-dev/shop-rotation"]
    (problem,) = problems_of_pods(cluster, accounts=accounts)
    assert problem == (
        "the access matrix: service account 'batch-rotation' in namespace 'batch-dev' exists "
        "already, made by somebody else, and whoever has a token of it would be the job; fix: see "
        "that nothing runs as it, then kubectl -n batch-dev delete serviceaccount batch-rotation"
    )
    labels = {"app.kubernetes.io/managed-by": "vaultstack"}
    metadata = {"name": "batch-ours", "namespace": "batch-dev", "labels": labels}
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    PodsProvider().create(asked_for_pods(cluster, accounts=["batch-dev/batch-ours"]))


def test_the_driver_that_mounts_secrets_must_be_there_with_its_kinds(
    tools: Mapping[Tool, Binary],
) -> None:
    with Supervisor() as supervisor:
        bare = kubernetes.start(supervisor, tools[Tool.ETCD].path, tools[Tool.KUBE_APISERVER].path)
        only = {"accounts": [], "cluster_issuers": {}, "csi": True, "namespaces": []}
        (problem,) = problems_of_pods(bare, **only)
        assert problem == (
            "vaultstack:csiProvider: the cluster lacks the kind SecretProviderClass and the CSI "
            f"driver {DRIVER!r}; fix: install the Secrets Store CSI driver, or pulumi config set "
            "vaultstack:csiProvider false"
        )
        bare.apply(crds.ours()["SecretProviderClass"])
        (problem,) = problems_of_pods(bare, **only)
        assert "the cluster lacks the CSI driver" in problem
        bare.apply(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "CSIDriver",
                "metadata": {"name": DRIVER},
                "spec": {"attachRequired": False, "podInfoOnMount": True},
            }
        )
        PodsProvider().create(asked_for_pods(bare, **only))


def test_an_issuer_without_certificates_is_none(tools: Mapping[Tool, Binary]) -> None:
    """cert-manager's kinds may be there in part: left over, or installed by halves."""
    with Supervisor() as supervisor:
        bare = kubernetes.start(supervisor, tools[Tool.ETCD].path, tools[Tool.KUBE_APISERVER].path)
        bare.apply(crds.ensure()["ClusterIssuer"])
        issuer = {"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer"}
        bare.apply({**issuer, "metadata": {"name": "platform"}, "spec": {"selfSigned": {}}})
        (problem,) = problems_of_pods(bare, accounts=[], namespaces=[])
        assert "no ClusterIssuer 'platform' of cert-manager; fix: install cert-manager" in problem
