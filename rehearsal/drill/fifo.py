"""Named pipes that somebody reads, until told not to: audit devices that can be blocked."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

_POLL_SECONDS: Final = 0.02
_AT_ONCE: Final = 1 << 16


class FifoReader:
    """Makes named pipes, and reads and forgets what is written to them; removes them when left."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = dict(paths)
        self._open: dict[str, int] = {}
        self._paused: frozenset[str] = frozenset()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def pause(self, name: str) -> None:
        """Read this one no longer: once the pipe is full, who writes to it waits."""
        self._paused = frozenset({name})

    def resume(self) -> None:
        self._paused = frozenset()

    def __enter__(self) -> Self:
        for name, path in self._paths.items():
            os.mkfifo(path, 0o600)
            # For writing too, so that nobody's end is the last.
            self._open[name] = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for name, descriptor in self._open.items():
            os.close(descriptor)
            self._paths[name].unlink()

    def _read(self) -> None:
        while not self._stop.is_set():
            wanted = [fd for name, fd in self._open.items() if name not in self._paused]
            ready, _, _ = select.select(wanted, [], [], _POLL_SECONDS)
            for descriptor in ready:
                os.read(descriptor, _AT_ONCE)
