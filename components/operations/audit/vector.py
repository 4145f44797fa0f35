"""What Vector is told, so that it brings Vault's audit log to a SIEM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pulumi
import yaml
from pulumi_kubernetes import core, meta

from components.cluster.layout import SELECTOR
from components.kubernetes_cluster import make_provider
from components.namespace import MANAGED
from components.operations.audit.ecs import PROGRAM
from components.settings import KubernetesSettings

CONFIG_MAP: Final = "vault-audit-vector"
FILE: Final = "vault-audit.yaml"
SOURCE: Final = "vault_audit_pods"
DOCUMENTS: Final = "vault_audit_ecs"
"""What a sink of the collector's own names as its input."""


@dataclass(frozen=True)
class VectorConfigArgs:
    kubernetes: KubernetesSettings
    """The servers' cluster, and their namespace there."""
    namespace: str
    """Where Vector runs."""


class VectorConfig(pulumi.ComponentResource):
    """A ConfigMap with a part of Vector's configuration: the servers' output as its source, and
    documents of the Elastic Common Schema.

    Deliberately no sink: where the documents go, and with which credential, is in the configuration
    of whoever runs Vector, which names them as its input.
    """

    def __init__(
        self, name: str, args: VectorConfigArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:operations:VectorConfig", name, None, opts)
        core.v1.ConfigMap(
            f"{name}-config",
            metadata=meta.v1.ObjectMetaArgs(
                name=CONFIG_MAP, namespace=args.namespace, labels=MANAGED
            ),
            data={FILE: render(args.kubernetes.namespace)},
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=make_provider(
                    f"{name}-kubernetes", args.kubernetes, pulumi.ResourceOptions(parent=self)
                ),
            ),
        )
        self.register_outputs({"config_map": CONFIG_MAP, "namespace": args.namespace})


class _Dumper(yaml.SafeDumper):
    """Writes a program as people do, line by line."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def render(namespace: str) -> str:
    """The configuration, for servers in a namespace. Pure."""
    return yaml.dump(configuration(namespace), Dumper=_Dumper, sort_keys=False, width=100)


def configuration(namespace: str) -> dict[str, Any]:
    return {
        "sources": {
            SOURCE: {
                "type": "kubernetes_logs",
                "extra_namespace_label_selector": f"kubernetes.io/metadata.name={namespace}",
                "extra_label_selector": ",".join(f"{k}={v}" for k, v in SELECTOR.items()),
            }
        },
        "transforms": {
            DOCUMENTS: {
                "type": "remap",
                "inputs": [SOURCE],
                # What is no audit entry; it has another way, if any.
                "drop_on_abort": True,
                # An entry that cannot be mapped goes on as it is: better odd than lost.
                "drop_on_error": False,
                "source": PROGRAM,
            }
        },
    }
