"""Five pull requests, and what the review says of each: `docs/review/`, from the real matrix.

    python -m policies.review.examples

Two are changes of the matrix. The others are edits of rendered HCL, for the matrix has no words for
them: it writes a policy in one way only, and refuses a wildcard over applications, and paths that
give their holder more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import Final, TypeAlias

from policies import texts
from policies.compile import compile_plan
from policies.environments import Environment
from policies.grants import Database, Kv, KvAccess, RenewSelf
from policies.identities import ServiceAccount
from policies.matrix import MATRIX
from policies.model import AccessMatrix, Application, Workload
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.rendering import files_of
from policies.resources import KvEntry, PostgresDatabase
from policies.review.compare import compare
from policies.review.limits import FILE, Limits
from policies.review.model import Review
from policies.review.output import as_json, markdown, page, schema, wording
from policies.review.snapshot import Snapshot, read

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docs" / "review"
COMMAND: Final = "make review-examples"
BASE: Final = "main"

Files: TypeAlias = Mapping[str, str]
"""Name below `rendered/` -> text."""
Sides: TypeAlias = Mapping[Environment, Snapshot]


@dataclass(frozen=True, slots=True)
class Example:
    """A pull request. `name` is its branch, and its file."""

    name: str
    title: str
    says: str
    """What it does, and what to see in the review."""
    change: Callable[[Files], Files]


def rendered(matrix: AccessMatrix) -> Files:
    return {
        name: text
        for environment in Environment
        for name, text in files_of(compile_plan(matrix, environment)).items()
    }


# --- the five -------------------------------------------------------------------------------------

_STANZA: Final = re.compile(r"(?:^#[^\n]*\n)?^path .*?^}\n", re.MULTILINE | re.DOTALL)


def _reformatted(files: Files) -> Files:
    """Other comments, the other way round, and a line that a glob covers already."""
    covered = 'path "secret/data/kubesentiment/config" { capabilities = ["read"] }\n'

    def rewritten(text: str) -> str:
        stanzas = [re.sub(r"^#.*\n", "", one) for one in _STANZA.findall(text)]
        return "# Sorted by importance.\n" + "\n".join((covered, *reversed(stanzas)))

    return _edited(files, "kubesentiment-batch", rewritten)


def _with_application(_: Files) -> Files:
    recommendations = Application(
        name="recommendations",
        owner="discovery-team",
        database=PostgresDatabase(name="recommendations", owner="recommendations"),
        entries=(KvEntry.given("recommendations/config", "feature_store_key"),),
        workloads=(
            Workload(
                "api",
                ServiceAccount("recommendations", "recommendations"),
                grants=(
                    Kv(SecretPath("recommendations/*"), KvAccess.READ),
                    Database(DatabaseAccess.READ_ONLY),
                    RenewSelf(),
                ),
            ),
        ),
    )
    return rendered(replace(MATRIX, applications=(*MATRIX.applications, recommendations)))


def _widened(files: Files) -> Files:
    """One folder less in a glob."""
    return _edited(
        files,
        "kubesentiment-batch",
        lambda text: text.replace('"secret/data/kubesentiment/*"', '"secret/data/*"'),
        only=Environment.PROD,
    )


def _escalated(files: Files) -> Files:
    """Looks like housekeeping of its own policies."""
    stanza = (
        "\n# kubesentiment/ci: keep its own ACL policies up to date\n"
        'path "sys/policies/acl/kubesentiment-*" {\n  capabilities = ["create", "update"]\n}\n'
    )
    return _edited(files, "kubesentiment-ci", lambda text: text + stanza, only=Environment.PROD)


def _removed(_: Files) -> Files:
    """The batch worker without its database."""

    def without(application: Application) -> Application:
        workloads = (
            replace(
                workload,
                grants=tuple(one for one in workload.grants if not isinstance(one, Database)),
            )
            if workload.name == "batch"
            else workload
            for workload in application.workloads
        )
        return replace(application, workloads=tuple(workloads))

    return rendered(replace(MATRIX, applications=tuple(map(without, MATRIX.applications))))


def _edited(
    files: Files, policy: str, edit: Callable[[str], str], only: Environment | None = None
) -> Files:
    changed = dict(files)
    for environment in [only] if only else Environment:
        name = f"{environment}/acl/{policy}-{environment}.hcl"
        changed[name] = edit(files[name])
        if changed[name] == files[name]:
            raise ValueError(f"{name}: the example's edit fits nothing there any more; adapt it")
    return changed


EXAMPLES: Final = (
    Example(
        "reformatting",
        "A harmless reformatting",
        "All stanzas of an ACL policy the other way round, without their comments, and one more "
        "for a path that a glob covers already. The text changes from the first line to the last; "
        "what it allows does not, and so the review shows nothing.",
        _reformatted,
    ),
    Example(
        "new-application",
        "A new application",
        "One `Application(...)` in the access matrix. All that the newcomer may do is new, and is "
        "shown; nobody else is named, as nobody else gains or loses anything.",
        _with_application,
    ),
    Example(
        "widened-glob",
        "A widened glob",
        "One folder less in one line, to repair a missing secret in a hurry. The line that it adds "
        "looks like the one that it takes away.",
        _widened,
    ),
    Example(
        "escalation",
        "An escalation",
        "A pipeline that may write ACL policies whose names start like its own. Its own policy is "
        "one of them, so it may do whatever it likes.",
        _escalated,
    ),
    Example(
        "removed-grant",
        "A removed grant",
        "The batch worker no longer reads the database, and the grant goes. Nothing is gained, so "
        "nobody must approve; what it loses is shown, for whoever may still need it.",
        _removed,
    ),
)
WITH_PAGE: Final = "widened-glob"
"""Of this one the page and the JSON are kept, too."""


# --- the files ------------------------------------------------------------------------------------


def files() -> Files:
    """Everything in `docs/review/`: name -> text."""
    base = rendered(MATRIX)
    limits = Limits.parse((ROOT / FILE).read_text(encoding="utf-8"))
    texts, rows = {"schema.json": schema.render()}, list[str]()
    for number, example in enumerate(EXAMPLES, 1):
        changed = example.change(base)
        before, after = read(base, BASE), read(changed, example.name)
        review = compare(before, after, base_name=BASE, head_name=example.name, limits=limits)
        texts[f"{example.name}.md"] = _comment(example, review, base, changed)
        rows.append(_row(number, example, review))
        if example.name == WITH_PAGE:
            texts[f"{example.name}.html"] = page.render(review, before, after)
            texts[f"{example.name}.json"] = as_json.render(review)
    return {"README.md": _index(rows), **texts}


def _index(rows: list[str]) -> str:
    return "\n".join(
        (
            "# Five pull requests, reviewed",
            "",
            f"Made by `{COMMAND}`, from the access matrix of this repository and its",
            "`policies/approvals.toml`. Each file has what a pull request changes, and the comment",
            "that it gets. The exit status is that of `python -m policies review`.",
            "",
            "| | pull request | the comment's first line | exit status | to be approved by |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"Of the {WITH_PAGE.replace('-', ' ')} there is the [page]({WITH_PAGE}.html) with the",
            f"whole matrix, too, and the [JSON]({WITH_PAGE}.json), of which [this](schema.json) is",
            "the schema.",
            "",
        )
    )


def _row(number: int, example: Example, review: Review) -> str:
    cells = (
        str(number),
        f"[{example.title}]({example.name}.md)",
        wording.headline(review),
        str(review.verdict.value),
        texts.joined(review.approvers) or "nobody",
    )
    return f"| {' | '.join(cells)} |"


def _comment(example: Example, review: Review, base: Files, changed: Files) -> str:
    return (
        f"# {example.title}\n\n{example.says}\n\n"
        f"{_changes(base, changed)}\n"
        f"## The comment\n\n{markdown.render(review)}"
    )


def _changes(base: Files, changed: Files) -> str:
    """The difference of ACL policies, of prod where it is alike everywhere."""
    names = [name for name in sorted({*base, *changed}) if base.get(name) != changed.get(name)]
    others = len(names)
    text = f"It changes {others} rendered {'file' if others == 1 else 'files'}"
    acl = [name for name in names if name.startswith(f"{Environment.PROD}/acl/")]
    if others > len(acl):
        text += ", of which these are the ACL policies of prod"
    lines = (line for name in acl for line in _difference(name, base, changed))
    return f"{text}:\n\n```diff\n{''.join(lines)}```\n"


def _difference(name: str, base: Files, changed: Files) -> Iterator[str]:
    before, after = (side.get(name, "").splitlines(keepends=True) for side in (base, changed))
    path = f"policies/rendered/{name}"
    old, new = (path if name in side else "/dev/null" for side in (base, changed))
    return unified_diff(before, after, old, new, n=2)


def main() -> None:
    """Writes them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
