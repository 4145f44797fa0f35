"""Strangers are made as they should be, and judged by their own logs. No server runs here."""

from __future__ import annotations

import dataclasses
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509

from components.cluster.server_config import AwsKmsSeal, RaftStorage, ServerConfig, render
from rehearsal.certificates import Authority
from rehearsal.drill import strangers
from rehearsal.drill.strangers import STRANGERS, Stranger, strangers_knock
from rehearsal.servers import vault
from rehearsal.servers.aws import AwsServer
from rehearsal.servers.vault import VaultServer
from tests.rehearsal.drill.conftest import Stage
from tests.rehearsal.drill.fakes import NAMES, process

OTHER_AUTHORITY, OTHER_NAME = STRANGERS
LET_IN = "successfully joined the raft cluster"


@dataclasses.dataclass
class Started:
    """What a server was started with."""

    name: str
    text: str
    address: str
    env: dict[str, str]
    ca_file: Path
    config: ServerConfig

    @property
    def storage(self) -> RaftStorage:
        assert isinstance(self.config.storage, RaftStorage)
        return self.config.storage


class FakeAws(AwsServer):
    """Makes keys and nothing else."""

    _keys = count(1)

    def client(self, service: str, *_: Any, **__: Any) -> Any:
        assert service == "kms"

        def create_key(**_: str) -> dict[str, dict[str, str]]:
            return {"KeyMetadata": {"KeyId": f"key-{next(self._keys)}"}}

        return SimpleNamespace(create_key=create_key)


@pytest.fixture
def logs() -> dict[str, str]:
    """What strangers say, by name; at first as they should."""
    return {stranger.name: f"failed to join: {stranger.reason}" for stranger in STRANGERS}


@pytest.fixture
def started(
    stage: Stage, logs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Started]:
    """Strangers by name, from when they are started."""
    ca_file = stage.folder / "cluster-ca"
    ca_file.write_text(Authority.create("the cluster's").certificate_pem)
    stage.stood.binary = Path("/bin/vault")
    stage.stood.scene = SimpleNamespace(ca_file=ca_file, aws=FakeAws("http://127.0.0.1:1"))
    started: dict[str, Started] = {}
    rendered: dict[str, ServerConfig] = {}

    def remember(config: ServerConfig) -> str:
        text = render(config)
        rendered[text] = config
        return text

    def start(
        _supervisor: object, binary: Path, text: str, address: str, *, name: str, **rest: Any
    ) -> VaultServer:
        assert binary == stage.stood.binary
        stage.told.append(f"start {name}")
        short = name.removeprefix("test-1-")
        started[short] = Started(name, text, address, config=rendered[text], **rest)
        log = process(name, 1, stage.folder)
        log.log.write_text(logs[short])
        return VaultServer(name, address, log, again=lambda: pytest.fail("it is not started again"))

    monkeypatch.setattr(strangers, "render", remember)
    monkeypatch.setattr(vault, "start", start)
    return started


def test_they_knock_for_a_while_and_are_ended(stage: Stage, started: dict[str, Started]) -> None:
    strangers_knock(stage.episode)
    assert stage.told == [
        "STRIKE",
        "start test-1-other-authority",
        "start test-1-other-name",
        "sleep 3",
        "MEND",
        "end test-1-other-name",
        "end test-1-other-authority",
        "flowing",
    ]
    assert stage.episode.problems == []
    assert started.keys() == {stranger.name for stranger in STRANGERS}


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: stranger.name)
@pytest.mark.usefixtures("started")
def test_who_is_let_in_or_gives_no_reason_is_a_problem(
    stranger: Stranger, stage: Stage, logs: dict[str, str]
) -> None:
    logs[stranger.name] = LET_IN
    strangers_knock(stage.episode)
    assert stage.episode.problems == [
        f"{stranger.name}: its log gives no reason",
        f"{stranger.name} was let in",
    ]


@pytest.mark.usefixtures("started")
def test_who_was_refused_first_and_then_let_in_is_a_problem(
    stage: Stage, logs: dict[str, str]
) -> None:
    logs["other-name"] += f"\n{LET_IN}"
    strangers_knock(stage.episode)
    assert stage.episode.problems == ["other-name was let in"]


def test_each_differs_from_a_peer_in_one_thing(stage: Stage, started: dict[str, Started]) -> None:
    strangers_knock(stage.episode)
    known = stage.stood.scene.ca_file.read_text()
    addresses = [stage.cluster[name].address for name in NAMES]
    for stranger, trusts, expects in (
        (OTHER_AUTHORITY, False, "localhost"),
        (OTHER_NAME, True, "vault-0.elsewhere.example.com"),
    ):
        peers = started[stranger.name].storage.peers
        assert [peer.api_address for peer in peers] == addresses
        assert {peer.server_name for peer in peers} == {expects}
        (ca_file,) = {peer.ca_cert_file for peer in peers}
        assert (Path(ca_file).read_text() == known) is trusts


def test_each_has_its_own_certificate_key_and_place(
    stage: Stage, started: dict[str, Started]
) -> None:
    strangers_knock(stage.episode)
    for stranger in started.values():
        tls, seal = stranger.config.listener.tls, stranger.config.seal
        assert tls is not None
        certificate = x509.load_pem_x509_certificate(Path(tls.certificate).read_bytes())
        authority = x509.load_pem_x509_certificate(stranger.ca_file.read_bytes())
        certificate.verify_directly_issued_by(authority)
        assert isinstance(seal, AwsKmsSeal)
        assert stranger.address == f"https://{stranger.config.listener.address}"
        assert stranger.env["VAULT_API_ADDR"] == stranger.address
        assert stranger.env["VAULT_RAFT_NODE_ID"] == stranger.name
        assert stranger.env["AWS_ENDPOINT_URL"] == seal.endpoint
    assert len({str(stranger.config.seal) for stranger in started.values()}) == len(STRANGERS)
    assert len({stranger.storage.path for stranger in started.values()}) == len(STRANGERS)
    places = [
        place
        for stranger in started.values()
        for place in (stranger.address, stranger.env["VAULT_CLUSTER_ADDR"])
    ]
    assert len(set(places)) == 2 * len(STRANGERS)


def test_who_cannot_be_started_does_not_leave_the_others(
    stage: Stage, started: dict[str, Started], logs: dict[str, str]
) -> None:
    del logs["other-name"]
    with pytest.raises(KeyError):
        strangers_knock(stage.episode)
    assert stage.told[-1] == "end test-1-other-authority"
    assert "other-authority" in started
