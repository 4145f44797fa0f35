"""A stack, with a shell script in the place of Pulumi's command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine.stack import EngineStack, is_secret, plain
from rehearsal.engine.tools import Installed
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor

# Writes down what it was told, apart from what it was given to read.
SCRIPT = """\
#!/bin/sh
echo "$*" >> {asked}
case "$*" in
  version) echo v3.300.0 ;;
  *"stack select"*) echo "error: no stack named 'dev' found" >&2; exit 255 ;;
  *"stack export"*) cat {state} ;;
  *preview*) echo "error: the program failed" >&2; exit 255 ;;
  *"config set --secret"*) cat >> {given} ;;
esac
"""


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as own:
        yield own


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    script = tmp_path / "pulumi"
    files = {name: tmp_path / name for name in ("asked", "given", "state")}
    script.write_text(SCRIPT.format_map(files))
    resources = [{"urn": "a::b", "outputs": {}}]
    files["state"].write_text(json.dumps({"deployment": {"resources": resources}}))
    script.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return Installed(script, None)


@pytest.fixture
def stack(supervisor: Supervisor, installed: Installed) -> EngineStack:
    made = EngineStack(supervisor, installed, "dev")
    secrets = {"kvValues": {"app/config": {"key": "hidden"}}}
    made.configure({"protectData": False, **secrets}, frozenset(secrets))
    return made


def test_secrets_are_given_and_never_arguments(stack: EngineStack, tmp_path: Path) -> None:
    assert (tmp_path / "given").read_text() == "hidden"
    asked = (tmp_path / "asked").read_text()
    assert 'config set --secret --path vaultstack:kvValues["app/config"]["key"]' in asked
    assert "hidden" not in asked
    assert "hidden" not in (stack.project / "Pulumi.dev.yaml").read_text()


def test_all_of_it_is_in_its_own_folder(stack: EngineStack) -> None:
    variables = stack.variables
    assert variables["PULUMI_BACKEND_URL"] == f"file://{stack.state_folder}"
    for name in ("PULUMI_HOME", "TMPDIR"):
        assert Path(variables[name]).is_relative_to(stack.folder)
    assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert stack.secrets == {variables["PULUMI_CONFIG_PASSPHRASE"]}


def test_a_command_that_fails_is_an_outcome(stack: EngineStack) -> None:
    done = stack.preview()
    assert not done.succeeded
    assert "the program failed" in "; ".join(done.errors)


def test_any_other_command_that_fails_is_an_error(stack: EngineStack) -> None:
    with pytest.raises(RehearsalError, match=r"`pulumi preview` ended with 255: .* failed"):
        stack.run("preview")
    assert stack.attempt("preview").code == 255


def test_resources_are_known_by_their_names(stack: EngineStack) -> None:
    assert stack.resources() == {"b": {"urn": "a::b", "outputs": {}}}


def test_without_its_state_it_is_what_is_under_version_control(
    stack: EngineStack, supervisor: Supervisor, installed: Installed
) -> None:
    (stack.project / "policies" / "matrix.py").write_text("# changed\n")
    other = stack.without_state(supervisor, installed, "again")
    assert other.secrets == stack.secrets
    assert other.state_folder != stack.state_folder
    for name in ("Pulumi.dev.yaml", "policies/matrix.py"):
        assert (other.project / name).read_text() == (stack.project / name).read_text()
    with pytest.raises(RehearsalError, match=r"select\(\) makes it"):
        other.up()


def test_a_stack_needs_its_state_before_its_commands(
    supervisor: Supervisor, installed: Installed
) -> None:
    with pytest.raises(RehearsalError, match="is not there yet"):
        EngineStack(supervisor, installed, "dev").destroy()


def test_a_secret_is_told_by_its_envelope() -> None:
    envelope = {"4dabf18193072939515e22adb298388d": "x", "plaintext": json.dumps(["a"])}
    assert is_secret(envelope)
    assert plain(envelope) == ["a"]
    assert plain({"a": 1}) == {"a": 1}
