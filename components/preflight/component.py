"""The preflight of what calls Vault, as the program declares it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.preflight.asking import Preflight
from components.preflight.pods import PodsProvider, asked
from components.settings import Settings
from policies.plan import Plan


@dataclass(frozen=True)
class PodsPreflightArgs:
    """What is asked follows from both: from the settings which ways and jobs are on, from the plan
    whose namespaces and Deployments must be there.
    """

    settings: Settings
    plan: Plan


class PodsPreflight(pulumi.ComponentResource):
    """Whether the Kubernetes cluster has what the delivery of secrets and the scheduled jobs count
    on; nothing where there is neither. All that this program puts there comes after it. What the
    servers need, they ask themselves, for a part of it lies in Vault's namespace.
    """

    def __init__(
        self, name: str, args: PodsPreflightArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:preflight:PodsPreflight", name, None, opts)
        questions = asked(args.settings, args.plan)
        if questions:
            Preflight(
                PodsProvider(), f"{name}-questions", questions, pulumi.ResourceOptions(parent=self)
            )
        self.register_outputs({"asked": questions is not None})
