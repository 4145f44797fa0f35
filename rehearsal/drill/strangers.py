"""Servers that want to join with certificates that do not fit, and must be refused.

Who joins verifies whom it joins, so it is the joining server that refuses: because the leader's
certificate comes from another authority than the one it trusts, or lacks the name that it expects.
Vault asks for no certificate of the joining server itself; what keeps a stranger out who trusts the
right authority is that it may not use the KMS key, which IAM decides and moto cannot show.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from components.cluster.server_config import (
    AwsKmsSeal,
    Listener,
    Peer,
    RaftStorage,
    ServerConfig,
    TlsFiles,
    render,
    server_environment,
)
from rehearsal.certificates import Authority
from rehearsal.drill.episode import Drill, Episode
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import vault
from rehearsal.servers.vault import VaultServer
from rehearsal.supervisor import write_private

# It tries to join at once and then every 2 s.
KNOCKS_SECONDS: Final = 3.0
_ELSEWHERE: Final = "vault-0.elsewhere.example.com"


@dataclass(frozen=True, slots=True)
class Stranger:
    name: str
    trusts_cluster: bool
    expects: str
    """The name that it wants to see in the leader's certificate."""
    reason: str
    """What its log must say."""


STRANGERS: Final = (
    Stranger("other-authority", False, "localhost", "certificate signed by unknown authority"),
    Stranger("other-name", True, _ELSEWHERE, f"not {_ELSEWHERE}"),
)


def strangers_knock(episode: Episode) -> None:
    with ExitStack() as stack:
        servers = {}
        episode.strike()
        for stranger in STRANGERS:
            servers[stranger] = stack.enter_context(_started(episode, stranger))
        time.sleep(KNOCKS_SECONDS)
        for stranger, server in servers.items():
            log = server.process.log.read_text(errors="replace")
            episode.expect(stranger.reason in log, f"{stranger.name}: its log gives no reason")
            joined = "successfully joined the raft cluster" in log
            episode.expect(not joined, f"{stranger.name} was let in")
        episode.mend()
    episode.until_flowing()


@contextmanager
def _started(episode: Episode, stranger: Stranger) -> Iterator[VaultServer]:
    server = _start(episode, stranger)
    try:
        yield server
    finally:
        episode.ground.supervisor.end(server.process)


def _start(episode: Episode, stranger: Stranger) -> VaultServer:
    ground = episode.ground
    name = f"{episode.name}-{stranger.name}"
    folder = ground.supervisor.subfolder(f"{name}-tls")
    authority = Authority.create("an authority that nobody knows")
    pair = authority.issue(name)
    own_ca = write_private(folder / "own.crt", authority.certificate_pem)
    known = ground.stood.scene.ca_file.read_text()
    trusted = known if stranger.trusts_cluster else authority.certificate_pem
    ca_file = write_private(folder / "ca.crt", trusted)
    tls = TlsFiles(
        str(write_private(folder / "tls.crt", pair.certificate_pem)),
        str(write_private(folder / "tls.key", pair.key_pem)),
    )
    api, own_cluster = f"{LOOPBACK}:{free_port()}", f"{LOOPBACK}:{free_port()}"
    cluster, aws = ground.cluster, ground.stood.scene.aws
    peers = tuple(Peer(cluster[n].address, str(ca_file), stranger.expects) for n in cluster.names)
    data = ground.supervisor.subfolder(f"{name}-data")
    config = ServerConfig(
        Listener(api, tls, own_cluster),
        RaftStorage(str(data), peers),
        seal=AwsKmsSeal(_new_key(episode), aws.region, aws.url),
    )
    own = server_environment(
        node_id=name, api_address=f"https://{api}", cluster_address=f"https://{own_cluster}"
    )
    return vault.start(
        ground.supervisor,
        ground.stood.binary,
        render(config),
        f"https://{api}",
        env={**aws.environment(), **own},
        name=name,
        ca_file=own_ca,
    )


def _new_key(episode: Episode) -> str:
    kms = episode.ground.stood.scene.aws.client("kms")
    return kms.create_key(Description="a stranger's")["KeyMetadata"]["KeyId"]


STRANGER_DRILLS: Final = (
    Drill("strangers", "peers with wrong certificates knock", strangers_knock),
)
