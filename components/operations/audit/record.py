"""What a stack's settings make of the audit log."""

from __future__ import annotations

import pulumi

from components.operations.audit.devices import AuditDevices, AuditDevicesArgs
from components.operations.audit.vector import VectorConfig, VectorConfigArgs
from components.settings import AuditCollector, Settings


def record(name: str, settings: Settings, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """The audit devices, and what their collector is told. All that is made in Vault is to come
    after what this returns.
    """
    audit = settings.audit
    if settings.deployment and audit.collector is AuditCollector.VECTOR:
        VectorConfig(
            f"{name}-vector",
            VectorConfigArgs(settings.deployment.kubernetes, audit.collector_namespace),
            opts,
        )
    return [AuditDevices(name, AuditDevicesArgs(audit, settings.protect), opts)]
