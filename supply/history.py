"""Secrets in the commits: whoever can clone a repository has all that it ever held.

`python -m migration scan` finds them, with its list of what is no secret; `history.toml` is the
list of what only commits hold. That the tree holds none, a test says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from migration.errors import CannotScan
from migration.scanning import ignored, kingfisher
from migration.scanning.findings import Finding, findings_of
from migration.scanning.ignored import Ignored
from supply.step import ROOT, Answer, CannotAudit, NotAsked, run

OF_THE_TREE: Final = ROOT / "migration" / "this_repository.toml"
OF_THE_HISTORY: Final = Path(__file__).with_name("history.toml")


def audit() -> Answer:
    count = commits(ROOT)
    try:
        found = findings_of(kingfisher.in_history(ROOT), ROOT)
        return judged(found, ignored.read(OF_THE_TREE), ignored.read(OF_THE_HISTORY), count)
    except CannotScan as error:
        raise CannotAudit(str(error)) from None


def judged(
    found: Sequence[Finding],
    of_tree: Sequence[Ignored],
    of_history: Sequence[Ignored],
    commits: int,
) -> Answer:
    """An entry for the tree that no commit has any more is the other command's to tell."""
    left = ignored.sort(found, [*of_tree, *of_history])
    unused = [entry for entry in left.unused if entry in of_history]
    return Answer(
        f"{commits} commits; {len(left.ignored)} findings are known to be none",
        (
            *(
                f"{_place(one)}: renew that secret; if it is none, add it with the reason to "
                f"{OF_THE_HISTORY.name}"
                for one in left.secrets
            ),
            *(
                f"{OF_THE_HISTORY.name}: {entry} fits nothing any more; remove it"
                for entry in unused
            ),
        ),
    )


def _place(one: Finding) -> str:
    commit = (one.commit or "")[:12]
    rules = ", ".join(one.rules)
    return f"{one.path}:{one.line} in commit {commit} ({rules}, fingerprint {one.fingerprint})"


def commits(repository: Path) -> int:
    """How many there are. Raises `NotAsked` where a part was not fetched."""
    shallow = run(["git", "-C", repository, "rev-parse", "--is-shallow-repository"])
    if shallow.returncode:
        raise NotAsked(f"{repository} is no git repository")
    if shallow.stdout.strip() != "false":
        raise NotAsked("only the last commits were fetched; git fetch --unshallow fetches all")
    return int(run(["git", "-C", repository, "rev-list", "--count", "--all"]).stdout)
