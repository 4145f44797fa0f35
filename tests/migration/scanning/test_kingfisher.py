"""The real scanner with our rules: what it finds of the seeds' kinds, and what it leaves alone."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from migration.errors import CannotScan
from migration.scanning import kingfisher
from migration.scanning.kingfisher import Match, in_files, in_history
from migration.scanning.placeholders import OURS, is_placeholder
from tests.migration import planted
from tests.migration.repositories import repository


def values(files: Sequence[Path]) -> list[Match]:
    return [match for match in in_files(files) if not is_placeholder(match)]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], list[Match]]:
    """Each kind as each way writes it (name -> value), and what is found, by name. All in one run:
    starting the scanner takes longer than looking.
    """
    folder = tmp_path_factory.mktemp("applications")
    made = {
        f"{kind}/{way}": planted.planted(kind, way)
        for kind, ways in planted.KINDS.items()
        for way in ways
    }
    files = {f"{name}/{one.file}": one.text for name, one in made.items()}
    planted.write(folder, files)
    found = values([folder / name for name in files])
    return {name: one.value for name, one in made.items()}, [
        dataclasses.replace(match, path=Path(match.path).parent.relative_to(folder).as_posix())
        for match in found
    ]


def found_in(values: dict[str, str], matches: list[Match]) -> set[str]:
    return {match.path for match in matches if values[match.path] in match.value}


def test_each_kind_is_found_however_it_is_written(seen: tuple[dict[str, str], list[Match]]) -> None:
    made, matches = seen
    assert found_in(made, matches) == set(made)


def test_what_the_scanner_alone_misses(seen: tuple[dict[str, str], list[Match]]) -> None:
    """What docs/migration.md tells: should it change, some rule of ours may be needed no more."""
    made, matches = seen
    alone = found_in(made, [match for match in matches if not match.rule.startswith(OURS)])
    assert (len(alone), len(made)) == (3, 25)
    assert alone == {"database/python", "database/env", "database/yaml"}


def test_the_seeds_placeholders_are_hard_coded_secrets_too(tmp_path: Path) -> None:
    planted.write(tmp_path, {"config.py": planted.SEEDS})
    assert {match.line for match in values([tmp_path / "config.py"])} == {1, 2, 3, 4}


def test_what_is_filled_in_elsewhere_is_none(tmp_path: Path) -> None:
    planted.write(tmp_path, planted.CLEAN)
    assert values([tmp_path / name for name in planted.CLEAN]) == []


def test_a_comment_hides_nothing(tmp_path: Path) -> None:
    text = planted.planted("jwt", "python").text.rstrip() + "  # kingfisher:ignore\n"
    planted.write(tmp_path, {"a.py": text})
    assert [match.line for match in in_files([tmp_path / "a.py"])] == [1]


def test_one_secret_in_two_files_is_two(tmp_path: Path) -> None:
    text = planted.planted("jwt", "python").text
    planted.write(tmp_path, {"a.py": text, "b.py": text})
    found = in_files([tmp_path / "a.py", tmp_path / "b.py"])
    assert sorted(Path(match.path).name for match in found) == ["a.py", "b.py"]


def test_many_files_are_looked_at_in_portions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kingfisher, "_FILES_AT_ONCE", 2)
    text = planted.planted("jwt", "python").text
    names = [f"{number}.py" for number in range(3)]
    planted.write(tmp_path, dict.fromkeys(names, text))
    assert len(list(in_files([tmp_path / name for name in names]))) == 3


def test_no_file_needs_no_scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    assert list(in_files([])) == []


def test_what_was_deleted_is_in_the_history(tmp_path: Path) -> None:
    one = planted.planted("tmdb", "env")
    made = repository(tmp_path)
    made.commit({"app/.env": one.text})
    made.commit({"app/.env": None})
    (match,) = in_history(tmp_path)
    assert (match.path, match.line, match.value) == ("app/.env", 1, one.value)
    assert match.commit == made.commits[0]


def test_the_history_is_what_commits_hold_and_not_the_tree(tmp_path: Path) -> None:
    repository(tmp_path).commit({"a.py": ""})
    planted.write(tmp_path, {"b.py": planted.planted("jwt", "python").text})
    assert list(in_history(tmp_path)) == []


def test_a_match_does_not_show_its_value() -> None:
    value = planted.word()
    assert value not in repr(Match("a", 1, 1, "rule", value))


class Ended:
    """In the scanner's place."""

    def __init__(self, status: int, out: bytes, err: bytes = b"") -> None:
        self.returncode, self.stdout, self.stderr = status, out, err


def report(**summary: int) -> bytes:
    none = {"scan_partial": 0, "scan_failed": 0, "pending": 0}
    return msgspec.json.encode({"findings": [], "audit": {"summary": none | summary}})


def answering(monkeypatch: pytest.MonkeyPatch, ended: Ended) -> list[list[str]]:
    asked = list[list[str]]()

    def run(argv: list[str], **_: Any) -> Ended:
        asked.append(argv)
        return ended

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_it_is_told_to_stay_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, Ended(0, report()))
    list(in_files([Path("/a/b")]))
    assert {"--no-validate", "--no-update-check"} <= set(asked[0])
    assert asked[0][-1] == "/a/b"


def test_its_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, Ended(1, b"", b"bad rule\x1b[31m"))
    with pytest.raises(CannotScan, match=r"exit status 1 \(bad rule\\x1b\[31m\); is kingfisher"):
        list(in_files([Path("/a/b")]))


@pytest.mark.parametrize("what", ["scan_partial", "scan_failed", "pending"])
def test_half_a_scan_is_none(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    answering(monkeypatch, Ended(0, report(**{what: 1})))
    with pytest.raises(CannotScan, match="could not look through all of it"):
        list(in_files([Path("/a/b")]))


def test_a_report_that_cannot_be_read_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, Ended(200, b'{"findings": ["hidden"]}'))
    with pytest.raises(CannotScan, match="report cannot be read") as caught:
        list(in_files([Path("/a/b")]))
    assert "hidden" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_it_may_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("kingfisher", 1)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(CannotScan, match="no answer in 1800 s"):
        list(in_files([Path("/a/b")]))
