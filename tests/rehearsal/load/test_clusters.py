"""The cluster to compare with: Vault as it comes, from start to votes. No server runs here."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from components.cluster.server_config import RaftStorage, ServerConfig, render
from rehearsal import vaults
from rehearsal.errors import RehearsalError
from rehearsal.load import clusters
from rehearsal.load.clusters import Cluster, start_with_defaults
from rehearsal.servers import vault
from rehearsal.servers.vault import VaultServer
from rehearsal.vault_api import Answer
from tests.rehearsal.fakes import Call, FakeVault, answer, refusal
from tests.rehearsal.load.fakes import Places

SHARE, ROOT = "the share", "the root token"
NAMES = ["defaults-0", "defaults-1", "defaults-2"]
AUTOPILOT = "sys/storage/raft/autopilot"


class FakeProcess:
    def require_alive(self) -> None:
        pass


@dataclass
class Servers:
    """Three servers that were started. Those that join find the first one only when asked again,
    and vote one after the other.
    """

    texts: dict[str, str] = field(default_factory=dict)
    configs: dict[str, ServerConfig] = field(default_factory=dict)
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    """By name; likewise the others."""
    unsealed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    voters: int = 0
    initialises: bool = True
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    """The server, the method with the path, and the token."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def start(
        self, _supervisor: Any, binary: Path, text: str, address: str, **rest: Any
    ) -> VaultServer:
        assert binary == Path("/bin/vault")
        process: Any = FakeProcess()
        name = rest["name"]
        with self._lock:
            self.texts[name], self.environments[name] = text, rest["env"]
            self.addresses[name] = address
        return VaultServer(name, address, process, rest["ca_file"], again=pytest.fail)

    def api(self, address: str, ca_file: str, token: str = "") -> FakeVault:
        assert Path(ca_file).read_text().startswith("-----BEGIN CERTIFICATE")
        (name,) = (name for name, other in self.addresses.items() if other == address)
        return Api(self, name, address, ca_file, token)

    def said(self, name: str, call: Call, token: str) -> Answer:
        asked = f"{call.method} {call.path}"
        self.calls.append((name, asked, token))
        first = name == NAMES[0]
        if asked == "PUT sys/init":
            assert call.body == {"secret_shares": 1, "secret_threshold": 1}
            done = answer(root_token=ROOT, keys=[SHARE])
            return done if self.initialises else refusal(400, "already initialized")
        if asked == "PUT sys/unseal":
            assert call.body == {"key": SHARE}
            if not first and name not in self.refused:
                self.refused.append(name)
                return refusal(400, "Vault is not initialized")
            self.unsealed.append(name)
        if asked == "GET sys/health":
            if name not in self.unsealed:
                return answer(503 if first else 501)
            return answer(200 if first else 429)
        if asked == f"POST {AUTOPILOT}/configuration":
            assert call.body == {"server_stabilization_time": "1s"}
        if asked == f"GET {AUTOPILOT}/state":
            self.voters += 1
            return answer(data={"servers": dict(map(self._state, enumerate(NAMES)))})
        return answer()

    def _state(self, server: tuple[int, str]) -> tuple[str, dict[str, Any]]:
        number, name = server
        voter = "leader" if number == 0 else "voter"
        status = voter if number < self.voters else "non-voter"
        return name, {"status": status, "healthy": True}


class Api(FakeVault):
    """One server's."""

    def __init__(self, servers: Servers, name: str, address: str, ca_file: str, token: str) -> None:
        super().__init__(lambda call: servers.said(name, call, token), token)
        self._servers, self._name = servers, name
        self.address, self.ca_file = address, ca_file

    def with_token(self, token: str) -> FakeVault:
        return self._servers.api(self.address, str(self.ca_file), token)

    def at(self, address: str) -> FakeVault:
        return self._servers.api(address, str(self.ca_file))


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    servers = Servers()

    def remember(config: ServerConfig) -> str:
        servers.configs[config.listener.address] = config
        return render(config)

    monkeypatch.setattr(clusters, "render", remember)
    monkeypatch.setattr(vault, "start", servers.start)
    monkeypatch.setattr(clusters, "VaultApi", servers.api)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    for patient in (clusters, vaults):
        monkeypatch.setattr(patient, "_PATIENCE", timedelta(seconds=5))
    return servers


def started(tmp_path: Path, said: list[str] | None = None) -> Cluster:
    told: list[str] = [] if said is None else said
    return start_with_defaults(Places(tmp_path), Path("/bin/vault"), told.append)


def test_three_servers_vote_and_the_first_leads(servers: Servers, tmp_path: Path) -> None:
    said: list[str] = []
    cluster = started(tmp_path, said)
    assert [server.name for server in cluster.servers] == NAMES
    assert cluster.address == cluster.root.address == servers.addresses["defaults-0"]
    assert cluster.root.token == ROOT
    assert servers.voters == 3
    assert said[:-1] == [
        "defaults-0 is a leader",
        "defaults-1 is a voter",
        "defaults-2 is a voter",
    ]
    assert said[-1].startswith("3 servers with Vault's defaults vote")


def test_the_first_is_unsealed_before_the_others_join(servers: Servers, tmp_path: Path) -> None:
    started(tmp_path)
    assert servers.unsealed == NAMES
    assert servers.refused == NAMES[1:], "each is asked again until it can be unsealed"
    assert [call for call in servers.calls if call[1] == "PUT sys/init"] == [
        ("defaults-0", "PUT sys/init", "")
    ]
    assert {token for _, asked, token in servers.calls if asked == "PUT sys/unseal"} == {""}


def test_autopilot_is_told_once_to_be_quick_before_the_others_join(
    servers: Servers, tmp_path: Path
) -> None:
    started(tmp_path)
    quick = ("defaults-0", f"POST {AUTOPILOT}/configuration", ROOT)
    assert servers.calls.count(quick) == 1
    joins = servers.calls.index(("defaults-1", "PUT sys/unseal", ""))
    assert servers.calls.index(quick) < joins


def test_each_joins_the_others_over_tls(servers: Servers, tmp_path: Path) -> None:
    started(tmp_path)
    for name in NAMES:
        config = servers.configs[servers.addresses[name].removeprefix("https://")]
        assert isinstance(config.storage, RaftStorage)
        others = {servers.addresses[other] for other in NAMES} - {servers.addresses[name]}
        assert {peer.api_address for peer in config.storage.peers} == others
        assert {peer.server_name for peer in config.storage.peers} == {"localhost"}
        assert config.listener.tls is not None
        own = servers.environments[name]
        assert own["VAULT_RAFT_NODE_ID"] == name
        assert own["VAULT_API_ADDR"] == servers.addresses[name]
        assert own["VAULT_CLUSTER_ADDR"] == f"https://{config.listener.cluster_address}"


def test_nothing_else_is_set(servers: Servers, tmp_path: Path) -> None:
    started(tmp_path)
    for config in servers.configs.values():
        assert (config.seal, config.telemetry, config.leases) == (None, None, None)
        assert isinstance(config.storage, RaftStorage)
        assert config.storage.performance_multiplier == 5, "Vault's own, where it is not set"


def test_a_second_listener_has_no_tls(servers: Servers, tmp_path: Path) -> None:
    cluster = started(tmp_path)
    plain = {
        name: text.rpartition('listener "tcp" {')[2].split() for name, text in servers.texts.items()
    }
    for words in plain.values():
        assert words[3:] == ["tls_disable", "=", "true", "}"]
    addresses = {name: words[2].strip('"') for name, words in plain.items()}
    assert cluster.address_without_tls == f"http://{addresses['defaults-0']}"
    everything = [*addresses.values(), *servers.addresses.values()]
    assert len(set(everything)) == 2 * len(NAMES)


def test_the_root_token_is_not_shown(servers: Servers, tmp_path: Path) -> None:
    said: list[str] = []
    cluster = started(tmp_path, said)
    assert servers.unsealed
    for secret in (ROOT, SHARE):
        assert secret not in repr(cluster)
        assert secret not in "".join([*said, *servers.texts.values()])


def test_a_refused_initialisation_is_told(servers: Servers, tmp_path: Path) -> None:
    servers.initialises = False
    with pytest.raises(RehearsalError, match=r"defaults-0 .*Vault said 400: already initialized"):
        started(tmp_path)
    assert servers.unsealed == []
