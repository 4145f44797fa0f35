"""The names of a deployed CSI provider. Pure.

Its namespace has one name, whatever Vault's: a node has one folder of providers, with one provider
called vault. The guardrails know it by this name (policies/guardrails/pods.py).
"""

from __future__ import annotations

from typing import Final

from components.namespace import MANAGED

NAMESPACE: Final = "vault-csi"
NAME: Final = "vault-csi-provider"
"""Of everything in its namespace."""
VERSIONS_KEY: Final = "vault-csi-provider-hmac-key"
"""The Secret with whose key the provider makes a file's version of its content."""
PROVIDERS_FOLDER: Final = "/var/run/secrets-store-csi-providers"
"""On the node: where the driver looks for providers' sockets."""
SELECTOR: Final = {
    "app.kubernetes.io/name": NAME,
    "app.kubernetes.io/component": "provider",
}
LABELS: Final = {**MANAGED, **SELECTOR}
