"""Running the real program: the configuration that it is handed, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import threading
from collections import Counter
from typing import Any

import pytest
import yaml
from pulumi.runtime import mocks

from rehearsal import program
from rehearsal.errors import RehearsalError
from rehearsal.program import ROOT, as_engine_text, stack_configuration
from tests.recording import INITIALISATION

POLICY = "vault:index/policy:Policy"


class Recorder(mocks.Mocks):
    """Makes nothing; refuses one type, if told so."""

    def __init__(self, refused: str | None = None) -> None:
        self._refused = refused
        self.types: Counter[str] = Counter()

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.types[args.typ] += 1
        if args.typ == self._refused:
            raise RehearsalError(f"{args.typ} is refused")
        outputs: dict[str, Any] = {}
        if args.typ == INITIALISATION:
            outputs = {"role_id": "r", "secret_id": "s", "shares": ["a"], "problem": ""}
        return f"{args.name}-id", {**args.inputs, **outputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)


def evaluate(recorder: Recorder, **overlay: Any) -> Recorder:
    program.run("dev", stack_configuration("dev", overlay), frozenset(overlay), recorder)
    return recorder


@pytest.fixture(autouse=True)
def _quiet_warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="root")


def test_the_stack_file_goes_over_the_defaults_and_the_overlay_over_both() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    stack = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    found = stack_configuration("dev", {"vaultAddress": "https://over", "kvMaxVersions": 3})
    assert found["vaultstack:shares"] == declared["shares"]["default"]
    assert declared["kubernetesReviewer"]["default"] != "given"
    assert found["vaultstack:kubernetesReviewer"] == "given"
    assert stack["vaultstack:vaultAddress"] != "https://over"
    assert found["vaultstack:vaultAddress"] == "https://over"
    assert found["vaultstack:kvMaxVersions"] == 3
    assert found.keys() - {f"vaultstack:{key}" for key in declared} == set()


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_each_stack_has_its_own_environment(environment: str) -> None:
    assert stack_configuration(environment, {})["vaultstack:environment"] == environment


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        ([], "[]"),
        (["a", "b"], '["a", "b"]'),
        ({"a": {"b": "c"}}, '{"a": {"b": "c"}}'),
    ],
)
def test_every_value_is_handed_over_as_text(value: object, text: str) -> None:
    assert as_engine_text(value) == text
    assert isinstance(value, str) or json.loads(text) == value


def test_the_real_program_is_run() -> None:
    types = evaluate(Recorder()).types
    assert types["vaultstack:bootstrap:VaultBootstrap"] == 1
    assert types[POLICY] > 5


def test_the_overlay_reaches_the_program() -> None:
    types = evaluate(Recorder(), awsEngine=False, databaseHost="").types
    assert types["vaultstack:engines:AwsEngine"] == 0
    assert types["vaultstack:engines:DatabaseEngine"] == 0


def test_a_failing_resource_is_raised_and_ends_quietly(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Not with asyncio's words about tasks and futures that nobody waited for."""
    caplog.set_level(logging.ERROR, logger="asyncio")
    with pytest.raises(RehearsalError, match=f"^{POLICY} is refused$"):
        evaluate(Recorder(refused=POLICY))
    gc.collect()
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


def test_a_wrong_setting_comes_out_as_it_is() -> None:
    recorder = Recorder()
    with pytest.raises(Exception, match="shareThreshold"):
        evaluate(recorder, shareThreshold=9)
    assert recorder.types == {}


def test_it_may_be_run_again_after_a_failure_too() -> None:
    first = evaluate(Recorder()).types
    with pytest.raises(RehearsalError):
        evaluate(Recorder(refused=INITIALISATION))
    assert evaluate(Recorder()).types == first


def test_it_leaves_neither_a_thread_nor_a_loop_behind() -> None:
    before = set(threading.enumerate())
    evaluate(Recorder())
    assert set(threading.enumerate()) <= before
    with pytest.raises(RuntimeError, match="no current event loop"):
        asyncio.get_event_loop_policy().get_event_loop()


def test_garbage_is_collected_again_after_it() -> None:
    collected = list[bool]()

    class Looking(Recorder):
        def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
            collected.append(gc.isenabled())
            return super().new_resource(args)

    evaluate(Looking())
    assert not any(collected), "the program does without"
    assert gc.isenabled()
