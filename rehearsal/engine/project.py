"""A copy of the program, in a folder of the run's own: the engine writes configuration beside it,
and a change of the matrix is made there and not in the working tree.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from rehearsal.errors import RehearsalError
from rehearsal.program import PROJECT, ROOT, as_engine_text

_PARTS: Final = ("Pulumi.yaml", "__main__.py", "components", "policies", "upkeep")
"""What the engine runs, and what operators run beside it."""
_RENDER_SECONDS: Final = 120
_CHANGE: Final = "\n# --- a change, as somebody tries it ---\n"
_MATRIX: Final = Path("policies") / "matrix.py"


def copy_program(folder: Path, source: Path = ROOT) -> Path:
    """Into a folder that is not there yet; as the files are now, committed or not."""
    folder.mkdir(mode=0o700)
    for part in _PARTS:
        own = source / part
        if own.is_dir():
            shutil.copytree(own, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(own, folder / part)
    # The interpreter that runs this, under the name by which Pulumi.yaml calls it.
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def write_configuration(folder: Path, stack: str, plain: Mapping[str, Any]) -> None:
    """The stack file of the program with `plain` over it: keys without their namespace."""
    file = ROOT / f"Pulumi.{stack}.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    document["config"] |= {f"{PROJECT}:{key}": _settled(value) for key, value in plain.items()}
    (folder / file.name).write_text(yaml.safe_dump(document), encoding="utf-8")


def copy_configuration(folder: Path, other: Path, stack: str) -> None:
    """As it is under version control: with encrypted secrets, and what their encryption needs."""
    shutil.copy(folder / f"Pulumi.{stack}.yaml", other)


def change_matrix(folder: Path, change: str) -> None:
    """`change`: what is written below the matrix, which it may name anew; empty: as it was."""
    file = folder / _MATRIX
    as_it_was = file.read_text(encoding="utf-8").partition(_CHANGE)[0]
    file.write_text(f"{as_it_was}{_CHANGE}{change}" if change else as_it_was, encoding="utf-8")


def render(folder: Path) -> None:
    """`policies/rendered/`, as whoever changes the matrix does. Raises `RehearsalError`."""
    ended = subprocess.run(
        [sys.executable, "-m", "policies", "render"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_RENDER_SECONDS,
        check=False,
    )
    if ended.returncode != 0:
        raise RehearsalError(f"the changed matrix cannot be rendered: {ended.stderr.strip()}")


def _settled(value: Any) -> Any:
    """Lists and objects stay as they are, all else is text, as `pulumi config set` writes it."""
    return value if isinstance(value, list | dict) else as_engine_text(value)


def leaves(key: str, value: Any) -> dict[str, str]:
    """Path, as `pulumi config set --path` takes it -> text, of each value in `value`."""
    if isinstance(value, Mapping):
        return {
            path: text
            for inner, own in value.items()
            for path, text in leaves(f'{key}["{inner}"]', own).items()
        }
    if isinstance(value, list):
        return {
            path: text
            for number, own in enumerate(value)
            for path, text in leaves(f"{key}[{number}]", own).items()
        }
    return {key: as_engine_text(value)}
