"""What a commit holds of the rendered plan and the limits of a review: read, never checked out.

It runs `git` without a shell, and nothing of the commit. Only three places of the tree are read,
`policies/rendered/`, `policies/approvals.toml` and what Pulumi obeys. Blobs are asked for by
their ids, and not with `git archive`, which a commit's own `.gitattributes` could have leave files
out or rewrite them.
What it deliberately does not do: fetch, resolve a merge base, or read the working tree.
Errors: `GitError`, which names the reference, the rule and the fix.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[1]
RENDERED: Final = "policies/rendered/"
APPROVALS: Final = "policies/approvals.toml"
_OBEYED: Final = re.compile(r"(?:[^./][^/]*/){0,2}Pulumi[^/]*\.(?:json|ya?ml)")
_FIX: Final = (
    "fix: remove it there, or write it anew (python -m policies render, if it is rendered)"
)
_FILE_MODES: Final = frozenset({b"100644", b"100755"})


class GitError(ValueError):
    """A reference that cannot be read, or that has nothing to read."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What a reference stands for. `rendered`: name below `policies/rendered/` -> text."""

    reference: str
    id: str
    rendered: Mapping[str, str]
    approvals: str | None
    """The text of `policies/approvals.toml`; None where the commit has none."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What Pulumi obeys, as `obeyed` knows it: file -> text."""


def obeyed(path: str) -> bool:
    """Whether Pulumi takes a file of this name for a project, a policy pack or a stack's settings,
    in whichever folder it is run.
    """
    return bool(_OBEYED.fullmatch(path))


def commit_at(reference: str, repository: Path = REPOSITORY) -> Commit:
    """Read at once all that is wanted of a commit.

    Raises `GitError` where there is no repository, no such commit, or no rendered plan in it.
    """
    found = _resolved(reference, repository)
    named = list(_blobs(reference, found, repository))
    texts = dict(_texts(reference, named, repository))
    rendered = {
        path.removeprefix(RENDERED): text
        for path, text in texts.items()
        if path.startswith(RENDERED)
    }
    if not rendered:
        raise GitError(
            f"reference {reference!r}: the commit {found[:12]} has no rendered plan under "
            f"{RENDERED}; name a commit that has, or render there (python -m policies render) "
            "and commit it"
        )
    settings = {path: text for path, text in texts.items() if obeyed(path)}
    return Commit(reference, found, rendered, texts.get(APPROVALS), settings)


def _resolved(reference: str, repository: Path) -> str:
    """The id of the commit that it names. Anything that is no name of a commit is refused before
    git sees it, an option above all.
    """
    if not reference or reference.startswith("-") or not reference.isprintable():
        raise GitError(
            f"reference {reference!r}: is not what a commit can be named; write a branch, a tag "
            "or an id, such as 'origin/main'"
        )
    _git(("rev-parse", "--git-dir"), repository)
    wanted = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    ended = _run(wanted, repository)
    if ended.returncode:
        raise GitError(
            f"reference {reference!r}: there is no such commit in this repository; look at "
            "'git branch --all', and fetch what is not here yet, such as with "
            "'git fetch origin main'"
        )
    return ended.stdout.decode().strip()


def _blobs(reference: str, commit: str, repository: Path) -> Iterator[tuple[str, bytes]]:
    """Path and id of every file that is wanted, in the tree's order."""
    listed = _git(("ls-tree", "-r", "-z", commit), repository)
    for entry in listed.split(b"\0")[:-1]:
        about, _, name = entry.partition(b"\t")
        # Of the others, which nobody reads, a name may be anything.
        path = name.decode(errors="surrogateescape")
        if not (path.startswith(RENDERED) or path == APPROVALS or obeyed(path)):
            continue
        path = _decoded(name, f"reference {reference!r}, the name {name!r} of a file")
        mode, _, blob = about.split(b" ")
        if mode not in _FILE_MODES:
            raise GitError(
                f"reference {reference!r}, {path}: must be a plain file, and is a link or a "
                f"repository of its own; {_FIX}"
            )
        yield path, blob


def _texts(
    reference: str, named: Sequence[tuple[str, bytes]], repository: Path
) -> Iterator[tuple[str, str]]:
    asked = b"".join(blob + b"\n" for _, blob in named)
    fix = "fetch what is missing, without a filter"
    answer = memoryview(_git(("cat-file", "--batch"), repository, asked, fix))
    at = 0
    for path, _ in named:
        where = f"reference {reference!r}, {path}"
        # Each answer: `<id> blob <size>`, a line feed, the content, a line feed.
        line_end = at + bytes(answer[at : at + 128]).index(b"\n")
        header = bytes(answer[at:line_end]).split(b" ")
        if len(header) != 3:
            raise GitError(
                f"{where}: its content is not in this repository; fetch it, without a filter"
            )
        start = line_end + 1
        end = start + int(header[2])
        yield path, _decoded(bytes(answer[start:end]), where)
        at = end + 1


def _decoded(text: bytes, where: str) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise GitError(
            f"{where}: must be UTF-8, and is not at byte {error.start}; {_FIX}"
        ) from None


def _git(
    arguments: Sequence[str],
    repository: Path,
    given: bytes = b"",
    fix: str = "run this in a clone of the repository",
) -> bytes:
    ended = _run(arguments, repository, given)
    if ended.returncode:
        # Warnings may come first.
        last = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        said = last.removeprefix("fatal: ")
        raise GitError(f"{repository}: git cannot read it ({said}); {fix}")
    return ended.stdout


def _run(
    arguments: Sequence[str], repository: Path, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    # What a commit says counts, not what somebody put in its place on this computer; and no
    # content is fetched behind the reader's back: by no protocol, for not every git in use knows
    # GIT_NO_LAZY_FETCH.
    settings = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_ALLOW_PROTOCOL": "", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ("git", "-C", os.fspath(repository), *arguments),  # noqa: S607 - whichever is in use
            input=given,
            capture_output=True,
            check=False,
            env={**os.environ, **settings},
        )
    except FileNotFoundError:
        raise GitError("git: is not installed, or not on PATH; it is what reads a commit") from None
