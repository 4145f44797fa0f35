"""Runs Kingfisher, MongoDB's scanner, with its rules and ours (`rules.toml`), and reads its report.

Offline: it is told to try no secret it finds and to look for no update. What it reports holds the
values, so it comes through a pipe and is in no file; the caller makes fingerprints of them.
Comments in the code that tell it to look away are not obeyed: what is ignored has a reason, and
stands in a list (`ignored`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from migration.errors import CannotScan
from policies.texts import clipped, seen

RULES: Final = Path(__file__).with_name("rules.toml")
_NONE_FOUND, _FOUND = 0, 200
"""Kingfisher's exit statuses; any other is a failure."""
_FILES_AT_ONCE: Final = 1_000
"""What a command line surely holds, with paths of ordinary length."""
_SCAN_SECONDS: Final = 1_800
_PASSED_ON: Final = ("PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "LANG")


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule matched. `path` is absolute, and within an archive `archive!path`; in the
    history it is the path within the repository.
    """

    path: str
    line: int
    column: int
    rule: str
    value: str = field(repr=False)
    commit: str | None = None
    """The commit in which it is; None in the tree."""


def in_files(files: Sequence[Path]) -> Iterator[Match]:
    """What the files hold. Their paths must be absolute: Kingfisher would take `github.com/a/b`
    for a repository to fetch.
    """
    for start in range(0, len(files), _FILES_AT_ONCE):
        named = [str(path) for path in files[start : start + _FILES_AT_ONCE]]
        yield from _matches(_scan("--git-history", "none", "--", *named))


def in_history(repository: Path) -> Iterator[Match]:
    """What the commits of a repository hold, whatever its tree holds now."""
    for match in _matches(_scan("--git-history", "full", "--", str(repository))):
        if match.commit:
            yield match


# --- its report ----------------------------------------------------------------------------------


class _Rule(msgspec.Struct):
    id: str


class _Commit(msgspec.Struct):
    id: str


class _Git(msgspec.Struct):
    commit: _Commit


class _Found(msgspec.Struct):
    snippet: str
    line: int
    column_start: int
    path: str
    git_metadata: _Git | None = None


class _Finding(msgspec.Struct):
    rule: _Rule
    finding: _Found


class _Summary(msgspec.Struct):
    scan_partial: int
    scan_failed: int
    pending: int


class _Audit(msgspec.Struct):
    summary: _Summary


class _Report(msgspec.Struct):
    findings: list[_Finding]
    audit: _Audit


def _matches(report: _Report) -> Iterator[Match]:
    for one in report.findings:
        git = one.finding.git_metadata
        yield Match(
            one.finding.path,
            one.finding.line,
            one.finding.column_start,
            one.rule.id,
            one.finding.snippet,
            git.commit.id if git else None,
        )


def _scan(*what: str) -> _Report:
    options = (
        "--no-validate",
        "--no-update-check",
        "--no-ignore",
        "--no-dedup",
        "--quiet",
        *("--confidence", "low"),
        *("--format", "json"),
        *("--rules-path", str(RULES)),
    )
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "kingfisher", "scan", *options, *what],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=environment,
            timeout=_SCAN_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise CannotScan(
            f"the scanner gave no answer in {_SCAN_SECONDS} s; scan a smaller folder"
        ) from None
    if ended.returncode not in (_NONE_FOUND, _FOUND):
        said = seen(clipped(ended.stderr.decode(errors="replace").strip(), 500))
        raise CannotScan(
            f"the scanner ended with exit status {ended.returncode} ({said}); is kingfisher-bin "
            "installed as requirements.lock pins it?"
        )
    return _read(ended.stdout)


def _read(report: bytes) -> _Report:
    try:
        read = msgspec.json.decode(report, type=_Report)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not the reason: it may quote the report, and that holds the values.
        raise CannotScan(
            "the scanner's report cannot be read; install kingfisher-bin as requirements.lock "
            "pins it"
        ) from None
    summary = read.audit.summary
    if summary.scan_partial or summary.scan_failed or summary.pending:
        raise CannotScan(
            "the scanner could not look through all of it; scan its folders one by one to find "
            "which"
        )
    return read
