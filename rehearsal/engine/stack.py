"""One stack under the real engine: its project, its backend in a folder, and its commands. Each
comes back as an `Outcome`, failed or not: whether it may fail is for whoever asked.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pulumi.automation import CommandError, CommandResult, EngineEvent, LocalWorkspace, Stack

from rehearsal.engine import project
from rehearsal.engine.command import Command, Running
from rehearsal.engine.steps import Outcome, outcome
from rehearsal.engine.tools import Installed
from rehearsal.errors import RehearsalError
from rehearsal.program import PROJECT, ROOT
from rehearsal.supervisor import Supervisor

GUARDRAILS: Final = "policies/guardrails"
_UP: Final = ("up", "--yes", "--skip-preview")


class EngineStack:
    """A stack named as an environment. Several of that name may be had, each with a folder of its
    own: they know nothing of each other, as two computers with two backends would not.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        installed: Installed,
        environment: str,
        *,
        folder: str = "engine",
        program: Path = ROOT,
        passphrase: str = "",
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """`folder`: a new one, for all that is this stack's. `program`: what is copied.
        `passphrase`: a new one, unless given. `extra`: environment variables.
        """
        self.name: Final = environment
        self.folder: Final = supervisor.subfolder(folder)
        self.state_folder: Final = _made(self.folder / "state")
        self.project: Final = project.copy_program(self.folder / "program", program)
        home = _made(self.folder / "home")
        if installed.plugins:
            (home / "plugins").symlink_to(installed.plugins)
        self._passphrase = passphrase or secrets.token_urlsafe(24)
        variables = {
            "PULUMI_BACKEND_URL": f"file://{self.state_folder}",
            "PULUMI_CONFIG_PASSPHRASE": self._passphrase,
            "PULUMI_HOME": str(home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            # Else a shared temporary folder would hold what plugins and launchers leave.
            "TMPDIR": str(_made(self.folder / "tmp")),
            **(extra or {}),
        }
        self.variables: Final = supervisor.environment(**variables)
        """The whole environment of its commands; the passphrase is in it."""
        self.command: Final = Command(
            supervisor, installed, self.variables, self.folder / "outputs"
        )
        self._stack: Stack | None = None

    @property
    def secrets(self) -> frozenset[str]:
        """What must be nowhere in clear, of the engine's own."""
        return frozenset({self._passphrase})

    # --- configuration --------------------------------------------------------------------------

    def configure(self, values: Mapping[str, Any], secret_keys: frozenset[str]) -> None:
        """The stack file of the program with `values` (keys without their namespace) over it; those
        of `secret_keys` encrypted. Makes the stack, where there is none.
        """
        plain = {key: value for key, value in values.items() if key not in secret_keys}
        project.write_configuration(self.project, self.name, plain)
        self.select()
        for key in sorted(secret_keys & values.keys()):
            for path, text in project.leaves(key, values[key]).items():
                self.set_secret(path, text)

    def without_state(
        self, supervisor: Supervisor, installed: Installed, folder: str
    ) -> EngineStack:
        """The same stack on a computer that has what is under version control and the passphrase,
        and a backend with nothing in it. Its state is not there yet.
        """
        other = EngineStack(
            supervisor,
            installed,
            self.name,
            folder=folder,
            program=self.project,
            passphrase=self._passphrase,
        )
        project.copy_configuration(self.project, other.project, self.name)
        return other

    def select(self) -> None:
        """Its state, made where there is none."""
        workspace = LocalWorkspace(
            work_dir=str(self.project), pulumi_command=self.command, secrets_provider="passphrase"
        )
        self._stack = Stack.create_or_select(self.name, workspace)

    def set_secret(self, path: str, value: str) -> None:
        """`path`: as `pulumi config set --path` takes it, without the namespace."""
        self.run("config", "set", "--secret", "--path", f"{PROJECT}:{path}", given=value)

    def set_plain(self, key: str, value: str) -> None:
        self.run("config", "set", "--plaintext", f"{PROJECT}:{key}", value)

    # --- the engine -----------------------------------------------------------------------------

    def preview(self, *, guarded: bool = False, refresh: bool = False) -> Outcome:
        """`guarded`: with the policy pack. `refresh`: having asked the servers first."""
        packs = [GUARDRAILS] if guarded else None
        return self._watched(
            "preview",
            lambda see: self._own.preview(
                diff=True, policy_packs=packs, refresh=refresh or None, on_event=see
            ),
        )

    def up(self, *, guarded: bool = False, target: Sequence[str] = ()) -> Outcome:
        """`target`: URNs, with wildcards; all where there is none."""
        packs = [GUARDRAILS] if guarded else None
        return self._watched(
            "up",
            lambda see: self._own.up(
                policy_packs=packs,
                target=list(target) or None,
                on_event=see,
                show_secrets=False,
            ),
        )

    def refresh(self, *, clear: bool = False) -> Outcome:
        """`clear`: forget creations of which it is not known how they ended."""
        return self._watched(
            "refresh",
            lambda see: self._own.refresh(
                on_event=see, show_secrets=False, clear_pending_creates=clear or None
            ),
        )

    def destroy(self) -> Outcome:
        return self._watched(
            "destroy", lambda see: self._own.destroy(on_event=see, show_secrets=False)
        )

    def start_up(self) -> Running:
        """An `up` that is under way when this returns, and may be killed."""
        return self.command.start([*_UP, "--stack", self.name], self.project)

    # --- state ----------------------------------------------------------------------------------

    def outputs(self) -> Mapping[str, Any]:
        """Secrets in clear."""
        return {key: one.value for key, one in self._own.outputs().items()}

    def state(self) -> Mapping[str, Any]:
        """As `pulumi stack export` shows it: secrets encrypted."""
        shown: Mapping[str, Any] = self._json("stack", "export")
        return shown

    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Name -> resource, secrets in clear, in the form in which `pulumi stack export` shows
        them.
        """
        shown = self._json("stack", "export", "--show-secrets")
        found = shown["deployment"].get("resources", [])
        return {one["urn"].rpartition("::")[2]: one for one in found}

    def run(self, *arguments: str, given: str = "") -> str:
        """Any other command, and what it says. Raises `RehearsalError` where it fails."""
        result = self.attempt(*arguments, given=given)
        if result.code != 0:
            raise RehearsalError(
                f"`pulumi {' '.join(arguments)}` ended with {result.code}: "
                f"{result.stderr.strip() or result.stdout.strip()}"
            )
        return result.stdout

    def attempt(self, *arguments: str, given: str = "") -> CommandResult:
        """The same, however it ends."""
        named = [*arguments, "--stack", self.name]
        return self.command.start(named, self.project, given=given).wait()

    # --- parts ----------------------------------------------------------------------------------

    @property
    def _own(self) -> Stack:
        if self._stack is None:
            raise RehearsalError(f"the stack {self.name} is not there yet: select() makes it")
        return self._stack

    def _json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments))

    def _watched(
        self, command: str, run: Callable[[Callable[[EngineEvent], None]], object]
    ) -> Outcome:
        events: list[EngineEvent] = []
        started = time.monotonic()
        try:
            run(events.append)
        except CommandError as error:
            made = outcome(command, time.monotonic() - started, events, succeeded=False)
            # A command that did not come to the engine has no event that says why.
            return made if made.errors or made.violations else made.with_error(str(error))
        return outcome(command, time.monotonic() - started, events, succeeded=True)


def is_secret(value: Any) -> bool:
    """Whether a value of `resources()` is in the envelope that says so."""
    return isinstance(value, Mapping) and "plaintext" in value


def plain(value: Any) -> Any:
    """A value of `resources()` without its envelope."""
    return json.loads(value["plaintext"]) if is_secret(value) else value


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder
