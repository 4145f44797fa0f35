from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from migration.errors import CannotScan
from migration.scanning.findings import Finding
from migration.scanning.ignored import Ignored, read, sort

FOUND = Finding("tests/api/test_a.py", 3, 1, None, ("custom.x",), 9, "f1")


@pytest.mark.parametrize(
    ("entry", "fits"),
    [
        (Ignored("tests/**", "why"), True),
        (Ignored("**/test_*.py", "why"), True),
        (Ignored("tests/api/test_a.py", "why", "custom.x", "f1"), True),
        (Ignored("tests/*", "why"), False),
        (Ignored("test", "why"), False),
        (Ignored("tests/**", "why", rule="custom.y"), False),
        (Ignored("tests/**", "why", fingerprint="f2"), False),
    ],
)
def test_what_an_entry_fits(entry: Ignored, fits: bool) -> None:
    assert entry.fits(FOUND) is fits


def test_a_rule_of_an_entry_is_the_only_one_that_saw_it() -> None:
    """What the scanner's own rule sees too, an entry for ours does not hide."""
    both = dataclasses.replace(FOUND, rules=("betterleaks.jwt", "custom.x"))
    assert not Ignored("tests/**", "why", rule="custom.x").fits(both)


def test_findings_are_sorted_and_idle_entries_told() -> None:
    other = dataclasses.replace(FOUND, path="app.py")
    used, idle = Ignored("tests/**", "why"), Ignored("old/**", "why")
    result = sort([FOUND, other], [used, idle])
    assert result.secrets == (other,)
    assert result.ignored == ((FOUND, used),)
    assert result.unused == (idle,)


def test_a_list_is_read(tmp_path: Path) -> None:
    file = tmp_path / "ignored.toml"
    file.write_text('[[ignore]]\npath = "a/*"\nreason = "made up"\nfingerprint = "f1"\n')
    assert read(file) == (Ignored("a/*", "made up", None, "f1"),)


@pytest.mark.parametrize(
    "text",
    [
        "[[ignore]]\npath = 'a'\n",
        "[[ignore]]\npath = 'a'\nreason = ' '\n",
        "[[ignore]]\npath = 'a'\nreason = 'b'\nline = 3\n",
        "[[ignored]]\npath = 'a'\nreason = 'b'\n",
        "not toml",
    ],
)
def test_a_list_without_reasons_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ignored.toml"
    file.write_text(text)
    with pytest.raises(CannotScan, match=r"is no list of what to ignore .* write"):
        read(file)


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotScan, match="cannot be read"):
        read(tmp_path / "missing.toml")
