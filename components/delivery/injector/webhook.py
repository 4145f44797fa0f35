"""Which pods the API server shows the injector before it stores them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

import pulumi
from pulumi_kubernetes import admissionregistration, meta

from components.delivery.annotations import PREFIX
from components.delivery.injector import layout as names
from components.delivery.injector.layout import Layout
from components.settings import FailurePolicy, ServingSettings

# Decided by the API server itself: while no injector answers, nobody else's pod waits for one.
_ASKS: Final = (
    "has(object.metadata.annotations) && "
    f"'{PREFIX}agent-inject' in object.metadata.annotations && "
    f"object.metadata.annotations['{PREFIX}agent-inject'] != 'false'"
)
_FAILURE: Final = {FailurePolicy.FAIL: "Fail", FailurePolicy.IGNORE: "Ignore"}
# An injector works for milliseconds; this is how long a pod waits for one that is not there.
_PATIENCE_SECONDS: Final = 5


def make_webhook(
    name: str,
    layout: Layout,
    namespaces: Sequence[str],
    serving: ServingSettings,
    failure_policy: FailurePolicy,
    opts: pulumi.ResourceOptions,
) -> admissionregistration.v1.MutatingWebhookConfiguration:
    """New pods in `namespaces` that say that they want an agent, and no others.

    cert-manager writes its CA into it (`caBundle`), which this program then never declares: so
    neither a preview nor the injector has anything to put right.
    """
    annotations = {"cert-manager.io/inject-ca-from": f"{layout.namespace}/{names.NAME}"}
    v1 = admissionregistration.v1
    return v1.MutatingWebhookConfiguration(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=layout.namespace,
            labels=names.LABELS,
            annotations=annotations if serving.issuer else None,
        ),
        webhooks=[
            v1.MutatingWebhookArgs(
                name="vault.hashicorp.com",
                admission_review_versions=["v1"],
                side_effects="None",
                match_policy="Exact",
                failure_policy=_FAILURE[failure_policy],
                timeout_seconds=_PATIENCE_SECONDS,
                client_config=v1.WebhookClientConfigArgs(
                    ca_bundle=_base64(serving.ca_bundle) if serving.ca_bundle else None,
                    service=v1.ServiceReferenceArgs(
                        name=names.NAME, namespace=layout.namespace, path="/mutate", port=443
                    ),
                ),
                rules=[
                    v1.RuleWithOperationsArgs(
                        operations=["CREATE"],
                        api_groups=[""],
                        api_versions=["v1"],
                        resources=["pods"],
                        scope="Namespaced",
                    )
                ],
                namespace_selector=meta.v1.LabelSelectorArgs(
                    match_expressions=[
                        meta.v1.LabelSelectorRequirementArgs(
                            key="kubernetes.io/metadata.name",
                            operator="In",
                            values=list(namespaces),
                        )
                    ]
                ),
                match_conditions=[
                    v1.MatchConditionArgs(name="asks-for-an-agent", expression=_ASKS)
                ],
            )
        ],
        opts=opts,
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
