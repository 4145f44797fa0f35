"""Reads and validates disaster recovery replication: the part of `loading` that is about it.

What no setting shows, such as a licence, the resource asks Vault for before anything is made.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from components.settings.model import Target
from components.settings.reader import NAMESPACE, ConfigReader
from components.settings.replication import ReplicationRole, ReplicationSettings

_SET: Final = f"pulumi config set {NAMESPACE}"
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def read_replication(
    read: ConfigReader, target: Target, servers: int
) -> ReplicationSettings | None:
    """None where there is no replication."""
    role = read.choice("replicationRole", ReplicationRole, ReplicationRole.NONE)
    settings = ReplicationSettings(_address(read), _secondaries(read))
    if not read.sound("replicationRole"):
        return None
    match role:
        case ReplicationRole.NONE:
            _refuse_what_has_no_effect(read, settings)
            return None
        case ReplicationRole.SECONDARY:
            read.problem(
                "replicationRole",
                "must not be 'secondary': a secondary is a copy, empties what was there before, "
                "and lets nobody configure it, so that no stack can be one",
                f"{_SET}:replicationRole none; docs/replication.md says how a Vault becomes one",
            )
        case ReplicationRole.PRIMARY:
            _check_primary(read, target, servers)
    return settings


def _check_primary(read: ConfigReader, target: Target, servers: int) -> None:
    if target is Target.KUBERNETES and read.sound("target"):
        read.problem(
            "replicationRole",
            "must be 'none' with target 'kubernetes': replication is Vault Enterprise's, and the "
            "servers that this program deploys are given no licence",
            f"{_SET}:replicationRole none, or run Enterprise's servers yourself and "
            f"{_SET}:target existing",
        )
    elif servers == 1 and read.sound("servers"):
        read.problem(
            "replicationRole",
            "must be 'none' with one server: a primary needs storage that several servers share",
            f"{_SET}:servers 3, or {_SET}:replicationRole none",
        )


def _refuse_what_has_no_effect(read: ConfigReader, settings: ReplicationSettings) -> None:
    for key, given in (
        ("replicationClusterAddress", settings.cluster_address),
        ("replicationSecondaries", settings.secondaries),
    ):
        if given and read.sound(key):
            read.problem(
                key,
                "must not be given where vaultstack:replicationRole is 'none': nothing is copied",
                f"{_SET}:replicationRole primary, or pulumi config rm {NAMESPACE}:{key}",
            )


def _address(read: ConfigReader) -> str:
    """Replication has TLS of its own, and a port of its own."""
    address = read.url("replicationClusterAddress")
    if address and not (address.startswith("https://") and _port(address)):
        read.problem(
            "replicationClusterAddress",
            f"must be https with the cluster's port, which is not the API's, is {address!r}",
            f"{_SET}:replicationClusterAddress https://<host>:8201",
        )
        return ""
    return address


def _port(address: str) -> int | None:
    try:
        return urlsplit(address).port
    except ValueError:
        return None


def _secondaries(read: ConfigReader) -> Mapping[str, str]:
    found = read.mapping("replicationSecondaries")
    for name, key in found.items():
        if not _NAME.fullmatch(name):
            read.problem(
                "replicationSecondaries",
                f"must have names of small letters, digits and dashes, has {name!r}",
                "rename it",
            )
        elif not _is_base64(key):
            read.problem(
                "replicationSecondaries",
                f"{name} must be the public key that this secondary made, in base64",
                "vault write -f -field secondary_public_key "
                "sys/replication/dr/secondary/generate-public-key, there",
            )
    return found


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
