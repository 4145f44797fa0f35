"""What pods say, and what else they need."""

from __future__ import annotations

import dataclasses
import json
from typing import Final

import pytest

from components.delivery.annotations import (
    MOUNTED_VOLUME,
    PREFIX,
    TOKEN_VOLUME,
    pod_annotations,
    pod_spec,
)
from components.delivery.deliveries import DELIVERIES
from components.delivery.files import (
    Delivery,
    Exports,
    Hangup,
    Quoting,
    SecretFile,
    Touch,
    Value,
    Via,
)
from components.delivery.reading import DeliveryError
from policies.compile import compile_plan
from policies.environments import Environment
from policies.lifetime import Duration
from policies.matrix import MATRIX
from policies.paths import SecretPath
from tests.components.delivery.shop import API, CONFIG, ENTRY, PLAN, delivering

# The decision record's pod, as it was written: the block ends with its last line's end.
RECORD: Final = {
    "vault.hashicorp.com/agent-inject": "true",
    "vault.hashicorp.com/role": "kubesentiment",
    "vault.hashicorp.com/agent-inject-secret-config": "secret/data/kubesentiment/config",
    "vault.hashicorp.com/agent-inject-template-config": """\
{{- with secret "secret/data/kubesentiment/config" -}}
export REDIS_PASSWORD="{{ .Data.data.redis_password }}"
export KAFKA_PASSWORD="{{ .Data.data.kafka_password }}"
export MODEL_API_KEY="{{ .Data.data.model_api_key }}"
{{- end }}
""",
}


def said(delivery: Delivery) -> dict[str, str]:
    found = pod_annotations(PLAN, delivery)
    assert all(name.startswith(PREFIX) for name in found)
    return {name.removeprefix(PREFIX): value for name, value in found.items()}


@pytest.mark.parametrize("environment", list(Environment))
def test_the_decision_records_pod_is_the_one_that_the_table_describes(
    environment: Environment,
) -> None:
    (api,) = (one for one in DELIVERIES if one.workload == "kubesentiment/api")
    plan = compile_plan(MATRIX, environment)
    found = pod_annotations(plan, api)
    assert RECORD.items() <= found.items()
    assert pod_spec(plan, api)["serviceAccountName"] == "kubesentiment"


def test_all_that_a_pod_says() -> None:
    found = said(API)
    patch = json.loads(found.pop("agent-json-patch"))
    assert json.loads(found.pop("agent-init-json-patch")) == patch
    assert patch == [
        {
            "op": "add",
            "path": "/securityContext/seccompProfile",
            "value": {"type": "RuntimeDefault"},
        },
        {
            "op": "add",
            "path": "/volumeMounts/-",
            "value": {
                "name": TOKEN_VOLUME,
                "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                "readOnly": True,
            },
        },
    ]
    template = found.pop("agent-inject-template-config")
    assert template.startswith('{{- with secret "secret/data/shop/config" -}}')
    assert found == {
        "agent-cache-enable": "false",
        "agent-inject": "true",
        "agent-inject-secret-config": "secret/data/shop/config",
        "agent-limits-cpu": "500m",
        "agent-limits-mem": "128Mi",
        "agent-pre-populate": "true",
        "agent-pre-populate-only": "false",
        "agent-requests-cpu": "25m",
        "agent-requests-mem": "64Mi",
        "agent-run-as-group": "1000",
        "agent-run-as-user": "100",
        "agent-service-account-token-volume-name": "vault-token",
        "auth-max-backoff": "1m",
        "auth-path": "auth/kubernetes",
        "error-on-missing-key-config": "true",
        "role": "shop",
        "template-config-exit-on-retry-failure": "true",
        "template-static-secret-render-interval": "1m",
    }


def test_a_jobs_agent_does_not_stay() -> None:
    found = said(dataclasses.replace(API, stays=False))
    assert found["agent-pre-populate"] == found["agent-pre-populate-only"] == "true"


def test_how_soon_a_change_is_there_may_be_set() -> None:
    found = said(dataclasses.replace(API, refresh=Duration.parse("90s")))
    assert found["template-static-secret-render-interval"] == "1m30s"


def test_a_change_is_told_by_a_file_or_by_a_signal() -> None:
    assert not any("command" in name for name in said(API))
    touched = said(Delivery("shop/api", (dataclasses.replace(CONFIG, tell=Touch()),)))
    assert touched["agent-inject-command-config"] == "touch /vault/secrets/config.changed"
    assert "agent-share-process-namespace" not in touched
    hung = said(Delivery("shop/api", (dataclasses.replace(CONFIG, tell=Hangup("uvicorn")),)))
    assert hung["agent-inject-command-config"] == "pkill -HUP -x uvicorn || true"
    # A signal reaches a process that is in sight, and of the same user.
    assert hung["agent-share-process-namespace"] == hung["agent-run-as-same-user"] == "true"
    assert "agent-run-as-user" not in hung


def test_values_are_quoted_so_that_a_shell_reads_no_more_than_text() -> None:
    template = said(delivering(ENTRY, "api_key"))["agent-inject-template-config"]
    assert "export API_KEY='{{ .Data.data.api_key | replaceAll" in template
    content = Exports(("api_key",), Quoting.DOUBLE)
    file = SecretFile("config", ENTRY, content)
    template = said(Delivery("shop/api", (file,)))["agent-inject-template-config"]
    assert 'export API_KEY="{{ .Data.data.api_key }}"' in template


def test_what_is_mounted_has_no_annotations() -> None:
    file = SecretFile("key", ENTRY, Value("api_key"))
    with pytest.raises(DeliveryError, match=r"comes by csi, which needs no annotation; write via="):
        pod_annotations(PLAN, Delivery("shop/api", (file,), via=Via.CSI))


def test_what_is_not_granted_has_none_either() -> None:
    with pytest.raises(DeliveryError, match=r"does not grant 'shop/api' to read secret/data/dep"):
        pod_annotations(PLAN, delivering(SecretPath("deploy/shop/keys"), "token"))


def test_a_pod_logs_in_with_a_token_that_was_made_for_vault() -> None:
    token = {"audience": "vault-staging", "expirationSeconds": 3600, "path": "token"}
    assert pod_spec(PLAN, API) == {
        "serviceAccountName": "shop-api",
        "volumes": [
            {"name": TOKEN_VOLUME, "projected": {"sources": [{"serviceAccountToken": token}]}}
        ],
    }


def test_a_pod_whose_files_are_mounted_needs_no_token() -> None:
    delivery = Delivery("shop/api", (SecretFile("key", ENTRY, Value("api_key")),), via=Via.CSI)
    assert pod_spec(PLAN, delivery) == {
        "serviceAccountName": "shop-api",
        "volumes": [
            {
                "name": MOUNTED_VOLUME,
                "csi": {
                    "driver": "secrets-store.csi.k8s.io",
                    "readOnly": True,
                    "volumeAttributes": {"secretProviderClass": "vault-shop-api"},
                },
            }
        ],
    }
