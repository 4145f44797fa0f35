"""A real Kubernetes API: kube-apiserver with etcd, without anything that runs pods.

Objects are really validated, defaulted and admitted (PodSecurity included), RBAC decides, tokens
are really issued and reviewed. It deliberately has no controllers, scheduler or kubelet: nothing
happens after an object is stored. In particular a new namespace gets no `default` service account,
a Deployment no pods, and a deleted namespace stays in `Terminating`.
"""

import base64
import json
import secrets
import signal
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import requests
from cryptography.hazmat.primitives.asymmetric import ec

from rehearsal.certificates import Authority, KeyPair, private_key_pem
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import CALL_TIMEOUT, PATIENCE, answer, http_session
from rehearsal.supervisor import Process, Supervisor, wait_until, write_private

ISSUER: Final = "https://kubernetes.default.svc.cluster.local"  # what kubeadm's clusters use
_SHORTEST_TOKEN: Final = timedelta(minutes=10)  # the API refuses less
_SERVED_PATIENCE: Final = timedelta(seconds=15)
_DEFAULT_NAMESPACE: Final = "default"
_NOT_FOUND: Final = 404

Json = dict[str, Any]


@dataclass(frozen=True)
class _Resource:
    """Where the API serves a kind."""

    base: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None, name: str | None = None) -> str:
        inside = f"/namespaces/{namespace or _DEFAULT_NAMESPACE}" if self.namespaced else ""
        return f"{self.base}{inside}/{self.plural}" + (f"/{name}" if name else "")


@dataclass(frozen=True)
class KubernetesApi:
    """A running Kubernetes API and its administrator (group system:masters).

    All methods raise RehearsalError with the API's own words when it refuses.
    """

    url: str
    ca_pem: str = field(repr=False)
    issuer: str
    kubeconfig: Path
    admin_token: str = field(repr=False)
    _session: requests.Session = field(repr=False, compare=False)
    _kinds: dict[str, dict[str, _Resource]] = field(default_factory=dict, repr=False, compare=False)
    _kinds_lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def apply(self, obj: Mapping[str, Any]) -> Json:
        """Create an object of any kind and return it as stored; unknown fields are refused.

        A namespaced object without a namespace goes to `default`. For a
        CustomResourceDefinition, returns once its kind is served. An object that exists already
        is an error: a rehearsal starts from nothing.
        """
        api_version, kind = obj["apiVersion"], obj["kind"]
        resource = self._resource(api_version, kind)
        path = resource.path(obj["metadata"].get("namespace"))
        what = f"{kind} {obj['metadata'].get('name') or obj['metadata'].get('generateName')}"
        stored = self._call("POST", f"{path}?fieldValidation=Strict", what, obj)
        if kind == "CustomResourceDefinition":
            self._wait_until_served(stored)
        return stored

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Json:
        """Read an object. Without a namespace, a namespaced one is looked up in `default`."""
        path = self._resource(api_version, kind).path(namespace, name)
        return self._call("GET", path, f"{kind} {name}")

    def delete(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> None:
        """Delete an object. No controller runs here that would delete what it owns."""
        path = self._resource(api_version, kind).path(namespace, name)
        self._call("DELETE", path, f"{kind} {name}")

    def namespace(self, name: str) -> Json:
        """Create a namespace."""
        return self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def service_account(self, namespace: str, name: str) -> Json:
        """Create a service account."""
        metadata = {"namespace": namespace, "name": name}
        return self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})

    def request_token(
        self,
        namespace: str,
        service_account: str,
        audience: str,
        lifetime: timedelta = _SHORTEST_TOKEN,
    ) -> str:
        """Issue a service account's token through the TokenRequest API, as a kubelet would.

        `lifetime`: at least 10 minutes. The token is bound to no pod.
        """
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token"
        spec = {"audiences": [audience], "expirationSeconds": int(lifetime.total_seconds())}
        what = f"a token for service account {namespace}/{service_account}"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        token: str = self._call("POST", path, what, body)["status"]["token"]
        return token

    def _resource(self, api_version: str, kind: str) -> _Resource:
        with self._kinds_lock:
            known = self._kinds.get(api_version, {})
        if kind not in known:  # never seen, or a custom kind that is newer than what we know
            known = self._discover(api_version)
            with self._kinds_lock:
                self._kinds[api_version] = known
        if kind not in known:
            raise RehearsalError(
                f"the Kubernetes API serves no kind {kind} in {api_version}. Correct apiVersion or "
                "kind, or apply the CustomResourceDefinition first."
            )
        return known[kind]

    def _discover(self, api_version: str) -> dict[str, _Resource]:
        base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        response = self._send("GET", base)
        if response.status_code == _NOT_FOUND:
            return {}
        return {
            entry["kind"]: _Resource(base, entry["name"], entry["namespaced"])
            for entry in response.json()["resources"]
            if "/" not in entry["name"]  # that would be a subresource
        }

    def _wait_until_served(self, definition: Json) -> None:
        spec = definition["spec"]
        kind = spec["names"]["kind"]
        versions = [one["name"] for one in spec["versions"] if one["served"]]

        def served() -> None:
            for version in versions:
                found = self._discover(f"{spec['group']}/{version}").get(kind)
                if found is None:
                    raise NotYet(f"{version} is not served")
                # Discovery may be a moment ahead of the handler.
                if self._send("GET", found.path(None)).status_code == _NOT_FOUND:
                    raise NotYet(f"{version} is discovered, but not served")

        wait_until(served, awaited=f"custom kind {kind}", patience=_SERVED_PATIENCE)

    def _call(
        self, method: str, path: str, what: str, body: Mapping[str, Any] | None = None
    ) -> Json:
        response = self._send(method, path, body)
        if not response.ok:
            raise RehearsalError(
                f"{what}: the Kubernetes API answers {response.status_code}: {_message(response)}"
            )
        content: Json = response.json()
        return content

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        timeout = CALL_TIMEOUT.total_seconds()
        return self._session.request(method, self.url + path, json=body, timeout=timeout)


def start(
    supervisor: Supervisor, etcd: Path, kube_apiserver: Path, name: str = "kubernetes"
) -> KubernetesApi:
    """Start etcd and kube-apiserver (the given executables) and wait until the API is ready.

    Raises RehearsalError.
    """
    files = _Files(supervisor.subfolder(name))
    authority = Authority.create(f"{name} rehearsal CA")
    token = secrets.token_urlsafe(32)
    _write_credentials(files, authority, token)
    etcd_port = free_port()
    etcd_url = f"https://{LOOPBACK}:{etcd_port}"
    port = free_port()
    url = f"https://{LOOPBACK}:{port}"
    env = supervisor.environment()
    store = supervisor.start(
        f"{name}-etcd",
        [etcd, *_etcd_options(files, etcd_url)],
        env=env,
        stop_signal=signal.SIGKILL,  # nothing worth a graceful end, which takes it seconds
    )
    # An API server that finds no etcd tries again only after a second.
    wait_until(
        lambda: _listens(etcd_port),
        awaited=f"etcd to listen on {etcd_url}",
        patience=PATIENCE,
        processes=[store],
    )
    server = supervisor.start(
        f"{name}-apiserver",
        [kube_apiserver, *_apiserver_options(files, etcd_url, port)],
        env={**env, "GOGC": "400"},  # memory for time: it collects garbage while it starts
        stop_signal=signal.SIGKILL,
    )
    kubeconfig = write_private(files.kubeconfig, _kubeconfig(url, authority, token))
    session = http_session(str(files.ca))
    session.headers["Authorization"] = f"Bearer {token}"
    _wait_until_ready(session, url, [store, server])
    return KubernetesApi(url, authority.certificate_pem, ISSUER, kubeconfig, token, session)


def _listens(port: int) -> None:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError as error:
        raise NotYet(str(error)) from None


def _wait_until_ready(session: requests.Session, url: str, processes: list[Process]) -> None:
    def ready() -> None:
        response = answer(session, f"{url}/readyz")
        if not response.ok:
            raise NotYet(f"{url}/readyz answers {response.status_code}: {response.text.strip()}")

    wait_until(
        ready,
        awaited=f"the Kubernetes API to be ready on {url}",
        patience=PATIENCE,
        processes=processes,
    )


@dataclass(frozen=True)
class _Files:
    """Where the files of one Kubernetes API are."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens.csv"

    @property
    def token_key(self) -> Path:
        return self.folder / "service-accounts.key"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def data(self) -> Path:
        return self.folder / "etcd"


def _write_credentials(files: _Files, authority: Authority, token: str) -> None:
    # One certificate for both servers and for the way between them: both are ours alone.
    pair: KeyPair = authority.issue("kubernetes")
    write_private(files.ca, authority.certificate_pem)
    write_private(files.certificate, pair.certificate_pem)
    write_private(files.key, pair.key_pem)
    write_private(files.token_key, private_key_pem(ec.generate_private_key(ec.SECP256R1())))
    write_private(files.tokens, f'{token},rehearsal-admin,rehearsal-admin,"system:masters"\n')


def _etcd_options(files: _Files, url: str) -> list[str]:
    peer = f"https://{LOOPBACK}:{free_port()}"
    return [
        "--name=only",
        f"--data-dir={files.data}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=only={peer}",
        # Only who has our certificate may read the store, which holds every Secret.
        "--client-cert-auth",
        f"--trusted-ca-file={files.ca}",
        f"--cert-file={files.certificate}",
        f"--key-file={files.key}",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={files.ca}",
        f"--peer-cert-file={files.certificate}",
        f"--peer-key-file={files.key}",
        "--unsafe-no-fsync",
        "--heartbeat-interval=10",
        "--election-timeout=100",  # milliseconds: it is alone and must not wait for others
        "--log-level=warn",
    ]


def _apiserver_options(files: _Files, etcd_url: str, port: int) -> list[str]:
    return [
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--tls-cert-file={files.certificate}",
        f"--tls-private-key-file={files.key}",
        f"--etcd-servers={etcd_url}",
        f"--etcd-cafile={files.ca}",
        f"--etcd-certfile={files.certificate}",
        f"--etcd-keyfile={files.key}",
        "--authorization-mode=RBAC,Node",
        f"--token-auth-file={files.tokens}",
        f"--service-account-issuer={ISSUER}",
        f"--api-audiences={ISSUER}",
        f"--service-account-key-file={files.token_key}",
        f"--service-account-signing-key-file={files.token_key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--allow-privileged=true",  # as real clusters have it: PodSecurity decides
        "--endpoint-reconciler-type=none",  # a loopback address is no endpoint
        "--profiling=false",
    ]


def _kubeconfig(url: str, authority: Authority, token: str) -> str:
    """For people who want to look around: kubectl --kubeconfig <file> (JSON is YAML)."""
    ca = authority.certificate_pem
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "rehearsal",
                    "cluster": {"server": url, "certificate-authority-data": _base64(ca)},
                }
            ],
            "users": [{"name": "admin", "user": {"token": token}}],
            "contexts": [
                {"name": "rehearsal", "context": {"cluster": "rehearsal", "user": "admin"}}
            ],
            "current-context": "rehearsal",
        },
        indent=2,
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _message(response: requests.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text.strip()
