"""The command line of a rolling change: what can be said, and what holds where nothing is."""

from __future__ import annotations

import argparse
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from policies.identities import PLATFORM_NAMESPACE
from policies.lifetime import Duration
from upkeep.errors import UpkeepError
from upkeep.rolling.roll import HandOver
from upkeep.rolling.versions import Version

STATEFUL_SET: Final = "vault"
_TOKEN_FILE: Final = ".vault-token"


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for, checked."""

    kubeconfig: Path | None
    context: str | None
    namespace: str
    stateful_set: str
    addresses: dict[str, SplitResult]
    """Empty: through the Kubernetes API."""
    version: Version | None
    restart: bool | None
    """None: go on with a restart that is not finished."""
    hand_over: HandOver
    patience: Duration
    settle: Duration
    dry_run: bool
    yes: bool
    log: Path | None
    trust: ssl.SSLContext = field(repr=False)
    token: str = field(repr=False)

    @classmethod
    def of(cls, given: argparse.Namespace) -> Self:
        """Raises `UpkeepError`."""
        return cls(
            given.kubeconfig,
            given.context,
            given.namespace,
            given.stateful_set,
            dict(given.at),
            given.to_version,
            given.restart,
            HandOver(given.hand_over),
            given.patience,
            given.settle,
            given.dry_run,
            given.yes,
            given.log,
            _trust(given.ca_cert),
            _token(),
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    where = parser.add_argument_group("where")
    where.add_argument("--kubeconfig", type=Path, metavar="FILE", help="instead of the usual one")
    where.add_argument("--context", metavar="NAME", help="instead of the kubeconfig's current one")
    where.add_argument("--namespace", default=PLATFORM_NAMESPACE, help="(default: %(default)s)")
    where.add_argument("--stateful-set", default=STATEFUL_SET, help="(default: %(default)s)")
    where.add_argument(
        "--ca-cert",
        type=Path,
        metavar="FILE",
        help="whom to trust for the servers' certificate (default: VAULT_CACERT, else the system)",
    )
    where.add_argument(
        "--at",
        type=_at,
        action="append",
        default=[],
        metavar="POD=URL",
        help="reach this server's API here, and not through the Kubernetes API; all or none",
    )
    what = parser.add_argument_group("what")
    what.add_argument(
        "--restart",
        action=argparse.BooleanOptionalAction,
        help="replace every server, also what is up to date; --no-restart gives up a restart that "
        "was not finished, which is otherwise gone on with",
    )
    what.add_argument(
        "--to-version",
        type=_version,
        metavar="X.Y.Z",
        help="what the template's image holds, where its tag does not say",
    )
    what.add_argument(
        "--hand-over",
        choices=[one.value for one in HandOver],
        default=HandOver.END.value,
        help="how the leader goes: its pod is ended, on which Vault hands over, or it steps down "
        "first, which takes sudo on sys/step-down (default: %(default)s)",
    )
    how = parser.add_argument_group("how")
    how.add_argument("--dry-run", action="store_true", help="show the plan and end")
    how.add_argument("--yes", action="store_true", help="do not ask")
    how.add_argument(
        "--patience",
        type=_duration,
        default="10m",
        metavar="TIME",
        help="for each server, until all is well again (default: %(default)s)",
    )
    how.add_argument(
        "--settle",
        type=_duration,
        default="10s",
        metavar="TIME",
        help="how long all must be well before the next; autopilot takes 10s to notice a silent "
        "server (default: %(default)s)",
    )
    how.add_argument(
        "--log", type=Path, metavar="FILE", help="append what happens, one JSON object a line"
    )


def _at(text: str) -> tuple[str, SplitResult]:
    pod, _, url = text.partition("=")
    address = urlsplit(url)
    if not pod or address.scheme != "https" or not address.hostname:
        raise argparse.ArgumentTypeError(f"{text!r}: write POD=https://HOST:PORT")
    return pod, address


def _version(text: str) -> Version:
    try:
        return Version.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _duration(text: str) -> Duration:
    try:
        return Duration.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    named = ca_file or os.environ.get("VAULT_CACERT") or None
    try:
        return ssl.create_default_context(cafile=named)
    except (OSError, ssl.SSLError) as error:
        raise UpkeepError(
            f"the CA file {named} cannot be read ({error}); fix: name the PEM file of the CA that "
            "signs the servers' certificate, by --ca-cert or VAULT_CACERT"
        ) from None


def _token() -> str:
    """As the `vault` program keeps it; never from the command line, which others can see."""
    if token := os.environ.get("VAULT_TOKEN", "").strip():
        return token
    try:
        token = (Path.home() / _TOKEN_FILE).read_text().strip()
    except OSError:
        token = ""
    if not token:
        raise UpkeepError(
            "no token of Vault, and autopilot tells its state to nobody without; fix: `vault login "
            "-method=oidc role=operators`, or set VAULT_TOKEN"
        )
    return token
