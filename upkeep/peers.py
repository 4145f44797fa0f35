"""`python -m upkeep peers`: the file that tells surviving servers who their peers are, after a
majority is lost for good. Prints it; where it belongs is the runbook's business.

It deliberately asks no server: those that could answer for the cluster are gone.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from upkeep.errors import UpkeepError

HELP: Final = """\
Print Raft's peers.json for the servers that survived.

python -m upkeep peers vault-0
python -m upkeep peers vault-0 vault-3=vault-3.vault-internal:8201

Name only survivors, and all of them: who is listed has a vote, and more than half of the listed
must start with this file. Without an address a server's is that of its pod.
"""
SERVICE: Final = "vault-internal"
PORT: Final = 8201
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of the command, for `argparse`."""
    parser.add_argument("server", nargs="+", metavar="SERVER[=HOST:PORT]")


def run(options: argparse.Namespace) -> int:
    """Raises `UpkeepError`."""
    print(peers(options.server))
    return 0


def peers(servers: Sequence[str]) -> str:
    """The file's text. Raises `UpkeepError` for what Vault would take and then stand still."""
    entries = [_entry(server) for server in servers]
    for key in ("id", "address"):
        twice = [value for value, times in Counter(e[key] for e in entries).items() if times > 1]
        if twice:
            raise UpkeepError(f"{twice[0]} is given twice; each server has its own {key}")
    return json.dumps(entries, indent=1)


def _entry(server: str) -> dict[str, str | bool]:
    name, _, address = server.partition("=")
    address = address or f"{name}.{SERVICE}:{PORT}"
    if not _NAME.fullmatch(name):
        raise UpkeepError(f"{name!r} is no server's name: give the pod's, such as vault-0")
    if not _ADDRESS.fullmatch(address):
        raise UpkeepError(
            f"{address!r} is no address of {name}: give host and cluster port without a scheme, "
            f"such as {name}.{SERVICE}:{PORT}"
        )
    return {"id": name, "address": address, "non_voter": False}
