"""The controllers that are played do once what theirs would do, and tell what went wrong."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from rehearsal.controllers import Controllers
from rehearsal.engine import kubernetes_controllers
from rehearsal.engine.kubernetes_controllers import Playing, replica_set_of
from rehearsal.errors import RehearsalError
from rehearsal.rolling_drill.api import Answer, Rest
from rehearsal.servers.kubernetes import KubernetesApi
from tests.clock import wait_until

DEPLOYMENT: dict[str, Any] = {
    "metadata": {"name": "injector", "namespace": "vault", "uid": "d", "generation": 1},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "injector"}},
        "template": {"metadata": {"labels": {"app": "injector"}}, "spec": {"containers": []}},
    },
}


class FakeRest:
    """An API server that holds these lists and remembers what is asked of it."""

    def __init__(self, lists: Mapping[str, tuple[str, Sequence[Mapping[str, Any]]]]) -> None:
        self.lists, self.calls = dict(lists), list[tuple[str, str, Any]]()

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        if method == "GET":
            if path not in self.lists:
                return Answer(404, {})
            kind, items = self.lists[path]
            return Answer(200, {"kind": f"{kind}List", "apiVersion": "v1", "items": list(items)})
        self.calls.append((method, path, body))
        made = {"kind": "ReplicaSet", "metadata": {"generation": 1}} if method == "POST" else {}
        return Answer(200, made)

    must = call

    @property
    def asked(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.calls]


class FakeControllers:
    def __init__(self, problem: str = "") -> None:
        self.seen: list[str] = []
        self.issuers: dict[tuple[str, str], str] = {}
        self._problem = problem

    def see(self, stored: Mapping[str, Any]) -> None:
        if self._problem:
            raise RehearsalError(self._problem)
        self.seen.append(f"{stored['kind']} {stored['metadata']['name']}")
        if stored["kind"] == "Issuer":
            self.issuers["vault", stored["metadata"]["name"]] = "secret"


def _playing(
    rest: FakeRest, controllers: FakeControllers, monkeypatch: pytest.MonkeyPatch
) -> Playing:
    monkeypatch.setattr(kubernetes_controllers, "Rest", lambda _: cast(Rest, rest))
    api = KubernetesApi("https://127.0.0.1:1", "", "", Path("none"), "", cast(Any, None))
    return Playing(api, cast(Controllers, controllers))


def _certificate(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "vault", "uid": name}, "spec": spec}


def test_what_is_there_already_is_left_alone_and_the_new_is_seen_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, new = ({"metadata": {"name": name, "uid": name}} for name in ("old", "new"))
    rest = FakeRest({"/api/v1/namespaces": ("Namespace", [old])})
    controllers = FakeControllers()
    with _playing(rest, controllers, monkeypatch):
        rest.lists["/api/v1/namespaces"] = ("Namespace", [old, new])
        wait_until(lambda: controllers.seen)
        time.sleep(0.7)  # two more looks

    assert controllers.seen == ["Namespace new"]


def test_a_certificate_waits_for_its_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = FakeRest(
        {
            "/apis/cert-manager.io/v1/certificates": (
                "Certificate",
                [
                    _certificate("leaf", issuerRef={"name": "own"}),
                    _certificate("ca", isCA=True, issuerRef={"name": "none"}),
                    _certificate("other", issuerRef={"name": "all", "kind": "ClusterIssuer"}),
                ],
            )
        }
    )
    controllers = FakeControllers()
    with _playing(rest, controllers, monkeypatch):
        wait_until(lambda: len(controllers.seen) > 1)
        assert controllers.seen == ["Certificate ca", "Certificate other"]
        issuer = {"metadata": {"name": "own", "namespace": "vault", "uid": "i"}, "spec": {}}
        rest.lists["/apis/cert-manager.io/v1/issuers"] = ("Issuer", [issuer])
        wait_until(lambda: len(controllers.seen) > 3)

    assert controllers.seen[2:] == ["Issuer own", "Certificate leaf"]


def test_a_deployment_is_rolled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = FakeRest({"/apis/apps/v1/deployments": ("Deployment", [DEPLOYMENT])})
    with _playing(rest, FakeControllers(), monkeypatch):
        wait_until(lambda: len(rest.calls) > 3)

    base = "/apis/apps/v1/namespaces/vault"
    own = f"PATCH {base}/deployments/injector"
    assert rest.asked[0] == f"POST {base}/replicasets"
    assert rest.asked[2:4] == [own, f"{own}/status"]
    status = rest.calls[3][2]["status"]
    assert (status["availableReplicas"], status["observedGeneration"]) == (2, 1)


def test_what_is_deleted_is_let_go_once_garbage_is_collected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = {"name": "gone", "namespace": "vault", "uid": "g", "deletionTimestamp": "now"}
    config_maps = "/api/v1/configmaps"
    rest = FakeRest(
        {
            config_maps: (
                "ConfigMap",
                [
                    {"metadata": {**gone, "finalizers": ["foregroundDeletion", "other"]}},
                    {"metadata": {"name": "stays", "namespace": "vault", "uid": "s"}},
                ],
            )
        }
    )
    with _playing(rest, FakeControllers(), monkeypatch) as playing:
        time.sleep(0.5)
        assert rest.calls == []
        monkeypatch.setattr(playing, "_path", lambda *_: config_maps)
        playing.collect([("v1", "ConfigMap")])
        wait_until(lambda: rest.calls)

    assert rest.calls[0] == (
        "PATCH",
        "/api/v1/namespaces/vault/configmaps/gone",
        {"metadata": {"finalizers": ["other"]}},
    )


def test_a_namespace_that_is_deleted_is_finished_too(monkeypatch: pytest.MonkeyPatch) -> None:
    namespaces = "/api/v1/namespaces"
    there: dict[str, Any] = {
        "metadata": {"name": "vault", "uid": "n"},
        "spec": {"finalizers": ["kubernetes"]},
    }
    gone = {
        **there,
        "metadata": {
            **there["metadata"],
            "deletionTimestamp": "now",
            "finalizers": ["foregroundDeletion"],
        },
    }
    rest = FakeRest({namespaces: ("Namespace", [there])})
    with _playing(rest, FakeControllers(), monkeypatch) as playing:
        monkeypatch.setattr(playing, "_path", lambda *_: namespaces)
        playing.collect([("v1", "Namespace")])
        rest.lists[namespaces] = ("Namespace", [gone])
        wait_until(lambda: len(rest.calls) > 1)

    assert rest.asked[:2] == ["PUT /api/v1/namespaces/vault/finalize", f"PATCH {namespaces}/vault"]
    assert rest.calls[0][2]["spec"] == {}
    assert rest.calls[1][2] == {"metadata": {"finalizers": []}}


def test_what_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = FakeRest({})
    with _playing(rest, FakeControllers("no disk"), monkeypatch) as playing:
        rest.lists["/apis/apps/v1/statefulsets"] = (
            "StatefulSet",
            [{"metadata": {"name": "vault", "uid": "v"}}],
        )
        wait_until(lambda: playing.problem)

    assert playing.problem == "no disk"


def test_a_replica_set_is_the_deployments_own() -> None:
    made = replica_set_of(DEPLOYMENT, "abc", "1")

    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["uid"], owner["controller"]) == ("d", True)
    labels = {"app": "injector", "pod-template-hash": "abc"}
    assert made["spec"]["selector"]["matchLabels"] == labels
    assert made["spec"]["template"]["metadata"]["labels"] == labels
