"""What the CSI provider may do in Kubernetes: become the workloads that are delivered to, in
Vault's eyes and in nobody else's, as long as they have a pod, and read the one key that it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

import pulumi
from pulumi_kubernetes import meta, rbac

from components.admission import Limit, Rule, make_limit, text
from components.delivery.csi import layout as names
from components.options import after
from components.rights import account, make_rights, rule
from policies.plan import KubernetesRole

_LONGEST_SECONDS: Final = 900


def make_access(
    name: str, roles: Iterable[KubernetesRole], opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """A right in each namespace that is delivered to, by service account: with one for the whole
    cluster, as charts have it, whoever takes a node over could be anybody. RBAC does not ask for
    whom a token is: one for the API server would be the workload there, too, for a year.
    """
    ordered = sorted(roles, key=attrgetter("namespace", "service_account"))
    made = [_right(f"{name}-key", names.NAMESPACE, _secret(), opts)]
    if ordered:
        audiences = sorted({role.audience for role in ordered})
        limit = _for_pods_at_vault(audiences)
        made += make_limit(f"{name}-tokens-only", names.NAME, names.LABELS, limit, opts)
    opts = after(opts, made)
    for namespace, of_namespace in groupby(ordered, key=attrgetter("namespace")):
        accounts = [role.service_account for role in of_namespace]
        made.append(_right(f"{name}-tokens-{namespace}", namespace, _tokens(accounts), opts))
    return made


def _for_pods_at_vault(audiences: Sequence[str]) -> Limit:
    """What the provider asks for, and no more: fifteen minutes, and for the pod that mounts."""
    return Limit(
        namespace=names.NAMESPACE,
        service_account=names.NAME,
        operation="CREATE",
        api_group="",
        resource="serviceaccounts/token",
        rules=[
            Rule(
                f"object.spec.audiences in [{', '.join(f'[{text(one)}]' for one in audiences)}]",
                f"the CSI provider makes tokens for {' or '.join(audiences)} alone",
            ),
            Rule(
                f"object.spec.expirationSeconds <= {_LONGEST_SECONDS}",
                f"the CSI provider makes tokens for at most {_LONGEST_SECONDS} seconds",
            ),
            Rule(
                "object.spec.?boundObjectRef.kind == optional.of('Pod')",
                "the CSI provider makes tokens that end with a pod",
            ),
        ],
    )


def _secret() -> rbac.v1.PolicyRuleArgs:
    """Not to make it: that right could not be for one Secret only, so this program makes it."""
    return rule("", "secrets", [names.VERSIONS_KEY], "get")


def _tokens(accounts: Sequence[str]) -> rbac.v1.PolicyRuleArgs:
    return rule("", "serviceaccounts/token", accounts, "create")


def _right(
    name: str, namespace: str, rule: rbac.v1.PolicyRuleArgs, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    metadata = meta.v1.ObjectMetaArgs(name=names.NAME, namespace=namespace, labels=names.LABELS)
    holder = account(names.NAMESPACE, names.NAME)
    return make_rights(name, names.NAME, metadata, [rule], holder, opts)
