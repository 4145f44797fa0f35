"""`python -m rehearsal.recovery_drill.up`: what `pulumi up --target` does to Vault, without the
engine: the program in the current folder is evaluated, what differs from the state and is targeted
is written to Vault, and everything else stays as the state has it.

It reads its orders from standard input, as they hold secrets. It makes Vault's resources only; a
target of another kind is an error. It deletes nothing, as a change of what is granted removes none.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.runtime import mocks

from rehearsal import program
from rehearsal.monitor import LiveMonitor, unwrap
from rehearsal.resources import Properties

_PROVIDER = "pulumi:providers:vault"
_UNKNOWN: Any = None


@dataclass(frozen=True, slots=True)
class Orders:
    """What one update is told."""

    environment: str
    target: str
    """Pulumi's pattern of URNs."""
    ca_file: str
    state_file: str
    """Each resource that there is; brought up to date."""
    configuration: Mapping[str, Any] = field(repr=False)
    secret_keys: Sequence[str]


class UpdatingMonitor(LiveMonitor):
    """Makes what is targeted and differs."""

    def __init__(self, ca_file: str, target: str, state: dict[str, dict[str, Any]]) -> None:
        super().__init__(_UNKNOWN, ca_file, lambda _kind, _name: None)
        self._target, self._state = pattern(target), state
        self.updated: list[str] = []
        self.left: list[str] = []
        """What differs and is not targeted."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if args.typ == _PROVIDER:
            return super().new_resource(args)
        key, inputs = f"{args.typ}::{args.name}", unwrap(args.inputs)
        known = self._state.get(key)
        if known and _same(inputs, known["state"]):
            return known["id"], {**args.inputs, **known["state"]}
        if not self._target.fullmatch(key):
            self.left.append(key)
            kept = known or {"id": args.name, "state": {}}
            return kept["id"], {**args.inputs, **kept["state"]}
        made, outputs = super().new_resource(args)
        self.updated.append(key)
        self._state[key] = {"id": made, "state": unwrap(outputs)}
        return made, outputs


def pattern(target: str) -> re.Pattern[str]:
    """Pulumi's: `**` is anything, `*` anything within a part. Of a URN's end: type and name."""
    parts = re.split(r"(\*\*|\*)", target)
    meaning = {"**": ".*", "*": "[^:]*"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts))


def main() -> int:
    orders = Orders(**json.load(sys.stdin))
    state_file = Path(orders.state_file)
    state = json.loads(state_file.read_text())
    monitor = UpdatingMonitor(orders.ca_file, orders.target, state)
    program.run(orders.environment, orders.configuration, frozenset(orders.secret_keys), monitor)
    state_file.write_text(json.dumps(state))
    print(f"{len(monitor.updated)} updated: {', '.join(monitor.updated)}")
    return 0


def _same(inputs: Properties, state: Properties) -> bool:
    return all(state.get(key) == value for key, value in inputs.items())


if __name__ == "__main__":
    sys.exit(main())
