from __future__ import annotations

import json
from pathlib import Path

from migration.commands import scan
from tests.migration.conftest import Call
from tests.migration.planted import CLEAN, planted, write
from tests.migration.repositories import repository
from tests.recording import ROOT


def test_the_figure_and_the_places_without_the_values(call: Call, tmp_path: Path) -> None:
    jwt, tmdb = planted("jwt", "env"), planted("tmdb", "python")
    write(tmp_path, {**CLEAN, ".env": jwt.text, "app/config.py": "\n" + tmdb.text})
    ended = call("scan", tmp_path)
    assert ended.status == 1
    assert "2 of 5 files (40.0 %) hold hard-coded secrets" in ended.out
    assert "app/config.py  2 " in ended.out
    assert jwt.value not in ended.out + ended.err
    assert tmdb.value not in ended.out + ended.err


def test_none(call: Call, tmp_path: Path) -> None:
    ended = call("scan", write(tmp_path, CLEAN))
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == "0 of 3 files (0.0 %) hold hard-coded secrets\n"


def test_an_empty_tree(call: Call, tmp_path: Path) -> None:
    ended = call("scan", tmp_path)
    assert (ended.status, ended.out) == (0, "0 of 0 files (0.0 %) hold hard-coded secrets\n")


def test_the_report_for_tools_holds_no_value(call: Call, tmp_path: Path) -> None:
    one = planted("sentry", "env")
    write(tmp_path / "app", {".env": one.text})
    report = tmp_path / "report.json"
    assert call("scan", tmp_path / "app", "--json", report).status == 1
    assert one.value not in report.read_text()
    document = json.loads(report.read_text())
    assert (document["files"], document["files_with_secrets"], document["percent"]) == (1, 1, 100)
    (secret,) = document["secrets"]
    assert (secret["path"], secret["line"], secret["rules"]) == (".env", 1, ["custom.sentry-dsn"])
    assert document["history"] is None


def test_what_is_ignored_is_counted_with_its_reason(call: Call, tmp_path: Path) -> None:
    write(tmp_path / "app", {"test_a.py": planted("jwt", "python").text})
    entries = tmp_path / "ignored.toml"
    entries.write_text(
        '[[ignore]]\npath = "test_*.py"\nreason = "made up"\n'
        '[[ignore]]\npath = "old.py"\nreason = "was made up"\n'
    )
    report = tmp_path / "report.json"
    ended = call("scan", tmp_path / "app", "--ignore", entries, "--json", report)
    assert ended.status == 0
    assert "1 finding is ignored, by 1 entry of the list" in ended.out
    assert "the list's entry old.py fits nothing any more: remove it" in ended.err
    (ignored,) = json.loads(report.read_text())["ignored"]
    assert ignored["reason"] == "made up"


def test_the_history_is_asked_for(call: Call, tmp_path: Path) -> None:
    one = planted("tmdb", "env")
    made = repository(tmp_path)
    made.commit({".env": one.text})
    made.commit({".env": None, "a.py": ""})
    assert call("scan", tmp_path).status == 0
    ended = call("scan", tmp_path, "--history")
    assert ended.status == 1
    assert made.commits[0][:12] in ended.out
    assert "in the history only: 1 more; renew those, too" in ended.out
    assert one.value not in ended.out


def test_a_history_needs_a_repository(call: Call, tmp_path: Path) -> None:
    ended = call("scan", tmp_path, "--history")
    assert ended.status == 3
    assert "--history needs the top folder of a git repository; name that" in ended.err


def test_what_git_ignores_is_counted(call: Call, tmp_path: Path) -> None:
    repository(tmp_path).commit({".gitignore": ".env\n"})
    write(tmp_path, {".env": planted("jwt", "env").text})
    ended = call("scan", tmp_path)
    assert ended.status == 0
    assert "left out: 1 file that git ignores (--with-ignored)" in ended.out
    assert call("scan", tmp_path, "--with-ignored").status == 1


def test_a_name_cannot_command_the_terminal(call: Call, tmp_path: Path) -> None:
    write(tmp_path, {"a\x1b[31m.py": planted("jwt", "python").text})
    assert "\x1b" not in call("scan", tmp_path).out


def test_wrong_usage_and_what_cannot_be_scanned(call: Call, tmp_path: Path) -> None:
    assert call("scan").status == 2
    ended = call("scan", tmp_path / "missing")
    assert (ended.status, ended.out) == (3, "")
    assert "missing: there is no such file or folder" in ended.err
    assert call("scan", tmp_path, "--json", tmp_path / "none" / "r.json").status == 3


def test_help_says_what_the_statuses_mean(call: Call) -> None:
    ended = call("scan", "--help")
    assert ended.status == 0
    assert "Exit status: 0 no secrets; 1 some; 2 wrong usage; 3" in ended.out
    assert scan.__doc__


def test_this_repository_holds_none(call: Call) -> None:
    """A new finding is a secret, to be taken out and renewed, or an entry with its reason."""
    ended = call("scan", ROOT, "--ignore", ROOT / "migration" / "this_repository.toml")
    assert (ended.status, ended.err) == (0, ""), ended.out
