"""How pods run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from policies.guardrails.pods import PODS, RULES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Seed, check, names, said

SERVERS: Final = "cluster-servers"
POD: Final = "spec.template.spec"
CONTAINER: Final = f"{POD}.containers.0"
SECURITY: Final = f"{CONTAINER}.securityContext"
RESTRICTED, HARDENED = "pods-restricted", "pods-hardened"
IT: Final = "container 'vault'"

SEEDS: Final = (
    Seed(RESTRICTED, SERVERS, f"{POD}.hostNetwork", True, "hostNetwork shares the node's own"),
    Seed(RESTRICTED, SERVERS, f"{POD}.hostPID", True, "hostPID shares the node's own"),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{POD}.volumes.0",
        {"name": "node", "hostPath": {"path": "/"}},
        "volume 'node' is of the kind hostPath",
    ),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{POD}.securityContext.sysctls",
        [{"name": "kernel.msgmax", "value": "1"}],
        "sets the node's sysctl 'kernel.msgmax'",
    ),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{POD}.securityContext.runAsNonRoot",
        None,
        f"{IT} may run as root: runAsNonRoot is not true",
    ),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{SECURITY}.runAsNonRoot",
        False,
        f"{IT} may run as root: runAsNonRoot is not true",
    ),
    Seed(RESTRICTED, SERVERS, f"{SECURITY}.runAsUser", 0, f"{IT} runs as root: runAsUser is 0"),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{POD}.securityContext.seccompProfile.type",
        "Unconfined",
        f"{IT} has no seccompProfile RuntimeDefault",
    ),
    Seed(RESTRICTED, SERVERS, f"{SECURITY}.privileged", True, f"{IT} is privileged"),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{SECURITY}.allowPrivilegeEscalation",
        None,
        f"{IT} may gain privileges",
    ),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{SECURITY}.capabilities.drop",
        ["NET_RAW"],
        f"{IT} keeps Linux capabilities",
    ),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{SECURITY}.capabilities.add",
        ["IPC_LOCK"],
        f"{IT} adds the Linux capability IPC_LOCK",
    ),
    Seed(RESTRICTED, SERVERS, f"{SECURITY}.procMount", "Unmasked", f"{IT} sees more of the node"),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{CONTAINER}.ports.0.hostPort",
        8200,
        f"{IT} takes the node's port 8200",
    ),
    Seed(
        RESTRICTED,
        SERVERS,
        f"{POD}.initContainers",
        [{"name": "first", "image": "x:1"}],
        "container 'first' may gain privileges",
    ),
    Seed(
        HARDENED,
        SERVERS,
        f"{SECURITY}.readOnlyRootFilesystem",
        False,
        f"{IT} may write to its image",
    ),
    Seed(HARDENED, SERVERS, f"{CONTAINER}.resources.limits", None, f"{IT} has no memory limit"),
    Seed(
        HARDENED,
        SERVERS,
        f"{CONTAINER}.image",
        "registry.example.com:5000/vault",
        f"{IT} runs 'registry.example.com:5000/vault', which names no version",
    ),
    Seed(HARDENED, SERVERS, f"{CONTAINER}.image", "vault:latest", f"{IT} runs 'vault:latest'"),
    Seed(
        "namespace-restricted",
        "cluster-namespace",
        "metadata.labels",
        {"pod-security.kubernetes.io/enforce": "baseline"},
        "metadata.labels has no pod-security.kubernetes.io/enforce: restricted",
    ),
    Seed("namespace-restricted", "cluster-namespace", "metadata.labels", None, "metadata.labels"),
)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


@pytest.mark.parametrize("type_", PODS)
def test_pods_are_found_wherever_they_are_described(type_: str) -> None:
    inputs: dict[str, Any] = {"containers": [{"name": "a", "securityContext": {}}]}
    for key in reversed(PODS[type_]):
        inputs = {key: inputs}
    assert len(said(RESTRICTED, Declared(type_, "seeded", inputs))) == 4


PROVIDER: Final = "delivery-csi-pods"


def test_the_csi_provider_may_use_its_folder_and_nothing_else_may(
    prod: Mapping[str, Declared],
) -> None:
    folder = "volume 'providers' is of the kind hostPath"
    root = ["container 'provider' may run as root", "container 'provider' runs as root"]
    declared = prod[PROVIDER]
    assert said(RESTRICTED, declared) == []
    cases: tuple[tuple[Declared, list[str]], ...] = (
        (declared.changed(f"{POD}.volumes.0.hostPath.path", "/etc"), [folder]),
        (declared.changed("metadata.namespace", "elsewhere"), [folder, *root]),
        (declared.changed("metadata.name", "another"), [folder, *root]),
        (replace(declared, type="kubernetes:apps/v1:Deployment"), [folder, *root]),
        (
            declared.changed(f"{POD}.containers.1.securityContext.runAsUser", 0),
            ["container 'agent'"],
        ),
        (
            declared.changed(f"{POD}.containers.0.securityContext.capabilities.drop", []),
            ["container 'provider' keeps Linux capabilities"],
        ),
    )
    for changed, found in cases:
        messages = said(RESTRICTED, changed)
        assert len(messages) == len(found), messages
        for message, beginning in zip(messages, found, strict=True):
            assert message.startswith(f"{PROVIDER}: {beginning}")


def test_only_the_csi_providers_namespace_lets_such_a_pod_in(prod: Mapping[str, Declared]) -> None:
    namespace = prod["delivery-csi-namespace"]
    assert said("namespace-restricted", namespace) == []
    assert said("namespace-restricted", namespace.changed("metadata.name", "another"))


@pytest.mark.parametrize("image", ["vault:1.21.0", "a:5000/vault@sha256:00", "a:5000/b/vault:1"])
def test_images_with_a_version_pass(image: str, prod: Mapping[str, Declared]) -> None:
    assert said(HARDENED, prod[SERVERS].changed(f"{CONTAINER}.image", image)) == []
