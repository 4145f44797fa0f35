"""Reads and validates what only the scheduled jobs are told: which image they are."""

from __future__ import annotations

from components.settings.deployment import KubernetesSettings
from components.settings.loading_parts import read_image
from components.settings.loading_pods import Pods
from components.settings.operations import OperationsSettings
from components.settings.reader import ConfigReader, Rules


def read_operations(
    read: ConfigReader, kubernetes: KubernetesSettings, pods: Pods
) -> OperationsSettings | None:
    """None where no job runs, which is where no image is given."""
    if not pods.jobs:
        return None
    image = read_image(
        Rules(read, hold=True),
        "jobsImage",
        "what may rotate secrets must not become something else unseen",
        "<registry>/vaultstack-jobs:0.1.0",
    )
    return OperationsSettings(kubernetes, image, pods.vault_address, pods.ca_certificates)
