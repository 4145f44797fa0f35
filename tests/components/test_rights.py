"""A service account's rights, in a namespace and in the whole cluster."""

from __future__ import annotations

import pulumi
import pytest
from pulumi_kubernetes import meta

from components.rights import (
    TOKEN_REVIEWER,
    account,
    bind_everywhere,
    make_account,
    make_rights,
    rule,
)
from tests.recording import Runner


def test_one_account_is_given_these_rights_there(run: Runner) -> None:
    metadata = meta.v1.ObjectMetaArgs(name="own", namespace="there", labels={"a": "b"})
    read = rule("", "secrets", ["one"], "get")
    holder = account("elsewhere", "job")
    opts = pulumi.ResourceOptions()
    made = run(lambda: make_rights("rights", "own", metadata, [read], holder, opts))
    role, binding = made["rights-role"].values, made["rights-binding"].values
    same = {"name": "own", "namespace": "there", "labels": {"a": "b"}}
    assert role["metadata"] == binding["metadata"] == same
    (found,) = role["rules"]
    assert found == {
        "apiGroups": [""],
        "resources": ["secrets"],
        "resourceNames": ["one"],
        "verbs": ["get"],
    }
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "own",
    }
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "job", "namespace": "elsewhere"}
    ]
    assert made["rights-binding"].after == {"rights-role"}


def test_a_rule_for_all_is_not_made_by_naming_none() -> None:
    with pytest.raises(ValueError, match="no names of secrets"):
        rule("", "secrets", [], "get")


def test_no_pod_gets_an_accounts_token_without_asking(run: Runner) -> None:
    metadata = meta.v1.ObjectMetaArgs(name="job", namespace="there")
    made = run(lambda: make_account("account", metadata, pulumi.ResourceOptions()))["account"]
    assert made.values["automountServiceAccountToken"] is False
    assert made.values["metadata"] == {"name": "job", "namespace": "there"}


def test_what_a_cluster_role_says_is_one_accounts_in_the_whole_cluster(run: Runner) -> None:
    metadata = meta.v1.ObjectMetaArgs(name="reviews", labels={"a": "b"})
    holder = account("there", "vault")
    opts = pulumi.ResourceOptions()
    made = run(lambda: bind_everywhere("binding", TOKEN_REVIEWER, metadata, holder, opts))
    found = made["binding"].values
    assert found["metadata"] == {"name": "reviews", "labels": {"a": "b"}}
    assert found["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "system:auth-delegator",
    }
    assert found["subjects"] == [{"kind": "ServiceAccount", "name": "vault", "namespace": "there"}]
