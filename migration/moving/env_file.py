"""A .env file, read as python-dotenv reads it, but for one thing: nothing is put in for `${NAME}`.

What that would be depends on who reads; so such a value is refused where it is to be moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream

from migration.errors import MigrationError

_FILLED_IN: Final = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class EnvFile:
    path: Path
    values: Mapping[str, str | None] = field(repr=False)
    """None: a name without `=`."""

    def value(self, name: str) -> str:
        """Raises `MigrationError` where there is none that could be moved."""
        if name not in self.values:
            there = ", ".join(self.values)
            raise MigrationError(f"{self.path}: has no {name}; map one of {there}")
        value = self.values[name]
        if not value:
            raise MigrationError(
                f"{self.path}: {name} has no value, and an empty secret is none; give it one, or "
                "leave it out"
            )
        if _FILLED_IN.search(value):
            raise MigrationError(
                f"{self.path}: {name} is put together from another variable (${{...}}), which only "
                "the application does; write out what it is"
            )
        return value


def read(path: Path) -> EnvFile:
    """Raises `MigrationError`: every name once, every line understood."""
    try:
        with path.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except OSError as error:
        raise MigrationError(
            f"{path}: cannot be read ({error.strerror}); name a .env file"
        ) from None
    except UnicodeDecodeError:
        raise MigrationError(f"{path}: is no text in UTF-8, as .env files are; name one") from None
    lines = dict[str, int]()
    values = dict[str, str | None]()
    for binding in bindings:
        line = binding.original.line
        if binding.error:
            raise MigrationError(f"{path}:{line}: is not NAME=value; write it so, or remove it")
        if binding.key is None:
            continue
        if binding.key in lines:
            raise MigrationError(
                f"{path}:{line}: {binding.key} is there a second time, after line "
                f"{lines[binding.key]}; keep the right one"
            )
        lines[binding.key], values[binding.key] = line, binding.value
    if not values:
        raise MigrationError(f"{path}: holds no NAME=value; name a .env file")
    return EnvFile(path, values)
