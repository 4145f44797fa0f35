"""What a change of access gives and takes away, by decision and not by text.

    python -m policies review --base origin/main
    python -m policies review --base v1.4 --head feature --env prod --format markdown
    python -m policies review --base HEAD --output review.md --output review.html

Without --head it compares with the working tree, whose rendered files must be fresh. Both sides are
read as data, and nothing of either commit is run. What may pass without an approval says
policies/approvals.toml of the base, so that no change can loosen its own limits; that it loosens
those of the next is told. Where the base has none, whatever is gained takes an approval.

Exit status: 0 nothing is gained; 1 something, within the limits; 2 it needs an approval; 3 an
error, and no review.
"""

from __future__ import annotations

import importlib
import io
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from policies import rendering
from policies.commands import arguments
from policies.commands.errors import CommandError
from policies.commands.plans import REFUSALS as OF_PLANS
from policies.commands.plans import WORKING_TREE, Plans
from policies.commands.render import FIX
from policies.compile import compile_plan
from policies.environments import Environment
from policies.git import APPROVALS, REPOSITORY, commit_at, obeyed
from policies.matrix import MATRIX
from policies.review.compare import compare
from policies.review.limits import Limits, LimitsError, unwritten
from policies.review.model import Review
from policies.review.output import wording
from policies.review.settings import PROJECT, file_of, settings_risks, uncompared_risks
from policies.review.snapshot import of_plan, read

REFUSALS: Final = (*OF_PLANS, LimitsError)
_Rendered = Callable[[Review, Plans, Plans], str]
"""The two sides are what a picture of the whole matrix needs."""
_FILE_WIDTH: Final = 120


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--base", required=True, metavar="REF", help="the commit before the change")
    parser.add_argument(
        "--head", metavar="REF", help="the commit after it; by default the working tree"
    )
    arguments.add_environment(parser)
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        help="how it is shown, by default for the terminal; of a file its suffix says it",
    )
    parser.add_argument(
        "--output",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=f"write it there ({', '.join(arguments.SUFFIXES)}) and print the verdict; "
        "may be repeated",
    )


def run(options: Namespace) -> int:
    outputs = {file: arguments.format_of(file, options.format) for file in options.output}
    commit = commit_at(options.base)
    base = _chosen(read(commit.rendered, options.base), options.env)
    head_name = options.head or WORKING_TREE
    rendered, approvals, settings = _head(options.head, options.env)
    head = _chosen(rendered, options.env)
    if options.env and options.env not in {*base, *head}:
        raise CommandError(
            f"environment {options.env.value!r}: neither {options.base} nor {head_name} has it; "
            "leave --env out"
        )
    limits = _limits(commit.approvals, options.base) or unwritten()
    review = compare(
        base,
        head,
        base_name=options.base,
        head_name=head_name,
        limits=limits,
        # Without any nothing passes, so that a head that has none asks no less.
        head_limits=_limits(approvals, head_name),
        settings={
            one: (
                *uncompared_risks(one, commit.settings, settings, limits.security),
                *settings_risks(
                    one,
                    commit.settings.get(file_of(one)),
                    settings.get(file_of(one)),
                    limits.security,
                    projects=(commit.settings.get(PROJECT), settings.get(PROJECT)),
                ),
            )
            for one in {*base, *head}
        },
    )
    for file, name in outputs.items():
        _write(file, FORMATS[name](review, base, head))
    if outputs:
        print(wording.headline(review))
        print(wording.verdict(review))
        print(f"Written: {', '.join(map(str, outputs))}")
    else:
        _print(review, base, head, options.format or "terminal")
    return review.verdict.value


def _head(
    reference: str | None, environment: Environment | None
) -> tuple[Plans, str | None, Mapping[str, str]]:
    """Its plan, the text of its limits (None where it has none), and its stacks' settings."""
    if reference is not None:
        commit = commit_at(reference)
        return read(commit.rendered, reference), commit.approvals, commit.settings
    compiled = [
        compile_plan(MATRIX, spec.environment)
        for spec in MATRIX.environments
        if environment in (None, spec.environment)
    ]
    if stale := [name for plan in compiled for name in rendering.stale(plan)]:
        files = "".join(f"\n  policies/rendered/{name}" for name in stale)
        raise CommandError(
            f"working tree: these rendered files are not what policies/matrix.py says:{files}\n"
            f"{FIX}; or name a commit with --head"
        )
    approvals = _text(APPROVALS) if (REPOSITORY / APPROVALS).is_file() else None
    found = (path for folder in ("", "*/", "*/*/") for path in REPOSITORY.glob(f"{folder}Pulumi*"))
    plain = [path for path in found if path.is_file()]
    names = [name for path in plain if obeyed(name := path.relative_to(REPOSITORY).as_posix())]
    settings = {name: _text(name) for name in names}
    plans = {plan.environment: of_plan(plan, WORKING_TREE) for plan in compiled}
    return plans, approvals, settings


def _text(name: str) -> str:
    try:
        return (REPOSITORY / name).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(
            f"working tree, {name}: must be UTF-8, and is not at byte {error.start}; "
            "write it so, or remove it"
        ) from None


def _chosen(side: Plans, environment: Environment | None) -> Plans:
    return {one: snapshot for one, snapshot in side.items() if environment in (None, one)}


def _limits(text: str | None, side: str) -> Limits | None:
    return None if text is None else Limits.parse(text, file=f"{side}, {APPROVALS}")


# --- how it is shown: each way is imported when it is asked for --------------------------------


def _terminal(review: Review, _: Plans, __: Plans) -> str:
    """For a file: without colours, and of a width of its own."""
    console = Console(file=io.StringIO(), width=_FILE_WIDTH, highlight=False)
    with console.capture() as captured:
        _output("terminal").show(console, review)
    return captured.get()


def _markdown(review: Review, _: Plans, __: Plans) -> str:
    return str(_output("markdown").render(review))


def _html(review: Review, base: Plans, head: Plans) -> str:
    return str(_output("page").render(review, base, head))


def _json(review: Review, _: Plans, __: Plans) -> str:
    return str(_output("as_json").render(review))


def _output(name: str) -> Any:
    return importlib.import_module(f"policies.review.output.{name}")


FORMATS: Final[Mapping[str, _Rendered]] = {
    "terminal": _terminal,
    "markdown": _markdown,
    "html": _html,
    "json": _json,
}


def _print(review: Review, base: Plans, head: Plans, how: str) -> None:
    if how == "terminal":
        _output("terminal").show(Console(highlight=False), review)
    else:
        sys.stdout.write(FORMATS[how](review, base, head))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(
            f"--output {file}: cannot be written ({error.strerror}); name a file in a folder that "
            "is there"
        ) from None
