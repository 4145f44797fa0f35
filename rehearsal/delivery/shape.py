"""What a pod's annotations say of the agent's containers, and not of what the agent does in them:
image, size, user, patches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.delivery.annotations import PREFIX, Annotations, flag_of
from rehearsal.delivery.injector import Injector
from rehearsal.errors import RehearsalError

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """Of the containers that are added, and of the pod."""

    image: str
    requests: Mapping[str, str]
    limits: Mapping[str, str]
    user: int
    group: int
    set_security_context: bool
    share_process_namespace: bool | None
    init_first: bool
    containers: tuple[str, ...]
    """Those that get the files; empty for all."""
    patches: Mapping[str, Sequence[Json]]
    """The name of an added container -> its JSON patch."""


def shape_of(pod: Json, said: Annotations, injector: Injector) -> Shape:
    if said.flag("agent-revoke-on-shutdown", injector.revoke_on_shutdown):
        raise RehearsalError(
            f"annotation {PREFIX}agent-revoke-on-shutdown: a command that ends the agent's token "
            "when its container stops is not played here; leave it out, tokens end by themselves"
        )
    said.number("agent-revoke-grace")
    user = int(said.number("agent-run-as-user", int(injector.user)))
    if said.flag("agent-run-as-same-user", injector.same_user):
        first = (pod["spec"]["containers"][0].get("securityContext") or {}).get("runAsUser")
        if not first:
            raise RehearsalError(
                f"annotation {PREFIX}agent-run-as-same-user: the pod's first container names no "
                "user, or root, and the injector would refuse the pod; give it a runAsUser"
            )
        user = int(first)
    shares = said.text("agent-share-process-namespace")
    return Shape(
        image=said.text("agent-image", injector.image),
        requests=_sizes(said, injector, "requests"),
        limits=_sizes(said, injector, "limits"),
        user=user,
        group=int(said.number("agent-run-as-group", int(injector.group))),
        set_security_context=said.flag("agent-set-security-context", injector.set_security_context),
        share_process_namespace=flag_of("share-process-namespace", shares) if shares else None,
        init_first=said.flag("agent-init-first"),
        containers=said.list("agent-inject-containers"),
        patches={
            "vault-agent-init": json.loads(said.text("agent-init-json-patch") or "[]"),
            "vault-agent": json.loads(said.text("agent-json-patch") or "[]"),
        },
    )


def _sizes(said: Annotations, injector: Injector, kind: str) -> dict[str, str]:
    names = {"cpu": "cpu", "mem": "memory", "ephemeral": "ephemeral-storage"}
    found = {
        name: said.text(f"agent-{kind}-{short}", injector.sizes.get(f"{kind}-{short}", ""))
        for short, name in names.items()
    }
    return {name: size for name, size in found.items() if size}
