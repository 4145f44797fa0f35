"""The audit devices of a Vault: where it writes down who did what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_vault as vault

from components.cluster.pod_config import AUDIT_FILE
from components.settings import AuditSettings
from policies.audit_devices import DEVICE_TYPE, AuditDevice

_DESCRIPTIONS: Final = {
    AuditDevice.FILE: "Every access, in a file on each server",
    AuditDevice.STDOUT: "Every access, for the collector of logs",
}


@dataclass(frozen=True)
class AuditDevicesArgs:
    settings: AuditSettings
    protect: bool


class AuditDevices(pulumi.ComponentResource):
    """Where Vault writes an entry for each request and each answer.

    Vault answers nothing that no device has taken, so that two are better than one. To change a
    device is to make it anew under its name: one after another, so that the second goes on
    meanwhile. Deliberately the first thing that is made in Vault, and the last that goes: all else
    is to be made after this component. What came before it, first contact, is in no log.
    """

    def __init__(
        self, name: str, args: AuditDevicesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:operations:AuditDevices", name, None, opts)
        before: list[pulumi.Resource] = []
        for device in args.settings.devices:
            made = vault.Audit(
                f"{name}-{device.value}",
                path=device.value,
                type=DEVICE_TYPE,
                description=_DESCRIPTIONS[device],
                options=device.options(args.settings.file or AUDIT_FILE),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=before,
                    # Two cannot have one name.
                    delete_before_replace=True,
                    protect=args.protect,
                ),
            )
            before = [made]
        self.register_outputs({"devices": [device.value for device in args.settings.devices]})
