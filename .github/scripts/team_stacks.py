"""The stacks of teams, for the workflows: `team_stacks.py list` says which a commit has,
`team_stacks.py preview` previews some and says in which order they and the platform's go.

A stack is a file `teams/Pulumi.<environment>-<team>.yaml`. Each that is named otherwise than it is
configured, or that the platform's stack does not know, is refused before anything runs: its name
decides in which environment of GitHub it is deployed. `list` reads a commit as data, so that a pull
request's files can be read by the base's code, and needs nothing but Python where there are none.

What it deliberately does not do: decide who may deploy (GitHub's environments do), or who may
write what (Vault does).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "teams/"
PROJECT: Final = "Pulumi.yaml"
ENVIRONMENTS: Final = ("dev", "staging", "prod")
MOST: Final = 256  # jobs that GitHub makes of one matrix
_NAMED: Final = re.compile(
    rf"Pulumi\.(?P<environment>{'|'.join(ENVIRONMENTS)})-(?P<team>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.yaml"
)
_MAKE: Final = frozenset({"create", "update", "replace", "create-replacement"})
_SIDES: Final = ("oldState", "newState")
_REPORT: Final = Path(__file__).parent / "pulumi-report"
_REFUSED: Final = 2
_FAILED: Final = 3  # a preview did; 1 is Python's own, where this program breaks


class StacksError(ValueError):
    """Files of stacks that do not fit, or an order that cannot be."""


@dataclass(frozen=True, slots=True)
class Stack:
    environment: str
    team: str

    @property
    def name(self) -> str:
        return f"{self.environment}-{self.team}"

    @property
    def file(self) -> str:
        return f"{FOLDER}Pulumi.{self.name}.yaml"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.does == "list":
            print(json.dumps([_in_matrix(one) for one in stacks_in(files_of(options.commit))]))
            return 0
        return _preview(options)
    except StacksError as error:
        for line in str(error).splitlines():
            print(f"::error::{line}", file=sys.stderr)
        return _REFUSED


def _in_matrix(stack: Stack) -> dict[str, str]:
    return {"environment": stack.environment, "stack": stack.name}


# --- which there are ---


def files_of(commit: str) -> dict[str, str]:
    """Path -> text of what Pulumi would take for teams' stacks, and of the platform's."""
    platforms = map(_platforms_file, ENVIRONMENTS)
    listed = _git("ls-tree", "-z", "--name-only", commit, FOLDER, *platforms)
    return {
        path: _git("show", f"{commit}:{path}")
        for path in filter(None, listed.split("\0"))
        if _is_teams_file(path) or not path.startswith(FOLDER)
    }


def stacks_in(files: Mapping[str, str]) -> list[Stack]:
    """In the order of their names.

    Raises `StacksError` that lists every problem: each names the file, the rule and the fix.
    """
    stacks, problems = list[Stack](), list[str]()
    for path in sorted(filter(_is_teams_file, files)):
        found = _NAMED.fullmatch(path.removeprefix(FOLDER))
        if found:
            stacks.append(Stack(**found.groupdict()))
            problems += _misfits(stacks[-1], files)
        else:
            problems.append(
                f"{path}: must be named Pulumi.<{'|'.join(ENVIRONMENTS)}>-<team>.yaml, as Pulumi "
                "reads it, and CI would deploy it nowhere; rename or remove it"
            )
    if len(stacks) > MOST:
        problems.append(
            f"{FOLDER}: must hold at most {MOST} stacks, of which GitHub makes one matrix, and "
            f"holds {len(stacks)}; leave small teams in the platform's stack"
        )
    if problems:
        raise StacksError("\n".join(problems))
    return stacks


def _misfits(stack: Stack, files: Mapping[str, str]) -> Iterator[str]:
    given = _settings(stack.file, files)
    for key, meant in (("environment", stack.environment), ("team", stack.team)):
        said = given.get(f"vaultstack:{key}")
        if said != meant:
            yield (
                f"{stack.file}: vaultstack:{key} must be {meant!r}, as the file is named, and is "
                f"{said!r}; pulumi -C teams config set --stack {stack.name} "
                f"vaultstack:{key} {meant}, or rename the file"
            )
    platforms = _platforms_file(stack.environment)
    named = _settings(platforms, files).get("vaultstack:teamStacks")
    if not isinstance(named, list) or stack.team not in named:
        yield (
            f"{stack.file}: vaultstack:teamStacks of {platforms} must be a YAML list that names "
            f"{stack.team!r}, or the platform's stack makes the same things and lets this one in "
            "nowhere; add it there, or remove this file"
        )


def _settings(path: str, files: Mapping[str, str]) -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415 - where no team has a stack, nothing needs to be installed

    try:
        said = yaml.safe_load(files.get(path, ""))
    except yaml.YAMLError as error:
        raise StacksError(
            f"{path}: must be YAML, and is none; let `pulumi config` write it"
        ) from error
    config = said.get("config") if isinstance(said, dict) else None
    return config if isinstance(config, dict) else {}


def _platforms_file(environment: str) -> str:
    return f"Pulumi.{environment}.yaml"


def _is_teams_file(path: str) -> bool:
    return path.startswith(f"{FOLDER}Pulumi.") and path != FOLDER + PROJECT


# --- in which order they go ---


def _preview(options: argparse.Namespace) -> int:
    """Exit status."""
    first, after, failed, mixed = list[str](), list[str](), list[str](), list[str]()
    for stack in _asked_for(options):
        steps = preview(stack, options.into)
        if steps is None:
            print(f"::error::{stack}: its preview failed, so it is not deployed", file=sys.stderr)
            failed.append(stack)
            continue
        removes, makes = _changes(steps)
        if options.platform_first or not removes:
            after.append(stack)
        else:
            (mixed if makes else first).append(stack)
    found = {"first": first, "after": after, "failed": failed}
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.writelines(f"{name}={json.dumps(stacks)}\n" for name, stacks in found.items())
    if mixed:
        raise StacksError(
            f"{', '.join(mixed)}: must not remove and make at once: Vault lets a team remove until "
            "the platform's stack is deployed, and make only after that; bring what is removed "
            "in a pull request of its own, or see docs/split.md, A day with it"
        )
    return _FAILED if failed else 0


def preview(stack: str, into: Path) -> list[dict[str, Any]] | None:
    """What a team's stack would do, as Pulumi's steps; None where its preview failed. What people
    read is a file of `into`.
    """
    into.mkdir(parents=True, exist_ok=True)
    look = ("-C", FOLDER, "preview", "--stack", stack)
    shown = subprocess.run([_REPORT, str(into / f"{stack}.txt"), *look], check=False)
    if shown.returncode:
        return None
    # Once more, for what a program reads: the guardrails have judged it.
    told = subprocess.run(
        ["pulumi", *look, "--non-interactive", "--json"],  # noqa: S607 - the runner's own
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if told.returncode:
        print(told.stdout, file=sys.stderr)  # where Pulumi says why, then
        return None
    return list(json.loads(told.stdout)["steps"])


def _changes(steps: Collection[Mapping[str, Any]]) -> tuple[bool, bool]:
    """Whether anything is removed from Vault, and whether anything is made or changed there."""
    in_vault = {
        step["op"]
        for step in steps
        if any((step.get(side) or {}).get("type", "").startswith("vault:") for side in _SIDES)
    }
    return "delete" in in_vault, not in_vault.isdisjoint(_MAKE)


def _asked_for(options: argparse.Namespace) -> list[str]:
    if options.stack:
        return list(options.stack)
    stacks = stacks_in(files_of("HEAD"))
    return [one.name for one in stacks if one.environment == options.environment]


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments],  # noqa: S607 - the runner's own
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="team_stacks.py", description=__doc__)
    does = parser.add_subparsers(dest="does", required=True)
    listed = does.add_parser("list", help="environments and stacks, as JSON for a matrix")
    listed.add_argument("--commit", required=True)
    looked = does.add_parser(
        "preview", help="preview them; `first`, `after`, `failed` for GITHUB_OUTPUT"
    )
    which = looked.add_mutually_exclusive_group(required=True)
    which.add_argument("--stack", action="append", help="this one")
    which.add_argument("--environment", choices=ENVIRONMENTS, help="all of it")
    looked.add_argument("--into", type=Path, required=True, help="folder for the reports")
    looked.add_argument(
        "--platform-first", action="store_true", help="all after the platform's, whatever they do"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
