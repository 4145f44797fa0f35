from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from rehearsal.delivery.annotations import PREFIX
from rehearsal.delivery.configuration import Mode, configuration
from rehearsal.delivery.injected import container, injected, patched
from rehearsal.delivery.injection import inject
from rehearsal.delivery.injector import Injector
from rehearsal.errors import RehearsalError
from tests.rehearsal.delivery.made import ADDRESS, SEEDS, injection, pod


def of(spec: dict[str, Any] | None = None, /, **said: str) -> dict[str, Any]:
    more = {f"{PREFIX}{name.replace('_', '-')}": value for name, value in said.items()}
    before = pod({**SEEDS, **more}, **(spec or {}))
    after = injected(before, inject(before, Injector(ADDRESS)))
    assert "initContainers" not in before["spec"] or spec
    return after


def names(containers: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in containers]


def test_an_agent_before_the_application_and_one_beside_it() -> None:
    after = of()
    assert names(after["spec"]["initContainers"]) == ["vault-agent-init"]
    assert names(after["spec"]["containers"]) == ["api", "vault-agent"]
    assert after["metadata"]["annotations"][f"{PREFIX}agent-inject-status"] == "injected"


def test_only_one_of_them() -> None:
    assert names(of(agent_pre_populate_only="true")["spec"]["containers"]) == ["api"]
    assert "initContainers" not in of(agent_pre_populate="false")["spec"]


def test_the_order_of_init_containers() -> None:
    own = {"initContainers": [{"name": "mine"}]}
    assert names(of(own)["spec"]["initContainers"]) == ["mine", "vault-agent-init"]
    first = of({"initContainers": [{"name": "mine"}]}, agent_init_first="true")
    assert names(first["spec"]["initContainers"]) == ["vault-agent-init", "mine"]


def test_the_files_are_in_memory_and_in_every_container() -> None:
    after = of(agent_cache_enable="true", secret_volume_path_config="/own")
    volumes = {one["name"]: one for one in after["spec"]["volumes"]}
    memory = {"medium": "Memory"}
    for name in ("vault-secrets", "vault-secrets-custom-0", "vault-agent-cache", "home-init"):
        assert volumes[name]["emptyDir"] == memory
    for one in (*after["spec"]["containers"], *after["spec"]["initContainers"]):
        mounts = {mount["name"]: mount["mountPath"] for mount in one["volumeMounts"]}
        assert mounts["vault-secrets"] == "/vault/secrets"
        assert mounts["vault-secrets-custom-0"] == "/own"


def test_only_the_containers_that_shall_have_them() -> None:
    mine = {"containers": [{"name": "a", "volumeMounts": []}, pod({})["spec"]["containers"][0]]}
    a, api, _ = of(mine, agent_inject_containers="api")["spec"]["containers"]
    assert a["volumeMounts"] == []
    assert len(api["volumeMounts"]) == 2


def test_the_agent_is_given_its_configuration_and_no_more_rights_than_it_needs() -> None:
    made = injection(tls_secret="vault-ca")
    for mode in Mode:
        one = container(made, mode)
        values = {v["name"]: v.get("value") for v in one["env"]}
        config = json.loads(base64.b64decode(values["VAULT_CONFIG"] or ""))
        assert config == configuration(made, mode)
        assert one["securityContext"] == {
            "runAsUser": 100,
            "runAsGroup": 1000,
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        mounts = {mount["name"]: mount["mountPath"] for mount in one["volumeMounts"]}
        assert mounts["vault-tls-secrets"] == "/vault/tls"


def test_without_a_security_context() -> None:
    made = injection(agent_set_security_context="false")
    assert "securityContext" not in container(made, Mode.INIT)


def test_patches() -> None:
    steps = [
        {"op": "add", "path": "/a/b", "value": 1},
        {"op": "add", "path": "/list/-", "value": 2},
    ]
    assert patched({"a": {}, "list": [1]}, steps) == {"a": {"b": 1}, "list": [1, 2]}
    with pytest.raises(RehearsalError, match="/c/d has nothing to be added to"):
        patched({}, [{"op": "add", "path": "/c/d", "value": 1}])
    with pytest.raises(RehearsalError, match="'remove' is not known here"):
        patched({}, [{"op": "remove", "path": "/c"}])


def test_each_container_has_its_own_patch() -> None:
    made = injection(agent_json_patch='[{"op": "add", "path": "/image", "value": "mine"}]')
    assert container(made, Mode.SIDECAR)["image"] == "mine"
    assert container(made, Mode.INIT)["image"] == "hashicorp/vault:2.0.4"


def test_processes_are_shared_where_asked() -> None:
    assert of(agent_share_process_namespace="true")["spec"]["shareProcessNamespace"] is True
    assert "shareProcessNamespace" not in of()["spec"]
