"""Which pods the injector is asked about, and what becomes of them while it is away."""

from __future__ import annotations

import base64
from typing import Any

import pulumi
import pytest

from components.delivery.injector.layout import Layout
from components.delivery.injector.webhook import make_webhook
from components.settings import FailurePolicy, ServingSettings
from tests.components.delivery.shop import ISSUER
from tests.recording import Runner

LAYOUT = Layout("vault-injector", "cluster.local")
BY_CERT_MANAGER = ServingSettings(ISSUER, None, None)


def declared(
    run: Runner,
    serving: ServingSettings = BY_CERT_MANAGER,
    failure_policy: FailurePolicy = FailurePolicy.FAIL,
) -> Any:
    recording = run(
        lambda: make_webhook(
            "webhook",
            LAYOUT,
            ("shop-staging",),
            serving,
            failure_policy,
            pulumi.ResourceOptions(),
        )
    )
    return recording["webhook"].values


def test_it_is_asked_for_pods_that_ask_in_the_matrix_namespaces_and_for_no_others(
    run: Runner,
) -> None:
    (webhook,) = declared(run)["webhooks"]
    assert webhook["namespaceSelector"] == {
        "matchExpressions": [
            {
                "key": "kubernetes.io/metadata.name",
                "operator": "In",
                "values": ["shop-staging"],
            }
        ]
    }
    (condition,) = webhook["matchConditions"]
    assert (
        "'vault.hashicorp.com/agent-inject' in object.metadata.annotations"
        in (condition["expression"])
    )
    assert webhook["rules"] == [
        {
            "operations": ["CREATE"],
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "resources": ["pods"],
            "scope": "Namespaced",
        }
    ]
    assert webhook["sideEffects"] == "None"
    assert webhook["timeoutSeconds"] <= 5
    assert webhook["clientConfig"]["service"] == {
        "name": "vault-agent-injector",
        "namespace": "vault-injector",
        "path": "/mutate",
        "port": 443,
    }


@pytest.mark.parametrize(
    ("setting", "said"), [(FailurePolicy.FAIL, "Fail"), (FailurePolicy.IGNORE, "Ignore")]
)
def test_what_becomes_of_a_pod_that_asks_while_nobody_answers(
    run: Runner, setting: FailurePolicy, said: str
) -> None:
    (webhook,) = declared(run, failure_policy=setting)["webhooks"]
    assert webhook["failurePolicy"] == said


def test_cert_manager_writes_its_ca_where_this_program_says_nothing(run: Runner) -> None:
    found = declared(run)
    assert found["metadata"]["annotations"] == {
        "cert-manager.io/inject-ca-from": "vault-injector/vault-agent-injector"
    }
    assert "caBundle" not in found["webhooks"][0]["clientConfig"]


def test_a_given_ca_is_declared(run: Runner) -> None:
    found = declared(run, ServingSettings(None, "theirs", "a PEM"))
    assert "annotations" not in found["metadata"]
    assert base64.b64decode(found["webhooks"][0]["clientConfig"]["caBundle"]) == b"a PEM"
