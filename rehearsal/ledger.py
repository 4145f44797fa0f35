"""What was made, in the order in which it was, with all that the engine's state would keep: what
destroying it takes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime import mocks, rpc

from rehearsal.monitor import unwrap
from rehearsal.resources import Properties


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource."""

    urn: str
    type: str
    name: str
    id: str
    state: Properties = field(repr=False)
    """Inputs and outputs, secrets unwrapped."""
    provider: str
    """URN of the explicit one; empty where there is none."""
    protect: bool
    retain_on_delete: bool
    deleted_with: str
    """URN of what takes it along when it goes."""


class Ledger:
    """Written by a monitor. What depends on a resource is registered after it was made, so that the
    reverse of this order is one in which everything can be taken away again.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._lock = threading.Lock()

    def monitor(self, made_by: mocks.Mocks) -> mocks.MockMonitor:
        return _Writing(made_by, self._write)

    def _write(self, entry: Entry) -> None:
        with self._lock:
            self.entries.append(entry)


class _Writing(mocks.MockMonitor):
    def __init__(self, made_by: mocks.Mocks, write: Callable[[Entry], None]) -> None:
        super().__init__(made_by)
        self._write = write

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - Pulumi's name
        register: Any = super().RegisterResource
        answer = register(request)
        if request.custom:
            state = rpc.deserialize_properties(answer.object, keep_unknowns=True)
            self._write(
                Entry(
                    answer.urn,
                    request.type,
                    request.name,
                    answer.id,
                    unwrap(state),
                    request.provider.rpartition("::")[0],
                    request.protect,
                    request.retainOnDelete,
                    request.deletedWith,
                )
            )
        return answer
