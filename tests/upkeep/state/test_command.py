from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.upkeep.state import plans
from upkeep.__main__ import main
from upkeep.errors import STOPPED
from upkeep.state import command
from upkeep.state.rebuild import Rebuilt


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(plans.plan(mount=plans.planned(plans.MOUNT, {"path": "secret"}))))
    state = tmp_path / "state.json"
    state.write_text(json.dumps(plans.state()))
    return ["--plan", str(plan), "--state", str(state)]


def test_the_state_is_printed_and_what_was_done_is_said_beside(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rebuild-state", *files]) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)["deployment"]["resources"]) == 3
    assert err == "entered: 1 resource\n"


def test_what_could_not_be_entered_is_another_exit_status(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = plans.plan(key=plans.planned("aws:kms/key:Key", {}))
    (tmp_path / "plan.json").write_text(json.dumps(key))
    assert main(["rebuild-state", *files]) == 1
    assert "NOT entered, use `pulumi import` for them: key (aws:" in capsys.readouterr().err


def test_it_must_know_which_vault(
    files: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VAULT_ADDR")
    assert main(["rebuild-state", *files]) == STOPPED
    assert "--address" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "status"), [("http://127.0.0.1:1/", 0), ("https://vault.prod.example", STOPPED)]
)
def test_it_looks_at_no_other_vault_than_the_stacks(
    address: str,
    status: int,
    files: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = plans.state()
    state["deployment"]["resources"][-1]["inputs"] = {"address": "http://127.0.0.1:1"}
    (tmp_path / "state.json").write_text(json.dumps(state))
    assert main(["rebuild-state", *files, "--address", address]) == status
    assert ("give --address that" in capsys.readouterr().err) is (status == STOPPED)


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_file_that_is_another_is_named(
    text: str, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state.json").write_text(text)
    assert main(["rebuild-state", *files]) == STOPPED
    assert "state.json" in capsys.readouterr().err


def test_what_is_left_to_the_next_up_is_told() -> None:
    assert "left to the next `pulumi up`, outside Vault: a and b" in command.told(
        Rebuilt({}, (), ("a", "b"), ())
    )
