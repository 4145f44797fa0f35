"""With a program that stands in for pulumi; docs/migration.md says what the real one was asked."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from migration.errors import Conflict, MigrationError
from migration.moving.places import Seen, Status
from migration.moving.stack import Stack
from policies.environments import Environment
from policies.resources import KvEntry
from tests.migration.fake_pulumi import FakePulumi

ENTRY = KvEntry.given("shop/mail", "user", "password")
BOTH = {"user": "hidden-user", "password": "hidden\nlines\n\n"}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    return FakePulumi(tmp_path, monkeypatch)


@pytest.fixture
def stack(pulumi: FakePulumi) -> Stack:
    return Stack(pulumi.program, "dev")


def test_nothing_given_yet(stack: Stack) -> None:
    seen = stack.look(ENTRY, BOTH)
    assert seen == Seen("", {"user": Status.NEW, "password": Status.NEW})


def test_what_is_written_is_there_and_a_version_names_it(pulumi: FakePulumi, stack: Stack) -> None:
    version = stack.write(ENTRY, BOTH, stack.look(ENTRY, BOTH))
    seen = stack.look(ENTRY, {"user": "another"})
    assert (seen.version, seen.others) == (version, frozenset({"password"}))
    assert seen.statuses == {"user": Status.DIFFERS}
    assert stack.look(ENTRY, BOTH).to_write == frozenset()
    assert "vaultstack:environment: dev" in pulumi.file.read_text()


def test_values_are_never_arguments(pulumi: FakePulumi, stack: Stack) -> None:
    stack.write(ENTRY, BOTH, stack.look(ENTRY, BOTH))
    assert "hidden" not in pulumi.calls.read_text()
    assert '"--secret"' in pulumi.calls.read_text()


def test_only_what_differs_is_written(pulumi: FakePulumi, stack: Stack) -> None:
    stack.write(ENTRY, BOTH, stack.look(ENTRY, BOTH))
    pulumi.calls.write_text("")
    changed = BOTH | {"user": "another"}
    stack.write(ENTRY, changed, stack.look(ENTRY, changed))
    sets = [line for line in pulumi.calls.read_text().splitlines() if '"set"' in line]
    assert len(sets) == 1
    assert stack.look(ENTRY, changed).to_write == frozenset()


def untouched(pulumi: FakePulumi, before: str) -> None:
    assert pulumi.file.read_text() == before
    assert [path.name for path in pulumi.program.iterdir()] == ["Pulumi.dev.yaml"]


def test_a_change_after_the_look_wins(pulumi: FakePulumi, stack: Stack) -> None:
    stack.write(ENTRY, BOTH, stack.look(ENTRY, BOTH))
    changed = BOTH | {"user": "another"}
    seen = stack.look(ENTRY, changed)
    pulumi.file.write_text(pulumi.file.read_text() + "# somebody\n")
    before = pulumi.file.read_text()
    with pytest.raises(Conflict, match="changed after it was looked at"):
        stack.write(ENTRY, changed, seen)
    untouched(pulumi, before)


def test_a_change_during_the_write_wins(
    pulumi: FakePulumi, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_MEANWHILE", str(pulumi.file))
    with pytest.raises(Conflict, match="changed meanwhile"):
        stack.write(ENTRY, BOTH, stack.look(ENTRY, BOTH))
    assert "hidden" not in pulumi.file.read_text()
    assert "kvValues" not in pulumi.file.read_text()


def test_a_value_that_does_not_come_back_is_not_kept(
    pulumi: FakePulumi, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_WITHOUT_RAW", "1")
    before = pulumi.file.read_text()
    with pytest.raises(MigrationError, match="does not give back password as it was given"):
        stack.write(ENTRY, BOTH, stack.look(ENTRY, BOTH))
    untouched(pulumi, before)


def test_pulumi_refuses(pulumi: FakePulumi, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = stack.look(ENTRY, BOTH)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    before = pulumi.file.read_text()
    with pytest.raises(MigrationError, match=r"pulumi refuses \(error: incorrect passphrase\)"):
        stack.write(ENTRY, BOTH, seen)
    untouched(pulumi, before)


@pytest.mark.parametrize("answer", ["hidden", '{"vaultstack:kvValues": {"value": "hidden"}}', "[]"])
def test_an_answer_that_cannot_be_read_is_not_quoted(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setenv("TEST_ANSWER", answer)
    with pytest.raises(MigrationError, match="cannot be read as path -> key -> value") as caught:
        stack.look(ENTRY, BOTH)
    assert "hidden" not in str(caught.value)


def test_pulumi_is_not_there_or_hangs(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("pulumi", 1)

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", hang)
        with pytest.raises(MigrationError, match="no answer in 120 s"):
            stack.look(ENTRY, BOTH)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MigrationError, match=r"is not installed,.*--given-into vault"):
        stack.look(ENTRY, BOTH)


def test_the_stack_is_of_the_environment(pulumi: FakePulumi, stack: Stack) -> None:
    stack.require(Environment.DEV)
    with pytest.raises(MigrationError, match="is of environment 'dev', not 'prod'"):
        stack.require(Environment.PROD)
    with pytest.raises(MigrationError, match="name a stack by --stack"):
        Stack(pulumi.program, "missing").require(Environment.DEV)
    pulumi.file.write_text("[broken")
    with pytest.raises(MigrationError, match="is no stack's file"):
        stack.require(Environment.DEV)


def test_a_stack_may_be_named_with_its_organization(pulumi: FakePulumi) -> None:
    Stack(pulumi.program, "organization/vaultstack/dev").require(Environment.DEV)
