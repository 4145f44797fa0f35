"""`python -m vaultstack_jobs rotate FILE [--now]`: one rotation; `snapshot FILE`: one snapshot. The
exit code says how it ended, and standard output has one JSON line for each step.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from vaultstack_jobs import cluster, snapshot_configuration
from vaultstack_jobs.clock import Clock
from vaultstack_jobs.configuration import Rotation, read
from vaultstack_jobs.connection import connected
from vaultstack_jobs.log import Level, Log
from vaultstack_jobs.outcomes import ConfigurationError, Exit, FailedError, JobError
from vaultstack_jobs.rotate import rotate
from vaultstack_jobs.snapshot import Run, take, targets_of
from vaultstack_jobs.snapshot_configuration import Snapshots
from vaultstack_jobs.tasks import Bench
from vaultstack_jobs.turn import Turn


def main(arguments: Sequence[str]) -> int:
    """What the process is to end with (`outcomes`)."""
    clock = Clock()
    log = Log("-", clock)
    try:
        asked = _parser().parse_args(arguments)
        if asked.command == "snapshot":
            log = Log("-", clock, kind="snapshot")
            told = snapshot_configuration.read(asked.file)
            log = Log(told.name, clock, kind="snapshot")
            _snapshot(told, log, clock)
        else:
            rotation = read(asked.file)
            log = Log(rotation.name, clock)
            _rotate(rotation, log, clock, at_once=asked.now)
    except JobError as error:
        step = error.exit.name.lower().replace("_", " ") if error.code else "lost"
        level = Level.ERROR if error.code else Level.INFO
        log.step(step, level=level, exit=error.code, because=str(error))
        return error.code
    except Exception as error:  # noqa: BLE001 - a fault of ours must not pass for "nothing changed"
        # Where and what, but not its text, which could hold a value.
        where = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{type(error).__name__} in {Path(where.filename).name}, line {where.lineno}"
        log.step(
            "half way",
            level=Level.ERROR,
            exit=int(Exit.HALF_WAY),
            because=f"a fault of the job itself ({fault}); the next run goes on from there",
        )
        return Exit.HALF_WAY
    return Exit.DONE


def _rotate(rotation: Rotation, log: Log, clock: Clock, *, at_once: bool) -> None:
    kubernetes = _kubernetes(clock)
    turn = Turn(kubernetes, rotation.lease, _identity(), clock, log)
    with connected(rotation.vault) as vault:
        _end_in_order()
        rotate(Bench(rotation, vault, kubernetes, turn, log, clock), at_once=at_once)


def _snapshot(told: Snapshots, log: Log, clock: Clock) -> None:
    turn = Turn(_kubernetes(clock), told.lease, _identity(), clock, log)
    _end_in_order()
    take(Run(told, turn, log, clock, targets_of(told.targets)))


def _kubernetes(clock: Clock) -> cluster.Cluster:
    try:
        return cluster.connect(clock)
    except cluster.ClusterError as error:
        raise FailedError(f"{error}; nothing was changed") from error


def _identity() -> str:
    """Which pod, for people; and which run in it, for a container may start again in its pod."""
    return f"{os.environ.get('HOSTNAME') or 'somebody'}-{secrets.token_hex(4)}"


def _end_in_order() -> None:
    """Told to end, give the turn back first: the next run need not wait for it to time out."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)
        raise FailedError(f"ended by {signal.Signals(number).name}")

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as everything here does, in one JSON line."""

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(f"command line: {message}; fix: {self.format_usage().strip()}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m vaultstack_jobs", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    command = commands.add_parser("rotate", help="do one rotation, if it is due")
    command.add_argument("file", type=Path, help="what to rotate, as JSON")
    command.add_argument("--now", action="store_true", help="also if it is not due")
    command = commands.add_parser("snapshot", help="take a snapshot, and put it where it belongs")
    command.add_argument("file", type=Path, help="where it belongs, as JSON")
    return parser


def run_from_command_line() -> NoReturn:
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run_from_command_line()
