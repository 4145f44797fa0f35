"""One run of one recovery drill: what it may touch, what it did, and what it found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from hvac.exceptions import VaultError

from components.bootstrap import ceremony
from rehearsal.drill.cluster import Cluster, RememberingSupervisor
from rehearsal.drill.results import Check
from rehearsal.drill.traffic import Traffic
from rehearsal.errors import NotYet
from rehearsal.recovery_drill.blocks import block
from rehearsal.recovery_drill.kubectl import Kubectl
from rehearsal.recovery_drill.operator import Operator, Said
from rehearsal.recovery_drill.results import Step
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import wait_until
from rehearsal.vault_api import VaultApi

_ENDS_WITHIN: Final = timedelta(seconds=30)


@dataclass
class Ground:
    """Where drills take place."""

    supervisor: RememberingSupervisor
    stood: StoodUp
    cluster: Cluster
    kubectl: Kubectl
    operator: Operator
    shares: list[str] = field(repr=False)
    """Those that are good now. An operator's `share` takes the next of them."""
    required: int
    """How many of them it takes."""

    def typed_shares(self) -> str:
        """What holders type, one line each."""
        return "".join(f"{share}\n" for share in self.shares[: self.required])

    @contextmanager
    def root(self) -> Iterator[VaultApi]:
        """Vault as root, to look at what only root sees; ended on leaving."""
        address, ca_file = (
            self.cluster[self.cluster.leader()].address,
            str(self.stood.scene.ca_file),
        )
        client = ceremony.connect(address, ca_file)
        try:
            token = ceremony.regain_root(client, self.shares)
        except VaultError:
            client.sys.cancel_root_generation()
            raise
        api = VaultApi(address, ca_file, token)
        try:
            yield api
        finally:
            wait_until(lambda: _revoked(api), awaited="root to end", patience=_ENDS_WITHIN)


def _revoked(root: VaultApi) -> None:
    """Vault may be between two leaders just now."""
    try:
        answer = root.call("POST", "auth/token/revoke-self")
    except (OSError, VaultError) as error:
        raise NotYet(str(error)) from None
    if not (answer.allowed or answer.forbidden):
        raise NotYet(f"{answer.status} {answer.errors}")


@dataclass
class Episode:
    """What a drill is given. It strikes once, and repairs with a runbook's commands."""

    ground: Ground
    traffic: Traffic
    name: str
    struck: float | None = None
    """When, on the monotonic clock."""
    repair_began: float | None = None
    steps: list[Step] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster:
        return self.ground.cluster

    def strike(self) -> None:
        """What comes next is the event."""
        self.struck = time.monotonic()

    def runbook(self, name: str, *, typed: str = "", **variables: str) -> Said:
        """Run a runbook's commands, and note how long they took. Raises RehearsalError."""
        self.repair_began = self.repair_began or time.monotonic()
        said = self.ground.operator.must(name, block(name), typed=typed, **self._known(variables))
        self.steps.append(Step(name, said.seconds))
        return said

    def refused(self, name: str, *, typed: str = "", **variables: str) -> str:
        """Run a runbook's commands that must fail now. Returns what they said."""
        said = self.ground.operator.run(block(name), typed=typed, **self._known(variables))
        self.checks.append(Check(f"{name} is refused", said.status != 0))
        return said.errors.strip()

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Note how long something takes."""
        began = time.monotonic()
        yield
        self.steps.append(Step(what, time.monotonic() - began))

    def check(self, what: str, holds: bool, seen: str = "") -> None:
        """What must hold, or the run is no success."""
        self.checks.append(Check(what, holds, seen))

    def _known(self, given: dict[str, str]) -> dict[str, str]:
        return given if "VAULT_ADDR" in given else {**given, "VAULT_ADDR": self._address()}

    def _address(self) -> str:
        return self.cluster[self.cluster.leader()].address


@dataclass(frozen=True, slots=True)
class Drill:
    """Something that went wrong, or is to be changed, and the runbook that is followed."""

    name: str
    title: str
    play: Callable[[Episode], None]
    blocks: tuple[str, ...]
    """The runbooks' commands that it runs."""
    undisturbed: bool = True
    """Whether a client that tries the next server may notice nothing at all."""
    may_lose: bool = False
    needs: str = ""
    """A program that this machine must have besides."""
