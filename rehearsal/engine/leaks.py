"""Secrets that are in files in clear: as they are, as they stand in JSON, and in base64."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """A file with a secret in it. Which one is not said, as this is printed."""

    file: str
    secrets: int

    def __str__(self) -> str:
        return f"{self.file} ({self.secrets})"


@dataclass(frozen=True, slots=True)
class Searched:
    files: int
    size: int
    """Bytes."""
    leaks: tuple[Leak, ...]


def search(folder: Path, secrets: Collection[str]) -> Searched:
    """All files below, links not followed."""
    looked_for = {secret: forms(secret) for secret in secrets}
    leaks, number, size = [], 0, 0
    for file in _files(folder):
        content = file.read_bytes()
        number, size = number + 1, size + len(content)
        found = sum(any(form in content for form in one) for one in looked_for.values())
        if found:
            leaks.append(Leak(str(file.relative_to(folder)), found))
    return Searched(number, size, tuple(sorted(leaks)))


def forms(secret: str) -> frozenset[bytes]:
    """How it may stand in a file. Inside other base64 it is not looked for."""
    once = _in_json(secret)
    twice = {form for inner in once for form in _in_json(inner)}
    plain = base64.b64encode(secret.encode()).rstrip(b"=")
    return frozenset({plain, *(form.encode() for form in {secret, *once, *twice})})


def _in_json(text: str) -> frozenset[str]:
    """As Python writes it, with and without letters beyond ASCII, and as Go does by default."""
    written = [json.dumps(text, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False)]
    return frozenset(
        form
        for one in written
        for form in (
            one,
            one.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
        )
    )


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            file = Path(place) / name
            if file.is_file() and not file.is_symlink():
                yield file
