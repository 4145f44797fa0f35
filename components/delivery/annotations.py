"""A delivery -> what its pods must say, so that the injector gives them an agent with these files.

Says nothing of Vault's address and CA, nor of the agent's image: those are the injector's defaults,
so that a pod's manifest holds nothing that moves with Vault. Source: vault-k8s 1.7.6,
agent-inject/agent/annotations.go.
"""

from __future__ import annotations

import json
from typing import Any, Final

from components.delivery.files import Delivery, Hangup, SecretFile, Tell, Touch, Via
from components.delivery.provider_class import volume
from components.delivery.reading import DeliveryError, Reading, readings, role_of
from components.delivery.templates import template
from policies.paths import KUBERNETES_AUTH
from policies.plan import Plan

PREFIX: Final = "vault.hashicorp.com/"
SECRETS: Final = "/vault/secrets"
TOKEN_VOLUME: Final = "vault-token"
MOUNTED_VOLUME: Final = "vault-secrets"
_TOKEN_SECONDS: Final = 3600
_API_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
# Its first login and its templates keep an agent busy; then it sleeps.
_SIZE: Final = {
    "agent-requests-cpu": "25m",
    "agent-requests-mem": "64Mi",
    "agent-limits-cpu": "500m",
    "agent-limits-mem": "128Mi",
}
_USER: Final = {"agent-run-as-user": "100", "agent-run-as-group": "1000"}
# What the injector leaves out of the containers that it adds: what Pod Security's `restricted` asks
# of each, and something else in the place where Kubernetes would put the API server's token.
_PATCH: Final = json.dumps(
    [
        {
            "op": "add",
            "path": "/securityContext/seccompProfile",
            "value": {"type": "RuntimeDefault"},
        },
        {
            "op": "add",
            "path": "/volumeMounts/-",
            "value": {"name": TOKEN_VOLUME, "mountPath": _API_TOKEN, "readOnly": True},
        },
    ],
    separators=(",", ":"),
)


def pod_annotations(plan: Plan, delivery: Delivery) -> dict[str, str]:
    """All annotations of the workload's pods, sorted; `pod_spec` says what else they need.

    Raises `DeliveryError` for what the plan does not have, or does not grant the workload.
    """
    if delivery.via is not Via.AGENT:
        raise DeliveryError(
            f"delivery {delivery.workload!r}: comes by {delivery.via.value}, which needs no "
            "annotation; write via=Via.AGENT, or use its SecretProviderClass"
        )
    role = role_of(plan, delivery)
    said = {
        "agent-inject": "true",
        "role": role.name,
        "auth-path": f"auth/{KUBERNETES_AUTH}",
        # An agent that waits out an outage must not sleep on long after it.
        "auth-max-backoff": "1m",
        # The API server's audience is not Vault's: without a token made for it, no login.
        "agent-service-account-token-volume-name": TOKEN_VOLUME,
        # No container starts before its files are there.
        "agent-pre-populate": "true",
        "agent-pre-populate-only": _flag(not delivery.stays),
        # With its cache an agent whose token was revoked never logs in again (Vault 1.21). Without,
        # the one that stays logs in anew, and is issued credentials of its own.
        "agent-cache-enable": "false",
        "template-static-secret-render-interval": str(delivery.refresh),
        # Kubernetes restarts it, which everybody sees; the files stay.
        "template-config-exit-on-retry-failure": "true",
        "agent-json-patch": _PATCH,
        "agent-init-json-patch": _PATCH,
        **_SIZE,
        **_user(delivery),
    }
    for file, reading in zip(delivery.files, readings(plan, delivery), strict=True):
        said |= _of_file(file, reading)
    return {f"{PREFIX}{name}": said[name] for name in sorted(said)}


def pod_spec(plan: Plan, delivery: Delivery) -> dict[str, Any]:
    """What the specification of the workload's pods must hold, whoever delivers: who they are, and
    the volume that the agent logs in with or that holds the mounted files.
    """
    role = role_of(plan, delivery)
    match delivery.via:
        case Via.AGENT:
            needed = _token_volume(role.audience)
        case Via.CSI:
            needed = volume(delivery, MOUNTED_VOLUME)
    return {"serviceAccountName": role.service_account, "volumes": [needed]}


def _of_file(file: SecretFile, reading: Reading) -> dict[str, str]:
    said = {
        f"agent-inject-secret-{file.name}": reading.request.path,
        f"agent-inject-template-{file.name}": template(reading, file.content),
        # A key that is gone must not become an empty password.
        f"error-on-missing-key-{file.name}": "true",
    }
    if file.tell:
        said[f"agent-inject-command-{file.name}"] = _command(file, file.tell)
    return said


def _command(file: SecretFile, tell: Tell) -> str:
    match tell:
        case Touch():
            return f"touch {SECRETS}/{file.name}.changed"
        case Hangup(process=process):
            # Before the application runs nobody is there to be told.
            return f"pkill -HUP -x {process} || true"


def _user(delivery: Delivery) -> dict[str, str]:
    """Signals go to processes of the same user only."""
    if any(isinstance(file.tell, Hangup) for file in delivery.files):
        return {"agent-run-as-same-user": "true", "agent-share-process-namespace": "true"}
    return _USER


def _token_volume(audience: str) -> dict[str, Any]:
    token = {"audience": audience, "expirationSeconds": _TOKEN_SECONDS, "path": "token"}
    return {"name": TOKEN_VOLUME, "projected": {"sources": [{"serviceAccountToken": token}]}}


def _flag(value: bool) -> str:
    return "true" if value else "false"
