"""How pods run: as Pod Security's `restricted` asks, and a little more.

Source: Kubernetes' Pod Security Standards, `restricted`, as of 1.34.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi_policy import Severity

from policies.guardrails.rule import Resource, ResourceRule, Setting, dig, items

# Type -> where its pods are described.
PODS: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes:core/v1:Pod": ("spec",),
    "kubernetes:core/v1:ReplicationController": ("spec", "template", "spec"),
    "kubernetes:apps/v1:Deployment": ("spec", "template", "spec"),
    "kubernetes:apps/v1:DaemonSet": ("spec", "template", "spec"),
    "kubernetes:apps/v1:ReplicaSet": ("spec", "template", "spec"),
    "kubernetes:apps/v1:StatefulSet": ("spec", "template", "spec"),
    "kubernetes:batch/v1:Job": ("spec", "template", "spec"),
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_VOLUMES: Final = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_SYSCTLS: Final = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
_ENFORCED: Final = "pod-security.kubernetes.io/enforce"
# What works on the node: its driver calls it by a socket there, in a folder that is root's. All
# else that is asked of pods is asked of it. Named as in components/delivery/csi/layout.py.
_CSI_NAMESPACE: Final = "vault-csi"
_CSI_PROVIDER: Final = ("kubernetes:apps/v1:DaemonSet", _CSI_NAMESPACE, "vault-csi-provider")
_CSI_FOLDER: Final = "/var/run/secrets-store-csi-providers"
_CSI_CONTAINER: Final = "provider"


def pod_of(resource: Resource) -> Any:
    """What its pods are like."""
    return resource.get(*PODS[resource.type])


def _containers(pod: Any) -> Iterator[tuple[str, Any]]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in items(pod, kind):
            yield f"container {dig(container, 'name')!r}", container


def _restricted(resource: Resource, _: Setting) -> Iterator[str]:
    pod = pod_of(resource)
    named = (resource.text("metadata", "namespace"), resource.text("metadata", "name"))
    csi = (resource.type, *named) == _CSI_PROVIDER
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if dig(pod, key):
            yield f"{key} shares the node's own"
    for volume in items(pod, "volumes"):
        for kind in set(volume) - {"name"} - _VOLUMES:
            if csi and kind == "hostPath" and dig(volume, kind, "path") == _CSI_FOLDER:
                continue
            yield f"volume {dig(volume, 'name')!r} is of the kind {kind}"
    for sysctl in items(pod, "securityContext", "sysctls"):
        if dig(sysctl, "name") not in _SYSCTLS:
            yield f"sets the node's sysctl {dig(sysctl, 'name')!r}"
    for who, container in _containers(pod):
        root = csi and dig(container, "name") == _CSI_CONTAINER
        yield from (f"{who} {what}" for what in _container(pod, container, root=root))


def _container(pod: Any, container: Any, *, root: bool) -> Iterator[str]:
    # What the container does not say, the pod says for it.
    own, common = (dig(one, "securityContext") or {} for one in (container, pod))
    said = {**common, **own}
    if said.get("runAsNonRoot") is not True and not root:
        yield "may run as root: runAsNonRoot is not true"
    if said.get("runAsUser") == 0 and not root:
        yield "runs as root: runAsUser is 0"
    if dig(said, "seccompProfile", "type") not in ("RuntimeDefault", "Localhost"):
        yield "has no seccompProfile RuntimeDefault"
    yield from _privileges(own)
    for port in items(container, "ports"):
        if dig(port, "hostPort"):
            yield f"takes the node's port {dig(port, 'hostPort'):.0f}"


def _privileges(own: Mapping[str, Any]) -> Iterator[str]:
    if own.get("privileged"):
        yield "is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges: allowPrivilegeEscalation is not false"
    if "ALL" not in items(own, "capabilities", "drop"):
        yield "keeps Linux capabilities: drop is not ['ALL']"
    for added in items(own, "capabilities", "add"):
        if added != "NET_BIND_SERVICE":
            yield f"adds the Linux capability {added}"
    if own.get("procMount", "Default") != "Default":
        yield f"sees more of the node: procMount is {own['procMount']!r}"


def _hardened(resource: Resource, _: Setting) -> Iterator[str]:
    pod = pod_of(resource)
    for who, container in _containers(pod):
        if dig(container, "securityContext", "readOnlyRootFilesystem") is not True:
            yield f"{who} may write to its image: readOnlyRootFilesystem is not true"
        if not dig(container, "resources", "limits", "memory"):
            yield f"{who} has no memory limit, and may take the node's"
        image = str(dig(container, "image") or "")
        tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
        if "@sha256:" not in image and tag in ("", "latest"):
            yield f"{who} runs {image!r}, which names no version"


def _namespaces(resource: Resource, _: Setting) -> Iterator[str]:
    labels = resource.get("metadata", "labels") or {}
    if resource.text("metadata", "name") == _CSI_NAMESPACE:
        return
    if labels.get(_ENFORCED) != "restricted":
        yield f"metadata.labels has no {_ENFORCED}: restricted"


RESTRICTED: Final = ResourceRule(
    name="pods-restricted",
    says="Pods are restricted as Pod Security asks, but for the CSI provider's folder of the node.",
    meaning="What breaks out of such a pod is on the node, beside the servers' memory.",
    repair="Set the securityContext as components/cluster/stateful_set.py does",
    severity=Severity.HIGH,
    types=frozenset(PODS),
    check=_restricted,
)
HARDENED: Final = ResourceRule(
    name="pods-hardened",
    says="Containers run a named version, cannot change it, and take no more memory than theirs.",
    meaning="Whoever gets into a container could stay there, and a new image could come unseen.",
    repair="Set readOnlyRootFilesystem, limits.memory, and an image with its version or digest",
    severity=Severity.MEDIUM,
    types=frozenset(PODS),
    check=_hardened,
)
NAMESPACES: Final = ResourceRule(
    name="namespace-restricted",
    says="Namespaces refuse pods that are not restricted, but for the CSI provider's own.",
    meaning="Whoever may start pods beside Vault's could start one that reads the node.",
    repair="Label the namespace pod-security.kubernetes.io/enforce: restricted",
    severity=Severity.HIGH,
    types=frozenset({"kubernetes:core/v1:Namespace"}),
    check=_namespaces,
)
RULES: Final = (RESTRICTED, HARDENED, NAMESPACES)
