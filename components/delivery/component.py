"""The ways by which secrets come to pods, as the settings turn them on, and what pods must say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pulumi

from components.delivery.annotations import pod_annotations, pod_spec
from components.delivery.csi import CsiProvider, CsiProviderArgs
from components.delivery.deliveries import deliveries_in
from components.delivery.files import Via
from components.delivery.injector import AgentInjector, AgentInjectorArgs
from components.delivery.reading import DeliveryError
from components.settings import DeliverySettings
from policies.plan import Plan


@contextmanager
def _told() -> Iterator[None]:
    """A wrong delivery is told as what is wrong in the settings is: of a `RunError` Pulumi shows
    the text alone, which names the delivery, and not where in the program it came up.
    """
    try:
        yield
    except DeliveryError as error:
        raise pulumi.RunError(str(error)) from error


@dataclass(frozen=True)
class SecretDeliveryArgs:
    """Which ways are on (`settings`), and the plan, from whose workloads come the namespaces that
    are served and the files that are mounted.
    """

    settings: DeliverySettings
    plan: Plan
    protect: bool
    """Whether the namespaces, and with them all that delivers, may not be deleted."""


class SecretDelivery(pulumi.ComponentResource):
    """The injector, the CSI provider, or both. Neither needs the other, nor a Vault that answers:
    what they hand out is asked for when a pod starts.
    """

    def __init__(
        self, name: str, args: SecretDeliveryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:delivery:SecretDelivery", name, None, opts)
        settings, plan = args.settings, args.plan
        inside = pulumi.ResourceOptions(parent=self)
        if settings.injector:
            injector = AgentInjectorArgs(settings, settings.injector, plan, args.protect)
            AgentInjector(f"{name}-injector", injector, inside)
        if settings.csi:
            mounted = deliveries_in(plan, Via.CSI)
            csi = CsiProviderArgs(settings, settings.csi, plan, mounted, args.protect)
            with _told():
                CsiProvider(f"{name}-csi", csi, inside)
        self.register_outputs({"vaultAddress": settings.vault_address})


@_told()
def annotations_by_workload(plan: Plan) -> dict[str, dict[str, str]]:
    """For the manifests of the workloads that an agent brings files to.

    Raises `RunError`, like its neighbour, wherever the table of deliveries asks for more than the
    matrix grants: also where nothing that delivers is turned on.
    """
    return {one.workload: pod_annotations(plan, one) for one in deliveries_in(plan, Via.AGENT)}


@_told()
def specs_by_workload(plan: Plan) -> dict[str, dict[str, Any]]:
    """What else those pods need, and those that the CSI driver mounts files for."""
    return {one.workload: pod_spec(plan, one) for via in Via for one in deliveries_in(plan, via)}
