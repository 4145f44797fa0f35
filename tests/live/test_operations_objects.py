"""The scheduled jobs' objects at a real API server: accepted in strict mode and kept as declared,
their pods admitted where nothing else is, and their accounts' rights tried with their own tokens.
And that certificates name their own issuer, which a renewed one must find again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID

from components.operations import schedule_rotations
from components.settings import load
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.paths import pki_issue
from policies.plan import Plan, Rotation
from rehearsal.binaries import Binary, Tool
from rehearsal.errors import NotYet
from rehearsal.monitor import unwrap
from rehearsal.proof.logins import LoginDesk
from rehearsal.resources.kubernetes import PREFIX
from rehearsal.resources.kubernetes import make as make_object
from rehearsal.servers import CALL_TIMEOUT, http_session, kubernetes
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Supervisor, wait_until
from tests.components.settings.loader import deploying, of_existing
from tests.live.conftest import Stage
from tests.live.test_cluster_objects import lost
from tests.recording import Runner

pytestmark = pytest.mark.live

Json = Mapping[str, Any]
RBAC: Final = "rbac.authorization.k8s.io/v1"
RESTRICTED: Final = {"pod-security.kubernetes.io/enforce": "restricted"}
JOBS: Final = {
    "jobsImage": "registry.example/jobs:1.2.3",
    "kubernetesContext": "somewhere",
    "databaseHost": "postgres.example.com",
    "databaseCidrs": ["10.1.0.0/16"],
    "databaseRotateRoot": True,
    "awsEngine": True,
    "awsRotateRoot": True,
}
SECRETS: Final = {
    "awsAccessKeyId": "hidden",
    "awsSecretAccessKey": "hidden",
    "databasePasswords": {"kubesentiment": "hidden"},
}
KINDS: Final = {
    *("ConfigMap", "CronJob", "Lease", "Role", "RoleBinding", "Secret", "ServiceAccount"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
}


@dataclass(frozen=True)
class Scheduled:
    """What was declared for one environment, and what the API server keeps of it."""

    api: KubernetesApi
    plan: Plan
    declared: tuple[Json, ...]
    stored: tuple[Json, ...]

    def rotation(self, kind: str) -> Rotation:
        (found,) = (one for one in self.plan.rotations if one.task["type"] == kind)
        return found

    def cron_jobs(self) -> Iterator[Json]:
        yield from (one for one in self.stored if one["kind"] == "CronJob")


@pytest.fixture(
    scope="module",
    params=[
        *((f"deployed {one.value}", one, deploying) for one in Environment),
        ("existing dev", Environment.DEV, of_existing),
    ],
    ids=lambda param: str(param[0]).replace(" ", "-"),
)
def scheduled(
    request: pytest.FixtureRequest, tools: Mapping[Tool, Binary], run: Runner
) -> Iterator[Scheduled]:
    _, environment, configured = request.param
    plan = compile_plan(MATRIX, environment)
    config = configured(environment.value, **JOBS)

    def program() -> None:
        assert schedule_rotations("rotations", load(MATRIX.spec), plan)

    declared = tuple(
        unwrap(one.inputs)
        for one in run(program, config=config, secrets=SECRETS).resources
        if one.type.startswith(PREFIX)
    )
    with Supervisor() as supervisor:
        api = kubernetes.start(supervisor, tools[Tool.ETCD].path, tools[Tool.KUBE_APISERVER].path)
        namespaces = {one["metadata"].get("namespace") for one in declared}
        for name in sorted(filter(None, namespaces)):
            metadata = {"name": name, "labels": RESTRICTED}
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        stored: list[Json] = []
        # Rights are bound after they are made; everything else in any order.
        for one in declared:
            make_object(api, one, stored.append)
        yield Scheduled(api, plan, declared, tuple(stored))


def test_every_object_is_accepted_and_kept_as_it_is_declared(scheduled: Scheduled) -> None:
    for declared, stored in zip(scheduled.declared, scheduled.stored, strict=True):
        assert not list(lost(declared, stored)), (declared["kind"], declared["metadata"]["name"])
    kinds = {one["kind"] for one in scheduled.stored}
    assert kinds - {"NetworkPolicy"} == KINDS
    assert len(list(scheduled.cron_jobs())) == len(scheduled.plan.rotations)


def test_its_pods_pass_pod_security_and_all_are_admitted(scheduled: Scheduled) -> None:
    for cron_job in scheduled.cron_jobs():
        template = deepcopy(dict(cron_job["spec"]["jobTemplate"]["spec"]["template"]))
        metadata = cron_job["metadata"]
        own = {"name": f"try-{metadata['name']}", "namespace": metadata["namespace"]}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            **template,
            "metadata": {**template["metadata"], **own},
        }
        admitted = scheduled.api.apply(pod)
        # Nothing puts a token there that it does not declare.
        tokens = [
            source["serviceAccountToken"]
            for volume in admitted["spec"]["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
            if "serviceAccountToken" in source
        ]
        assert len(tokens) == 2
        privileged = deepcopy(pod)
        privileged["metadata"]["name"] += "-more"
        security = privileged["spec"]["containers"][0]["securityContext"]
        security["allowPrivilegeEscalation"] = True
        with pytest.raises(Exception, match=r'violates PodSecurity "restricted:latest"'):
            scheduled.api.apply(privileged)


Ask = Callable[..., requests.Response]


def as_job(api: KubernetesApi, rotation: Rotation) -> Ask:
    """The API server, asked as the job asks it: with its own account's token."""
    return as_account(api, rotation.namespace, rotation.service_account)


def as_account(api: KubernetesApi, namespace: str, name: str) -> Ask:
    token = api.request_token(namespace, name, api.issuer)
    session = http_session(str(api.kubeconfig.parent / "ca.pem"))
    session.headers["Authorization"] = f"Bearer {token}"

    def ask(method: str, path: str, body: Json | None = None) -> requests.Response:
        kind = {"PATCH": "application/merge-patch+json"}.get(method, "application/json")
        return session.request(
            method,
            api.url + path,
            json=body,
            headers={"Content-Type": kind},
            timeout=CALL_TIMEOUT.total_seconds(),
        )

    return ask


def await_rights(ask: Ask, path: str) -> Json:
    """The API server learns of new roles a moment after they are stored."""

    def look() -> Json:
        response = ask("GET", path)
        if not response.ok:
            raise NotYet(response.text)
        found: Json = response.json()
        return found

    return wait_until(look, awaited=f"rights on {path}", patience=CALL_TIMEOUT)


def lease_path(rotation: Rotation, name: str | None = None) -> str:
    base = f"/apis/coordination.k8s.io/v1/namespaces/{rotation.namespace}/leases"
    return f"{base}/{name or f'rotation-{rotation.name}'}"


def restarts(namespace: str, name: str) -> tuple[str, Json]:
    """What a restart asks for."""
    annotations = {"rotation.vaultstack/media-catalog-jwt-secret": "version 2"}
    return (
        f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
        {"spec": {"template": {"metadata": {"annotations": annotations}}}},
    )


def deployment(namespace: str, name: str) -> Json:
    labels = {"app": name}
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": {"team": "media"}},
                "spec": {
                    "containers": [{"name": "web", "image": "web:1", "securityContext": security}]
                },
            },
        },
    }


@pytest.fixture(scope="module")
def restarted(scheduled: Scheduled) -> tuple[str, str]:
    """Namespace and name of the Deployment that a job restarts. There is another one beside it."""
    tell = scheduled.rotation("kv-key").task["tell"]
    namespace, own = tell["namespace"], tell["deployment"]
    for name in (own, "other"):
        scheduled.api.apply(deployment(namespace, name))
    return namespace, own


def test_a_job_restarts_its_own_deployment_and_no_other(
    scheduled: Scheduled, restarted: tuple[str, str]
) -> None:
    rotation = scheduled.rotation("kv-key")
    namespace, own = restarted
    ask = as_job(scheduled.api, rotation)
    path, change = restarts(namespace, own)
    await_rights(ask, path)
    assert ask("PATCH", path, change).ok
    kept = scheduled.api.get("apps/v1", "Deployment", own, namespace)
    asked = change["spec"]["template"]["metadata"]["annotations"]
    assert kept["spec"]["template"]["metadata"]["annotations"] == {"team": "media", **asked}
    other, change = restarts(namespace, "other")
    assert ask("PATCH", other, change).status_code == 403
    assert ask("GET", other).status_code == 403
    # Nor may it scale, replace or end its own.
    assert ask("DELETE", path).status_code == 403
    assert ask("PUT", path, kept).status_code == 403
    assert ask("PATCH", f"{path}/scale", {"spec": {"replicas": 0}}).status_code == 403


def of_pods(**metadata: object) -> Json:
    return {"spec": {"template": {"metadata": metadata}}}


# What RBAC allows to whoever may restart a Deployment.
MORE: Final[Mapping[str, Json]] = {
    "an image": {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "b:2"}]}}}},
    "an account": {"spec": {"template": {"spec": {"serviceAccountName": "media-catalog"}}}},
    "Secrets": {
        "spec": {
            "template": {"spec": {"volumes": [{"name": "a", "secret": {"secretName": "any"}}]}}
        }
    },
    "an agent": of_pods(annotations={"vault.hashicorp.com/agent-inject": "true"}),
    "another rotation's restart": of_pods(annotations={"rotation.vaultstack/other": "version 2"}),
    "another value": of_pods(annotations={"team": "another"}),
    "one less": of_pods(annotations={"team": None}),
    "all less": of_pods(annotations=None),
    "labels": of_pods(labels={"more": "so"}),
    "pods that never end": of_pods(finalizers=["nobody.example/ever"]),
    "no pods": {"spec": {"replicas": 0}},
    "no update": {"spec": {"paused": True}},
    "all at once": {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}},
    "its labels": {"metadata": {"labels": {"more": "so"}}},
    "its annotations": {"metadata": {"annotations": {"more": "so"}}},
    "never ending": {"metadata": {"finalizers": ["nobody.example/ever"]}},
    "an owner": {
        "metadata": {
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "Pod", "name": "gone", "uid": "of-nothing"}
            ]
        }
    },
}


def test_a_job_that_restarts_can_change_nothing_of_what_runs(
    scheduled: Scheduled, restarted: tuple[str, str]
) -> None:
    ask = as_job(scheduled.api, scheduled.rotation("kv-key"))
    path, change = restarts(*restarted)
    await_rights(ask, path)

    def judged() -> None:  # the API server learns of a policy, too, a moment after it is stored
        if ask("PATCH", f"{path}?dryRun=All", MORE["no update"]).ok:
            raise NotYet("nobody judges it")

    wait_until(judged, awaited="the policy", patience=CALL_TIMEOUT)
    for what, more in MORE.items():
        refused = ask("PATCH", f"{path}?dryRun=All", more)
        assert refused.status_code == 422, what
        assert "and changes no more" in refused.json()["message"], what
    assert ask("PATCH", f"{path}?dryRun=All", change).ok


def test_nobody_else_is_held_to_restarting(
    scheduled: Scheduled, restarted: tuple[str, str]
) -> None:
    namespace, own = restarted
    account = {"namespace": namespace, "name": "releases"}
    scheduled.api.service_account(**account)
    role: Json = {"apiVersion": RBAC, "kind": "Role", "metadata": account}
    scheduled.api.apply(
        {
            **role,
            "rules": [
                {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}
            ],
        }
    )
    scheduled.api.apply(
        {
            **role,
            "kind": "RoleBinding",
            "roleRef": {
                "apiGroup": RBAC.partition("/")[0],
                "kind": "Role",
                "name": account["name"],
            },
            "subjects": [{"kind": "ServiceAccount", **account}],
        }
    )
    ask = as_account(scheduled.api, **account)
    path, _ = restarts(namespace, own)
    await_rights(ask, path)
    for what in ("an image", "an agent", "no pods"):
        assert ask("PATCH", f"{path}?dryRun=All", MORE[what]).ok, what


def test_each_job_keeps_its_own_lease_and_touches_no_other(scheduled: Scheduled) -> None:
    for rotation in scheduled.plan.rotations:
        ask = as_job(scheduled.api, rotation)
        path = lease_path(rotation)
        lease = dict(await_rights(ask, path))
        lease["spec"] = {"holderIdentity": "this-run"}
        assert ask("PUT", path, lease).ok
        assert ask("DELETE", path).status_code == 403
        assert ask("POST", path.rpartition("/")[0], lease).status_code == 403
        for other in scheduled.plan.rotations:
            if other is not rotation:
                assert ask("GET", lease_path(other)).status_code == 403


def test_a_job_lays_a_secret_where_it_belongs_and_sees_no_other(scheduled: Scheduled) -> None:
    rotation = scheduled.rotation("secret-id")
    secret = rotation.task["secret"]
    ask = as_job(scheduled.api, rotation)
    await_rights(ask, lease_path(rotation))
    folder = f"/api/v1/namespaces/{secret['namespace']}/secrets"
    own = f"{folder}/{secret['name']}"

    def lay() -> None:  # bound in another namespace, maybe a moment later
        if not ask("PATCH", own, {"stringData": {secret["key"]: "wrapped"}}).ok:
            raise NotYet("not allowed")

    wait_until(lay, awaited="the right to lay a secret", patience=CALL_TIMEOUT)
    assert scheduled.api.get("v1", "Secret", secret["name"], secret["namespace"])["data"]
    assert ask("GET", own).status_code == 403
    # A patch answers with all of it, even one that changes nothing: RBAC knows no blind write.
    assert list(ask("PATCH", own, {}).json()["data"]) == [secret["key"]]
    assert ask("GET", folder).status_code == 403
    for body in ({}, {"stringData": {"a": "b"}}):
        assert ask("PATCH", f"{folder}/other", body).status_code == 403
    assert ask("DELETE", own).status_code == 403


# What nobody's job may do, in its own namespace or Vault's: read secrets, become somebody, run
# something, or change what it may do.
REFUSED: Final = [
    ("GET", "/api/v1/namespaces/{}/secrets"),
    ("GET", "/api/v1/namespaces/{}/secrets/vault-server-tls"),
    ("GET", "/api/v1/namespaces/{}/configmaps"),
    ("GET", "/api/v1/namespaces/{}/pods"),
    ("POST", "/api/v1/namespaces/{}/pods"),
    ("POST", "/api/v1/namespaces/{}/serviceaccounts/vault/token"),
    ("POST", "/apis/batch/v1/namespaces/{}/jobs"),
    ("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings"),
    ("GET", "/apis/apps/v1/namespaces/{}/deployments"),
    ("GET", "/apis/coordination.k8s.io/v1/namespaces/{}/leases"),
]


def test_no_job_may_do_anything_else(scheduled: Scheduled) -> None:
    for rotation in scheduled.plan.rotations:
        ask = as_job(scheduled.api, rotation)
        await_rights(ask, lease_path(rotation))
        for method, path in REFUSED:
            for namespace in sorted({rotation.namespace, "vault", "kube-system"}):
                answer = ask(method, path.format(namespace), {} if method == "POST" else None)
                assert answer.status_code == 403, (rotation.name, method, path, namespace)


# --- certificates -----------------------------------------------------------------------------


def uris(certificate: x509.Certificate) -> dict[str, str]:
    """What -> where, as a certificate says it."""
    issuers = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    crls = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    found = {
        one.access_method._name: one.access_location.value
        for one in issuers
        if one.access_method
        in (AuthorityInformationAccessOID.CA_ISSUERS, AuthorityInformationAccessOID.OCSP)
    }
    (names,) = (point.full_name for point in crls if point.full_name)
    return {**found, "crl": names[0].value}


def issue(stage: Stage) -> x509.Certificate:
    """A client's certificate, as its workload gets it."""
    role = next(one for one in stage.plan.kubernetes_roles if one.name == "kubesentiment")
    desk = LoginDesk(stage.scene)
    login = desk.kubernetes(role.name, role.namespace, role.service_account, role.audience)
    name = next(one for one in stage.plan.pki_roles if one.name == "kubesentiment-api")
    issued = desk.session(login).call(
        "POST", pki_issue(name.name), {"common_name": name.allowed_domains[0]}
    )
    return x509.load_pem_x509_certificate(issued.data["certificate"].encode())


def test_a_certificate_names_its_own_issuer_and_that_ones_crl(stage: Stage) -> None:
    """`pki/ca` and `pki/crl` are another's once the intermediate is renewed. Anybody can fetch what
    is named, and it fits.
    """
    certificate = issue(stage)
    found = uris(certificate)
    with http_session(stage.ca_file) as session:
        ca, crl = (
            session.get(found[key], timeout=CALL_TIMEOUT.total_seconds()).content
            for key in ("caIssuers", "crl")
        )
    issuer = x509.load_der_x509_certificate(ca)
    certificate.verify_directly_issued_by(issuer)
    revoked = x509.load_der_x509_crl(crl)
    assert revoked.issuer == issuer.subject
    key = issuer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert revoked.is_signature_valid(key)
    # Each by the issuer's own name, not by whichever is the default one.
    for what in ("caIssuers", "crl"):
        assert re.search(r"/v1/pki/issuer/[0-9a-f-]{36}/", found[what])
