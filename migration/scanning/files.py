"""Which files of a tree are looked through.

In a git work tree: what git has, and what it would take. What it ignores (installed packages, build
output, a developer's own .env) is counted, so that nothing is left out in silence. Elsewhere: all.
It follows no symbolic link: what that points to is a file of its own, or none of this tree.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from migration.errors import CannotScan

_GIT_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Tree:
    """`ignored_by_git`: files that are there and were left out."""

    root: Path
    files: tuple[Path, ...]
    ignored_by_git: int = 0
    is_repository: bool = False
    """Whether the root is a git work tree's own top folder."""


def tree_at(path: Path, *, with_ignored: bool = False) -> Tree:
    """The files below `path`, or that file. `with_ignored`: those that git ignores, too."""
    if not path.exists():
        raise CannotScan(f"{path}: there is no such file or folder; name one that is there")
    root = path.resolve()
    if root.is_file():
        return Tree(root.parent, (_readable(root),))
    top = _top_of_work_tree(root)
    if top is None:
        return Tree(root, _all_readable(root, _walk(root)))
    taken = _listed(root, "--cached", "--others", "--exclude-standard")
    ignored = _listed(root, "--others", "--ignored", "--exclude-standard")
    kept = sorted({*taken, *ignored}) if with_ignored else taken
    return Tree(
        root,
        _all_readable(root, kept),
        0 if with_ignored else sum(1 for _ in _regular(root, ignored)),
        is_repository=top == root,
    )


def _walk(root: Path) -> list[str]:
    def refuse(error: OSError) -> None:
        raise CannotScan(f"{error.filename}: cannot be read ({error.strerror}); allow it")

    found = list[str]()
    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = sorted(name for name in folders if name != ".git")
        found += (str(Path(folder, name).relative_to(root)) for name in sorted(names))
    return found


def _all_readable(root: Path, names: list[str]) -> tuple[Path, ...]:
    return tuple(_readable(Path(path)) for path in _regular(root, names))


def _regular(root: Path, names: list[str]) -> Iterator[str]:
    """Their paths as text: of what git ignores there may be tens of thousands."""
    for name in names:
        path = os.path.join(root, name)  # noqa: PTH118 - see above
        # Git also lists what was deleted, and submodules, which are folders.
        with suppress(FileNotFoundError, NotADirectoryError):
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def _readable(path: Path) -> Path:
    if not os.access(path, os.R_OK):
        raise CannotScan(f"{path}: cannot be read; allow it, or it could hold anything")
    return path


def _top_of_work_tree(folder: Path) -> Path | None:
    ended = _git(folder, "rev-parse", "--show-toplevel")
    return Path(os.fsdecode(ended.stdout).rstrip("\n")) if ended.returncode == 0 else None


def _listed(folder: Path, *which: str) -> list[str]:
    ended = _git(folder, "ls-files", "-z", *which)
    if ended.returncode:
        reason = ended.stderr.decode(errors="replace").strip()
        raise CannotScan(f"{folder}: git cannot list its files ({reason}); mend the repository")
    return sorted(set(os.fsdecode(ended.stdout).split("\0")) - {""})


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Without the caller's GIT_DIR and such, which would speak of another repository."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    try:
        return subprocess.run(
            ["git", "-C", folder, *arguments],  # noqa: S607 - the caller's own git
            check=False,
            capture_output=True,
            env=environment,
            timeout=_GIT_SECONDS,
        )
    except FileNotFoundError:
        raise CannotScan("git: is not installed, and says which files are looked at") from None
    except subprocess.TimeoutExpired:
        raise CannotScan(f"{folder}: git gave no answer in {_GIT_SECONDS} s; try again") from None
