"""Pods as the API server stores them, and the seeds' annotations."""

from __future__ import annotations

from typing import Any, Final

from rehearsal.delivery.annotations import PREFIX
from rehearsal.delivery.injection import Injection, inject
from rehearsal.delivery.injector import Injector

ADDRESS: Final = "https://vault.vault.svc:8200"
TEMPLATE: Final = """\
{{- with secret "secret/data/kubesentiment/config" -}}
export REDIS_PASSWORD="{{ .Data.data.redis_password }}"
export KAFKA_PASSWORD="{{ .Data.data.kafka_password }}"
export MODEL_API_KEY="{{ .Data.data.model_api_key }}"
{{- end }}
"""
SEEDS: Final = {
    f"{PREFIX}agent-inject": "true",
    f"{PREFIX}role": "kubesentiment",
    f"{PREFIX}agent-inject-secret-config": "secret/data/kubesentiment/config",
    f"{PREFIX}agent-inject-template-config": TEMPLATE,
}
"""The decision record's pod, to the letter."""

API_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount"


def volume(name: str, audience: str = "", path: str = "token") -> dict[str, Any]:
    token = {
        "path": path,
        "expirationSeconds": 3607,
        **({"audience": audience} if audience else {}),
    }
    return {"name": name, "projected": {"sources": [{"serviceAccountToken": token}]}}


def pod(annotations: dict[str, str], **spec: Any) -> dict[str, Any]:
    """As admission leaves it: every container has the token for the Kubernetes API."""
    given = {"name": "kube-api-access-x", "mountPath": API_TOKEN, "readOnly": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "api", "namespace": "kubesentiment-dev", "annotations": annotations},
        "spec": {
            "serviceAccountName": "kubesentiment",
            "containers": [{"name": "api", "image": "api:1", "volumeMounts": [given]}],
            "volumes": [volume("kube-api-access-x"), volume("vault-token", "vault-dev")],
            **spec,
        },
    }


def injection(injector: Injector | None = None, /, **said: str) -> Injection:
    """Of the seeds' pod, with more annotations: names without the prefix, `_` for `-`."""
    more = {f"{PREFIX}{name.replace('_', '-')}": value for name, value in said.items()}
    return inject(pod({**SEEDS, **more}), injector or Injector(ADDRESS))
