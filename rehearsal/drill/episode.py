"""One run of one drill: what it may touch, and what it notes down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from rehearsal.drill.cluster import Cluster, RememberingSupervisor
from rehearsal.drill.phases import HandOver
from rehearsal.drill.traffic import Traffic
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import wait_until

RECOVERS_WITHIN: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Moment:
    """The same moment on two clocks: what clients see has the one, logs have the other."""

    monotonic: float
    epoch: float

    @classmethod
    def now(cls) -> Moment:
        return cls(time.monotonic(), time.time())


@dataclass(frozen=True, slots=True)
class Ground:
    """Where drills take place."""

    supervisor: RememberingSupervisor
    stood: StoodUp
    cluster: Cluster


@dataclass
class Episode:
    """What a drill is given. It must strike once, and mend once what it broke."""

    ground: Ground
    traffic: Traffic
    name: str
    """Of this run, unlike any other's."""
    struck: Moment | None = None
    mended: Moment | None = None
    problems: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster:
        return self.ground.cluster

    def strike(self) -> None:
        """What comes next is the event."""
        assert self.struck is None, "one event is measured"
        self.struck = Moment.now()

    def mend(self) -> None:
        """What comes next ends the event's cause: health is waited for from here."""
        self.mended = Moment.now()

    def expect(self, truth: bool, problem: str) -> None:
        """What must hold, or the run is no success."""
        if not truth:
            self.problems.append(problem)

    def until_flowing(self) -> None:
        """Wait until the traffic has flowed for a second; after a minute, that is a problem."""
        begin = time.monotonic()

        def flows() -> None:
            if time.monotonic() - begin < 1 or not self.traffic.flows():
                raise NotYet("most writes fail")

        try:
            wait_until(flows, awaited="writes to succeed", patience=RECOVERS_WITHIN)
        except RehearsalError:
            self.problems.append("writes did not succeed again within a minute")


@dataclass(frozen=True, slots=True)
class Drill:
    """A failure, and how it is brought about."""

    name: str
    title: str
    play: Callable[[Episode], None]
    hand_over: HandOver | None = None
    """Where leadership changes hands: how, so that the logs are asked where the time went."""
