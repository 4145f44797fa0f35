"""The pod that is stored, and the one that the injector gets; agents are seen in tests/live."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from components.delivery.annotations import TOKEN_VOLUME, pod_annotations
from components.delivery.files import Delivery, SecretFile, Value
from policies.paths import SecretPath
from rehearsal.delivery.annotations import PREFIX
from rehearsal.delivery.container import VaultHere
from rehearsal.delivery.injector import Injector
from rehearsal.delivery.workshop import Workshop
from rehearsal.scene import Scene
from rehearsal.supervisor import Supervisor
from tests.rehearsal import subjects
from tests.rehearsal.delivery.made import ADDRESS

DELIVERY = Delivery("shop/api", (SecretFile("key", SecretPath("shop/api"), Value("key")),))


class Kubernetes:
    """Stores what it is given."""

    def __init__(self) -> None:
        self.kubernetes = self
        self.stored: list[Mapping[str, Any]] = []

    def apply(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        self.stored.append(obj)
        return {**obj, "metadata": dict(obj["metadata"])}


@pytest.fixture
def kubernetes() -> Kubernetes:
    return Kubernetes()


@pytest.fixture
def workshop(kubernetes: Kubernetes) -> Workshop:
    here = VaultHere(Path("/vault"), ADDRESS, Path("/ca"))
    scene = cast(Scene, kubernetes)
    return Workshop(cast(Supervisor, None), scene, subjects.PLAN, here, Injector(ADDRESS))


def test_a_stored_pod_does_not_ask_and_its_injection_is_as_if_it_did(
    workshop: Workshop, kubernetes: Kubernetes
) -> None:
    injection = workshop.injection(DELIVERY)
    (pod,) = kubernetes.stored
    asked = pod_annotations(subjects.PLAN, DELIVERY)
    assert pod["metadata"]["annotations"].keys() == asked.keys() - {f"{PREFIX}agent-inject"}
    assert pod["spec"]["serviceAccountName"] == "api"
    assert injection.account == ("shop-dev", "api")
    assert (injection.token.volume, injection.token.audience) == (TOKEN_VOLUME, "vault-dev")


def test_an_agent_looks_again_every_second_here(workshop: Workshop) -> None:
    assert workshop.injection(DELIVERY).rendering.static_secret_render_interval == "1s"


def test_annotations_can_be_changed(workshop: Workshop) -> None:
    assert workshop.injection(DELIVERY, agent_pre_populate="false").has_init is False


def test_two_pods_have_two_names(workshop: Workshop, kubernetes: Kubernetes) -> None:
    workshop.injection(DELIVERY)
    workshop.injection(DELIVERY)
    first, second = (pod["metadata"]["name"] for pod in kubernetes.stored)
    assert first != second
