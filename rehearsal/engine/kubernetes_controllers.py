"""Plays, beside the rehearsal's API server, the controllers that Pulumi's engine waits for: what is
stored has its consequences some moments later, as in a cluster.

cert-manager, StatefulSets and namespaces are `rehearsal.controllers`'; here are Deployments, tokens
of service accounts and, once it is asked to, the collector of garbage. Deliberately no pod of a
Deployment runs: whether its program works is others' business.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, Self

import requests

from rehearsal.controllers import Controllers
from rehearsal.errors import RehearsalError
from rehearsal.rolling_drill.api import Rest
from rehearsal.servers.kubernetes import KubernetesApi

Json = Mapping[str, Any]

_TICK_SECONDS: Final = 0.3
_NAMESPACES: Final = "/api/v1/namespaces"
_SECRETS: Final = "/api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Fservice-account-token"
_ISSUERS: Final = "/apis/cert-manager.io/v1/issuers"
_CERTIFICATES: Final = "/apis/cert-manager.io/v1/certificates"
_STATEFUL_SETS: Final = "/apis/apps/v1/statefulsets"
_DEPLOYMENTS: Final = "/apis/apps/v1/deployments"
_NAME_OF_ACCOUNT: Final = "kubernetes.io/service-account.name"
_REVISION: Final = "deployment.kubernetes.io/revision"
_HASH: Final = "pod-template-hash"
_FOREGROUND: Final = "foregroundDeletion"


class Playing:
    """From entering to leaving. What goes wrong is told by `problem`, as nobody else would hear."""

    def __init__(self, api: KubernetesApi, controllers: Controllers) -> None:
        self._api, self._controllers = api, controllers
        self._rest = Rest(api)
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._thread = threading.Thread(target=self._play, name="controllers", daemon=True)
        self._seen: set[str] = set()
        self._revisions: dict[str, list[str]] = {}
        self._collected: tuple[str, ...] = ()
        self._starting: list[Future[None]] = []
        self.problem = ""

    def __enter__(self) -> Self:
        # What is there already is the scene's, which saw to it.
        self._seen = {_uid(one) for one in self._listed(_NAMESPACES)}
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._pool.shutdown()

    def collect(self, kinds: Iterable[tuple[str, str]]) -> None:
        """From now on, let go what is deleted of these kinds (their apiVersion and kind)."""
        self._collected = tuple(sorted({self._path(*one) for one in kinds}))

    def _play(self) -> None:
        while not self._ended.wait(_TICK_SECONDS):
            try:
                self._tick()
            except (RehearsalError, requests.RequestException) as error:
                self.problem = self.problem or str(error)

    def _tick(self) -> None:
        self._each(_NAMESPACES, self._controllers.see)
        self._each(_ISSUERS, self._controllers.see)
        # An authority comes before what it signs.
        self._each(_CERTIFICATES, self._controllers.see, _is_authority)
        self._each(_CERTIFICATES, self._controllers.see, self._can_be_signed)
        self._each(_STATEFUL_SETS, self._start)
        for secret in self._listed(_SECRETS):
            if not (secret.get("data") or {}).get("token"):
                self._give_token(secret)
        for deployment in self._listed(_DEPLOYMENTS):
            self._roll_out(deployment)
        for path in self._collected:
            self._let_go(path)
        for done in [one for one in self._starting if one.done()]:
            self._starting.remove(done)
            if error := done.exception():
                self.problem = self.problem or str(error)

    def _each(
        self,
        path: str,
        act: Callable[[Json], None],
        ready: Callable[[Json], bool] = lambda _: True,
    ) -> None:
        """With each object once."""
        for stored in self._listed(path):
            if _uid(stored) not in self._seen and ready(stored):
                self._seen.add(_uid(stored))
                act(stored)

    def _can_be_signed(self, certificate: Json) -> bool:
        issuer = certificate["spec"]["issuerRef"]
        if issuer.get("kind", "Issuer") != "Issuer":
            return True
        named = certificate["metadata"]["namespace"], issuer["name"]
        return named in self._controllers.issuers

    def _start(self, stateful_set: Json) -> None:
        """It waits for the certificate, which is made meanwhile."""
        self._starting.append(self._pool.submit(self._controllers.see, stateful_set))

    def _give_token(self, secret: Json) -> None:
        metadata = secret["metadata"]
        account = metadata["annotations"][_NAME_OF_ACCOUNT]
        namespace = metadata["namespace"]
        token = self._api.request_token(namespace, account, self._api.issuer)
        data = {"token": token, "ca.crt": self._api.ca_pem, "namespace": namespace}
        self._rest.must(
            "PATCH",
            f"/api/v1/namespaces/{namespace}/secrets/{metadata['name']}",
            {"data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}},
        )

    def _roll_out(self, deployment: Json) -> None:
        """As if its pods were ready at once."""
        metadata, replicas = deployment["metadata"], deployment["spec"]["replicas"]
        observed = deployment.get("status", {}).get("observedGeneration")
        if observed == metadata["generation"] or "deletionTimestamp" in metadata:
            return
        revisions = self._revisions.setdefault(_uid(deployment), [])
        template = _hash(deployment["spec"]["template"])
        if template not in revisions:
            revisions.append(template)
        revision = str(revisions.index(template) + 1)
        path = f"/apis/apps/v1/namespaces/{metadata['namespace']}"
        own = f"{path}/deployments/{metadata['name']}"
        ready = {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas}
        replica_set = replica_set_of(deployment, template, revision)
        made = self._rest.call("POST", f"{path}/replicasets", replica_set).body
        if made.get("kind") == "ReplicaSet":  # else it is there already
            generation = made["metadata"]["generation"]
            self._rest.must(
                "PATCH",
                f"{path}/replicasets/{replica_set['metadata']['name']}/status",
                {"status": {**ready, "observedGeneration": generation}},
            )
        self._rest.must("PATCH", own, {"metadata": {"annotations": {_REVISION: revision}}})
        self._rest.must(
            "PATCH",
            f"{own}/status",
            {
                "status": {
                    **ready,
                    "updatedReplicas": replicas,
                    "observedGeneration": metadata["generation"],
                    "conditions": [
                        _condition("Available", "MinimumReplicasAvailable"),
                        _condition("Progressing", "NewReplicaSetAvailable"),
                    ],
                }
            },
        )

    def _let_go(self, path: str) -> None:
        for stored in self._listed(path):
            metadata = stored["metadata"]
            if "deletionTimestamp" not in metadata:
                continue
            inside = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
            base, _, plural = path.rpartition("/")
            own = f"{base}{inside}/{plural}/{metadata['name']}"
            if plural == "namespaces":
                # What is left in it is nobody's any more; it is not looked for.
                self._rest.call("PUT", f"{own}/finalize", {**stored, "spec": {}})
            if _FOREGROUND in metadata.get("finalizers", ()):
                left = [one for one in metadata["finalizers"] if one != _FOREGROUND]
                # It may have gone meanwhile.
                self._rest.call("PATCH", own, {"metadata": {"finalizers": left}})

    def _path(self, api_version: str, kind: str) -> str:
        base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        served = self._rest.must("GET", base)["resources"]
        (plural,) = {
            one["name"] for one in served if one["kind"] == kind and "/" not in one["name"]
        }
        return f"{base}/{plural}"

    def _listed(self, path: str) -> list[Json]:
        """Nothing where the kind is not served. Objects of a list do not say what they are."""
        answer = self._rest.call("GET", path)
        if not answer.good:
            return []
        kind = answer.body["kind"].removesuffix("List")
        about = {"apiVersion": answer.body["apiVersion"], "kind": kind}
        return [{**about, **one} for one in answer.body.get("items") or ()]


def replica_set_of(deployment: Json, template_hash: str, revision: str) -> dict[str, Any]:
    """The ReplicaSet that the controller would make."""
    metadata, spec = deployment["metadata"], deployment["spec"]
    template, labels = spec["template"], {_HASH: template_hash}
    own_labels = {**template["metadata"].get("labels", {}), **labels}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{metadata['name']}-{template_hash}",
            "namespace": metadata["namespace"],
            "labels": own_labels,
            "annotations": {_REVISION: revision},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "replicas": spec["replicas"],
            "selector": {"matchLabels": {**spec["selector"]["matchLabels"], **labels}},
            "template": {
                **template,
                "metadata": {**template["metadata"], "labels": own_labels},
            },
        },
    }


def _condition(kind: str, reason: str) -> dict[str, str]:
    return {"type": kind, "status": "True", "reason": reason, "message": "played"}


def _is_authority(certificate: Json) -> bool:
    return bool(certificate["spec"].get("isCA"))


def _hash(template: Json) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def _uid(stored: Json) -> str:
    uid: str = stored["metadata"]["uid"]
    return uid
