"""From a delivery to its running agents: the pod is stored in the Kubernetes API, which gives it
what every pod is given; the injector's part is played on what came back.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from components.delivery.annotations import pod_annotations, pod_spec
from components.delivery.files import Delivery
from components.delivery.reading import role_of
from policies.plan import Plan
from rehearsal.delivery.annotations import PREFIX
from rehearsal.delivery.container import Pod, VaultHere
from rehearsal.delivery.injection import Injection, inject
from rehearsal.delivery.injector import Injector
from rehearsal.scene import Scene
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi

Json = dict[str, Any]

REFRESH: Final = timedelta(seconds=1)
"""How soon an agent looks again here, where production waits for a minute: nobody waits for it."""
_REFRESH: Final = f"{PREFIX}template-static-secret-render-interval"
_REVOKE: Final = "auth/token/revoke-self"
_ASK: Final = f"{PREFIX}agent-inject"


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where agents are made."""

    supervisor: Supervisor
    scene: Scene
    plan: Plan
    vault: VaultHere
    injector: Injector

    def pod(self, delivery: Delivery, **changed: str) -> Pod:
        """The volumes of one of the workload's pods. `changed`: annotations, by their names without
        the prefix and `_` for `-`.
        """
        return self.pod_of(self.injection(delivery, **changed))

    def pod_of(self, injection: Injection) -> Pod:
        return Pod.create(self.supervisor, self.vault, self.scene.kubernetes, injection)

    def injection(self, delivery: Delivery, **changed: str) -> Injection:
        annotations = {
            **pod_annotations(self.plan, delivery),
            _REFRESH: f"{REFRESH.total_seconds():g}s",
            **{f"{PREFIX}{name.replace('_', '-')}": value for name, value in changed.items()},
        }
        return inject(self.stored(delivery, annotations), self.injector)

    def revoke(self, token: str) -> None:
        """As somebody does who suspects it: with all that it was given. Every token may end itself,
        so it needs nobody else.
        """
        VaultApi(self.vault.address, str(self.vault.ca_file), token).write(_REVOKE, {})

    def stored(self, delivery: Delivery, annotations: Mapping[str, str]) -> Json:
        """The pod as the webhook would get it."""
        role = role_of(self.plan, delivery)
        return stored(
            self.scene,
            role.namespace,
            {**pod_spec(self.plan, delivery), "containers": [_application()]},
            annotations,
        )


def stored(
    scene: Scene, namespace: str, spec: Mapping[str, Any], annotations: Mapping[str, str]
) -> Json:
    """Store a pod, and give it back as it was stored."""
    # A pod that asks would be refused: no injector answers here.
    kept = {name: value for name, value in annotations.items() if name != _ASK}
    name = f"delivery-{secrets.token_hex(4)}"
    pod: Json = scene.kubernetes.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "annotations": kept},
            "spec": dict(spec),
        }
    )
    pod["metadata"]["annotations"] = dict(annotations)
    return pod


def _application() -> Json:
    """Meets Pod Security's `restricted`, as an application should."""
    return {
        "name": "application",
        "image": "application:1",
        "securityContext": {
            "runAsUser": 1000,
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
