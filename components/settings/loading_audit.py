"""Reads and validates what is said of the audit log. There is no setting by which nothing is
recorded: an empty list is the environment's own.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from components.settings.audit import AuditCollector, AuditSettings
from components.settings.loading_parts import LABEL
from components.settings.reader import NAMESPACE, ConfigReader
from policies.audit_devices import AuditDevice, unless_said
from policies.environments import Environment

# What Vault takes for something else than a file's path.
_NO_FILE: Final = re.compile(r"/dev/.*|/proc/.*|.*/|.*/\.\.?(/.*)?")


def read_audit(read: ConfigReader, environment: Environment, *, deploys: bool) -> AuditSettings:
    """`deploys`: whether this program makes the servers, and so knows where their files lie."""
    devices = _devices(read, environment)
    file = read.text("auditFile")
    if deploys and file:
        read.problem(
            "auditFile",
            "must be empty with target 'kubernetes', whose servers have a volume of their own for "
            f"it; is {file!r}",
            f"pulumi config rm {NAMESPACE}:auditFile",
        )
    asked = read.sound("auditDevices", "target")
    if not deploys and AuditDevice.FILE in devices and not file and asked:
        read.problem(
            "auditFile",
            "is needed for the audit device 'file' with target 'existing': only who runs those "
            "servers knows where there is room",
            f"pulumi config set {NAMESPACE}:auditFile /var/log/vault/audit.log",
        )
    if file and (not PurePosixPath(file).is_absolute() or _NO_FILE.fullmatch(file)):
        read.problem(
            "auditFile",
            "must be a file's absolute path, in a folder that is there and that Vault may write "
            f"to, is {file!r}",
            f"pulumi config set {NAMESPACE}:auditFile /var/log/vault/audit.log",
        )
    collector = _collector(read, devices, deploys=deploys)
    namespace = read.text("auditCollectorNamespace")
    if not LABEL.fullmatch(namespace):
        read.problem(
            "auditCollectorNamespace",
            f"must be a namespace's name, is {namespace!r}",
            f"pulumi config set {NAMESPACE}:auditCollectorNamespace vector",
        )
    return AuditSettings(devices, file or None, collector, namespace)


def _devices(read: ConfigReader, environment: Environment) -> tuple[AuditDevice, ...]:
    key, default = "auditDevices", unless_said(environment)
    names = read.strings(key)
    known = [one.value for one in AuditDevice]
    fix = f"pulumi config set --path '{NAMESPACE}:{key}[0]' {known[0]}"
    if wrong := sorted(set(names) - set(known)):
        read.problem(
            key, f"must be of {', '.join(known)}, holds {', '.join(map(repr, wrong))}", fix
        )
        return default
    if len(set(names)) < len(names):
        read.problem(key, f"must name each device once, is {list(names)}", fix)
        return default
    if names and len(names) < len(default):
        read.problem(
            key,
            f"must be two in {environment.value}, are {list(names)}: Vault answers nothing while "
            "no device takes its entries, and one may fail",
            f"pulumi config rm {NAMESPACE}:{key}, which is {' and '.join(known)}",
        )
    # In one order, whatever theirs: the second is changed when the first was.
    return tuple(one for one in AuditDevice if one.value in names) or default


def _collector(
    read: ConfigReader, devices: tuple[AuditDevice, ...], *, deploys: bool
) -> AuditCollector:
    key = "auditCollector"
    collector = read.choice(key, AuditCollector, AuditCollector.NONE)
    if collector is AuditCollector.NONE:
        return collector
    if not deploys:
        read.problem(
            key,
            f"must be none with target 'existing', is {collector.value!r}: it is for the pods of "
            "servers that this program deploys",
            f"pulumi config set {NAMESPACE}:{key} none; docs/audit.md says what to take instead",
        )
    elif AuditDevice.STDOUT not in devices and read.sound("auditDevices"):
        read.problem(
            key,
            f"{collector.value!r} collects what servers write to standard output, and "
            f"{NAMESPACE}:auditDevices does not name it",
            f"add stdout to {NAMESPACE}:auditDevices, or set {NAMESPACE}:{key} none",
        )
    return collector
