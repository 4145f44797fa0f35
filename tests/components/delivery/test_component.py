"""The ways by which secrets come to pods, as they are turned on."""

from __future__ import annotations

import dataclasses

import pulumi
import pytest

from components.delivery import deliveries
from components.delivery.annotations import pod_annotations
from components.delivery.component import (
    SecretDelivery,
    SecretDeliveryArgs,
    annotations_by_workload,
    specs_by_workload,
)
from components.delivery.files import Via
from components.settings import CsiSettings, InjectorSettings
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.paths import SecretPath
from tests.components.conftest import Alone
from tests.components.delivery.shop import API, CSI, INJECTOR, PLAN, delivering, settings

INJECTOR_TYPE = "vaultstack:delivery:AgentInjector"
CSI_TYPE = "vaultstack:delivery:CsiProvider"


@pytest.mark.parametrize("injector", [INJECTOR, None])
@pytest.mark.parametrize("csi", [CSI, None])
def test_each_way_is_taken_where_it_is_turned_on(
    alone: Alone, injector: InjectorSettings | None, csi: CsiSettings | None
) -> None:
    plan = compile_plan(MATRIX, Environment.STAGING)
    args = SecretDeliveryArgs(settings(injector=injector, csi=csi), plan, protect=True)
    recording = alone(lambda opts: SecretDelivery("delivery", args, opts))
    assert recording.types[INJECTOR_TYPE] == (injector is not None)
    assert recording.types[CSI_TYPE] == (csi is not None)
    classes = recording.of("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass")
    assert [one.name for one in classes] == ["delivery-csi-class-media-catalog-api"] * bool(csi)


def test_annotations_and_specs_are_of_those_that_are_delivered_to() -> None:
    plan = compile_plan(MATRIX, Environment.STAGING)
    assert set(annotations_by_workload(plan)) == {"kubesentiment/api", "kubesentiment/batch"}
    assert set(specs_by_workload(plan)) == {
        "kubesentiment/api",
        "kubesentiment/batch",
        "media-catalog/api",
    }


def test_a_table_that_asks_for_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "DELIVERIES", (API,))
    assert annotations_by_workload(PLAN) == {"shop/api": pod_annotations(PLAN, API)}
    too_much = delivering(SecretPath("deploy/shop/keys"), "token")
    monkeypatch.setattr(deliveries, "DELIVERIES", (too_much,))
    with pytest.raises(pulumi.RunError, match=r"the matrix does not grant 'shop/api' to read"):
        annotations_by_workload(PLAN)
    elsewhere = dataclasses.replace(too_much, workload="shop/nobody")
    monkeypatch.setattr(deliveries, "DELIVERIES", (elsewhere,))
    with pytest.raises(pulumi.RunError, match=r"the matrix has no such workload"):
        specs_by_workload(PLAN)


def test_what_is_mounted_and_not_granted_stops_the_program(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_much = delivering(SecretPath("deploy/shop/keys"), "token")
    mounted = dataclasses.replace(too_much, via=Via.CSI)
    monkeypatch.setattr(deliveries, "DELIVERIES", (mounted,))
    args = SecretDeliveryArgs(settings(csi=CSI), PLAN, protect=True)
    with pytest.raises(pulumi.RunError, match=r"the matrix does not grant 'shop/api' to read"):
        alone(lambda opts: SecretDelivery("delivery", args, opts))
