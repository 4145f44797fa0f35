"""dev deployed on Kubernetes: the same proof, and what a pod's life brings - a restart that seals,
a certificate that is renewed, a look whether it is ready.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from components.bootstrap.provider import InitialiseProvider
from policies.environments import Environment
from policies.matrix import MATRIX
from rehearsal.binaries import Binary, Tool
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.pods import Pods
from rehearsal.proof.run import prove
from rehearsal.servers.vault import VaultServer
from rehearsal.stand_up import StoodUp, stand_up
from rehearsal.supervisor import Supervisor, wait_until, write_private
from rehearsal.vault_api import VaultApi

pytestmark = pytest.mark.live

PATIENCE = timedelta(seconds=20)
CHANGED = {
    "target": "kubernetes",
    "kubernetesContext": "rehearsal",
    "databaseCidrs": ["127.0.0.0/8"],
}


@dataclass(frozen=True)
class Deployed:
    stood: StoodUp
    folder: Path
    """Of the one pod's files."""

    @property
    def server(self) -> VaultServer:
        (server,) = self.stood.scene.vaults.servers
        return server

    @property
    def api(self) -> VaultApi:
        return VaultApi(self.server.address, str(self.stood.scene.ca_file))


@pytest.fixture(scope="module")
def deployed(tools: Mapping[Tool, Binary]) -> Iterator[Deployed]:
    with Supervisor() as supervisor:
        stood = stand_up(supervisor, dict(tools), Environment.DEV, lambda _: None, CHANGED)
        yield Deployed(stood, supervisor.folder / "vault-0")


def test_every_cell_is_as_the_matrix_says(deployed: Deployed) -> None:
    stood = deployed.stood
    proof = prove(
        stood.scene, MATRIX, stood.plan, stood.provisioner, list(stood.shares), lambda _: None
    )
    assert len(proof.results) > 1000
    assert [result for result in proof.results if not result.ok] == []


def test_its_pod_is_stored_as_it_would_run(deployed: Deployed) -> None:
    """The API server took it, in a namespace that lets nothing but `restricted` pods in."""
    api = deployed.stood.scene.kubernetes
    labels = api.get("v1", "Namespace", "vault")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    pod = api.get("v1", "Pod", "vault-0", "vault")
    assert pod["spec"]["serviceAccountName"] == "vault"
    with pytest.raises(RehearsalError, match='violates PodSecurity "restricted'):
        api.apply(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "stranger", "namespace": "vault"},
                "spec": {
                    "serviceAccountName": "vault",
                    "containers": [{"name": "one", "image": "example.com/any:1"}],
                },
            }
        )


def test_a_renewed_certificate_is_served_without_a_restart(deployed: Deployed) -> None:
    server, before = deployed.server, served(deployed)
    pair = deployed.stood.scene.controllers.authority.issue("renewed")
    tls = deployed.folder / "vault" / "tls"
    write_private(tls / "tls.key", pair.key_pem)
    write_private(tls / "tls.crt", pair.certificate_pem)

    def changed() -> None:
        if served(deployed) == before:
            raise NotYet("the old certificate")

    wait_until(changed, awaited="the new certificate", patience=PATIENCE)
    assert served(deployed) == ssl.PEM_cert_to_DER_cert(pair.certificate_pem)
    assert server.process.exit_code is None


def served(deployed: Deployed) -> bytes:
    address = urlsplit(deployed.server.address)
    context = ssl.create_default_context(cafile=str(deployed.stood.scene.ca_file))
    with (
        socket.create_connection((address.hostname, address.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=address.hostname) as tls,
    ):
        return tls.getpeercert(binary_form=True) or b""


def test_the_next_up_unseals_what_a_restart_sealed(deployed: Deployed) -> None:
    state = dict(deployed.stood.initialised)
    assert not InitialiseProvider().diff("id", state, state).changes
    old = deployed.server
    os.kill(old.process.pid, signal.SIGKILL)
    old.process.reap()
    again = old.again()
    assert status(deployed)["sealed"]
    # There is no other server: through its Service it must be reached to be unsealed.
    assert readiness(deployed, "vault-0") == 0
    assert InitialiseProvider().diff("id", state, state).changes

    InitialiseProvider().update("id", state, state)
    assert not status(deployed)["sealed"]
    assert not InitialiseProvider().diff("id", state, state).changes
    assert readiness(deployed, "vault-0") == 0
    assert again.process.exit_code is None


def status(deployed: Deployed) -> Mapping[str, object]:
    return deployed.api.call("GET", "sys/seal-status").body


def readiness(deployed: Deployed, pod: str) -> int:
    """What the kubelet would see."""
    if shutil.which("wget") is None:
        pytest.skip("this machine has no wget, with which a pod's readiness is asked")
    script = deployed.folder / "vault" / "config" / "ready.sh"
    environment = {"PATH": os.defpath, "POD_NAME": pod}
    command = ["/bin/sh", str(script)]
    return subprocess.run(command, env=environment, check=False, timeout=10).returncode


def test_servers_are_not_to_be_had_before_the_program_declared_them() -> None:
    pods = Pods.__new__(Pods)
    pods._servers = ()
    with pytest.raises(RehearsalError, match="no Vault runs yet"):
        _ = pods.servers
