"""Every Kubernetes object that the program declares, at a real API server: accepted in strict mode
and kept as declared, its pods admitted where nothing else is, its service account's rights tried.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from components.cluster import VaultCluster, VaultClusterArgs
from components.settings import load
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from rehearsal import crds, pods
from rehearsal.binaries import Binary, Tool
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.monitor import unwrap
from rehearsal.resources.kubernetes import PREFIX
from rehearsal.resources.kubernetes import make as make_object
from rehearsal.servers import CALL_TIMEOUT, http_session, kubernetes
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Supervisor, wait_until
from tests.components.settings.loader import deploying
from tests.recording import Runner

pytestmark = [
    pytest.mark.live,
    # pulumi_aws warns of its own old names as soon as it is loaded.
    pytest.mark.filterwarnings(
        "ignore:.* has been deprecated in favor of:DeprecationWarning:pulumi_aws"
    ),
]

Json = Mapping[str, Any]
Changes = Mapping[str, object]
_SERVERS: Final = {"dev": 1, "staging": 3, "prod": 5}
_RBAC_PATIENCE: Final = timedelta(seconds=10)
_EXPOSURES: Final[Mapping[str, Changes]] = {
    "none": {},
    "load-balancer": {
        "exposure": "load-balancer",
        "hostName": "vault.example.com",
        "clientCidrs": ["10.0.0.0/16"],
    },
    "ingress": {
        "exposure": "ingress",
        "hostName": "vault.example.com",
        "ingressClass": "nginx",
        "exposureAnnotations": {"example.com/own": "yes"},
        "clientNamespaces": ["ingress"],
    },
}
_CERTIFICATES: Final[Mapping[str, Changes]] = {
    "issuer": {},
    "secret": {"tlsIssuer": "", "tlsSecret": "theirs"},
}
_IDENTITIES: Final[Mapping[str, Changes]] = {
    "irsa": {},
    "pod-identity": {"workloadIdentity": "pod-identity", "eksCluster": "platform"},
}
# All that may be set about Kubernetes at once, so that nothing is left untried.
_REST: Final[Changes] = {
    "clientNamespaces": ["ingress"],
    "clientCidrs": ["10.0.0.0/16", "2001:db8::/32"],
    "databaseHost": "postgres.example.com",
    "databaseCidrs": ["10.1.0.0/16"],
    "storageClass": "disks",
}


def combinations() -> Iterator[tuple[str, Changes]]:
    """Every environment with every exposure, certificate and identity. dev has no identity."""
    for environment in _SERVERS:
        identities = {"": {}} if environment == "dev" else _IDENTITIES
        for names in itertools.product(_EXPOSURES, _CERTIFICATES, identities):
            exposure, certificate, identity = names
            yield (
                environment,
                {**_EXPOSURES[exposure], **_CERTIFICATES[certificate], **identities[identity]},
            )


@dataclass(frozen=True)
class Deployed:
    """What was declared and what the API server keeps of it."""

    api: KubernetesApi
    namespace: str
    declared: tuple[Json, ...]
    stored: tuple[Json, ...]

    def only(self, kind: str) -> Json:
        (found,) = (one for one in self.stored if one["kind"] == kind)
        return found

    def pod(self, name: str) -> dict[str, Any]:
        """What the StatefulSet's controller would make."""
        return deepcopy(dict(pods.pod_of(self.only("StatefulSet"), name)))


Deploy = Callable[[str, Changes], Deployed]


@pytest.fixture(scope="module")
def api(tools: Mapping[Tool, Binary]) -> Iterator[KubernetesApi]:
    with Supervisor() as supervisor:
        started = kubernetes.start(
            supervisor, tools[Tool.ETCD].path, tools[Tool.KUBE_APISERVER].path
        )
        with ThreadPoolExecutor() as pool:
            list(pool.map(started.apply, crds.ensure().values()))
        yield started


@pytest.fixture(scope="module")
def deploy(api: KubernetesApi, run: Runner) -> Deploy:
    """Applies what the program declares, each time in another namespace."""
    numbers = itertools.count()

    def deployed(environment: str, changed: Changes) -> Deployed:
        namespace = f"vault-{next(numbers)}"
        config = deploying(environment, **{**_REST, "servers": _SERVERS[environment], **changed})
        plan = compile_plan(MATRIX, Environment(environment))

        def program() -> None:
            settings = load(MATRIX.spec)
            assert settings.deployment
            kubernetes = dataclasses.replace(settings.deployment.kubernetes, namespace=namespace)
            deployment = dataclasses.replace(settings.deployment, kubernetes=kubernetes)
            VaultCluster("cluster", VaultClusterArgs(deployment, settings, plan))

        declared = tuple(
            unwrap(one.inputs)
            for one in run(program, config=config).resources
            if one.type.startswith(PREFIX)
        )
        stored: list[Json] = []
        for one in declared:
            make_object(api, one, stored.append)
        return Deployed(api, namespace, declared, tuple(stored))

    return deployed


def lost(declared: Any, stored: Any, where: str = "") -> Iterator[str]:
    """What was declared and is not kept, or kept otherwise. Defaults may be added."""
    if isinstance(declared, Mapping) and isinstance(stored, Mapping):
        for key, value in declared.items():
            if key not in stored:
                # The API server leaves out what is as if it were not there.
                if value not in (False, "", [], {}):
                    yield f"{where}.{key}"
            else:
                yield from lost(value, stored[key], f"{where}.{key}")
    elif isinstance(declared, list) and isinstance(stored, list):
        if len(declared) != len(stored):
            yield where
        for index, (one, other) in enumerate(zip(declared, stored, strict=False)):
            yield from lost(one, other, f"{where}[{index}]")
    elif declared != stored:
        yield f"{where}: {declared!r} became {stored!r}"


@pytest.mark.parametrize(("environment", "changed"), list(combinations()), ids=str)
def test_every_object_is_accepted_and_kept_as_it_is_declared(
    deploy: Deploy, environment: str, changed: Changes
) -> None:
    deployed = deploy(environment, changed)
    assert len(deployed.stored) == len(deployed.declared) >= 10
    for declared, stored in zip(deployed.declared, deployed.stored, strict=True):
        assert not list(lost(declared, stored)), declared["kind"]
    kinds = {one["kind"] for one in deployed.stored}
    assert ("Certificate" in kinds) == ("tlsSecret" not in changed)
    assert ("Ingress" in kinds) == (changed.get("exposure") == "ingress")


@pytest.mark.parametrize("environment", _SERVERS)
def test_its_pods_pass_pod_security_and_all_are_admitted(deploy: Deploy, environment: str) -> None:
    deployed = deploy(environment, {})
    for index in range(_SERVERS[environment]):
        pod = deployed.api.apply(deployed.pod(f"vault-{index}"))
        # What a webhook or the API server itself adds is restricted as well.
        assert any("projected" in volume for volume in pod["spec"]["volumes"])


def container(pod: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod["spec"]["containers"]
    security: dict[str, Any] = found["securityContext"]
    return security


def with_folder_of_the_host(pod: dict[str, Any]) -> None:
    pod["spec"]["volumes"].append({"name": "host", "hostPath": {"path": "/"}})


def with_port_of_the_host(pod: dict[str, Any]) -> None:
    pod["spec"]["containers"][0]["ports"][0]["hostPort"] = 8200


def without_profile(pod: dict[str, Any]) -> None:
    pod["spec"]["securityContext"]["seccompProfile"] = {"type": "Unconfined"}


UNRESTRICTED: Final[Mapping[str, Callable[[dict[str, Any]], object]]] = {
    "folder of the host": with_folder_of_the_host,
    "port of the host": with_port_of_the_host,
    "network of the host": lambda pod: pod["spec"].update(hostNetwork=True),
    "root": lambda pod: pod["spec"]["securityContext"].update(runAsUser=0),
    "perhaps root": lambda pod: pod["spec"]["securityContext"].pop("runAsNonRoot"),
    "privileged": lambda pod: container(pod).update(privileged=True, allowPrivilegeEscalation=True),
    "more rights later": lambda pod: container(pod).pop("allowPrivilegeEscalation"),
    "a capability": lambda pod: container(pod)["capabilities"].update(add=["IPC_LOCK"]),
    "kept capabilities": lambda pod: container(pod).pop("capabilities"),
    "every system call": without_profile,
}


@pytest.fixture(scope="module")
def staging(deploy: Deploy) -> Deployed:
    return deploy("staging", {})


@pytest.mark.parametrize("what", UNRESTRICTED)
def test_a_pod_with_more_rights_is_refused_there_and_not_elsewhere(
    staging: Deployed, what: str
) -> None:
    pod = staging.pod("vault-1")
    UNRESTRICTED[what](pod)
    with pytest.raises(RehearsalError, match=r'violates PodSecurity "restricted:latest"'):
        staging.api.apply(pod)
    elsewhere = f"elsewhere-{what.replace(' ', '-')}"
    staging.api.namespace(elsewhere)
    staging.api.service_account(elsewhere, "vault")
    pod["metadata"]["namespace"] = elsewhere
    staging.api.apply(pod)


@dataclass(frozen=True)
class Rights:
    """What the servers' service account may do, by the API server's own word."""

    deployed: Deployed

    def __call__(
        self, verb: str, resource: str, name: str = "", *, namespace: str | None = None
    ) -> bool:
        """`resource`: `group/resource`, or one of the core group. `namespace`: "" for none."""
        group, _, plural = resource.rpartition("/")
        own = self.deployed.namespace
        asked = {
            "namespace": own if namespace is None else namespace,
            "verb": verb,
            "group": group,
            "resource": plural.partition(":")[0],
            "subresource": plural.partition(":")[2],
            "name": name,
        }
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{own}", "system:authenticated"]
        answer = self.deployed.api.apply(
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "metadata": {},
                "spec": {
                    "user": f"system:serviceaccount:{own}:vault",
                    "groups": groups,
                    "resourceAttributes": asked,
                },
            }
        )
        return bool(answer["status"]["allowed"])

    def await_one(self, verb: str, resource: str, name: str = "") -> None:
        """The API server learns of new roles a moment after they are stored."""

        def look() -> None:
            if not self(verb, resource, name):
                raise NotYet("not allowed")

        wait_until(look, awaited=f"{verb} {resource} {name}", patience=_RBAC_PATIENCE)


REVIEW: Final = "authentication.k8s.io/tokenreviews"
REFUSED: Final = [
    *((verb, "pods", "vault-0") for verb in ("update", "delete", "create", "list", "watch")),
    *((verb, "pods", "") for verb in ("get", "patch", "list", "watch")),
    *((verb, "pods", "vault-3") for verb in ("get", "patch")),
    *((verb, "pods", "other") for verb in ("get", "patch")),
    *((verb, "pods:exec", "vault-0") for verb in ("create", "get")),
    ("patch", "pods:status", "vault-0"),
    *((verb, "secrets", "") for verb in ("get", "list", "watch")),
    ("get", "secrets", "vault-server-tls"),
    *((verb, "configmaps", "vault-server") for verb in ("get", "patch")),
    ("create", "serviceaccounts:token", "vault"),
    *(("patch", f"apps/{name}", "vault") for name in ("statefulsets", "deployments")),
    ("create", "rbac.authorization.k8s.io/rolebindings", ""),
]


def test_the_servers_may_look_at_and_label_their_own_pods(staging: Deployed) -> None:
    may = Rights(staging)
    for index in range(_SERVERS["staging"]):
        for verb in ("get", "patch"):
            may.await_one(verb, "pods", f"vault-{index}")


@pytest.mark.parametrize(("verb", "resource", "name"), REFUSED)
def test_the_servers_may_do_nothing_else_in_their_namespace(
    staging: Deployed, verb: str, resource: str, name: str
) -> None:
    may = Rights(staging)
    may.await_one("get", "pods", "vault-0")
    assert not may(verb, resource, name)


@pytest.mark.parametrize("namespace", ["default", "kube-system", ""])
def test_the_servers_may_do_nothing_elsewhere(staging: Deployed, namespace: str) -> None:
    may = Rights(staging)
    may.await_one("get", "pods", "vault-0")
    for verb in ("get", "patch"):
        assert not may(verb, "pods", "vault-0", namespace=namespace)
    for verb in ("get", "list"):
        assert not may(verb, "secrets", namespace=namespace)


@pytest.mark.parametrize("environment", ["dev", "staging"])
@pytest.mark.parametrize("reviewer", ["pod", "create"])
def test_the_servers_review_tokens_where_they_are_the_reviewer_and_not_otherwise(
    deploy: Deploy, environment: str, reviewer: str
) -> None:
    may = Rights(deploy(environment, {"kubernetesReviewer": reviewer}))
    if environment != "dev":
        may.await_one("get", "pods", "vault-0")
    if reviewer == "pod":
        may.await_one("create", REVIEW)
    assert may("create", REVIEW, namespace="") == (reviewer == "pod")
    for verb in ("get", "list", "delete"):
        assert not may(verb, REVIEW, namespace="")


def test_a_server_alone_may_not_even_look_at_its_pod(deploy: Deploy) -> None:
    may = Rights(deploy("dev", {}))
    may.await_one("create", REVIEW)
    for verb in ("get", "patch"):
        assert not may(verb, "pods", "vault-0")


def test_with_its_token_a_server_really_labels_itself_and_reads_no_secret(
    staging: Deployed, tmp_path: Path
) -> None:
    """The very requests of Vault's service registration."""
    api, namespace = staging.api, staging.namespace
    api.apply(staging.pod("vault-0"))
    Rights(staging).await_one("patch", "pods", "vault-0")
    ca_file = tmp_path / "ca.crt"
    ca_file.write_text(api.ca_pem)
    with http_session(str(ca_file)) as session:
        token = api.request_token(namespace, "vault", api.issuer)
        session.headers["Authorization"] = f"Bearer {token}"
        base = f"{api.url}/api/v1/namespaces/{namespace}"
        timeout = CALL_TIMEOUT.total_seconds()
        patched = session.patch(
            f"{base}/pods/vault-0",
            json=[{"op": "replace", "path": "/metadata/labels/vault-active", "value": "true"}],
            headers={"Content-Type": "application/json-patch+json"},
            timeout=timeout,
        )
        assert patched.json()["metadata"]["labels"]["vault-active"] == "true"
        assert session.get(f"{base}/secrets", timeout=timeout).status_code == 403
        assert session.get(f"{base}/pods", timeout=timeout).status_code == 403
