"""`python -m upkeep rebuild-state`: what a lost state was, from the plan to make it all again and
the Vault in which it all is. Prints the state; reads from Vault only what it tells anybody, and
writes nothing anywhere.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from policies import texts
from upkeep.errors import UpkeepError
from upkeep.state.authorities import look_at
from upkeep.state.rebuild import Rebuilt, rebuild

HELP: Final = """\
Print the state of a stack whose state was lost, while its Vault is as it was.

    pulumi preview --save-plan plan.json
    pulumi stack export --file state.json
    python -m upkeep rebuild-state --plan plan.json --state state.json > rebuilt.json
    pulumi stack import --file rebuilt.json
    pulumi refresh

The `up` with targets that it needs before, and what to look at after: docs/lost-state.md. Secrets
in the three files are encrypted, as in every state.

Exit status: 0 all that the plan would make is entered, but for what the next `up` makes again
without touching Vault; 1 some of it is of types that this does not know, which are named; 3 it had
to stop, and says why.
"""

_PROVIDER: Final = "pulumi:providers:vault"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--address", help="of Vault; else VAULT_ADDR")
    parser.add_argument("--ca-cert", metavar="FILE", help="Vault's CA; else VAULT_CACERT")
    parser.add_argument("--plan", required=True, type=Path, help="of `pulumi preview --save-plan`")
    parser.add_argument("--state", required=True, type=Path, help="of `pulumi stack export`")


def run(options: argparse.Namespace) -> int:
    """Raises `UpkeepError`."""
    address = options.address or os.environ.get("VAULT_ADDR", "")
    if not address:
        raise UpkeepError("which Vault? Give --address, or set VAULT_ADDR.")
    look = look_at(address, options.ca_cert or os.environ.get("VAULT_CACERT"))
    state = _read(options.state, "deployment")
    _refuse_another(address, state)
    rebuilt = rebuild(state, _read(options.plan, "resourcePlans"), look)
    print(json.dumps(rebuilt.state, indent=1))
    print(told(rebuilt), file=sys.stderr)
    return 1 if rebuilt.unknown else 0


def _refuse_another(address: str, state: Mapping[str, Any]) -> None:
    """The CAs of another Vault would be entered: a VAULT_ADDR is easily one of the day before."""
    for one in state["deployment"].get("resources") or ():
        known = (one.get("inputs") or {}).get("address")
        if one.get("type") != _PROVIDER or not isinstance(known, str):
            continue
        if known.rstrip("/") != address.rstrip("/"):
            raise UpkeepError(
                f"{address} is not the Vault of this stack, which is {known}: give --address that"
            )


def told(rebuilt: Rebuilt) -> str:
    """What was done, for whoever reads along."""
    entered = texts.counted(len(rebuilt.entered), "resource", "resources")
    lines = [f"entered: {entered or 'nothing'}"]
    if rebuilt.left:
        lines.append(f"left to the next `pulumi up`, outside Vault: {texts.joined(rebuilt.left)}")
    if rebuilt.unknown:
        lines.append(f"NOT entered, use `pulumi import` for them: {texts.joined(rebuilt.unknown)}")
    return "\n".join(lines)


def _read(path: Path, key: str) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UpkeepError(f"{path}: {error}") from error
    if not isinstance(document, dict) or key not in document:
        raise UpkeepError(
            f"{path} has no {key!r}: it is not what --help says, or of another Pulumi"
        )
    return document
