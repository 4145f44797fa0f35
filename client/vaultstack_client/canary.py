"""Which groups of secrets come from Vault, and which still from environment variables.

The list is JSON: `["external"]` moves the external keys to Vault first, `["external", "database",
"api"]` the rest, and `[]` is the emergency rollback. The environment of a running process cannot be
changed, so a list that must be changed under way lies in a file, such as a mounted ConfigMap.

At the start a list that is not one is an error. Later the last good one stays in force, and the
error is logged and shown by `status`: an emergency tool must not cause the emergency.

Starts no thread and watches nothing: who asks has the file read anew, at most every few seconds. It
is opened by its path each time, so a kubelet's swap of symlinks in a volume is seen.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from vaultstack_client.errors import ConfigurationError
from vaultstack_client.groups import GROUP_NAME

LIST: Final = "VAULT_ENABLED_SECRETS"
LIST_FILE: Final = "VAULT_ENABLED_SECRETS_FILE"
LOOK_EVERY: Final = timedelta(seconds=5)

_LARGEST_BYTES: Final = 16 * 1024
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CanaryStatus:
    """What is in force, for a health endpoint."""

    setting: str
    """Where the list comes from: a variable, or a variable and the file that it names."""
    enabled: tuple[str, ...]
    """The groups that come from Vault."""
    error: str | None
    """Why a newer list is not in force; the last good one is."""


class Canary:
    """The list in force. Threads may share it."""

    __slots__ = ("_clock", "_file", "_groups", "_look_every", "_next_look", "_status")

    def __init__(
        self,
        groups: Collection[str],
        *,
        text: str | None = None,
        file: Path | None = None,
        look_every: timedelta = LOOK_EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """The list is the `text`, for good, or the `file`, which may change; exactly one is given.

        Raises `ConfigurationError` where it is not a list of some of the `groups`.
        """
        if (text is None) == (file is None):
            raise ConfigurationError(
                f"{LIST} and {LIST_FILE}: exactly one must say which groups of secrets come from "
                "Vault; give one of them"
            )
        self._groups = frozenset(groups)
        self._file = file
        self._look_every = look_every.total_seconds()
        self._clock = clock
        setting = LIST if file is None else f"{LIST_FILE} ({file})"
        if file is not None:
            text = _read(setting, file)
        assert text is not None
        self._status = CanaryStatus(setting, _parse(setting, text, self._groups), None)
        self._next_look = clock() + self._look_every

    @classmethod
    def from_environment(
        cls,
        groups: Collection[str],
        environ: Mapping[str, str] = os.environ,
        *,
        look_every: timedelta = LOOK_EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> Canary:
        """As the environment says: the list, or a file that holds it.

        Raises `ConfigurationError`; also where neither is set, because forgetting a setting should
        neither move secrets nor keep them, and where both are, because who rolls back by one of
        them must not be overruled by the other in silence.
        """
        file, text = environ.get(LIST_FILE), environ.get(LIST)
        if file is not None:
            if text is not None:
                raise ConfigurationError(
                    f"{LIST} and {LIST_FILE}: only one may say which groups of secrets come from "
                    f"Vault; write the list into {file}, and unset {LIST}"
                )
            if not file:
                raise ConfigurationError(
                    f"{LIST_FILE}: must be the path of a file, and is empty; name the file with "
                    f"the list, or unset it and give the list in {LIST}"
                )
            return cls(groups, file=Path(file), look_every=look_every, clock=clock)
        if text is None:
            raise ConfigurationError(
                f"{LIST}: must say which groups of secrets come from Vault, and neither it nor "
                f"{LIST_FILE} is set; set it to a JSON list of some of "
                f"{_shown(groups)}: [] takes all from environment variables"
            )
        return cls(groups, text=text, look_every=look_every, clock=clock)

    def enabled(self, group: str) -> bool:
        """Whether the group comes from Vault. Looks at the file when it is time; raises nothing."""
        self._look()
        return group in self._status.enabled

    def status(self) -> CanaryStatus:
        """What is in force. Looks at the file when it is time; raises nothing."""
        self._look()
        return self._status

    def _look(self) -> None:
        """Without a lock: two threads that look at once read the same file twice, and one who finds
        an older list than the other is put right by the next look.
        """
        now = self._clock()
        if self._file is None or now < self._next_look:
            return
        self._next_look = now + self._look_every
        before = self._status
        try:
            text = _read(before.setting, self._file)
            enabled = _parse(before.setting, text, self._groups)
        except ConfigurationError as error:
            self._status = replace(before, error=str(error))
            if before.error != str(error):
                _log.error("%s; from Vault as before: %s", error, _shown(before.enabled))
            return
        self._status = CanaryStatus(before.setting, enabled, None)
        if enabled != before.enabled:
            _log.warning(
                "%s: from Vault were %s, are now %s",
                before.setting,
                _shown(before.enabled),
                _shown(enabled),
            )
        elif before.error is not None:
            _log.info("%s: is a list again, and the same: %s", before.setting, _shown(enabled))


def _read(setting: str, file: Path) -> str:
    """Never waits and never reads without end, whatever lies there: a pipe, a device."""
    rule = "must name a readable file with a JSON list of groups"
    fix = "mount the ConfigMap there, or correct the path"
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ConfigurationError(f"{setting}: {rule}, and is not a regular file; {fix}")
            content = opened.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{setting}: {rule}: {error.strerror}; {fix}") from None
    if len(content) > _LARGEST_BYTES:
        raise ConfigurationError(f"{setting}: {rule}, and is above {_LARGEST_BYTES} bytes; {fix}")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ConfigurationError(f"{setting}: {rule}, and is not UTF-8; {fix}") from None


def _parse(setting: str, text: str, groups: frozenset[str]) -> tuple[str, ...]:
    """The groups, in order and once each. Says what is wrong with the text, never the text: people
    paste the wrong thing.
    """
    rule = "must be a JSON list of groups"
    fix = (
        f"write for example {json.dumps(sorted(groups)[:1])}, or [] for environment variables only"
    )
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{setting}: {rule}, and is not JSON; {fix}") from None
    if not isinstance(found, list):
        raise ConfigurationError(f"{setting}: {rule}, and is {_KINDS[type(found)]}; {fix}")
    for number, item in enumerate(found, 1):
        if not isinstance(item, str) or not GROUP_NAME.fullmatch(item):
            raise ConfigurationError(
                f"{setting}: {rule}, and item {number} is no group's name; {fix}"
            )
        if item not in groups:
            raise ConfigurationError(
                f"{setting}: {rule}, and {item!r} is none of this application's; "
                f"it has {_shown(groups)}: correct the name, or leave it out"
            )
    return tuple(sorted(set(found)))


_KINDS: Final[Mapping[type, str]] = {
    dict: "an object",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def _shown(groups: Collection[str]) -> str:
    return json.dumps(sorted(groups))
