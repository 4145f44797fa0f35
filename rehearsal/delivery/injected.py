"""The containers that the injector adds to a pod, as the API server gets to see them: what
hashicorp/vault-k8s 1.7.6 writes, with the JSON patches that the pod's annotations hold.

Deliberately does not look whether they may run: the API server's admission does.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rehearsal.delivery.annotations import PREFIX
from rehearsal.delivery.configuration import CACHE_FOLDER, HOME, Mode, configuration
from rehearsal.delivery.injection import TLS, Injection
from rehearsal.errors import RehearsalError

Json = dict[str, Any]

_SECRETS_VOLUME: Final = "vault-secrets"
_HOMES: Final = {Mode.INIT: "home-init", Mode.SIDECAR: "home-sidecar"}
_COMMAND: Final = (
    f"echo ${{VAULT_CONFIG?}} | base64 -d > {HOME}/config.json && "
    f"vault agent -config={HOME}/config.json"
)
_FIELDS: Final = {
    "NAMESPACE": "metadata.namespace",
    "HOST_IP": "status.hostIP",
    "POD_IP": "status.podIP",
}


def injected(pod: Mapping[str, Any], injection: Injection) -> Json:
    """The pod as the webhook would hand it back."""
    result: Json = copy.deepcopy(dict(pod))
    spec, shape = result["spec"], injection.shape
    own = _file_mounts(injection)
    names = shape.containers or tuple(one["name"] for one in spec["containers"])
    for one in (*spec["containers"], *spec.get("initContainers", ())):
        if one["name"] in names or one in spec.get("initContainers", ()):
            one["volumeMounts"] = [*one.get("volumeMounts", ()), *own]
    if injection.has_init:
        added, there = [container(injection, Mode.INIT)], spec.get("initContainers", [])
        spec["initContainers"] = added + there if shape.init_first else there + added
        if shape.share_process_namespace is not None:
            spec["shareProcessNamespace"] = shape.share_process_namespace
    if injection.has_sidecar:
        spec["containers"].append(container(injection, Mode.SIDECAR))
    spec["volumes"] = [*spec.get("volumes", ()), *_volumes(injection)]
    result["metadata"]["annotations"][f"{PREFIX}agent-inject-status"] = "injected"
    return result


def container(injection: Injection, mode: Mode) -> Json:
    """One of the two, patched."""
    shape, token = injection.shape, injection.token
    mounts = [
        {"name": _HOMES[mode], "mountPath": HOME},
        {"name": token.volume, "mountPath": token.mount, "readOnly": True},
        *_file_mounts(injection),
    ]
    if injection.connection.tls_secret:
        mounts.append({"name": "vault-tls-secrets", "mountPath": TLS, "readOnly": True})
    if injection.cache and injection.cache.persistent:
        mounts.append({"name": "vault-agent-cache", "mountPath": CACHE_FOLDER})
    made: Json = {
        "name": mode.value,
        "image": shape.image,
        "command": ["/bin/sh", "-ec"],
        "args": [_COMMAND],
        "env": _variables(injection, mode),
        "resources": {"requests": dict(shape.requests), "limits": dict(shape.limits)},
        "volumeMounts": mounts,
    }
    if shape.set_security_context:
        made["securityContext"] = {
            "runAsUser": shape.user,
            "runAsGroup": shape.group,
            "runAsNonRoot": bool(shape.user and shape.group),
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
    return patched(made, shape.patches[mode.value])


def patched(made: Json, patch: Sequence[Mapping[str, Any]]) -> Json:
    """RFC 6902, of which only `add` is known here. Raises `RehearsalError` on any other operation,
    and on a path that is not there.
    """
    for step in patch:
        if step["op"] != "add":
            raise RehearsalError(
                f"JSON patch of the agent's container: {step['op']!r} is not known here; write "
                "'add', or teach rehearsal/delivery/shape.py"
            )
        *way, last = str(step["path"]).strip("/").split("/")
        place: Any = made
        for part in way:
            if part not in place:
                raise RehearsalError(
                    f"JSON patch of the agent's container: {step['path']} has nothing to be added "
                    "to, and the injector would refuse the pod; correct the path"
                )
            place = place[part]
        if last == "-":
            place.append(step["value"])
        else:
            place[last] = step["value"]
    return made


def _file_mounts(injection: Injection) -> list[Json]:
    return [{"name": name, "mountPath": path} for name, path in _file_volumes(injection).items()]


def _file_volumes(injection: Injection) -> dict[str, str]:
    """Volume -> where it is mounted: the one for all files, and one for each folder of a file's
    own.
    """
    folders = dict.fromkeys(file.mount for file in injection.files if file.mount != injection.mount)
    own = {f"{_SECRETS_VOLUME}-custom-{index}": folder for index, folder in enumerate(folders)}
    return {_SECRETS_VOLUME: injection.mount, **own}


def _volumes(injection: Injection) -> list[Json]:
    names = list(_file_volumes(injection))
    names += [_HOMES[Mode.INIT]] * injection.has_init
    names += [_HOMES[Mode.SIDECAR]] * injection.has_sidecar
    names += ["vault-agent-cache"] * bool(injection.cache and injection.cache.persistent)
    volumes: list[Json] = [{"name": name, "emptyDir": {"medium": "Memory"}} for name in names]
    if secret := injection.connection.tls_secret:
        volumes.append({"name": "vault-tls-secrets", "secret": {"secretName": secret}})
    return volumes


def _variables(injection: Injection, mode: Mode) -> list[Json]:
    config = json.dumps(configuration(injection, mode)).encode()
    given = {**injection.environment, "VAULT_CONFIG": base64.b64encode(config).decode()}
    return [
        *(
            {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
            for name, path in _FIELDS.items()
        ),
        *({"name": name, "value": value} for name, value in given.items()),
    ]
