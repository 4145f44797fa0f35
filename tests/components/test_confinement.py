"""What containers may do on their node."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_kubernetes import core, meta

from components.confinement import confined, confined_pod
from tests.recording import Runner


def pod(
    run: Runner, whole: core.v1.PodSecurityContextArgs, one: core.v1.SecurityContextArgs
) -> tuple[Any, Any]:
    """Both contexts as the API server would be given them."""

    def program() -> None:
        core.v1.Pod(
            "pod",
            metadata=meta.v1.ObjectMetaArgs(name="pod"),
            spec=core.v1.PodSpecArgs(
                security_context=whole,
                containers=[core.v1.ContainerArgs(name="one", security_context=one)],
            ),
            opts=pulumi.ResourceOptions(),
        )

    spec = run(program)["pod"].values["spec"]
    return spec["securityContext"], spec["containers"][0]["securityContext"]


def test_a_pod_is_never_root_and_a_container_has_no_power(run: Runner) -> None:
    whole, one = pod(run, confined_pod(100, 1000), confined())
    assert whole == {
        "runAsNonRoot": True,
        "runAsUser": 100,
        "runAsGroup": 1000,
        "fsGroup": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert one == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_a_container_may_be_somebody_else_and_says_where_it_is_root(run: Runner) -> None:
    root, other = (pod(run, confined_pod(1, 1), confined(user=one, group=5))[1] for one in (0, 7))
    assert (root["runAsUser"], root["runAsGroup"], root["runAsNonRoot"]) == (0, 5, False)
    assert (other["runAsUser"], other["runAsGroup"], other["runAsNonRoot"]) == (7, 5, True)
    assert root["capabilities"] == {"drop": ["ALL"]}
