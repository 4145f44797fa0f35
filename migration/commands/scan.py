"""Find hard-coded secrets in an application's tree: which files hold some, at which lines.

    python -m migration scan ../media-catalog
    python -m migration scan ../media-catalog --history --json report.json
    python -m migration scan . --ignore secrets-ignored.toml

Kingfisher looks, with its own rules and with some for secrets that only their names give away.
Nothing is sent anywhere, no secret is tried, and no value is shown: of each there is its length,
and a fingerprint by which the list of what to ignore knows it (migration/scanning/ignored.py).

Exit status: 0 no secrets; 1 some; 2 wrong usage; 3 it could not be scanned.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migration.errors import CannotScan
from migration.scanning import ignored, kingfisher
from migration.scanning.files import Tree, tree_at
from migration.scanning.findings import Finding, findings_of, only_in_history
from migration.scanning.ignored import Sorted
from policies.commands import screen
from policies.commands.words import seen
from policies.texts import counted


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", type=Path, help="a folder, or one file")
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="write the report there, too, for tools"
    )
    parser.add_argument(
        "--ignore", metavar="FILE", type=Path, help="the list of what is no secret, with reasons"
    )
    parser.add_argument(
        "--history",
        action="store_true",
        help="also what the repository's commits hold: who can clone it has it",
    )
    parser.add_argument(
        "--with-ignored", action="store_true", help="also the files that git ignores"
    )


@dataclass(frozen=True, slots=True)
class _Report:
    tree: Tree
    found: Sorted
    history: Sorted | None

    @property
    def files(self) -> int:
        """How many files of the tree hold secrets."""
        return len({one.file for one in self.found.secrets})

    @property
    def percent(self) -> float:
        return 100 * self.files / len(self.tree.files) if self.tree.files else 0.0

    @property
    def secrets(self) -> tuple[Finding, ...]:
        return self.found.secrets + (self.history.secrets if self.history else ())


def run(options: Namespace) -> int:
    entries = ignored.read(options.ignore) if options.ignore else ()
    tree = tree_at(options.path, with_ignored=options.with_ignored)
    if options.history and not tree.is_repository:
        raise CannotScan(
            f"{options.path}: --history needs the top folder of a git repository; name that"
        )
    found = findings_of(kingfisher.in_files(tree.files), tree.root)
    past = None
    if options.history:
        everything = findings_of(kingfisher.in_history(tree.root), tree.root)
        past = only_in_history(everything, found)
    # Sorted together, so that an entry that fits the history only is not called unused.
    both = ignored.sort((*found, *(past or ())), entries)
    report = _Report(
        tree, _part(both, past=False), _part(both, past=True) if options.history else None
    )
    _show(report)
    if options.json:
        _write(options.json, report)
    return 1 if report.secrets else 0


def _part(both: Sorted, *, past: bool) -> Sorted:
    return Sorted(
        tuple(one for one in both.secrets if bool(one.commit) is past),
        tuple(one for one in both.ignored if bool(one[0].commit) is past),
        () if past else both.unused,
    )


# --- in words ------------------------------------------------------------------------------------


def _show(report: _Report) -> None:
    if report.secrets:
        screen.table(
            ("file", "line", "rule", "characters", "fingerprint", "commit"),
            [
                map(_row, report.found.secrets),
                map(_row, report.history.secrets if report.history else ()),
            ],
        )
    files = len(report.tree.files)
    print(f"{report.files} of {files} files ({report.percent:.1f} %) hold hard-coded secrets")
    if report.history is not None:
        print(f"in the history only: {len(report.history.secrets)} more; renew those, too")
    if count := len(report.found.ignored):
        print(f"{counted(count, 'finding is', 'findings are')} ignored, by {_list_of(report)}")
    if report.tree.ignored_by_git:
        ignored_by_git = counted(report.tree.ignored_by_git, "file", "files")
        print(f"left out: {ignored_by_git} that git ignores (--with-ignored)")
    for entry in report.found.unused:
        print(seen(f"the list's entry {entry} fits nothing any more: remove it"), file=sys.stderr)


def _list_of(report: _Report) -> str:
    used = {str(entry) for _, entry in report.found.ignored}
    return f"{counted(len(used), 'entry', 'entries')} of the list"


def _row(one: Finding) -> tuple[str, ...]:
    return (
        one.path,
        str(one.line),
        ", ".join(one.rules),
        str(one.characters),
        one.fingerprint,
        one.commit[:12] if one.commit else "",
    )


# --- for tools -----------------------------------------------------------------------------------


def _write(file: Path, report: _Report) -> None:
    document = {
        "files": len(report.tree.files),
        "files_with_secrets": report.files,
        "percent": round(report.percent, 3),
        "files_ignored_by_git": report.tree.ignored_by_git,
        "secrets": list(map(_document, report.found.secrets)),
        "history": list(map(_document, report.history.secrets)) if report.history else None,
        "ignored": [
            {**_document(one), "reason": entry.reason} for one, entry in report.found.ignored
        ],
        "unused_entries": [str(entry) for entry in report.found.unused],
    }
    try:
        file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise CannotScan(f"--json {file}: cannot be written ({error.strerror})") from None


def _document(one: Finding) -> Mapping[str, Any]:
    return {
        "path": one.path,
        "line": one.line,
        "column": one.column,
        "rules": one.rules,
        "characters": one.characters,
        "fingerprint": one.fingerprint,
        "commit": one.commit,
    }
