"""Both clusters are asked the same, and no token outlives the measurement. No server runs here."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components.bootstrap import ceremony
from rehearsal import stand_up
from rehearsal.errors import RehearsalError
from rehearsal.load import targets
from rehearsal.load.audit import DeployedDevices, Device
from rehearsal.load.clusters import Cluster
from rehearsal.load.fortio import Request
from rehearsal.load.results import DEFAULTS, DEPLOYED
from rehearsal.load.targets import Reader, Target, deployed, make_role, with_defaults
from tests.rehearsal import subjects
from tests.rehearsal.fakes import answer, refusal
from tests.rehearsal.load.fakes import ADDRESS, CA_FILE, LoadedVault, Places, stood_up

PLAN = subjects.PLAN
ENTRY = "secret/data/shop/api"
NO_SERVERS = SimpleNamespace(servers=())
END = ("POST", "auth/token/revoke-self", "root's")


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> LoadedVault:
    """The root token that is made from the key shares, of either cluster."""
    root = LoadedVault()

    def connect(address: str, ca_file: str) -> str:
        assert (address, ca_file) == (ADDRESS, str(CA_FILE))
        return "client"

    def regain_root(client: str, shares: tuple[str, ...]) -> str:
        assert (client, shares) == ("client", ("share",))
        return root.token

    def api(address: str, ca_file: str, token: str) -> LoadedVault:
        assert (address, ca_file, token) == (ADDRESS, str(CA_FILE), root.token)
        return root

    monkeypatch.setattr(targets, "MATRIX", subjects.MATRIX)
    monkeypatch.setattr(ceremony, "connect", connect)
    monkeypatch.setattr(ceremony, "regain_root", regain_root)
    monkeypatch.setattr(stand_up, "VaultApi", api)
    return root


def target(root: LoadedVault) -> Target:
    reads = Request("GET", ADDRESS, ENTRY, CA_FILE, "token")
    return Target("x", Device(root, Path("/audit.log")), reads)


def told(root: LoadedVault) -> list[tuple[str, str, str]]:
    return [(one.method, one.path, one.token) for one in root.asked]


def test_the_deployed_cluster_is_read_as_a_workload_that_may(root: LoadedVault) -> None:
    with deployed(stood_up(PLAN, vaults=NO_SERVERS)) as found:
        assert found.name == DEPLOYED
        assert found.root is root
        assert found.reads == Request("GET", ADDRESS, ENTRY, CA_FILE, "load's")
        assert END not in told(root)
    (role,) = root.bodies("auth/approle/role/load")
    assert role["token_policies"] == "shop-api-dev"
    assert told(root)[-1] == END
    beyond = [one[:2] for one in told(root) if one[1].startswith(("sys/", "secret/"))]
    assert beyond == [("GET", "sys/audit")], "which devices it has"


def test_the_root_token_ends_also_where_the_measurement_fails(root: LoadedVault) -> None:
    with (
        pytest.raises(RehearsalError, match="fortio"),
        deployed(stood_up(PLAN, vaults=NO_SERVERS)),
    ):
        raise RehearsalError("fortio ended")
    assert told(root)[-1] == END


def test_the_root_token_ends_also_where_nobody_can_log_in(root: LoadedVault) -> None:
    root.answers["auth/approle/login"] = [refusal()]
    with (
        pytest.raises(RehearsalError, match=r"auth/approle/login: Vault said 403"),
        deployed(stood_up(PLAN, vaults=NO_SERVERS)),
    ):
        pytest.fail("nothing can be measured")
    assert told(root)[-1] == END


def plain(root: LoadedVault, ca_file: Path = CA_FILE) -> Cluster:
    server: Any = None
    return Cluster((server,), "http://127.0.0.1:2", ca_file, root)


def test_vaults_defaults_hold_the_same_entry_policy_and_role(
    root: LoadedVault, tmp_path: Path
) -> None:
    found = with_defaults(Places(tmp_path), plain(root), PLAN)
    assert found.name == DEFAULTS
    assert found.reads == Request("GET", ADDRESS, ENTRY, CA_FILE, "load's")
    assert root.bodies("sys/mounts/secret") == [{"type": "kv", "options": {"version": "2"}}]
    assert root.bodies("sys/auth/approle") == [{"type": "approle"}]
    (hcl,) = (policy.hcl for policy in PLAN.acl_policies if policy.name == "shop-api-dev")
    assert root.bodies("sys/policies/acl/shop-api-dev") == [{"policy": hcl}]
    (written,) = root.bodies(ENTRY)
    assert written["data"].keys() == {"key", "other"}
    assert len(set(written["data"].values())) == 2, "values are random"


def test_an_entry_is_written_as_soon_as_its_mount_is_ready(
    root: LoadedVault, tmp_path: Path
) -> None:
    root.answers[ENTRY] = [refusal(400, "Upgrading from non-versioned to versioned data")]
    with_defaults(Places(tmp_path), plain(root), PLAN)
    first, second = root.bodies(ENTRY)
    assert first == second
    written = [call[:2] for call in told(root)]
    assert written.count(("POST", ENTRY)) == 2
    assert written.index(("POST", ENTRY)) < written.index(("POST", "auth/approle/login"))


def test_both_are_asked_alike_and_recorded_apart(root: LoadedVault, tmp_path: Path) -> None:
    defaults = with_defaults(Places(tmp_path), plain(root, Path("/defaults-tls/ca.crt")), PLAN)
    with deployed(stood_up(PLAN, vaults=NO_SERVERS)) as ours:
        assert dataclasses.replace(ours.reads, ca_file=defaults.reads.ca_file) == defaults.reads
    # What the program made is measured; where there is none, one that takes its place.
    assert isinstance(ours.audit, DeployedDevices)
    assert isinstance(defaults.audit, Device)
    assert defaults.audit.file.parent.is_dir()
    assert defaults.audit.file.is_relative_to(tmp_path)


def test_who_logs_in_has_nothing_but_the_policy_and_need_not_log_in_again(
    root: LoadedVault,
) -> None:
    assert make_role(root, "shop-api-dev") == {"role_id": "load", "secret_id": "secret"}
    (role,) = root.bodies("auth/approle/role/load")
    assert role == {
        "token_policies": "shop-api-dev",
        "token_no_default_policy": True,
        "token_ttl": "4h",
    }
    assert told(root) == [
        ("POST", "auth/approle/role/load", "root's"),
        ("GET", "auth/approle/role/load/role-id", "root's"),
        ("POST", "auth/approle/role/load/secret-id", "root's"),
    ]


def test_who_logs_in_has_no_token_yet(root: LoadedVault) -> None:
    assert targets.log_in(root, "shop-api-dev") == "load's"
    assert root.asked[-1].token == ""
    assert root.asked[-1].body == {"role_id": "load", "secret_id": "secret"}


def test_another_listener_is_the_same_target(root: LoadedVault) -> None:
    one = target(root)
    other = one.at("http://127.0.0.1:2")
    assert other.reads.url == f"http://127.0.0.1:2/v1/{ENTRY}"
    assert other.reads.token == one.reads.token
    assert other.audit is one.audit


def test_a_leader_that_changed_spoils_the_figures(root: LoadedVault) -> None:
    root.answers["sys/leader"] = [answer(is_self=True), answer(is_self=False)]
    one = target(root)
    one.require_leading()
    assert told(root) == [("GET", "sys/leader", "root's")]
    with pytest.raises(RehearsalError, match=r"x: the leader changed .* measure again"):
        one.require_leading()


@pytest.mark.usefixtures("root")
def test_a_reader_may_read() -> None:
    reader = Reader.first_of(PLAN)
    assert (reader.subject.label, reader.path) == ("shop/api", ENTRY)


@pytest.mark.usefixtures("root")
def test_without_a_reader_there_is_nothing_to_measure() -> None:
    with pytest.raises(RehearsalError, match="lets nobody read an entry"):
        Reader.first_of(dataclasses.replace(PLAN, kv_entries=()))
