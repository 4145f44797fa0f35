"""Values in the stack's configuration, encrypted there: `vaultstack:kvValues`, from which the
program writes the matrix' given entries.

`pulumi` itself encrypts; a value reaches it through its standard input. It works on a copy of the
stack's file beside it, which takes the file's place when all of an entry is in it and reads back as
it should, and nobody changed the file meanwhile. So an interruption leaves the file as it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from migration.errors import Conflict, MigrationError
from migration.moving.places import Seen, Status
from policies.environments import Environment
from policies.resources import KvEntry
from policies.texts import clipped

_SECONDS: Final = 120
_VALUES: Final = "vaultstack:kvValues"
_ENVIRONMENT: Final = "vaultstack:environment"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of the Pulumi program in `program`."""

    program: Path
    stack: str

    @property
    def name(self) -> str:
        return f"the configuration of stack {self.stack}"

    @property
    def _file(self) -> Path:
        return self.program / f"Pulumi.{self.stack.rpartition('/')[2]}.yaml"

    def require(self, environment: Environment) -> None:
        """Raises `MigrationError` where the stack is of another environment, or there is none."""
        try:
            configuration = (yaml.safe_load(self._bytes()) or {}).get("config") or {}
        except (yaml.YAMLError, AttributeError):
            raise MigrationError(f"{self._file}: is no stack's file; mend it") from None
        of = configuration.get(_ENVIRONMENT)
        if of != environment.value:
            raise MigrationError(
                f"{self._file}: is of environment {of!r}, not {environment.value!r}; name the "
                "right stack by --stack, or write the right --environment"
            )

    def look(self, entry: KvEntry, values: Mapping[str, str]) -> Seen:
        before = self._version()
        there = self._given(self._file, entry)
        if before != self._version():
            raise Conflict(f"{self._file}: changed while it was read; try again")
        return Seen(
            before if there else "",
            {
                key: (
                    Status.NEW
                    if key not in there
                    else Status.THERE
                    if there[key] == value
                    else Status.DIFFERS
                )
                for key, value in values.items()
            },
            frozenset(there) - values.keys(),
        )

    def write(self, entry: KvEntry, values: Mapping[str, str], seen: Seen) -> str:
        before = self._bytes()
        if seen.version and seen.version != _digest(before):
            raise Conflict(f"{self._file}: changed after it was looked at; look at it again")
        with tempfile.NamedTemporaryFile(
            dir=self.program, prefix=".Pulumi.", suffix=".yaml", delete=False
        ) as made:
            made.write(before)
        copy = Path(made.name)
        try:
            for key in sorted(seen.to_write):
                self._set(copy, entry, key, values[key])
            read_back = self._given(copy, entry)
            if wrong := sorted(key for key in values if read_back.get(key) != values[key]):
                raise MigrationError(
                    f"{entry.path.text}: pulumi does not give back {', '.join(wrong)} as it was "
                    "given; set it by hand"
                )
            if self._bytes() != before:
                raise Conflict(f"{self._file}: changed meanwhile; look at it again")
            copy.chmod(self._file.stat().st_mode & 0o777)
            copy.replace(self._file)
        finally:
            copy.unlink(missing_ok=True)
        return self._version()

    def _set(self, file: Path, entry: KvEntry, key: str, value: str) -> None:
        path = f"{_VALUES}[{json.dumps(entry.path.text)}].{key}"
        self._pulumi(file, "set", "--secret", "--raw", "--path", path, stdin=value)

    def _given(self, file: Path, entry: KvEntry) -> Mapping[str, str]:
        """What the file gives this entry."""
        out = self._pulumi(file, "--show-secrets", "--json")
        try:
            read: dict[str, Any] = json.loads(out)
            values: Any = json.loads(read.get(_VALUES, {}).get("value", "{}"))
            given = values.get(entry.path.text, {})
            return {str(key): str(value) for key, value in given.items()}
        except (ValueError, AttributeError):
            # Not the reason: it may quote the answer, and that holds the values.
            raise MigrationError(
                f"{self._file}: {_VALUES} cannot be read as path -> key -> value; look at it with "
                "pulumi config"
            ) from None

    def _pulumi(self, file: Path, *arguments: str, stdin: str = "") -> bytes:
        common = ("--stack", self.stack, "--config-file", str(file), "--non-interactive")
        try:
            ended = subprocess.run(
                ["pulumi", "config", *arguments, *common],  # noqa: S607 - the caller's own
                check=False,
                capture_output=True,
                cwd=self.program,
                input=stdin.encode(),
                timeout=_SECONDS,
                env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            )
        except FileNotFoundError:
            raise MigrationError(
                "pulumi: is not installed, and only it can encrypt for the stack; install it, or "
                "write into Vault: --given-into vault"
            ) from None
        except subprocess.TimeoutExpired:
            raise MigrationError(f"{self.name}: pulumi gave no answer in {_SECONDS} s") from None
        if ended.returncode:
            said = clipped(ended.stderr.decode(errors="replace").strip(), 300)
            raise MigrationError(f"{self.name}: pulumi refuses ({said}); see to that first")
        return ended.stdout

    def _bytes(self) -> bytes:
        try:
            return self._file.read_bytes()
        except OSError as error:
            raise MigrationError(
                f"{self._file}: cannot be read ({error.strerror}); name a stack by --stack"
            ) from None

    def _version(self) -> str:
        return _digest(self._bytes())


def _digest(content: bytes) -> str:
    """By which a file's state is named; the file holds no value in clear."""
    return hashlib.sha256(content).hexdigest()[:10]
