"""The command from end to end, between a Kubernetes API and Vault servers in memory."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.jobs.fakes import FakeClock
from tests.upkeep.rolling.kube import LEASE, PODS, STATEFUL_SET, Kube, pod, serving, stateful_set
from tests.upkeep.rolling.vaults import TOKEN, Vaults
from upkeep.errors import UpkeepError
from upkeep.rolling import command
from upkeep.rolling.options import Options

NEWER = "hashicorp/vault:1.21.0"


class Stage:
    """Where the command runs; time goes by only when somebody sleeps."""

    def __init__(self, kube: Kube, vaults: Vaults, clock: FakeClock, folder: Path) -> None:
        self.kube, self.vaults, self.clock, self.folder = kube, vaults, clock, folder
        self.ended: list[str] = []
        self.screen = io.StringIO()
        clock.on_sleep = self.goes_on

    def goes_on(self) -> None:
        """What Kubernetes does about pods that are to end: here, all of it at once."""
        for path, one in list(self.kube.objects.items()):
            if not path.startswith(PODS) or "deletionTimestamp" not in one["metadata"]:
                continue
            name = one["metadata"]["name"]
            self.ended.append(name)
            if self.vaults.leader == name:
                self.vaults.hand_over()
            spec = self.kube.objects[STATEFUL_SET]
            image = spec["spec"]["template"]["spec"]["containers"][0]["image"]
            made = pod(int(name[-1]), spec["status"]["updateRevision"], image)
            made["metadata"]["uid"] = f"{name}, life {len(self.ended)}"
            self.kube.objects[path] = made
            self.vaults.by_name[name].version = image.rpartition(":")[2]

    def run(self, *given: str, yes: bool = True) -> int:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        at = [f"--at={name}={where.geturl()}" for name, where in self.vaults.addresses.items()]
        every = [
            f"--kubeconfig={self.kubeconfig()}",
            f"--ca-cert={self.vaults.ca_file}",
            *at,
            *(["--yes"] if yes else []),
            *given,
        ]
        console = Console(file=self.screen, width=200)
        return command.roll(Options.of(parser.parse_args(every)), console, self.clock)

    def kubeconfig(self) -> Path:
        content: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": self.kube.host}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(content))
        return path

    @property
    def said(self) -> str:
        return " ".join(self.screen.getvalue().split())


@pytest.fixture
def stage(
    kube: Kube,
    vaults: Vaults,
    clock: FakeClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with serving(kube, clock):
        yield Stage(kube, vaults, clock, tmp_path)


def test_an_upgrade_from_end_to_end(stage: Stage) -> None:
    log = stage.folder / "log.jsonl"
    assert stage.run("--log", str(log)) == 0
    assert stage.ended == ["vault-2", "vault-1", "vault-0"]
    assert stage.vaults.leader == "vault-1"
    steps = [json.loads(line)["step"] for line in log.read_text().splitlines()]
    assert (steps[0], steps[-1], steps.count("settled")) == ("planned", "done", 3)
    assert stage.kube.objects[LEASE]["spec"]["holderIdentity"] == ""
    assert TOKEN not in stage.screen.getvalue() + log.read_text()


def test_run_again_there_is_nothing_to_do(stage: Stage) -> None:
    assert stage.run() == 0
    assert stage.run() == 0
    assert len(stage.ended) == 3
    assert "every server is up to date" in stage.said


def test_a_dry_run_shows_the_plan_and_changes_nothing(stage: Stage) -> None:
    assert stage.run("--dry-run", yes=False) == 0
    assert "1.20.4 -> 1.21.0" in stage.said
    assert "take a snapshot now" in stage.said
    assert {method for method, *_ in stage.kube.asked} == {"GET"}


def test_nobody_to_ask_is_no_yes(stage: Stage) -> None:
    with pytest.raises(UpkeepError, match="fix: look at --dry-run, then give --yes"):
        stage.run(yes=False)
    assert stage.ended == []


@pytest.mark.parametrize(("answer", "status"), [("yes\n", 0), ("y\n", 1), ("\n", 1)])
def test_only_yes_is_yes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, answer: str, status: int
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert stage.run(yes=False) == status
    assert bool(stage.ended) == (status == 0)


def test_a_sealed_server_keeps_it_from_beginning(stage: Stage) -> None:
    stage.vaults.by_name["vault-1"].sealed = True
    assert stage.run() == 1
    assert "not now: vault-1 is sealed" in stage.said
    assert stage.ended == []
    assert LEASE not in stage.kube.objects


def test_a_downgrade_keeps_it_from_beginning(stage: Stage) -> None:
    stage.kube.objects[STATEFUL_SET] = stateful_set("hashicorp/vault:1.19.5")
    assert stage.run() == 1
    assert "is a downgrade, which Vault does not support" in stage.said


def test_a_restart_replaces_what_is_up_to_date_once(stage: Stage) -> None:
    assert stage.run() == 0
    assert stage.run("--restart") == 0
    assert len(stage.ended) == 6
    assert stage.run() == 0
    assert len(stage.ended) == 6


def test_a_restart_that_was_stopped_goes_on_where_it_was(stage: Stage) -> None:
    assert stage.run() == 0
    goes_on = stage.goes_on

    def until_one_is_sealed() -> None:
        goes_on()
        if len(stage.ended) == 4:
            stage.vaults.by_name["vault-0"].sealed = True

    stage.clock.on_sleep = until_one_is_sealed
    with pytest.raises(UpkeepError, match="the margin is lost: vault-0 is sealed"):
        stage.run("--restart")
    stage.vaults.by_name["vault-0"].sealed = False
    stage.clock.on_sleep = goes_on
    assert stage.run() == 0
    assert sorted(stage.ended[3:]) == ["vault-0", "vault-1", "vault-2"]
    assert "a restart was not finished" in stage.said


def test_a_restart_that_was_stopped_may_be_given_up(stage: Stage) -> None:
    test_a_restart_that_was_stopped_leaves_a_mark(stage)
    assert stage.run("--no-restart") == 0
    assert stage.run() == 0
    assert len(stage.ended) == 4


def test_a_restart_that_was_stopped_leaves_a_mark(stage: Stage) -> None:
    assert stage.run() == 0
    goes_on = stage.goes_on

    def until_another_leads() -> None:
        goes_on()
        if len(stage.ended) == 4 and stage.vaults.leader == "vault-1":
            stage.vaults.hand_over()

    stage.clock.on_sleep = until_another_leads
    with pytest.raises(UpkeepError, match="the leader changed unexpectedly"):
        stage.run("--restart")
    stage.clock.on_sleep = goes_on
    assert stage.kube.objects[LEASE]["metadata"]["annotations"]


def test_a_second_one_is_refused_while_one_runs(stage: Stage) -> None:
    goes_on = stage.goes_on
    refused: list[str] = []

    def another() -> None:
        goes_on()
        if len(stage.ended) == 1 and not refused:
            refused.append("tried")
            lease = stage.kube.objects[LEASE]
            stage.clock.on_sleep = lambda: lease["spec"].update(renewTime=str(stage.clock.passed))
            with pytest.raises(UpkeepError, match="is at it; nothing was changed"):
                stage.run()
            stage.clock.on_sleep = another

    stage.clock.on_sleep = another
    assert stage.run() == 0
    assert refused
    assert "has the Lease; watching whether it lives" in stage.said
    assert stage.ended == ["vault-2", "vault-1", "vault-0"]


def test_what_changed_while_the_plan_was_read_is_not_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_: Console) -> bool:
        stage.vaults.hand_over()
        return True

    monkeypatch.setattr(command, "_agreed", meanwhile)
    with pytest.raises(UpkeepError, match="changed since the plan was shown, and nothing was done"):
        stage.run(yes=False)
    assert stage.ended == []


def test_where_no_vault_is_it_says_where_it_looked(stage: Stage) -> None:
    with pytest.raises(UpkeepError, match=r"read StatefulSet nowhere/vault: .* 404"):
        stage.run("--namespace", "nowhere")


def test_a_log_that_cannot_be_written_stops_it_before_the_first_server(stage: Stage) -> None:
    with pytest.raises(UpkeepError, match="--log /nowhere/log: No such file"):
        stage.run("--log", "/nowhere/log")
    assert stage.ended == []
