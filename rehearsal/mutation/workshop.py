"""A copy of the tree in which mutmut makes one module wrong, way by way, and runs tests on each.

mutmut 3 works in the folder `mutants/` of where it is started, with one choice of tests for
everything. Here one module after the other is copied to the cache with all that its tests read, so
that a module takes minutes, can be asked again by itself, and is not disturbed by what is written
meanwhile in the tree.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError

_COPIED: Final = (
    *("policies", "tests", "components", "rehearsal", "migration", "attest", "upkeep"),
    *("client", "jobs", "docs"),
    *("pyproject.toml", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.staging.yaml"),
    *("Pulumi.prod.yaml", "__main__.py"),
)
_PLUGIN: Final = "vaultstack_mutation"
_AT_MOST_SECONDS: Final = 7_200
"""For one module."""
_ARGUMENTS: Final = ("-p", "no:cacheprovider", "-p", _PLUGIN, "--hypothesis-seed=0")
_PATIENCE: Final = 4.0
"""How many times as long as without a mutant tests may take; longer is a loop without an end."""
_LAST: Final = 2_000
"""Characters of mutmut's output that are shown when it fails."""


def run(
    module: Path,
    tests: Sequence[str],
    names: Sequence[str] = (),
    *,
    root: Path,
    folder: Path,
    children: int,
) -> Path:
    """Make every mutant of the module and run the tests on each, or on those that are named, in
    this empty folder. Returns what mutmut wrote there. Raises `RehearsalError`.
    """
    for name in _COPIED:
        _copy(root / name, folder / name)
    # In mutants/, which mutmut puts on the path in place of the tree.
    (folder / "mutants").mkdir()
    shutil.copy2(Path(__file__).with_name("plugin.py"), folder / "mutants" / f"{_PLUGIN}.py")
    (folder / "setup.cfg").write_text(_settings(module, tests))
    # Its own entry point: `python -m mutmut` would load its main module twice.
    dotted = ".".join(module.with_suffix("").parts)
    mutmut = Path(sys.executable).with_name("mutmut")
    try:
        ended = subprocess.run(
            [mutmut, "run", "--max-children", f"{children}", *(f"{dotted}.{one}" for one in names)],
            cwd=folder,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_AT_MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise RehearsalError(
            f"{module}: its mutants took longer than {_AT_MOST_SECONDS:,} s; ask again on a less "
            f"busy computer, or shorten its tests: {' '.join(tests)}"
        ) from None
    written = folder / "mutants" / module
    meta = written.with_suffix(".py.meta")
    if ended.returncode and meta.is_file() and _nothing_to_make_wrong(meta):
        return written
    if ended.returncode or not meta.is_file():
        raise RehearsalError(
            f"{module}: mutmut ended with {ended.returncode}; do its tests pass as they are? "
            f"{' '.join(tests)}\n{ended.stdout[-_LAST:]}"
        )
    return written


def _nothing_to_make_wrong(meta: Path) -> bool:
    """mutmut fails where a module holds only what it does not mutate, such as data."""
    return not json.loads(meta.read_text())["exit_code_by_key"]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)


def _settings(module: Path, tests: Sequence[str]) -> str:
    def several(name: str, values: Sequence[str]) -> str:
        return "\n".join([f"{name}=", *(f"    {value}" for value in values)])

    return "\n".join(
        [
            "[mutmut]",
            several("source_paths", ["policies"]),
            several("only_mutate", [module.as_posix()]),
            several("also_copy", [name for name in _COPIED if name not in {"policies", "tests"}]),
            several("pytest_add_cli_args", _ARGUMENTS),
            several("pytest_add_cli_args_test_selection", tests),
            f"timeout_multiplier={_PATIENCE}",
            "",
        ]
    )
