from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from migration.errors import CannotScan
from migration.scanning import files
from migration.scanning.files import tree_at
from tests.migration.planted import write
from tests.migration.repositories import repository


def names(folder: Path, *, with_ignored: bool = False) -> list[str]:
    tree = tree_at(folder, with_ignored=with_ignored)
    return [path.relative_to(tree.root).as_posix() for path in tree.files]


def test_without_git_it_is_every_file(tmp_path: Path) -> None:
    write(tmp_path, {"b/c.py": "", "a.py": "", ".env": "", "b/.git/config": ""})
    assert sorted(names(tmp_path)) == [".env", "a.py", "b/c.py"]
    assert not tree_at(tmp_path).is_repository


def test_with_git_it_is_what_git_has_and_would_take(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.commit({".gitignore": ".env\nbuilt/\n", "kept.py": "", "gone.py": ""})
    write(tmp_path, {"new.py": "", ".env": "", "built/a.py": ""})
    (tmp_path / "gone.py").unlink()
    assert names(tmp_path) == [".gitignore", "kept.py", "new.py"]
    tree = tree_at(tmp_path)
    assert (tree.ignored_by_git, tree.is_repository) == (2, True)


def test_what_git_ignores_can_be_asked_for(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.commit({".gitignore": ".env\n"})
    write(tmp_path, {".env": ""})
    assert names(tmp_path, with_ignored=True) == [".env", ".gitignore"]
    assert tree_at(tmp_path, with_ignored=True).ignored_by_git == 0


def test_a_folder_of_a_repository(tmp_path: Path) -> None:
    repository(tmp_path).commit({"a.py": "", "inner/b.py": ""})
    assert names(tmp_path / "inner") == ["b.py"]
    assert not tree_at(tmp_path / "inner").is_repository


def test_one_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "b.py": ""})
    tree = tree_at(tmp_path / "a.py")
    assert (tree.root, tree.files) == (tmp_path, (tmp_path / "a.py",))


def test_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": ""})
    (tmp_path / "b.py").symlink_to(tmp_path / "a.py")
    assert names(tmp_path) == ["a.py"]


def test_another_repository_of_the_caller_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    repository(tmp_path).commit({"a.py": ""})
    assert tree_at(tmp_path).is_repository


def test_a_name_with_a_line_end_is_one_name(tmp_path: Path) -> None:
    repository(tmp_path).commit({"a\nb.py": ""})
    assert names(tmp_path) == ["a\nb.py"]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(CannotScan, match="there is no such file or folder"):
        tree_at(tmp_path / "missing")


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root everything can: so the answer is made up."""
    write(tmp_path, {"a.py": ""})
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(CannotScan, match=r"a\.py: cannot be read; allow it"):
        tree_at(tmp_path)


def test_a_file_that_is_not_looked_at_need_not_be_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(tmp_path).commit({"a.py": "", ".gitignore": "cache"})
    write(tmp_path, {"cache": ""})
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "cache")
    assert tree_at(tmp_path).ignored_by_git == 1
    with pytest.raises(CannotScan, match=r"cache: cannot be read; allow it"):
        tree_at(tmp_path, with_ignored=True)


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(CannotScan, match="Permission denied"):
        tree_at(tmp_path)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FileNotFoundError(), "git: is not installed"),
        (subprocess.TimeoutExpired("git", 60), "git gave no answer in 60 s"),
    ],
)
def test_git_itself_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, text: str
) -> None:
    def run(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(CannotScan, match=text):
        tree_at(tmp_path)


def test_git_cannot_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path).commit({"a.py": ""})
    (tmp_path / ".git" / "index").write_text("broken")
    monkeypatch.setattr(files, "_GIT_SECONDS", 20)
    with pytest.raises(CannotScan, match="git cannot list its files"):
        tree_at(tmp_path)
