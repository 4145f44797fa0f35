"""How the CSI provider runs on each node."""

from __future__ import annotations

from typing import Any

import pulumi

from components.delivery.authority import make_authority
from components.delivery.csi.agent import GROUP, SOCKET
from components.delivery.csi.pods import make_daemon_set
from components.settings import AuthoritySettings, DeliverySettings
from tests.components.delivery.shop import CSI, SETTINGS, settings
from tests.recording import Runner


def declared(run: Runner, given: DeliverySettings = SETTINGS, config: str = "{}") -> Any:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        authority = make_authority("ca", "vault-csi", given.authority, opts)
        make_daemon_set("pods", given, CSI, config, authority, opts)

    return run(program)["pods"].values


def pod(run: Runner, given: DeliverySettings = SETTINGS) -> Any:
    return declared(run, given)["spec"]["template"]["spec"]


def test_it_runs_wherever_a_workload_may(run: Runner) -> None:
    spec = pod(run)
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["priorityClassName"] == "system-node-critical"
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux"}


def test_of_the_node_it_has_the_folder_of_sockets_and_nothing_else(run: Runner) -> None:
    spec = pod(run)
    folders = [volume["hostPath"] for volume in spec["volumes"] if "hostPath" in volume]
    assert folders == [
        {"path": "/var/run/secrets-store-csi-providers", "type": "DirectoryOrCreate"}
    ]
    assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(spec)
    for container in spec["containers"]:
        security = container["securityContext"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["allowPrivilegeEscalation"] is False
        assert security["readOnlyRootFilesystem"] is True
    provider, agent = spec["containers"]
    assert provider["securityContext"]["runAsUser"] == 0
    assert agent["securityContext"]["runAsNonRoot"] is True
    assert [one["securityContext"]["runAsGroup"] for one in (provider, agent)] == [GROUP, GROUP]
    mounted = [mount["name"] for mount in agent["volumeMounts"]]
    assert "providers" not in mounted


def test_the_provider_calls_vault_through_the_agent(run: Runner) -> None:
    provider, agent = pod(run)["containers"]
    assert provider["env"] == [{"name": "VAULT_ADDR", "value": f"unix://{SOCKET}"}]
    assert "--endpoint=/provider/vault.sock" in provider["args"]
    assert "--hmac-secret-name=vault-csi-provider-hmac-key" in provider["args"]
    assert agent["image"] == SETTINGS.agent_image
    folder = SOCKET.rpartition("/")[0]
    for container in (provider, agent):
        assert folder in [mount["mountPath"] for mount in container["volumeMounts"]]
    assert agent["args"] == ["agent", "-config=/etc/vault/config/agent.json"]


def test_the_agent_sees_the_ca_and_not_its_key(run: Runner) -> None:
    (ca,) = (volume for volume in pod(run)["volumes"] if volume["name"] == "ca")
    assert ca["secret"]["items"] == [{"key": "ca.crt", "path": "ca.crt"}]
    public = pod(run, settings(authority=AuthoritySettings(None, None)))
    assert "ca" not in [volume["name"] for volume in public["volumes"]]
    assert "ca" not in [mount["name"] for mount in public["containers"][1]["volumeMounts"]]


def test_pods_are_replaced_when_what_they_are_told_changes(run: Runner) -> None:
    def checksum(config: str) -> str:
        found = declared(run, config=config)["spec"]["template"]["metadata"]["annotations"]
        return str(found["checksum/config"])

    assert checksum("a") == checksum("a") != checksum("b")


def test_an_update_goes_over_the_nodes_and_nobody_waits_for_the_last(run: Runner) -> None:
    found = declared(run)
    assert found["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
    assert found["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": "10%"}
