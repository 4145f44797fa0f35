"""What must be in a delivered file, said from the delivery's content and Vault's answer alone: the
template is not looked at. And what a shell makes of a file of exports.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from components.delivery.files import Content, Exports, Pem, Quoting, Text, Value
from rehearsal.errors import RehearsalError

_SHELL: Final = "/bin/sh"
_SECONDS: Final = 10
_ADDED_BY_THE_SHELL: Final = frozenset({"PWD", "OLDPWD", "SHLVL", "_"})


def text_of(content: Content, values: Mapping[str, str]) -> str:
    """Raises `RehearsalError` for a certificate: it is another each time that it is issued."""
    match content:
        case Exports(keys=keys, quoting=quoting, prefix=prefix):
            lines = [
                f"export {(prefix + key).upper()}={_quoted(values[key], quoting)}\n" for key in keys
            ]
            return "".join(lines)
        case Value(key=key):
            return values[key]
        case Text(pattern=pattern):
            return re.sub(r"{([^{}]*)}", lambda found: values[found[1]], pattern)
        case Pem():
            raise RehearsalError(
                "a file with a certificate: what must be in it cannot be known before; look at the "
                "certificate itself"
            )


def sourced(file: Path) -> dict[str, str]:
    """The variables that a shell has after it read a file of exports, and nothing before."""
    ended = subprocess.run(
        [_SHELL, "-ec", '. "$0"; exec /usr/bin/env -0', str(file)],
        env={},
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    if ended.returncode:
        # What the shell says may hold a part of a value.
        raise RehearsalError(
            f"{file.name}: a shell that sources it ends with {ended.returncode}; quote its values "
            "with Quoting.SINGLE"
        )
    pairs = (pair.decode().partition("=") for pair in ended.stdout.split(b"\0") if pair)
    return {name: value for name, _, value in pairs if name not in _ADDED_BY_THE_SHELL}


def exported(content: Exports, file: Path) -> dict[str, str]:
    """Key of Vault's answer -> the value that a shell finds for it in the file."""
    found = sourced(file)
    names = {key: (content.prefix + key).upper() for key in content.keys}
    if missing := sorted(set(names.values()) - found.keys()):
        raise RehearsalError(f"{file.name}: exports no {', '.join(missing)}; see its template")
    return {key: found[name] for key, name in names.items()}


def _quoted(value: str, quoting: Quoting) -> str:
    if quoting is Quoting.DOUBLE:
        return f'"{value}"'
    return "'" + value.replace("'", r"'\''") + "'"
