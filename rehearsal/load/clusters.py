"""A cluster to compare with: three servers as Vault comes. TLS and audit are on, everything else is
Vault's default: the seal by a key share, Raft's timers, Go's collector, telemetry.

It holds no more than what is read in the comparison. A second listener without TLS shows what TLS
costs, in the same process.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import repeat
from pathlib import Path

from components.cluster.server_config import (
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
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import vault
from rehearsal.supervisor import Supervisor, wait_until, write_private
from rehearsal.vault_api import VaultApi
from rehearsal.vaults import wait_for_voters

Progress = Callable[[str], None]
SERVERS = 3
_PATIENCE = timedelta(seconds=90)
_ACTIVE, _STANDBY = 200, 429
"""What `sys/health` answers."""
_VAULTS_MULTIPLIER = 5
"""What Vault takes where `performance_multiplier` is not set."""
_WITHOUT_TLS = """
listener "tcp" {{
  address = "{address}"
  tls_disable = true
}}
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Servers that all vote; the first leads."""

    servers: tuple[vault.VaultServer, ...]
    address_without_tls: str
    """The leader's."""
    ca_file: Path
    root: VaultApi = field(repr=False)
    """Only a throwaway cluster has one that lasts."""

    @property
    def address(self) -> str:
        return self.servers[0].address

    def path(self, path: str) -> str:
        return path


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    api: str
    without_tls: str
    cluster: str

    @classmethod
    def number(cls, index: int) -> _Node:
        return cls(f"defaults-{index}", *(f"{LOOPBACK}:{free_port()}" for _ in range(3)))

    @property
    def address(self) -> str:
        return f"https://{self.api}"


def start_with_defaults(supervisor: Supervisor, binary: Path, progress: Progress) -> Cluster:
    """Start, initialise, unseal, and wait until all vote. Raises `RehearsalError`."""
    authority = Authority.create("Vault's defaults")
    folder = supervisor.subfolder("defaults-tls")
    ca_file = write_private(folder / "ca.crt", authority.certificate_pem)
    nodes = [_Node.number(index) for index in range(SERVERS)]

    def start(node: _Node) -> vault.VaultServer:
        pair = authority.issue(node.name)
        certificate = write_private(folder / f"{node.name}.crt", pair.certificate_pem)
        key = write_private(folder / f"{node.name}.key", pair.key_pem)
        config = ServerConfig(
            Listener(node.api, TlsFiles(str(certificate), str(key)), node.cluster),
            RaftStorage(
                str(supervisor.subfolder(f"{node.name}-data")),
                tuple(
                    Peer(other.address, str(ca_file), "localhost")
                    for other in nodes
                    if other is not node
                ),
                _VAULTS_MULTIPLIER,
                reconcile_interval=Duration(3),  # only so that it is ready sooner
            ),
        )
        own = server_environment(
            node_id=node.name, api_address=node.address, cluster_address=f"https://{node.cluster}"
        )
        return vault.start(
            supervisor,
            binary,
            render(config) + _WITHOUT_TLS.format(address=node.without_tls),
            node.address,
            env=own,
            name=node.name,
            ca_file=ca_file,
        )

    with ThreadPoolExecutor() as pool:
        servers = tuple(pool.map(start, nodes))
    root = _initialise(servers, ca_file)
    cluster = Cluster(servers, f"http://{nodes[0].without_tls}", ca_file, root)
    wait_for_voters(cluster, root, progress)
    progress(f"{SERVERS} servers with Vault's defaults vote, {root.address} leads")
    return cluster


def _initialise(servers: tuple[vault.VaultServer, ...], ca_file: Path) -> VaultApi:
    """The first server, which the others join as soon as they can be unsealed."""
    leader = VaultApi(servers[0].address, str(ca_file))
    answer = leader.call("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
    if not answer.allowed:
        raise RehearsalError(
            f"{servers[0].name} could not be initialised: Vault said {answer.status}: "
            f"{answer.errors}"
        )
    root, (share,) = leader.with_token(answer.body["root_token"]), answer.body["keys"]

    def unseal(server: vault.VaultServer, wanted: int) -> None:
        api = VaultApi(server.address, str(ca_file))
        # Refused while the server has not found its peers yet.
        api.call("PUT", "sys/unseal", {"key": share})
        status = api.call("GET", "sys/health").status
        if status != wanted:
            raise NotYet(f"it answers {status}")

    for server, wanted in zip(servers, (_ACTIVE, *repeat(_STANDBY, len(servers) - 1)), strict=True):
        wait_until(
            partial(unseal, server, wanted),
            awaited=f"{server.name} to be unsealed",
            patience=_PATIENCE,
            processes=[server.process],
        )
        if server is servers[0]:
            settings = {"server_stabilization_time": "1s"}
            root.write("sys/storage/raft/autopilot/configuration", settings)
    return root
