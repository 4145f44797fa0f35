"""What servers logged since a moment, in the order in which it happened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a server's log."""

    at: float
    """Seconds since the epoch."""
    server: str
    message: str


def parse(server: str, text: str) -> Iterator[Entry]:
    """Entries of Vault's JSON format. Other lines (a banner, a panic) have no time and are left
    out; so is a last line that is not finished.
    """
    for line in text.splitlines():
        try:
            read = json.loads(line)
            at = datetime.fromisoformat(read["@timestamp"]).timestamp()
            message = str(read["@message"])
        except (ValueError, KeyError, TypeError):
            continue
        yield Entry(at, server, message)


class Logs:
    """The servers' logs from now on."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = dict(files)
        self._read = {server: file.stat().st_size for server, file in files.items()}

    def entries(self) -> list[Entry]:
        """What was logged since this was made."""
        found: list[Entry] = []
        for server, file in self._files.items():
            with file.open("rb") as log:
                log.seek(self._read[server])
                found += parse(server, log.read().decode(errors="replace"))
        return sorted(found, key=lambda entry: entry.at)
