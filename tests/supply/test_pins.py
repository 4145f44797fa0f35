"""Every version that is locked is read, for whatever platform, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from supply import pins
from supply.pins import Pin
from supply.step import ROOT, CannotAudit


def test_a_lock_has_versions_for_every_platform_and_python(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(
        "# made by uv\n"
        "Some_Package[extra]==1.0 \\\n    --hash=sha256:00\n    # via other==9\n"
        "numpy==2.3 ; python_full_version < '3.12' \\\n    --hash=sha256:00\n"
        "numpy==2.5 ; python_full_version >= '3.12' \\\n    --hash=sha256:00\n"
    )
    assert pins.python(lock) == (
        Pin("numpy", "2.3"),
        Pin("numpy", "2.5"),
        Pin("some-package", "1.0"),
    )


def test_a_lock_that_pins_nothing_is_no_lock(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text("# nothing\n")
    with pytest.raises(CannotAudit, match="pins nothing; make lock"):
        pins.python(lock)
    with pytest.raises(CannotAudit, match="cannot be read"):
        pins.python(tmp_path / "none.lock")


@pytest.mark.parametrize(
    "line",
    [
        "requests>=2",
        "requests == 2.0",
        " requests==2.0",
        "requests @ https://example.org/requests.whl",
        "--extra-index-url https://example.org",
        "-r other.txt",
    ],
)
def test_a_line_that_is_no_pin_is_named(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(f"numpy==2.3 \\\n    --hash=sha256:00\n{line}\n")
    with pytest.raises(CannotAudit, match="is no pin; make lock writes it anew"):
        pins.python(lock)


def test_the_modules_of_a_program_and_what_takes_their_place(tmp_path: Path) -> None:
    file = tmp_path / "go.mod"
    file.write_text(
        "module vaultstack.dev/tools/some\n\ngo 1.26.0\n\ntool example.org/a/cmd/some\n\n"
        "require example.org/single v1.0.0\n\n"
        "// require example.org/comment v1.0.0\n"
        "require (\n\texample.org/a v1.2.3\n\texample.org/b/v2 v2.0.0-rc.1 // indirect\n)\n\n"
        "replace example.org/a => example.org/fork v1.2.4\n"
    )
    assert pins.go(file) == (
        Pin("example.org/b/v2", "v2.0.0-rc.1"),
        Pin("example.org/fork", "v1.2.4"),
        Pin("example.org/single", "v1.0.0"),
    )


@pytest.mark.parametrize("file", list(pins.go_files()), ids=lambda file: file.parent.name)
def test_of_each_program_of_this_repository_something_is_read(file: Path) -> None:
    listed = [line for line in file.read_text().splitlines() if " v" in line and "=>" not in line]
    assert 0 < len(pins.go(file)) <= len(listed)


def test_the_locks_of_this_repository() -> None:
    everything = {pin.name for pin in pins.all_python(ROOT)}
    assert {"pulumi", "hvac", "colorama", "hatchling"} <= everything


def test_no_lock_is_forgotten() -> None:
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "*.lock"], check=True, capture_output=True, text=True
    )
    assert set(listed.stdout.split()) == set(pins.LOCKS)
