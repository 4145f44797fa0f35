"""What the CSI provider may do, and that it is no more."""

from __future__ import annotations

import dataclasses

import pulumi

from components.delivery.csi.access import make_access
from tests.components.delivery.shop import PLAN
from tests.recording import Runner

ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"


def test_it_may_be_those_that_are_delivered_to_and_nobody_else(run: Runner) -> None:
    (one, other, *_) = PLAN.kubernetes_roles
    third = dataclasses.replace(one, namespace="another", service_account="third")
    recording = run(lambda: make_access("access", [other, third, one], pulumi.ResourceOptions()))
    rights = {
        resource.values["metadata"]["namespace"]: resource.values["rules"]
        for resource in recording.of(ROLE)
    }
    assert rights == {
        "vault-csi": [
            {
                "apiGroups": [""],
                "resources": ["secrets"],
                "resourceNames": ["vault-csi-provider-hmac-key"],
                "verbs": ["get"],
            }
        ],
        one.namespace: [
            {
                "apiGroups": [""],
                "resources": ["serviceaccounts/token"],
                "resourceNames": sorted([one.service_account, other.service_account]),
                "verbs": ["create"],
            }
        ],
        "another": [
            {
                "apiGroups": [""],
                "resources": ["serviceaccounts/token"],
                "resourceNames": ["third"],
                "verbs": ["create"],
            }
        ],
    }
    for binding in recording.of(f"{ROLE}Binding"):
        assert binding.values["subjects"] == [
            {"kind": "ServiceAccount", "name": "vault-csi-provider", "namespace": "vault-csi"}
        ]
        assert binding.values["roleRef"]["kind"] == "Role"
    assert not any("ClusterRole" in resource.type for resource in recording.resources)


def test_it_is_held_to_tokens_for_pods_at_vault_before_it_may_make_any(run: Runner) -> None:
    """What the rules refuse is tried in tests/live."""
    recording = run(lambda: make_access("a", PLAN.kubernetes_roles[:2], pulumi.ResourceOptions()))
    spec = recording["a-tokens-only-policy"].values["spec"]
    (audience,) = {role.audience for role in PLAN.kubernetes_roles}
    assert [rule["expression"] for rule in spec["validations"]] == [
        f"object.spec.audiences in [['{audience}']]",
        "object.spec.expirationSeconds <= 900",
        "object.spec.?boundObjectRef.kind == optional.of('Pod')",
    ]
    (condition,) = spec["matchConditions"]
    assert "'system:serviceaccount:vault-csi:vault-csi-provider'" in condition["expression"]
    for role in recording.of(ROLE):
        if role.values["metadata"]["namespace"] != "vault-csi":
            assert role.after >= {"a-tokens-only-policy", "a-tokens-only-binding"}


def test_where_nothing_is_delivered_it_may_be_nobody(run: Runner) -> None:
    recording = run(lambda: make_access("access", [], pulumi.ResourceOptions()))
    assert not any("Admission" in one.type for one in recording.resources)
    assert [one.values["metadata"]["namespace"] for one in recording.of(ROLE)] == ["vault-csi"]
