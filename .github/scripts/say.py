"""Tells people what a job found: `say.py summary`, `say.py comment`, `say.py issue`.

A comment or issue carries a hidden marker, by which the next run finds it and brings it up to
date, so that there is one for each subject and not one for each push. A report is quoted as text,
whatever is in it; only `--markdown` takes it as it is. What is too long is cut, and says so.

It needs nothing but Python and `gh`, which every runner has, and it deliberately judges nothing:
which checks pass is decided by the jobs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

AUTHOR: Final = "github-actions[bot]"
MOST_CHARACTERS: Final = 60_000  # GitHub takes 65,536


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    says: str = options.says
    if says == "summary":
        with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a") as summary:
            summary.write(report(options.title, options.file, markdown=options.markdown))
    elif says == "comment":
        body = marker(options.key) + report(
            options.title, options.file, markdown=options.markdown, commit=options.commit
        )
        comment(options.number, marker(options.key), body)
    else:
        body = marker(options.key) + report(options.title, options.file, markdown=options.markdown)
        issue(options.title, marker(options.key), body, conclusion(options.job))
    return 0


def report(title: str, file: Path, *, markdown: bool = False, commit: str = "") -> str:
    """What people read: Markdown. A file that is missing is told, not passed over."""
    where = f"[this run]({_run()})"
    source = f"Of commit {commit}, by {where}." if commit else f"By {where}."
    if not file.is_file():
        return f"### {title}\n\nThere is none: the job failed before it. {source}\n"
    text = file.read_text(errors="replace").strip()
    if markdown:
        return f"### {title}\n\n{_cut(text, keep_end=False)}\n\n{source}\n"
    return f"### {title}\n\n{folded(_totals(text) or 'Output', text)}\n\n{source}\n"


def folded(summary: str, text: str) -> str:
    """Text that nothing in it can break out of."""
    kept = _cut(text, keep_end=True)
    fence = "`" * (1 + max([2, *map(len, re.findall("`+", kept))]))
    return f"<details><summary>{summary}</summary>\n\n{fence}text\n{kept}\n{fence}\n\n</details>"


def marker(key: str) -> str:
    return f"<!-- vaultstack: {key} -->\n"


def comment(number: int, mark: str, body: str) -> None:
    """The one comment with this marker: made, or brought up to date."""
    there = _with_mark(f"repos/{_repository()}/issues/{number}/comments?per_page=100", mark)
    if there:
        _send("PATCH", f"repos/{_repository()}/issues/comments/{there['id']}", {"body": body})
    else:
        _send("POST", f"repos/{_repository()}/issues/{number}/comments", {"body": body})


def issue(title: str, mark: str, body: str, ended: str) -> None:
    """The one open issue with this marker: opened or brought up to date where the job failed,
    closed where it succeeded, left alone where it did neither.
    """
    there = _with_mark(f"repos/{_repository()}/issues?state=open&per_page=100", mark)
    if ended == "failure" and there:
        _send("PATCH", f"repos/{_repository()}/issues/{there['number']}", {"body": body})
    elif ended == "failure":
        _send("POST", f"repos/{_repository()}/issues", {"title": title, "body": body})
    elif ended == "success" and there:
        _send("PATCH", f"repos/{_repository()}/issues/{there['number']}", {"state": "closed"})


def conclusion(job: str) -> str:
    """How a job of this run ended."""
    pages = _ask(f"repos/{_repository()}/actions/runs/{os.environ['GITHUB_RUN_ID']}/jobs")
    ended = [one["conclusion"] for page in pages for one in page["jobs"] if one["name"] == job]
    if len(ended) != 1:
        raise SystemExit(f"this run has {len(ended)} jobs named {job!r}, and one was expected")
    return str(ended[0])


def _totals(text: str) -> str:
    """The lines below Pulumi's `Resources:`, as one."""
    found = re.search(r"^Resources:\n((?:[ \t]+\S.*\n?)+)", text, re.MULTILINE)
    counts = re.findall(r"\d+ [a-z -]+", found.group(1)) if found else []
    return ", ".join(count.strip() for count in counts)


def _cut(text: str, *, keep_end: bool) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    kept = text[-MOST_CHARACTERS:] if keep_end else text[:MOST_CHARACTERS]
    note = (
        f"[{len(text) - MOST_CHARACTERS:,} characters are left out; the run's artifacts are whole]"
    )
    return f"{note}\n{kept}" if keep_end else f"{kept}\n\n{note}"


def _with_mark(path: str, mark: str) -> dict[str, Any] | None:
    for page in _ask(path):
        for one in page:
            # Only its own: the marker can be copied by whoever may comment.
            if one["user"]["login"] == AUTHOR and (one["body"] or "").startswith(mark.strip()):
                return dict(one)
    return None


def _ask(path: str) -> list[Any]:
    return list(json.loads(_gh("--paginate", "--slurp", path)))


def _send(method: str, path: str, body: Mapping[str, str]) -> None:
    _gh("--method", method, path, "--input", "-", given=json.dumps(body))


def _gh(*arguments: str, given: str = "") -> str:
    return subprocess.run(
        ["gh", "api", *arguments],  # noqa: S607 - the runner says where its gh is
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _repository() -> str:
    return os.environ["GITHUB_REPOSITORY"]


def _run() -> str:
    server = os.environ["GITHUB_SERVER_URL"]
    return f"{server}/{_repository()}/actions/runs/{os.environ['GITHUB_RUN_ID']}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="say.py", description=__doc__)
    says = parser.add_subparsers(dest="says", required=True)
    of_all = argparse.ArgumentParser(add_help=False)
    of_all.add_argument("file", type=Path, help="the report")
    of_all.add_argument("--title", required=True)
    of_all.add_argument("--markdown", action="store_true", help="take the report as it is")
    says.add_parser("summary", parents=[of_all], help="into the job's summary")
    on = says.add_parser("comment", parents=[of_all], help="on a pull request")
    on.add_argument("--number", type=int, required=True, help="of the pull request")
    on.add_argument("--key", required=True, help="what the comment is about, for its marker")
    on.add_argument("--commit", default="", help="what was looked at")
    opened = says.add_parser("issue", parents=[of_all], help="open while a job fails")
    opened.add_argument("--key", required=True, help="what the issue is about, for its marker")
    opened.add_argument("--job", required=True, help="name of the job of this run")
    return parser


if __name__ == "__main__":
    sys.exit(main())
