"""Without an agent: tests/live/test_agent.py starts real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from rehearsal.delivery.configuration import Mode
from rehearsal.delivery.container import Pod, VaultHere
from rehearsal.delivery.injector import Injector
from rehearsal.errors import RehearsalError
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Supervisor
from tests.rehearsal.delivery.made import ADDRESS, API_TOKEN, injection

HERE = "https://127.0.0.1:1"
# Says what it is given, and ends.
PROGRAM = """#!/bin/sh
cat "${2#-config=}"; printf "\\n--\\n"; env
"""


class Kubernetes:
    """Hands out tokens that say what was asked."""

    issuer = "https://kubernetes"

    def request_token(self, namespace: str, account: str, audience: str, _: timedelta) -> str:
        return f"{namespace} {account} {audience}"


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as supervisor:
        yield supervisor


def pod(supervisor: Supervisor, injector: Injector | None = None, /, **said: str) -> Pod:
    binary, ca_file = supervisor.folder / "vault", supervisor.folder / "ca"
    binary.write_text(PROGRAM)
    binary.chmod(0o700)
    ca_file.write_text("CA")
    here = VaultHere(binary, HERE, ca_file)
    api = cast(KubernetesApi, Kubernetes())
    return Pod.create(supervisor, here, api, injection(injector, **said))


def started(made: Pod, mode: Mode) -> tuple[dict[str, Any], list[str]]:
    agent = made.start(mode)
    assert agent.wait_for_end() == 0
    config, _, environment = agent.log.partition("\n--\n")
    return json.loads(config), environment.splitlines()


def test_only_paths_and_addresses_are_this_machines(supervisor: Supervisor) -> None:
    made = pod(supervisor, agent_cache_enable="true", ca_cert="/vault/tls/ca.crt")
    config, _ = started(made, Mode.SIDECAR)
    root = str(made.folder)
    (template,) = config["template"]
    assert template["destination"] == f"{root}/vault/secrets/config"
    assert "secret/data/kubesentiment/config" in template["contents"]
    assert root not in template["contents"]
    assert config["vault"] == {"address": HERE, "ca_cert": f"{root}/vault/tls/ca.crt"}
    assert Path(config["vault"]["ca_cert"]).read_text() == "CA"
    method = config["auto_auth"]["method"]
    assert method["mount_path"] == "auth/kubernetes"
    assert method["config"] == {
        "role": "kubesentiment",
        "token_path": f"{root}{API_TOKEN}/token",
    }
    assert config["pid_file"] == f"{root}/vault-agent/.pid"
    assert config["cache"]["persist"]["path"] == f"{root}/vault/agent-cache"
    assert config["listener"][0]["address"] != "127.0.0.1:8200"
    assert ADDRESS not in json.dumps(config)


def test_the_authority_that_the_injector_was_told_is_this_machines(supervisor: Supervisor) -> None:
    _, with_ca = started(pod(supervisor, Injector(ADDRESS, ca_pem="other")), Mode.INIT)
    assert "VAULT_CACERT_BYTES=CA" in with_ca
    _, without = started(pod(supervisor), Mode.INIT)
    assert not any("CACERT" in line for line in without)


def test_the_service_accounts_token_is_what_the_volume_asks_for(supervisor: Supervisor) -> None:
    named = {"agent_service_account_token_volume_name": "vault-token"}
    made = pod(supervisor, **named)
    token = made.place(made.injection.token.path)
    assert token.read_text() == "kubesentiment-dev kubesentiment vault-dev"
    given = made.place(f"{API_TOKEN}/token")
    assert given.read_text() == "kubesentiment-dev kubesentiment https://kubernetes"


def test_a_patch_can_put_vaults_token_in_the_place_of_kubernetes(supervisor: Supervisor) -> None:
    mount = {"name": "vault-token", "mountPath": API_TOKEN}
    patch = json.dumps([{"op": "add", "path": "/volumeMounts/-", "value": mount}])
    named = {"agent_service_account_token_volume_name": "vault-token"}
    made = pod(supervisor, **named, agent_json_patch=patch)
    assert made.place(f"{API_TOKEN}/token").read_text().endswith(" vault-dev")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"agent_inject_command_config": "kill -HUP $(pidof app)"}, r"file 'config': `kill`"),
        ({"agent_inject_command_config": "pkill -HUP -x app || true"}, r"`pkill`"),
        ({"proxy_address": "http://proxy"}, r"proxy-address"),
        ({"tls_skip_verify": "true"}, r"tls-skip-verify"),
    ],
)
def test_what_would_leave_the_pod_is_not_run(
    supervisor: Supervisor, said: dict[str, str], error: str
) -> None:
    with pytest.raises(RehearsalError, match=error):
        pod(supervisor, **said)


def test_an_agent_that_does_not_end_is_not_waited_for_for_ever(supervisor: Supervisor) -> None:
    made = pod(supervisor)
    made.vault.binary.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(RehearsalError, match=r"the end of .*-vault-agent-init, in vain"):
        made.start(Mode.INIT).wait_for_end(timedelta(seconds=0.2))
