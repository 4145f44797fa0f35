"""What a SecretProviderClass means: the files that vault-csi-provider 1.7.4 would hand to the node,
read from Vault with the pod's own login. The provider itself does not run here.

Deliberately does without what a pod's volume adds: permissions, versions, a Kubernetes Secret.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from rehearsal.errors import RehearsalError
from rehearsal.vault_api import Answer

# The provider knows these too; nothing of ours says them, so nothing of them is proven.
_REFUSED: Final = frozenset(
    {
        "vaultNamespace",
        "vaultSkipTLSVerify",
        "vaultTLSClientCertPath",
        "vaultTLSClientKeyPath",
        "vaultCADirectory",
    }
)
_MOUNTS: Final = ("vaultAuthMountPath", "vaultKubernetesMountPath")
_KNOWN: Final = frozenset(
    {
        "roleName",
        "objects",
        "audience",
        "vaultAddress",
        "vaultCACertPath",
        "vaultTLSServerName",
        *_MOUNTS,
    }
)
_DECODERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "": bytes,
    "utf-8": bytes,
    "base64": lambda text: base64.b64decode(text, validate=True),
    "hex": lambda text: bytes.fromhex(text.decode()),
}

Call = Callable[[str, str, Mapping[str, Any] | None], Answer]
"""Method, path and body -> Vault's answer, with the pod's login."""


@dataclass(frozen=True, slots=True)
class SecretObject:
    """One file."""

    name: str
    path: str
    key: str = ""
    """Of the answer; empty for all of it, as JSON."""
    method: str = "GET"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class ProviderClass:
    role: str
    audience: str
    """Of the service account's token; empty for the Kubernetes API's own."""
    mount: str
    objects: tuple[SecretObject, ...]


def provider_class(stored: Mapping[str, Any]) -> ProviderClass:
    """Raises `RehearsalError` where the provider would refuse it, and on what is not known here."""
    where = f"SecretProviderClass {stored['metadata']['name']}"
    spec = stored["spec"]
    if spec.get("provider") != "vault":
        raise RehearsalError(f"{where}: provider must be 'vault', or another would be asked")
    said: Mapping[str, str] = spec["parameters"]
    if unknown := sorted(said.keys() - _KNOWN):
        known = "does not prove" if set(unknown) <= _REFUSED else "does not know"
        raise RehearsalError(
            f"{where}: parameters {', '.join(unknown)}: the rehearsal {known} them; leave them "
            "out, or teach rehearsal/delivery/csi.py"
        )
    mounts = [
        said[name] for name in ("vaultKubernetesMountPath", "vaultAuthMountPath") if name in said
    ]
    if len(mounts) > 1:
        raise RehearsalError(
            f"{where}: vaultKubernetesMountPath and vaultAuthMountPath say the same twice, and the "
            "provider refuses that; keep vaultAuthMountPath"
        )
    if not said.get("roleName"):
        raise RehearsalError(f"{where}: roleName must say whom to log in as; write the workload's")
    objects = tuple(_object(one, where) for one in yaml.safe_load(said.get("objects", "")) or ())
    names = [one.name for one in objects]
    if not objects or len(names) != len(set(names)):
        raise RehearsalError(
            f"{where}: objects must be some, each with an objectName of its own, or the provider "
            "refuses them; correct their names"
        )
    mount = mounts[0] if mounts else "kubernetes"
    return ProviderClass(said["roleName"], said.get("audience", ""), mount, objects)


def mounted(objects: Sequence[SecretObject], call: Call) -> dict[str, bytes]:
    """File -> content. Objects of one path are of one answer, so that a user and its password are
    of one lease. Raises `RehearsalError` where the provider would fail the pod's mount.
    """
    answers: dict[tuple[str, str], Answer] = {}
    files = {}
    for one in objects:
        asked = (one.path, one.method)
        if asked not in answers:
            answers[asked] = call(one.method, one.path, one.arguments or None)
        answer = answers[asked]
        if not answer.allowed:
            raise RehearsalError(
                f"object {one.name!r}: {one.path}: Vault said {answer.status} {answer.errors}"
            )
        files[one.name] = _content(one, answer)
    return files


def _object(said: Mapping[str, Any], where: str) -> SecretObject:
    fields = {
        "objectName": "name",
        "secretPath": "path",
        "secretKey": "key",
        "method": "method",
        "secretArgs": "arguments",
        "encoding": "encoding",
    }
    # Of the file and not of what is in it.
    given = {name: value for name, value in said.items() if name != "filePermission"}
    if unknown := sorted(given.keys() - fields.keys()):
        raise RehearsalError(
            f"{where}: object {said.get('objectName')!r}: the provider knows no "
            f"{', '.join(unknown)}; correct the name"
        )
    return SecretObject(**{fields[name]: value for name, value in given.items()})


def _content(one: SecretObject, answer: Answer) -> bytes:
    if not one.key:
        return json.dumps(answer.body).encode()
    inner = answer.data.get("data")
    values = inner if isinstance(inner, Mapping) else answer.data
    if one.key not in values:
        raise RehearsalError(
            f"object {one.name!r}: {one.path} has no key {one.key!r}, and the pod's mount would "
            "fail; correct the key"
        )
    value = values[one.key]
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    if (decode := _DECODERS.get(one.encoding.lower())) is None:
        raise RehearsalError(
            f"object {one.name!r}: encoding {one.encoding!r} is none of utf-8, base64 and hex"
        )
    return decode(text.encode())
