"""What the CSI provider may do in Kubernetes: become the workloads that are delivered to, in
Vault's eyes and in nobody else's place, and read the one key that it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import pulumi
from pulumi_kubernetes import meta, rbac

from components.delivery.csi import layout as names
from components.rights import account, make_rights
from policies.plan import KubernetesRole


def make_access(
    name: str, roles: Iterable[KubernetesRole], opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """A right in each namespace that is delivered to, by service account: with one for the whole
    cluster, as charts have it, whoever takes a node over could be anybody.
    """
    ordered = sorted(roles, key=attrgetter("namespace", "service_account"))
    made = [_right(f"{name}-key", names.NAMESPACE, _secret(), opts)]
    for namespace, of_namespace in groupby(ordered, key=attrgetter("namespace")):
        accounts = [role.service_account for role in of_namespace]
        made.append(_right(f"{name}-tokens-{namespace}", namespace, _tokens(accounts), opts))
    return made


def _secret() -> rbac.v1.PolicyRuleArgs:
    """Not to make it: that right could not be for one Secret only, so this program makes it."""
    return rbac.v1.PolicyRuleArgs(
        api_groups=[""], resources=["secrets"], resource_names=[names.VERSIONS_KEY], verbs=["get"]
    )


def _tokens(accounts: Sequence[str]) -> rbac.v1.PolicyRuleArgs:
    return rbac.v1.PolicyRuleArgs(
        api_groups=[""],
        resources=["serviceaccounts/token"],
        resource_names=list(accounts),
        verbs=["create"],
    )


def _right(
    name: str, namespace: str, rule: rbac.v1.PolicyRuleArgs, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    metadata = meta.v1.ObjectMetaArgs(name=names.NAME, namespace=namespace, labels=names.LABELS)
    holder = account(names.NAMESPACE, names.NAME)
    return make_rights(name, names.NAME, metadata, [rule], holder, opts)
