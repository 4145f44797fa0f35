"""The ACL policies of the plan, in Vault."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_vault

from policies.plan import AclPolicy


class AclPolicies(pulumi.ComponentResource):
    """One Vault ACL policy for each workload. Their text is plain, so that a preview shows exactly
    what changes and a guardrail can refuse it.
    """

    def __init__(
        self,
        name: str,
        policies: Sequence[AclPolicy],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("vaultstack:acl:AclPolicies", name, None, opts)
        for policy in policies:
            pulumi_vault.Policy(
                f"{name}-policy-{policy.name}",
                name=policy.name,
                policy=policy.hcl,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"names": [policy.name for policy in policies]})
