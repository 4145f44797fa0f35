"""Which of a pod's volumes holds the service account's token that its agent logs in with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from rehearsal.delivery.annotations import PREFIX, Annotations
from rehearsal.errors import RehearsalError

Json = Mapping[str, Any]

API_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where every container finds its token for the API server, unless something else is there."""
_TOKEN_MOUNT: Final = "/var/run/secrets/vault.hashicorp.com/serviceaccount"


@dataclass(frozen=True, slots=True)
class TokenFile:
    """Where the agent's containers find the service account's token."""

    mount: str
    path: str
    audience: str
    """Empty for the token that every pod is given, which is for the Kubernetes API alone."""
    lifetime_seconds: int
    volume: str


def token_of(pod: Json, said: Annotations) -> TokenFile:
    """A volume that the pod names, or the one that every pod is given."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or ()}
    mounts = {
        mount["name"]: mount["mountPath"]
        for container in reversed(pod["spec"]["containers"])
        for mount in reversed(container.get("volumeMounts") or ())
    }
    if name := said.text("agent-service-account-token-volume-name"):
        if name not in volumes:
            raise RehearsalError(
                f"annotation {PREFIX}agent-service-account-token-volume-name: the pod has no "
                f"volume {name!r}, and the injector would refuse it; add it, or name another"
            )
        mount = mounts.get(name, _TOKEN_MOUNT)
    else:
        given = [name for name, mount in mounts.items() if "serviceaccount" in mount]
        if not given:
            raise RehearsalError(
                "the pod mounts no service account's token, and the injector would refuse it; name "
                f"a volume by {PREFIX}agent-service-account-token-volume-name"
            )
        name = given[-1]
        mount = mounts[name]
    for source in (volumes[name].get("projected") or {}).get("sources") or ():
        if found := source.get("serviceAccountToken"):
            return TokenFile(
                mount=mount,
                path=str(PurePosixPath(mount, found["path"])),
                audience=found.get("audience", ""),
                lifetime_seconds=int(found.get("expirationSeconds", 3600)),
                volume=name,
            )
    raise RehearsalError(
        f"volume {name!r} of the pod: it holds no service account's token, and the injector would "
        "refuse it; give it a projected source serviceAccountToken"
    )
