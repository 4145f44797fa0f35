"""The audit devices of a Vault: where it writes down who did what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_vault as vault

from components.cluster.pod_config import AUDIT_FILE
from components.settings import AuditSettings
from policies.audit_devices import AuditDevice

_DESCRIPTIONS: Final = {
    AuditDevice.FILE: "Every access, in a file on each server",
    AuditDevice.STDOUT: "Every access, for the collector of logs",
}
# Secrets, tokens and their accessors appear as hashes, with a key that only Vault has.
_HASHED: Final = {"log_raw": "false", "hmac_accessor": "true"}
_ONLY_VAULT: Final = "0600"


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
                type="file",
                description=_DESCRIPTIONS[device],
                options=_options(device, args.settings.file or AUDIT_FILE),
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


def _options(device: AuditDevice, file: str) -> dict[str, str]:
    match device:
        case AuditDevice.FILE:
            return {"file_path": file, "mode": _ONLY_VAULT, **_HASHED}
        case AuditDevice.STDOUT:
            return {"file_path": "stdout", **_HASHED}
