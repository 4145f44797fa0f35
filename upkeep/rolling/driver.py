"""What a rolling change needs of the world, and nothing else. Tests put a fake in its place."""

from __future__ import annotations

from typing import Protocol

from upkeep.errors import UpkeepError
from upkeep.rolling.model import Look, Pod


class AwayError(UpkeepError):
    """The Kubernetes API cannot be asked for the moment: nothing is known of the servers."""


class Driver(Protocol):
    """The servers of one StatefulSet."""

    def look(self) -> Look:
        """All there is to know at this moment. Raises `AwayError`, `UpkeepError`."""
        ...

    def end(self, pod: Pod) -> str:
        """Have this very pod end as Kubernetes ends one: endpoints first, then SIGTERM. Empty where
        it will, else why it may not now. Raises `AwayError`, `UpkeepError`.
        """
        ...

    def step_down(self, name: str) -> None:
        """The leader hands over, and stays as a standby. Raises `UpkeepError`."""
        ...
