"""A service account's rights in a namespace."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import meta, rbac

from components.rights import account, make_rights
from tests.recording import Runner


def test_one_account_is_given_these_rights_there(run: Runner) -> None:
    metadata = meta.v1.ObjectMetaArgs(name="own", namespace="there", labels={"a": "b"})
    rule = rbac.v1.PolicyRuleArgs(
        api_groups=[""], resources=["secrets"], resource_names=["one"], verbs=["get"]
    )
    holder = account("elsewhere", "job")
    opts = pulumi.ResourceOptions()
    made = run(lambda: make_rights("rights", "own", metadata, [rule], holder, opts))
    role, binding = made["rights-role"].values, made["rights-binding"].values
    same = {"name": "own", "namespace": "there", "labels": {"a": "b"}}
    assert role["metadata"] == binding["metadata"] == same
    (found,) = role["rules"]
    assert found["resourceNames"] == ["one"]
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "own",
    }
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "job", "namespace": "elsewhere"}
    ]
    assert made["rights-binding"].after == {"rights-role"}
