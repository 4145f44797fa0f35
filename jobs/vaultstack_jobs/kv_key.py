"""A new random value for one key of a KV entry: written, told, and taken back if the application
does not become ready.

The write is a merge patch with check-and-set: it changes its own keys, keeps the others, and fails
if anybody wrote meanwhile. With an overlap, the same write keeps the old value as `<key>_previous`,
valid until `<key>_previous_until`. Without overlap and restart nothing is ever read but the entry's
metadata.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from vaultstack_jobs.clock import from_text, to_text
from vaultstack_jobs.configuration import ByAgent, KvKey, Restart
from vaultstack_jobs.kv import ConflictError, Entry, MissingEntryError, State
from vaultstack_jobs.outcomes import FailedError, HalfWayError, LostError, RolledBackError
from vaultstack_jobs.rollout import Rollout
from vaultstack_jobs.tasks import Bench
from vaultstack_jobs.vault import VaultRefusedError

_ALPHABET: Final = string.ascii_letters + string.digits
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class _Written:
    """A new value that stands in Vault. `old` is None where it can no longer be read."""

    version: int
    new: str = field(repr=False)
    old: str | None = field(repr=False)


class KvKeyRotation:
    """The task, by `KvKey`."""

    def __init__(self, bench: Bench, task: KvKey) -> None:
        self._bench, self._task = bench, task
        self._turn, self._log, self._clock = bench.turn, bench.log, bench.clock
        self._entry = Entry(bench.vault, task.path, bench.clock)
        self._rollout = (
            Rollout(bench.cluster, bench.clock, bench.turn, task.tell, bench.rotation.name)
            if isinstance(task.tell, Restart)
            else None
        )

    @property
    def subject(self) -> str:
        return f"{self._task.path}: {self._task.key}"

    @property
    def _previous(self) -> str:
        return f"{self._task.key}_previous"

    @property
    def _until(self) -> str:
        return f"{self._task.key}_previous_until"

    def last_done(self, recorded: datetime | None, /) -> datetime | None:
        """With an overlap, the entry itself tells. Without one, only its version's age is to be
        seen, which may be another key's: that counts while there is no record of our own.
        """
        state = self._state()
        if self._task.overlap_seconds:
            until = self._values(state.version).get(self._until)
            if until:
                return self._moment(until) - timedelta(seconds=self._task.overlap_seconds)
        return None if recorded else state.written

    def start(self) -> None:
        if self._rollout:
            self._rollout.check()
        new = "".join(secrets.choice(_ALPHABET) for _ in range(self._task.length))
        self._tell(self._write(new))

    def resume(self, pending: Mapping[str, Any], /) -> None:
        state = self._state()
        since = int(pending["from_version"])
        # Where nobody is restarted any more, a new value is as good as the old one.
        if pending["phase"] == "taking back" and self._rollout:
            self._resume_taking_back(since, int(pending["version"]), state)
        elif not self._task.reads or state.version == since:
            # Nothing was written, or nobody can tell: then once more costs a version, no more.
            self.start()
        else:
            self._resume_writing(since, pending, state)

    def tidy(self) -> None:
        """Nothing is left for later."""

    def _resume_writing(self, since: int, pending: Mapping[str, Any], state: State) -> None:
        now = self._values(state.version)
        if self._task.overlap_seconds:
            written = now.get(self._until) == pending["until"]
            old = now.get(self._previous)
        else:
            old = self._value_if_readable(since, state)
            written = old is not None and now[self._task.key] != old
        if written:
            self._tell(_Written(state.version, now[self._task.key], old))
        else:
            self.start()

    def _resume_taking_back(self, since: int, version: int, state: State) -> None:
        old, new = (self._value_if_readable(number, state) for number in (since, version))
        if old is None or new is None:
            self._turn.forget()
            raise HalfWayError(
                f"{self.subject}: a run was taking back version {version}, and that version or "
                f"version {since} can no longer be read; see which value the application takes"
            )
        self._take_back(_Written(version, new, old), "a run before this one found it not ready")

    def _write(self, new: str) -> _Written:
        for _ in range(_TRIES):
            state = self._state()
            before = self._values(state.version) if self._task.reads else {}
            old = before.get(self._task.key)
            until = to_text(self._clock.now() + timedelta(seconds=self._task.overlap_seconds))
            values = {self._task.key: new}
            if self._task.overlap_seconds and old is not None:
                values |= {self._previous: old, self._until: until}
            self._turn.remember(
                {
                    "of": self.subject,
                    "phase": "writing",
                    "from_version": state.version,
                    "until": until,
                }
            )
            try:
                version = self._entry.change(values, version=state.version)
            except ConflictError:
                if self._task.reads and (found := self._whose(new, old)):
                    return found
            except (VaultRefusedError, MissingEntryError) as error:
                self._turn.forget()
                raise FailedError(str(error)) from error
            else:
                self._log.step("written", what=self.subject, version=version)
                return _Written(version, new, old)
        self._turn.forget()
        raise FailedError(f"{self.subject}: somebody else wrote the entry each of {_TRIES} times")

    def _whose(self, new: str, old: str | None) -> _Written | None:
        """After a conflict: ours, if the answer to our own write got lost; None if another key was
        changed. Raises `LostError` where somebody else rotated this one.
        """
        state = self._state()
        now = self._values(state.version)[self._task.key]
        if now == new:
            self._log.step("written", what=self.subject, version=state.version)
            return _Written(state.version, new, old)
        if now == old:
            return None
        self._turn.forget()
        raise LostError(
            f"{self.subject}: somebody else wrote version {state.version}; nothing was changed"
        )

    def _tell(self, written: _Written) -> None:
        match self._task.tell:
            case Restart():
                self._restart(written)
            case ByAgent():
                self._log.step(
                    "left to the agents",
                    version=written.version,
                    within="each agent's static_secret_render_interval, 5 minutes by default",
                )
            case None:
                self._log.step("told nobody", version=written.version)

    def _restart(self, written: _Written) -> None:
        assert self._rollout
        self._rollout.begin(f"version {written.version}")
        self._log.step("restarted", deployment=self._rollout.name, version=written.version)
        progress = self._rollout.wait()
        if progress.settled:
            self._log.step("ready", deployment=self._rollout.name, version=written.version)
        else:
            self._log.warning("not ready", deployment=self._rollout.name, because=progress.told)
            self._take_back(written, progress.told)

    def _take_back(self, written: _Written, because: str) -> None:
        """Ends with `RolledBackError`, or with `HalfWayError` where somebody else took over."""
        assert self._rollout
        version = self._write_back(written)
        self._log.warning("written back", what=self.subject, version=version)
        self._rollout.begin(f"version {version}")
        progress = self._rollout.wait()
        self._turn.rolled_back()
        raise RolledBackError(
            f"{self.subject}: Deployment {self._rollout.name} was not ready with the new value "
            f"({because}); the previous one was written back as version {version}, and the "
            f"Deployment is {'ready again' if progress.settled else 'still not: ' + progress.told}"
        )

    def _write_back(self, written: _Written) -> int:
        """The version that holds the old value again. With an overlap the new one stays valid for
        as long: some of the application used it.
        """
        version, key = written.version, self._task.key
        if written.old is None:
            self._turn.forget()
            raise HalfWayError(
                f"{self.subject}: the new value stands, the application is not ready with it, and "
                "the previous one can no longer be read"
            )
        values = {key: written.old}
        if self._task.overlap_seconds:
            until = self._clock.now() + timedelta(seconds=self._task.overlap_seconds)
            values |= {self._previous: written.new, self._until: to_text(until)}
        for _ in range(_TRIES):
            begun = self._turn.pending or {}
            self._turn.remember({**begun, "phase": "taking back", "version": written.version})
            try:
                return self._entry.change(values, version=version)
            except ConflictError:
                version = self._state().version
                now = self._values(version)[key]
                if now == written.old:
                    return version
                if now != written.new:
                    break
        self._turn.forget()
        raise HalfWayError(
            f"{self.subject}: the application is not ready with the new value, and somebody else "
            f"wrote version {version} since, so nothing was written back; see that it is right"
        )

    def _state(self) -> State:
        self._turn.hold()
        try:
            return self._entry.state()
        except MissingEntryError as error:
            raise FailedError(f"{error}; fix: run `pulumi up`, or restore a version") from error

    def _values(self, version: int) -> Mapping[str, str]:
        """Raises `FailedError` unless the key is there."""
        try:
            values = self._entry.values(version)
        except MissingEntryError as error:
            raise FailedError(str(error)) from error
        if self._task.key not in values:
            raise FailedError(
                f"{self._task.path}: must hold the key {self._task.key!r}; its keys are "
                f"{', '.join(sorted(values))}; fix: write it once, or correct the rotation's key"
            )
        return values

    def _moment(self, until: str) -> datetime:
        try:
            return from_text(until)
        except ValueError as error:
            raise FailedError(
                f"{self._task.path}: {self._until} must be an RFC 3339 time ({error}); correct it"
            ) from error

    def _value_if_readable(self, version: int, state: State) -> str | None:
        return self._values(version)[self._task.key] if version in state.versions else None
