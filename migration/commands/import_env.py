"""Move values of a .env file to where each belongs. A dry run, unless --apply is there.

    python -m migration import .env --application media-catalog --environment dev \\
        --map TMDB_API_KEY=media-catalog/external:tmdb_api_key \\
        --map SENTRY_DSN=media-catalog/external:sentry_dsn

The matrix says where: an entry that is generated, and so rotated, is in Vault alone; a given one is
written by the program from the stack's secret configuration (pulumi encrypts it there), and
`pulumi up` brings it to Vault. --given-into vault writes it to Vault directly, for whoever keeps no
value in the stack: a stack that gives the entry, too, overwrites it when that changes.

Nothing is shown but names and lengths, nothing that is there is overwritten unless --replace names
the version that was seen, keys that are not mapped stay, and of an entry all is written or nothing.
A second run finds all of it there. Vault is reached by VAULT_ADDR and VAULT_CACERT, with the token
in VAULT_TOKEN or in --token-file.

Exit status: 0 all is there (in a dry run: could be); 1 something stands in the way, and nothing was
written; 2 wrong usage; 3 it had to stop, and says what was written.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migration.errors import MigrationError
from migration.moving import env_file, holder
from migration.moving.decision import obstacles
from migration.moving.env_file import EnvFile
from migration.moving.mapping import Target, entries_of
from migration.moving.places import Place, Seen, Status
from migration.moving.stack import Stack
from migration.moving.vault import Vault
from policies.commands import arguments, screen
from policies.commands.words import seen as shown
from policies.environments import Environment
from policies.git import REPOSITORY
from policies.hcl import Capability
from policies.matrix import MATRIX
from policies.paths import SecretPath
from policies.resources import KvEntry
from policies.texts import counted, joined


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the .env file")
    parser.add_argument(
        "--application", required=True, metavar="NAME", help="as the matrix names it"
    )
    parser.add_argument(
        "--environment",
        required=True,
        type=arguments.environment,
        metavar="ENV",
        help="whose secrets these are",
    )
    parser.add_argument(
        "--map",
        dest="targets",
        action="append",
        required=True,
        type=_target,
        metavar="NAME=path:key",
        help="which variable becomes which key; may be repeated",
    )
    parser.add_argument("--apply", action="store_true", help="write; without it nothing is")
    parser.add_argument(
        "--replace",
        action="append",
        default=[],
        type=_version,
        metavar="path=VERSION",
        help="that this entry may be overwritten, while it is at this version; may be repeated",
    )
    parser.add_argument(
        "--given-into",
        choices=("stack", "vault"),
        default="stack",
        help="where entries go whose values somebody gives; generated ones are in Vault alone",
    )
    parser.add_argument("--stack", metavar="NAME", help="by default it is named as the environment")
    parser.add_argument(
        "--program",
        type=Path,
        default=REPOSITORY,
        metavar="FOLDER",
        help="where Pulumi.yaml is; by default this repository",
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="where an agent keeps its token; instead of VAULT_TOKEN",
    )


def _target(text: str) -> Target:
    try:
        return Target.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def _version(text: str) -> tuple[SecretPath, str]:
    path, equals, version = text.rpartition("=")
    if not (path and equals and version):
        raise ArgumentTypeError(f"{text!r}: must be path=VERSION, such as media-catalog/api=3")
    try:
        return SecretPath(path), version
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


@dataclass(frozen=True, slots=True)
class _Move:
    """What goes into one entry, and what was seen of it."""

    entry: KvEntry
    place: Place
    targets: tuple[Target, ...]
    values: Mapping[str, str] = field(repr=False)
    seen: Seen


def run(options: Namespace) -> int:
    file = env_file.read(options.file)
    into = entries_of(options.targets, MATRIX, options.application, options.environment)
    values = {target: file.value(target.variable) for target in options.targets}
    replace = _replacements(options.replace, into)
    moves = list[_Move]()
    for entry, place in _places(into, options).items():
        given = {target.key: values[target] for target in into[entry]}
        moves.append(_Move(entry, place, into[entry], given, place.look(entry, given)))
    _show(moves, file, options)
    problems = [
        problem
        for move in moves
        for problem in obstacles(move.entry, move.seen, replace.get(move.entry.path))
    ]
    problems += [problem for move in moves for problem in _not_allowed(move, options.environment)]
    for problem in problems:
        print(shown(problem), file=sys.stderr)
    if problems:
        print("nothing was written")
        return 1
    return _apply(moves) if options.apply else _would(moves)


def _replacements(
    given: list[tuple[SecretPath, str]], into: Mapping[KvEntry, object]
) -> Mapping[SecretPath, str]:
    known = {entry.path for entry in into}
    for path, _ in given:
        if path not in known:
            raise MigrationError(f"--replace {path.text}: nothing is mapped to it; leave it out")
    return dict(given)


def _places(
    into: Mapping[KvEntry, tuple[Target, ...]], options: Namespace
) -> Mapping[KvEntry, Place]:
    """Where each entry's values go. Vault and the stack are asked for only where they are needed,
    and must be of this environment.
    """
    environment: Environment = options.environment
    vault, stack = list[KvEntry](), list[KvEntry]()
    for entry in into:
        given = entry.generated_length is None
        (stack if given and options.given_into == "stack" else vault).append(entry)
    places = dict[KvEntry, Place]()
    if vault:
        in_vault = Vault.from_environment(options.token_file)
        holder.refuse_strangers(in_vault.policies, MATRIX, environment)
        places |= dict.fromkeys(vault, in_vault)
    if stack:
        in_stack = Stack(options.program, options.stack or environment.value)
        in_stack.require(environment)
        places |= dict.fromkeys(stack, in_stack)
    return {entry: places[entry] for entry in into}


def _not_allowed(move: _Move, environment: Environment) -> Iterator[str]:
    """What Vault would refuse, said before it does: a dry run asks nothing that writes."""
    if not isinstance(move.place, Vault) or not move.seen.to_write:
        return
    verb = Capability.PATCH if move.seen.version and not move.seen.deleted else Capability.CREATE
    path, policies = move.entry.path.data, move.place.policies
    if holder.may(policies, MATRIX, environment, verb, path) is False:
        yield (
            f"{move.entry.path.text}: a token with {joined(policies)} may not {verb.value} it; "
            f"come as one of: python -m policies who-can {path} {verb.value} "
            f"--env {environment.value}"
        )


def _apply(moves: list[_Move]) -> int:
    written = list[str]()
    for move in moves:
        if not move.seen.to_write:
            continue
        try:
            version = move.place.write(move.entry, move.values, move.seen)
        except MigrationError as error:
            before = f"; written before: {joined(written)}" if written else "; nothing was written"
            raise MigrationError(f"{error}{before}") from None
        written.append(move.entry.path.text)
        keys = joined(sorted(move.seen.to_write))
        print(shown(f"wrote {keys} of {move.entry.path.text}: {move.place.name}, now {version}"))
    if not written:
        print("all of it was already there")
    elif any(isinstance(move.place, Stack) for move in moves):
        print("next: commit the stack's file, then pulumi up, which brings it to Vault")
    return 0


def _would(moves: list[_Move]) -> int:
    count = sum(len(move.seen.to_write) for move in moves)
    values = counted(count, "value", "values")
    print(f"{values} would be written; --apply does it" if count else "all of it is already there")
    return 0


# --- in words ------------------------------------------------------------------------------------


def _show(moves: list[_Move], file: EnvFile, options: Namespace) -> None:
    screen.table(("variable", "characters", "to", "in", "status"), [_rows(move) for move in moves])
    mapped = {target.variable for move in moves for target in move.targets}
    if left := [name for name in file.values if name not in mapped]:
        print(shown(f"not mapped: {joined(left)}"))
    if options.given_into == "vault":
        for move in moves:
            if move.entry.generated_length is None:
                path = move.entry.path.text
                print(f"{path}: keep it out of the stack's kvValues, which would overwrite it")


def _rows(move: _Move) -> Iterator[tuple[str, ...]]:
    for target in move.targets:
        status: Status = move.seen.statuses[target.key]
        version = f" (version {move.seen.version})" if move.seen.version else ""
        length = str(len(move.values[target.key]))
        yield target.variable, length, str(target), move.place.name, status.value + version
