"""What holds data is protected: nobody deletes it by a change of this program alone.

In dev nothing is: what is there can be made again, and is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pulumi_policy import Severity

from policies import paths
from policies.guardrails.rule import (
    OFF_IN_DEV,
    Finding,
    Resource,
    ResourceRule,
    Setting,
    StackRule,
    of_types,
)

# Type -> what is lost with it.
_HOLDING: Final = {
    "aws:kms/key:Key": "the key without which no server unseals",
    "aws:kms/alias:Alias": "the name by which the servers find their seal's key",
    "aws:s3/bucket:Bucket": "the snapshots",
    "aws:ebs/volume:Volume": "a volume",
    "kubernetes:apps/v1:StatefulSet": "all servers at once",
    "kubernetes:core/v1:Namespace": "the servers with their volumes",
    "kubernetes:core/v1:PersistentVolumeClaim": "a volume",
    "pulumi-python:dynamic/vaultstack:Initialisation": "the shares of the unseal or recovery key",
    "vault:kv/secretBackendV2:SecretBackendV2": "how many versions of secrets are kept",
    "vault:kv/secretV2:SecretV2": "a secret with all its versions",
    "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned": (
        "the CA that every client trusts"
    ),
    "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert": (
        "the CA that every client trusts"
    ),
}
_MOUNT: Final = "vault:index/mount:Mount"
_ENGINES: Final = {"kv": "every secret", "pki": "a CA with its key", "transit": "encryption keys"}
_CONNECTION: Final = "vault:database/secretBackendConnection:SecretBackendConnection"
_ENDPOINT: Final = "vault:generic/endpoint:Endpoint"
_ROTATION: Final = f"{paths.DATABASE}/rotate-root/"


def _protected(resource: Resource, _: Setting) -> Iterator[str]:
    lost = _HOLDING.get(resource.type)
    if resource.type == _MOUNT:
        lost = _ENGINES.get(resource.text("type"))
    if lost and not resource.protected:
        yield f"is not protected, and with it goes {lost}"


def _rotated(resources: Sequence[Resource], _: Setting) -> Iterator[Finding]:
    rotated = {
        one.text("path").removeprefix(_ROTATION)
        for one in of_types(resources, _ENDPOINT)
        if one.text("path").startswith(_ROTATION)
    }
    for connection in of_types(resources, _CONNECTION):
        if connection.text("name") in rotated and not connection.protected:
            yield Finding(
                "is not protected, and with it goes the administrator's password, which only "
                "Vault knows",
                connection.urn,
            )


def _volumes(resource: Resource, _: Setting) -> Iterator[str]:
    if resource.get("spec", "volumeClaimTemplates"):
        for when in ("whenDeleted", "whenScaled"):
            kept = resource.get("spec", "persistentVolumeClaimRetentionPolicy", when)
            if kept == "Delete":
                yield f"persistentVolumeClaimRetentionPolicy.{when} deletes volumes"


PROTECTED: Final = ResourceRule(
    name="data-protected",
    says="What holds data is protected.",
    meaning="A renamed line, or a wrong setting, would delete it by the next `up`.",
    repair="Leave protectData on, or give the resource protect=True",
    severity=Severity.HIGH,
    levels=OFF_IN_DEV,
    types=frozenset({*_HOLDING, _MOUNT}),
    check=_protected,
)
ROTATED: Final = StackRule(
    name="rotated-password-protected",
    says="A database connection whose password was rotated is protected.",
    meaning="Nobody could log in to the database as its administrator again.",
    repair="Leave protectData on, or give the connection protect=True",
    severity=Severity.HIGH,
    levels=OFF_IN_DEV,
    check=_rotated,
)
VOLUMES: Final = ResourceRule(
    name="volumes-retained",
    says="Servers' volumes outlive their pods.",
    meaning="A StatefulSet that is scaled or replaced would take the data with it.",
    repair="Set persistentVolumeClaimRetentionPolicy to Retain",
    severity=Severity.HIGH,
    types=frozenset({"kubernetes:apps/v1:StatefulSet"}),
    check=_volumes,
)

RULES: Final = (PROTECTED, ROTATED, VOLUMES)
