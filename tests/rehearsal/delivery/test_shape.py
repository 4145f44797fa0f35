from __future__ import annotations

import pytest

from rehearsal.delivery.annotations import PREFIX, Annotations
from rehearsal.delivery.injector import Injector
from rehearsal.delivery.shape import Shape, shape_of
from rehearsal.errors import RehearsalError
from tests.rehearsal.delivery.made import ADDRESS, injection, pod


def test_the_injectors_own() -> None:
    shape = injection().shape
    assert shape.image == "hashicorp/vault:2.0.4"
    assert (shape.user, shape.group, shape.set_security_context) == (100, 1000, True)
    assert shape.requests == {"cpu": "250m", "memory": "64Mi"}
    assert shape.limits == {"cpu": "500m", "memory": "128Mi"}
    assert (shape.share_process_namespace, shape.init_first) == (None, False)


def test_what_a_pod_says() -> None:
    shape = injection(
        agent_image="vault:1.21.0",
        agent_requests_cpu="25m",
        agent_limits_mem="1Gi",
        agent_limits_ephemeral="8Mi",
        agent_run_as_user="7",
        agent_run_as_group="8",
        agent_share_process_namespace="true",
        agent_init_first="true",
        agent_inject_containers="api,other",
        agent_json_patch='[{"op": "add", "path": "/a", "value": 1}]',
        agent_set_security_context="false",
    ).shape
    assert shape == Shape(
        image="vault:1.21.0",
        requests={"cpu": "25m", "memory": "64Mi"},
        limits={"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "8Mi"},
        user=7,
        group=8,
        set_security_context=False,
        share_process_namespace=True,
        init_first=True,
        containers=("api", "other"),
        patches={
            "vault-agent": [{"op": "add", "path": "/a", "value": 1}],
            "vault-agent-init": [],
        },
    )


@pytest.mark.parametrize("context", [None, {}, {"runAsUser": 0}])
def test_the_same_user_must_be_one_and_not_root(context: dict[str, int] | None) -> None:
    said = Annotations({f"{PREFIX}agent-run-as-same-user": "true"})
    containers = [{"name": "api", **({} if context is None else {"securityContext": context})}]
    with pytest.raises(RehearsalError, match=r"agent-run-as-same-user: .* give it a runAsUser"):
        shape_of(pod({}, containers=containers), said, Injector(ADDRESS))


def test_the_same_user_as_the_application() -> None:
    said = Annotations({f"{PREFIX}agent-run-as-same-user": "true"})
    containers = [{"name": "api", "securityContext": {"runAsUser": 65}}]
    assert shape_of(pod({}, containers=containers), said, Injector(ADDRESS)).user == 65
