"""What Vault writes down: to two devices of different kinds, so that one that fails neither stops
Vault nor leaves a gap; and nobody ends them by the way. What may be in the log, `clear_text` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pulumi_policy import Severity

from policies.guardrails.rule import (
    OFF_IN_DEV,
    Finding,
    Resource,
    ResourceRule,
    Setting,
    StackRule,
    of_types,
)

_AUDIT: Final = "vault:index/audit:Audit"
_OF_A_SLICE: Final = frozenset(
    {
        "vault:index/policy:Policy",
        "vault:kubernetes/authBackendRole:AuthBackendRole",
        "vault:appRole/authBackendRole:AuthBackendRole",
        "vault:kv/secretV2:SecretV2",
    }
)
"""All that a team's stack makes (`policies.slices`), in a Vault whose devices another one made."""
_LEAST: Final = 2
_DISCARD: Final = "discard"
_OTHERS: Final = 0o077


def _kind(device: Resource) -> str:
    """What fails together. Of type `file` there are two words that are no files."""
    path = device.text("options", "file_path").lower()
    return path if path in ("stdout", _DISCARD) else device.text("type")


def _enough(resources: Sequence[Resource], _: Setting) -> Iterator[Finding]:
    if {one.type for one in resources if one.type.startswith("vault:")} <= _OF_A_SLICE:
        return
    devices = list(of_types(resources, _AUDIT))
    # In the preview of a Vault that is not there yet, the engine tells nothing of a device but that
    # there is one; the `up` judges it.
    if any(not one.text("type") for one in devices):
        return
    kinds = sorted({_kind(one) for one in devices} - {_DISCARD})
    if len(kinds) < _LEAST:
        yield Finding(f"Vault has audit devices of {len(kinds)} kinds ({', '.join(kinds) or '-'})")


def _kept(resource: Resource, _: Setting) -> Iterator[str]:
    if not resource.protected:
        yield "is not protected, and with it goes what was done in Vault"
    if resource.get("local") is True:
        yield "local keeps it from the servers of other clusters"


def _private(resource: Resource, _: Setting) -> Iterator[str]:
    mode = resource.text("options", "mode") or "0600"
    if not set(mode) <= set("01234567"):
        yield f"options.mode is {mode!r}, which is no file's mode"
    elif int(mode, 8) & _OTHERS:
        yield f"options.mode {mode!r} lets others than Vault read who did what"


ENOUGH: Final = StackRule(
    name="audit-two-kinds",
    says="Vault has two audit devices of different kinds.",
    meaning="Vault answers nothing while no device takes its entries: a full disk would stop it.",
    repair="Leave auditDevices empty, or name file and stdout",
    severity=Severity.HIGH,
    levels=OFF_IN_DEV,
    check=_enough,
)
KEPT: Final = ResourceRule(
    name="audit-protected",
    says="An audit device is protected, and is every server's.",
    meaning="A wrong setting would end it by the next `up`, or leave servers without it.",
    repair="Leave protectData on, or give the device protect=True and not local",
    severity=Severity.HIGH,
    levels=OFF_IN_DEV,
    types=frozenset({_AUDIT}),
    check=_kept,
)
PRIVATE: Final = ResourceRule(
    name="audit-private",
    says="Nobody but Vault reads the audit file on its server.",
    meaning="Who asks for which secret, and when, tells an attacker where to go.",
    repair="Set options.mode to 0600",
    severity=Severity.MEDIUM,
    types=frozenset({_AUDIT}),
    check=_private,
)

RULES: Final = (ENOUGH, KEPT, PRIVATE)
