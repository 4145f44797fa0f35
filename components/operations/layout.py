"""What all scheduled jobs have alike: whose their objects are, where things are in a pod. Pure."""

from __future__ import annotations

from typing import Final

from components.namespace import MANAGED

# In a pod.
CONFIG: Final = "/etc/vaultstack"
CA_FILE: Final = "ca.crt"
VAULT_TOKEN: Final = "/var/run/secrets/vault"
KUBERNETES_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where every client of Kubernetes looks."""
TOKEN_FILE: Final = "token"

LONGEST: Final = 52
"""A CronJob appends eleven characters to the names of its Jobs, which must be labels."""


def selector(component: str) -> dict[str, str]:
    """By which the network policies find the pods of one kind of job."""
    return {
        "app.kubernetes.io/name": "vaultstack-jobs",
        "app.kubernetes.io/component": component,
    }


def labels(component: str) -> dict[str, str]:
    return {**MANAGED, **selector(component)}
