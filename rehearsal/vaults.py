"""The Vault servers of a rehearsal: one on files, or a Raft cluster sealed by KMS, all behind TLS
and with the configuration that `components.cluster.server_config` renders.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import boto3

from components.cluster.server_config import (
    AwsKmsSeal,
    FileStorage,
    Listener,
    Peer,
    RaftStorage,
    ServerConfig,
    TlsFiles,
    render,
    server_environment,
)
from policies.lifetime import Duration
from rehearsal.certificates import Authority
from rehearsal.errors import NotYet
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import aws, vault
from rehearsal.supervisor import Supervisor, wait_until, write_private
from rehearsal.vault_api import VaultApi

Progress = Callable[[str], None]
_PATIENCE = timedelta(seconds=90)


class Vaults(Protocol):
    """The Vault servers of a rehearsal."""

    @property
    def address(self) -> str:
        """The first server's: it is initialised first, so it leads."""

    @property
    def ca_file(self) -> Path: ...

    @property
    def servers(self) -> tuple[vault.VaultServer, ...]:
        """Their APIs answer. Raises `RehearsalError` where none was started yet."""


@dataclass(frozen=True, slots=True)
class Started:
    """Servers whose API answers; none is initialised."""

    servers: tuple[vault.VaultServer, ...]
    ca_file: Path

    @property
    def address(self) -> str:
        return self.servers[0].address


def start_one(
    supervisor: Supervisor, binary: Path, authority: Authority, progress: Progress
) -> Vaults:
    """One server with file storage, as dev has it."""
    ca_file, tls = _certificate(supervisor, authority, "vault")
    listens_on = f"{LOOPBACK}:{free_port()}"
    address = f"https://{listens_on}"
    storage = FileStorage(str(supervisor.subfolder("vault-data")))
    config = ServerConfig(Listener(listens_on, tls), storage, api_addr=address)
    server = vault.start(supervisor, binary, render(config), address, ca_file=ca_file)
    progress(f"Vault answers on {address}")
    return Started((server,), ca_file)


def start_cluster(
    supervisor: Supervisor,
    binary: Path,
    authority: Authority,
    kms: aws.AwsServer,
    count: int,
    progress: Progress,
) -> Vaults:
    """`count` servers with Raft storage that will join one another and unseal by KMS."""
    nodes = [_Node(f"vault-{index}", free_port(), free_port()) for index in range(count)]
    seal = AwsKmsSeal(_make_key(kms), kms.region, kms.url)

    def start(node: _Node) -> vault.VaultServer:
        ca_file, tls = _certificate(supervisor, authority, node.name)
        peers = tuple(
            Peer(peer.api, str(ca_file), "localhost") for peer in nodes if peer is not node
        )
        config = ServerConfig(
            Listener(f"{LOOPBACK}:{node.api_port}", tls, f"{LOOPBACK}:{node.cluster_port}"),
            RaftStorage(
                str(supervisor.subfolder(f"{node.name}-data")),
                peers,
                # Production keeps the default: a voter too early costs more than one too late.
                reconcile_interval=Duration(3),
            ),
            seal=seal,
        )
        own = server_environment(
            node_id=node.name, api_address=node.api, cluster_address=node.cluster
        )
        server = vault.start(
            supervisor,
            binary,
            render(config),
            node.api,
            env={**kms.environment(), **own},
            name=node.name,
            ca_file=ca_file,
        )
        progress(f"{node.name} answers on {node.api}")
        return server

    with ThreadPoolExecutor() as pool:
        servers = tuple(pool.map(start, nodes))
    ca_file = servers[0].ca_file
    assert ca_file is not None
    return Started(servers, ca_file)


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    api_port: int
    cluster_port: int

    @property
    def api(self) -> str:
        return f"https://{LOOPBACK}:{self.api_port}"

    @property
    def cluster(self) -> str:
        return f"https://{LOOPBACK}:{self.cluster_port}"


def wait_for_voters(vaults: Vaults, reader: VaultApi, progress: Progress) -> None:
    """Returns when every server is healthy and votes, telling of each. `reader` may read
    autopilot's state. Raises `RehearsalError` after 90 s.
    """
    seen: set[str] = set()

    def all_vote() -> None:
        state = reader.call("GET", "sys/storage/raft/autopilot/state").data
        servers = state.get("servers") or {}
        for name, server in sorted(servers.items()):
            if server["status"] in ("leader", "voter") and server["healthy"] and name not in seen:
                seen.add(name)
                progress(f"{name} is a {server['status']}")
        if len(seen) < len(vaults.servers):
            raise NotYet(f"{len(seen)} of {len(vaults.servers)} servers vote")

    wait_until(
        all_vote,
        awaited="all servers to be voters",
        patience=_PATIENCE,
        processes=[server.process for server in vaults.servers],
    )


def _certificate(supervisor: Supervisor, authority: Authority, name: str) -> tuple[Path, TlsFiles]:
    folder = supervisor.subfolder(f"{name}-tls")
    pair = authority.issue(name)
    ca_file = write_private(folder / "ca.crt", authority.certificate_pem)
    certificate = write_private(folder / "tls.crt", pair.certificate_pem)
    key = write_private(folder / "tls.key", pair.key_pem)
    return ca_file, TlsFiles(str(certificate), str(key))


def _make_key(kms: aws.AwsServer) -> str:
    client = boto3.client(
        "kms",
        endpoint_url=kms.url,
        region_name=kms.region,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
    )
    return client.create_key(Description="Vault's seal")["KeyMetadata"]["KeyId"]
