"""What every task is to the run that does it, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from vaultstack_jobs.clock import Clock
from vaultstack_jobs.cluster import Cluster
from vaultstack_jobs.configuration import Rotation
from vaultstack_jobs.log import Log
from vaultstack_jobs.turn import Turn
from vaultstack_jobs.vault import Vault


@dataclass(frozen=True, slots=True)
class Bench:
    """What a task works with."""

    rotation: Rotation
    vault: Vault = field(repr=False)
    cluster: Cluster = field(repr=False)
    turn: Turn = field(repr=False)
    log: Log
    clock: Clock


class Task(Protocol):
    """One way to rotate one thing. Raises `JobError`, `VaultError` or `ClusterError`.

    Before it changes anything, a task remembers what it is about to do (`Turn.remember`); if it is
    refused, it forgets it again. So what is pending tells whether something may have been changed,
    and the run says so: no error's text here does.
    """

    @property
    def subject(self) -> str:
        """What is rotated, in words that stay the same from run to run."""

    def last_done(self, recorded: datetime | None, /) -> datetime | None:
        """When it was last done, as far as Vault itself knows; `recorded` is what the Lease says.
        None where Vault cannot tell.
        """

    def start(self) -> None:
        """Do it from the beginning."""

    def resume(self, pending: Mapping[str, Any], /) -> None:
        """Complete what an earlier run began, or take it back."""

    def tidy(self) -> None:
        """Do what earlier rotations left for later. Every run that ends well asks for it."""
