"""Measure how Vault answers a workload's reads: the canary week's criteria.

    python -m migration measure media-catalog/external --for 10m
    python -m migration measure media-catalog/external --for 7d --every 5s --token-file /run/token

Reads the entry again and again, as an application without a cache would, and says how many reads
were answered and how fast. Vault is reached by VAULT_ADDR and VAULT_CACERT, with the workload's
token in VAULT_TOKEN or, looked at before each read, in --token-file, where its agent keeps it.

Exit status: 0 within both; 1 not; 2 wrong usage; 3 it could not begin.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from pathlib import Path

from migration.errors import MigrationError
from migration.measuring import measure
from migration.moving.vault import Vault
from policies.commands.words import seen
from policies.lifetime import Duration
from policies.paths import SecretPath


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", type=_path, help="an entry below the mount")
    parser.add_argument(
        "--for",
        dest="length",
        type=_duration,
        default=Duration(60),
        metavar="TIME",
        help="such as 10m; 1m by default",
    )
    parser.add_argument(
        "--every", type=_duration, default=Duration(1), metavar="TIME", help="1s by default"
    )
    parser.add_argument(
        "--at-most",
        type=float,
        default=50.0,
        metavar="MS",
        help="P95 of the answers; 50 by default",
    )
    parser.add_argument(
        "--at-least", type=float, default=99.9, metavar="PERCENT", help="answered; 99.9 by default"
    )
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="instead of VAULT_TOKEN")


def _path(text: str) -> SecretPath:
    try:
        path = SecretPath(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    if path.is_folder:
        raise ArgumentTypeError(f"{text!r}: must be one entry; write such as media-catalog/api")
    return path


def _duration(text: str) -> Duration:
    try:
        return Duration.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def run(options: Namespace) -> int:
    vault = Vault.from_environment(options.token_file)
    vault.read(options.path)  # what is wrong from the start is no outage

    def ask() -> str | None:
        nonlocal vault
        try:
            # An agent writes a new token before the old one ends.
            vault = vault.again(options.token_file)
            vault.read(options.path)
        except MigrationError as error:
            return str(error)
        return None

    found = measure(ask, options.length, options.every.seconds)
    p95 = found.percentile(95)
    print(
        f"{len(found.milliseconds)} of {found.asked} reads were answered "
        f"({found.answered_percent:.3f} %, wanted {options.at_least:g} %)"
    )
    print(
        f"answers took {found.percentile(50):.1f} ms (median), {p95:.1f} ms (P95, wanted "
        f"{options.at_most:g} ms), {found.percentile(100):.1f} ms (longest)"
    )
    for reason, count in Counter(found.failures).most_common(5):
        print(seen(f"{count} times: {reason}"))
    return 0 if found.answered_percent >= options.at_least and p95 <= options.at_most else 1
