"""The CSI provider's names are the ones that the guardrails know it by."""

from __future__ import annotations

from components.delivery.csi.layout import LABELS, NAME, NAMESPACE, PROVIDERS_FOLDER, SELECTOR
from policies.guardrails import pods


def test_the_guardrails_know_it() -> None:
    assert pods._CSI_PROVIDER == ("kubernetes:apps/v1:DaemonSet", NAMESPACE, NAME)
    assert pods._CSI_FOLDER == PROVIDERS_FOLDER


def test_its_pods_are_found_by_their_labels() -> None:
    assert SELECTOR.items() <= LABELS.items()
