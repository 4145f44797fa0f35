"""What brings secrets to pods, at a real API server: every object is accepted in strict mode and
kept as declared, its pods are admitted where they belong and nowhere else, its rights are tried,
and only pods that ask for an agent wait for an injector. The CSI provider's agent is really run.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import stat
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from components.delivery import DELIVERIES, SecretDelivery, SecretDeliveryArgs, Via, pod_annotations
from components.delivery.csi.agent import GROUP, SOCKET, render
from components.delivery.reading import role_of
from components.settings import load
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import Plan
from rehearsal import crds
from rehearsal.binaries import Binary, Tool
from rehearsal.certificates import Authority
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.monitor import unwrap
from rehearsal.resources.kubernetes import PREFIX
from rehearsal.resources.kubernetes import make as make_object
from rehearsal.servers import CALL_TIMEOUT, http_session, kubernetes
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Supervisor, wait_until
from rehearsal.vaults import start_one
from tests.components.settings.loader import deploying
from tests.live.test_cluster_objects import lost
from tests.recording import Runner

pytestmark = [
    pytest.mark.live,
    # pulumi_aws warns of its own old names as soon as it is loaded.
    pytest.mark.filterwarnings(
        "ignore:.* has been deprecated in favor of:DeprecationWarning:pulumi_aws"
    ),
]

Json = Mapping[str, Any]
_PATIENCE: Final = timedelta(seconds=15)
_PRIORITIES: Final = ("system-cluster-critical", "system-node-critical")


@dataclass(frozen=True)
class Delivered:
    """What was declared and what the API server keeps of it."""

    api: KubernetesApi
    plan: Plan
    declared: tuple[Json, ...]
    stored: tuple[Json, ...]

    def only(self, kind: str) -> Json:
        (found,) = (one for one in self.stored if one["kind"] == kind)
        return found

    def pod(self, kind: str) -> dict[str, Any]:
        """What the controller would make of a Deployment or a DaemonSet."""
        owner = self.only(kind)
        template = deepcopy(dict(owner["spec"]["template"]))
        metadata = {**template["metadata"], "namespace": owner["metadata"]["namespace"]}
        metadata.pop("creationTimestamp", None)
        metadata["generateName"] = "tried-"
        return {"apiVersion": "v1", "kind": "Pod", **template, "metadata": metadata}


@pytest.fixture(scope="module")
def api(tools: Mapping[Tool, Binary]) -> Iterator[KubernetesApi]:
    """With the applications' namespaces, and the kinds of others that are counted on."""
    with Supervisor() as supervisor:
        started = kubernetes.start(
            supervisor, tools[Tool.ETCD].path, tools[Tool.KUBE_APISERVER].path
        )
        with ThreadPoolExecutor() as pool:
            list(pool.map(started.apply, [crds.ensure()["Certificate"], *crds.ours().values()]))
        started.namespace("vault")
        yield started


@pytest.fixture(scope="module")
def delivered(api: KubernetesApi, run: Runner) -> Delivered:
    plan = compile_plan(MATRIX, Environment.STAGING)
    for role in plan.kubernetes_roles:
        if role.namespace != "vault":
            _ensure_namespace(api, role.namespace)
        api.service_account(role.namespace, role.service_account)
    config = deploying("staging", agentInjector=True, csiProvider=True)

    def program() -> None:
        settings = load(MATRIX.spec)
        assert settings.delivery
        SecretDelivery("delivery", SecretDeliveryArgs(settings.delivery, plan, protect=True))

    declared = tuple(
        unwrap(one.inputs)
        for one in run(program, config=config).resources
        if one.type.startswith(PREFIX)
    )
    stored: list[Json] = []
    for one in declared:
        # An API server that calls the webhook looks its Service up, and finds an address that
        # nobody has: without the Service it knows at once that nobody is there.
        if one["kind"] != "Service":
            make_object(api, one, stored.append)
    return Delivered(api, plan, declared, tuple(stored))


def _ensure_namespace(api: KubernetesApi, name: str) -> None:
    try:
        api.namespace(name)
    except RehearsalError as error:
        if "already exists" not in str(error):
            raise


def test_every_object_is_accepted_and_kept_as_it_is_declared(delivered: Delivered) -> None:
    declared = [one for one in delivered.declared if one["kind"] != "Service"]
    assert len(delivered.stored) == len(declared) >= 20
    for one, stored in zip(declared, delivered.stored, strict=True):
        if one["kind"] == "Secret":  # of which the engine says less than it sends
            assert stored["metadata"]["name"] == "vault-csi-provider-hmac-key"
            continue
        assert not list(lost(one, stored)), one["kind"]


def test_the_service_is_accepted_as_well(delivered: Delivered) -> None:
    (service,) = (one for one in delivered.declared if one["kind"] == "Service")
    elsewhere = deepcopy(dict(service))
    elsewhere["metadata"]["namespace"] = "default"
    assert not list(lost(elsewhere, delivered.api.apply(elsewhere)))


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet"])
def test_its_pods_are_admitted(delivered: Delivered, kind: str) -> None:
    pod = delivered.api.apply(delivered.pod(kind))
    assert pod["spec"]["priorityClassName"] in _PRIORITIES
    # It is let in, and may call the API server.
    assert any("projected" in volume for volume in pod["spec"]["volumes"])


def test_a_pod_with_a_folder_of_the_node_is_let_in_nowhere_else(delivered: Delivered) -> None:
    pod = delivered.pod("DaemonSet")
    injectors = delivered.only("Deployment")["metadata"]
    pod["metadata"]["namespace"] = injectors["namespace"]
    pod["spec"]["serviceAccountName"] = injectors["name"]
    with pytest.raises(RehearsalError, match=r'violates PodSecurity "restricted:latest"'):
        delivered.api.apply(pod)


def application(
    delivered: Delivered, annotations: Mapping[str, str], namespace: str
) -> dict[str, Any]:
    role = role_of(delivered.plan, AGENTS)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "api-",
            "namespace": namespace,
            "annotations": dict(annotations),
        },
        "spec": {
            "serviceAccountName": role.service_account,
            "containers": [{"name": "api", "image": "kubesentiment:1"}],
        },
    }


(AGENTS,) = (one for one in DELIVERIES if one.workload == "kubesentiment/api")
ASKS: Final = {"vault.hashicorp.com/agent-inject": "true"}
OTHERS: Final[Mapping[str, Mapping[str, str]]] = {
    "nothing": {},
    "something else": {"example.com/own": "yes"},
    "that it does not want one": {"vault.hashicorp.com/agent-inject": "false"},
    "how an agent would be, and wants none": {"vault.hashicorp.com/role": "kubesentiment"},
}


@pytest.mark.parametrize("says", OTHERS)
def test_while_no_injector_answers_a_pod_that_asks_for_none_is_made(
    delivered: Delivered, says: str
) -> None:
    namespace = role_of(delivered.plan, AGENTS).namespace
    _until_it_is_asked(delivered)
    assert delivered.api.apply(application(delivered, OTHERS[says], namespace))


@pytest.mark.parametrize("says", ["least", "all"])
def test_a_pod_that_asks_for_one_is_not_made_without_its_secrets(
    delivered: Delivered, says: str
) -> None:
    _until_it_is_asked(delivered)
    annotations = ASKS if says == "least" else pod_annotations(delivered.plan, AGENTS)
    namespace = role_of(delivered.plan, AGENTS).namespace
    with pytest.raises(RehearsalError, match=r'failed calling webhook "vault\.hashicorp\.com"'):
        delivered.api.apply(application(delivered, annotations, namespace))


@pytest.mark.parametrize("namespace", ["elsewhere", "vault", "kube-system"])
def test_elsewhere_nobody_waits_for_an_injector(delivered: Delivered, namespace: str) -> None:
    _until_it_is_asked(delivered)
    _ensure_namespace(delivered.api, namespace)
    account = role_of(delivered.plan, AGENTS).service_account
    delivered.api.service_account(namespace, account)
    assert delivered.api.apply(application(delivered, ASKS, namespace))


def _until_it_is_asked(delivered: Delivered) -> None:
    """The API server learns of a webhook a moment after it is stored."""
    pod = application(delivered, ASKS, role_of(delivered.plan, AGENTS).namespace)

    def asked() -> None:
        try:
            delivered.api.apply(pod)
        except RehearsalError:
            return
        raise NotYet("the pod was made")

    wait_until(asked, awaited="the webhook to be asked", patience=_PATIENCE)


PROVIDER: Final = ("vault-csi", "vault-csi-provider")
INJECTOR: Final = ("vault-injector", "vault-agent-injector")
Account = tuple[str, str]


def may(api: KubernetesApi, account: Account, verb: str, resource: str, **where: str) -> bool:
    """`resource`: `group/resource:subresource`, or one of the core group."""
    namespace, name = account
    group, _, plural = resource.rpartition("/")
    attributes = {
        "verb": verb,
        "group": group,
        "resource": plural.partition(":")[0],
        "subresource": plural.partition(":")[2],
        **where,
    }
    groups = [
        "system:serviceaccounts",
        f"system:serviceaccounts:{namespace}",
        "system:authenticated",
    ]
    user = f"system:serviceaccount:{namespace}:{name}"
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {"user": user, "groups": groups, "resourceAttributes": attributes},
    }
    return bool(api.apply(review)["status"]["allowed"])


def await_right(check: Callable[[], bool]) -> None:
    """The API server learns of new roles a moment after they are stored."""

    def look() -> None:
        if not check():
            raise NotYet("not allowed")

    wait_until(look, awaited="a right", patience=_PATIENCE)


WEBHOOKS: Final = "admissionregistration.k8s.io/mutatingwebhookconfigurations"


def test_the_injector_may_look_at_webhooks_and_do_nothing_else(delivered: Delivered) -> None:
    for verb in ("get", "list", "watch"):
        await_right(lambda verb=verb: may(delivered.api, INJECTOR, verb, WEBHOOKS))  # type: ignore[misc]
    for verb, resource in (
        *((verb, WEBHOOKS) for verb in ("create", "update", "patch", "delete")),
        *((verb, "secrets") for verb in ("get", "list", "create")),
        *((verb, "pods") for verb in ("get", "list", "create", "patch")),
        ("create", "serviceaccounts:token"),
    ):
        for namespace in ("", "vault-injector", "vault", "kubesentiment-staging"):
            where = {"namespace": namespace}
            assert not may(delivered.api, INJECTOR, verb, resource, **where), (verb, resource)


def test_the_provider_may_read_its_key_and_no_other_secret(delivered: Delivered) -> None:
    key = {"namespace": "vault-csi", "name": "vault-csi-provider-hmac-key"}
    await_right(lambda: may(delivered.api, PROVIDER, "get", "secrets", **key))
    for verb in ("list", "watch", "create", "update", "patch", "delete"):
        assert not may(delivered.api, PROVIDER, verb, "secrets", **key), verb
    for namespace in ("vault-csi", "vault", "media-catalog-staging"):
        other = {"namespace": namespace, "name": "vault-server-tls"}
        assert not may(delivered.api, PROVIDER, "get", "secrets", **other), namespace


Becomes = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def becomes(delivered: Delivered) -> Iterator[Becomes]:
    """The provider, with its own token, at the API that the real one calls, asking what it asks."""
    api = delivered.api
    with http_session(str(api.kubeconfig.parent / "ca.pem")) as session:
        session.headers["Authorization"] = f"Bearer {api.request_token(*PROVIDER, api.issuer)}"

        def asked(account: Account, pod: str, **changed: object) -> requests.Response:
            namespace, name = account
            spec = {
                "audiences": ["vault-staging"],
                "expirationSeconds": 900,
                "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": pod},
            }
            body = {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {**spec, **changed},
            }
            path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
            timeout = CALL_TIMEOUT.total_seconds()
            return session.post(api.url + path, json=body, timeout=timeout)

        yield asked


def a_pod(api: KubernetesApi, account: Account) -> str:
    namespace, name = account
    pod: str = api.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"generateName": "mounts-", "namespace": namespace},
            "spec": {"serviceAccountName": name, "containers": [{"name": "a", "image": "a:1"}]},
        }
    )["metadata"]["name"]
    return pod


def mounting(plan: Plan) -> set[Account]:
    roles = (role_of(plan, one) for one in DELIVERIES if one.via is Via.CSI)
    return {(role.namespace, role.service_account) for role in roles}


def test_the_provider_becomes_those_that_it_delivers_to_and_nobody_else(
    delivered: Delivered, becomes: Becomes
) -> None:
    plan = delivered.plan
    everybody = {(role.namespace, role.service_account) for role in plan.kubernetes_roles}
    assert mounting(plan) < everybody
    for account in mounting(plan):
        pod = a_pod(delivered.api, account)
        await_right(lambda account=account, pod=pod: becomes(account, pod).ok)  # type: ignore[misc]
    for account in everybody - mounting(plan):
        assert becomes(account, "any").status_code == 403, account


# What RBAC allows to whoever may make tokens.
MORE: Final[Mapping[str, Json]] = {
    "of the API server": {"audiences": ["https://kubernetes.default.svc.cluster.local"]},
    "of whoever is asked": {"audiences": []},
    "of another Vault": {"audiences": ["vault-prod"]},
    "of another one, too": {"audiences": ["vault-staging", "vault-prod"]},
    "for long": {"expirationSeconds": 30 * 24 * 3600},
    "for an hour": {"expirationSeconds": None},  # as Kubernetes understands it
    "that no pod ends": {"boundObjectRef": None},
    "that a Secret ends": {
        "boundObjectRef": {"apiVersion": "v1", "kind": "Secret", "name": "any"},
    },
}


@pytest.mark.parametrize("more", MORE)
def test_the_provider_is_nobody_but_at_vault_and_for_a_pod(
    delivered: Delivered, becomes: Becomes, more: str
) -> None:
    (account,) = mounting(delivered.plan)
    pod = a_pod(delivered.api, account)
    await_right(lambda: becomes(account, pod).ok)
    # The API server learns of a policy, too, a moment after it is stored.
    await_right(lambda: not becomes(account, pod, expirationSeconds=86400).ok)
    refused = becomes(account, pod, **MORE[more])
    assert refused.status_code == 422, refused.text
    assert "the CSI provider makes tokens" in refused.json()["message"]


def test_others_make_tokens_as_ever(delivered: Delivered) -> None:
    (account,) = mounting(delivered.plan)
    assert delivered.api.request_token(*account, "another", timedelta(hours=2))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"provider": "vault"}, r"spec\.parameters: Required value"),
        ({"provider": "aws", "parameters": {}}, r'Unsupported value: "aws"'),
        ({"provider": "vault", "parameters": {"roleName": "a"}}, r"parameters\.objects: Required"),
        (
            {"provider": "vault", "parameters": {"roleName": "a", "objects": ["b"]}},
            r"must be of type string",
        ),
        (
            {
                "provider": "vault",
                "parameters": {"roleName": "a", "objects": "b"},
                "secretObjects": [],
            },
            r'unknown field "spec\.secretObjects"',
        ),
    ],
)
def test_what_is_no_secret_provider_class_is_refused(
    delivered: Delivered, spec: Json, said: str
) -> None:
    kind = {key: delivered.only("SecretProviderClass")[key] for key in ("apiVersion", "kind")}
    with pytest.raises(RehearsalError, match=said):
        delivered.api.apply({**kind, "metadata": {"name": "wrong"}, "spec": spec})


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CALL_TIMEOUT.total_seconds())
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def test_the_providers_agent_answers_at_its_socket_for_vault(
    tools: Mapping[Tool, Binary], tmp_path: Path
) -> None:
    """The real agent, with the configuration that its pods get: only the socket lies elsewhere, and
    is of whom runs the test.
    """
    with Supervisor() as supervisor:
        binary = tools[Tool.VAULT].path
        vault = start_one(supervisor, binary, Authority.create("a CA"), lambda _: None)
        path = tmp_path / "agent.sock"
        config = json.loads(render(vault.address, str(vault.ca_file)))
        listener = config["listener"][0]["unix"]
        assert (listener["address"], listener["socket_group"]) == (SOCKET, str(GROUP))
        listener |= {"address": str(path), "socket_user": str(os.getuid())}
        listener["socket_group"] = str(os.getgid())
        file = tmp_path / "agent.json"
        file.write_text(json.dumps(config))
        process = supervisor.start(
            "csi-agent",
            [binary, "agent", f"-config={file}"],
            env={**supervisor.environment(), "HOME": str(tmp_path)},
        )

        def listens() -> None:
            if not path.exists():
                raise NotYet("no socket")
            # The provider, root without a right over others' files, may call it: it is in the
            # group. The agent makes the socket first, and says whose it is then.
            if (mode := stat.S_IMODE(path.stat().st_mode)) != 0o660:
                raise NotYet(f"a socket of mode {mode:o}")

        wait_until(listens, awaited="the agent", patience=_PATIENCE, processes=[process])
        connection = _OverSocket(path)
        connection.request("GET", "/v1/sys/seal-status", headers={"X-Vault-Request": "true"})
        assert json.load(connection.getresponse())["initialized"] is False
        connection.close()
