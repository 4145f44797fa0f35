"""`python -m upkeep regenerate-root -- COMMAND`: the command, as root, and then no root any more.

The token is in the command's environment and nowhere else: not printed, not in a file, not in an
argument list. It is ended when the command has ended, however it ended, and when this program is
told to end; a power cut in between leaves it, which is why `docs/runbooks/regenerate-root.md` says
how to look for one that is left.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, VaultError

from upkeep.errors import UpkeepError
from upkeep.root.generation import connect, regain
from upkeep.root.prompt import ask_share

HELP: Final = """\
Run a command as root: make a root token from key shares, run, revoke it.

python -m upkeep regenerate-root -- vault operator rotate
python -m upkeep regenerate-root -- bash

The holders of the shares (recovery shares where a KMS seals) are asked one after the other, at this
terminal, and nothing that they type is shown. Where the input is a pipe, the shares are its first
lines, and the rest is the command's. The command finds VAULT_TOKEN in its environment.

Exit status: the command's, or 3 where it had to stop and says why.
"""
_ENDS_WITHIN_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.5
_ENDS: Final = (signal.SIGTERM, signal.SIGHUP)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--address", help="of Vault; else VAULT_ADDR")
    parser.add_argument("--ca-cert", metavar="FILE", help="Vault's CA; else VAULT_CACERT")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="after --")


def run(options: argparse.Namespace) -> int:
    """The command's exit status. Raises `UpkeepError`."""
    address = options.address or os.environ.get("VAULT_ADDR", "")
    if not address:
        raise UpkeepError("which Vault? Give --address, or set VAULT_ADDR.")
    ca_cert = options.ca_cert or os.environ.get("VAULT_CACERT")
    with _told_to_end_as_interrupt():
        try:
            client = connect(address, ca_cert)
            client.token = regain(client, ask_share, _say)
            status = _as_root(client, options.command, ca_cert)
        except (requests.exceptions.RequestException, VaultError) as error:
            raise UpkeepError(
                f"Vault at {address} did not do its part ({type(error).__name__}: {error}). It "
                "must be unsealed and have a leader, and its seal's key must be usable: Vault "
                "checks recovery shares with it."
            ) from None
    return status


def _as_root(client: hvac.Client, command: Sequence[str], ca_cert: str | None) -> int:
    try:
        accessor = client.auth.token.lookup_self()["data"]["accessor"]
        _say(f"a root token is there (accessor {accessor}); {command[0]} runs")
        known = {"VAULT_ADDR": client.url, "VAULT_TOKEN": client.token}
        if ca_cert:
            known["VAULT_CACERT"] = ca_cert
        try:
            ended = subprocess.run(command, env={**os.environ, **known}, check=False)
        except OSError as error:
            raise UpkeepError(f"{command[0]} cannot be run: {error.strerror}") from None
    finally:
        _end(client)
    return ended.returncode if ended.returncode >= 0 else 128 - ended.returncode


def _end(client: hvac.Client) -> None:
    """Vault may be between two leaders just now, so try for a while."""
    deadline = time.monotonic() + _ENDS_WITHIN_SECONDS
    while True:
        try:
            client.auth.token.revoke_self()
        except (Forbidden, InvalidPath):
            break  # no such token any more: the command ended it
        except (requests.exceptions.RequestException, VaultError) as error:
            if time.monotonic() > deadline:
                raise UpkeepError(
                    f"THE ROOT TOKEN IS STILL THERE: Vault did not revoke it ({error}). Nobody "
                    "holds it, but end it: make another one when Vault answers again, and run "
                    "`vault token revoke -accessor` with the accessor that was shown."
                ) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            break
    _say("the root token was revoked")


@contextmanager
def _told_to_end_as_interrupt() -> Iterator[None]:
    """A terminal that is closed, or a `kill`, ends as Ctrl-C does: after what must be done."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
