"""A cluster in memory: pods that end and come again as time goes by, and faults that tests order.
What real ones do is for the live tests and the drills to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from tests.jobs.fakes import FakeClock
from upkeep.rolling.events import Event
from upkeep.rolling.model import Look, Peer, Pod, Said, Server, Target
from upkeep.rolling.versions import Version

OLD: Final = "vault-old"
NEW: Final = "vault-new"
ENDS_AFTER_SECONDS: Final = 5.0
UNSEALS_AFTER_SECONDS: Final = 3.0


def version(text: str) -> Version:
    return Version.parse(text)


def target(revision: str = NEW, image: str = "hashicorp/vault:1.21.0") -> Target:
    return Target(revision, image, "c0ffee", Version.of_image(image))


def server(
    name: str,
    *,
    leads: bool = False,
    revision: str = OLD,
    runs: str = "1.20.4",
    uid: str = "1",
) -> Server:
    """One with which all is well."""
    pod = Pod(name, f"{name}-{uid}", revision, f"hashicorp/vault:{runs}", "decaf")
    said = Said(
        version(runs),
        initialized=True,
        sealed=False,
        leads=leads,
        sees_leader=True,
        committed=100,
        applied=100,
    )
    return Server(name, pod, said, Peer(voter=True, healthy=True))


def servers(number: int = 3, leader: int = 0) -> tuple[Server, ...]:
    return tuple(server(f"vault-{one}", leads=one == leader) for one in range(number))


def look(*given: Server, to: Target | None = None) -> Look:
    return Look(to or target(), given or servers())


def sealed(one: Server) -> Server:
    assert one.said
    return replace(one, said=replace(one.said, sealed=True, leads=False, sees_leader=False))


@dataclass
class World:
    """Meets `upkeep.rolling.driver.Driver`."""

    now: Look = field(default_factory=look)
    clock: FakeClock = field(default_factory=FakeClock)
    told: list[Event] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    stepped_down: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """What the next evictions are answered instead."""
    at_look: Callable[[World], object] = lambda _: None
    """Called before each look."""
    comes_back: bool = True
    comes_as: str = ""
    """The revision of new pods, if not the target's."""
    _away_since: dict[str, float] = field(default_factory=dict)
    _uids: count[int] = field(default_factory=lambda: count(2))

    def look(self) -> Look:
        for name, since in list(self._away_since.items()):
            self._go_on(name, self.clock.passed - since)
        self.at_look(self)
        return self.now

    def end(self, pod: Pod) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        assert self.now[pod.name].pod == pod, "only the very pod that was looked at may go"
        assert not self._away_since, "one at a time"
        self.ended.append(pod.name)
        self._away_since[pod.name] = self.clock.passed
        self.change(pod.name, pod=replace(pod, terminating=True))
        return ""

    def step_down(self, name: str) -> None:
        self.stepped_down.append(name)
        self._lead_elsewhere(name)

    def change(self, name: str, **changed: object) -> None:
        """Something about one server."""
        others = [
            replace(one, **changed) if one.name == name else one  # type: ignore[arg-type]
            for one in self.now.servers
        ]
        self.now = replace(self.now, servers=tuple(others))

    def lead(self, name: str) -> None:
        for one in self.now.servers:
            if one.said:
                self.change(one.name, said=replace(one.said, leads=one.name == name))

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [(event.step.value, event.server) for event in self.told]

    def _lead_elsewhere(self, name: str) -> None:
        heirs = [o.name for o in self.now.servers if o.name != name and o.said]
        self.lead(heirs[-1])

    def _go_on(self, name: str, passed: float) -> None:
        one = self.now[name]
        assert one.pod
        if passed < ENDS_AFTER_SECONDS or not self.comes_back:
            return
        if one.pod.terminating:
            if one.said and one.said.leads:
                self._lead_elsewhere(name)
            revision = self.comes_as or self.now.target.revision
            pod = replace(
                one.pod, uid=f"{name}-{next(self._uids)}", terminating=False, revision=revision
            )
            self.change(name, pod=pod, said=None, silent="connection refused")
        if passed >= ENDS_AFTER_SECONDS + UNSEALS_AFTER_SECONDS:
            del self._away_since[name]
            said = Said(version("1.21.0"), True, False, sees_leader=True, applied=100)
            self.change(name, said=said, silent="")
