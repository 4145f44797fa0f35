"""The rolling change itself: one server after the other, and not the next before all is well again.

Everything it knows it sees in the cluster, look by look, so it can be stopped and run again at any
point. It makes nothing undone: what was replaced stays replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique

from policies.texts import joined
from upkeep.errors import UpkeepError
from upkeep.rolling.driver import AwayError, Driver
from upkeep.rolling.events import Event, Step, Tell
from upkeep.rolling.model import Look, Pod
from upkeep.rolling.plan import Plan
from upkeep.rolling.watch import Watch
from vaultstack_jobs.clock import Clock


class StoppedError(UpkeepError):
    """It stopped by itself. Says what was done, what is left, and how to go on."""


@unique
class HandOver(StrEnum):
    """How the leader gives up leadership."""

    END = "end"
    """Its pod is ended: on SIGTERM Vault hands over. Takes no right in Vault."""
    STEP_DOWN = "step-down"
    """It steps down first, and ends as a standby. Takes sudo on `sys/step-down`."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds."""

    patience: float = 600.0
    """For each server, from its end until all is well again."""
    settle: float = 10.0
    """How long all must have been well before the next: as long as autopilot takes to notice."""
    bears: float = 15.0
    """How long another server's silence or an election is borne."""
    look_every: float = 1.0


@dataclass
class Roll:
    """One run. Not for several threads."""

    driver: Driver
    plan: Plan
    clock: Clock
    tell: Tell
    hold: Callable[[], None]
    """Called before each effect and at each look: raises where the turn was taken away."""
    seen: Callable[[Look], None] = lambda _look: None
    pace: Pace = Pace()
    hand_over: HandOver = HandOver.END

    def __post_init__(self) -> None:
        self._done: list[str] = []
        self._leader = self.plan.leader
        """Who is expected to lead."""
        self._hands_over = False
        """Whether another may come to lead."""
        self._watch = Watch(self.pace.bears)

    def run(self) -> None:
        """Raises `StoppedError`."""
        for name in self.plan.order:
            try:
                self._replace(name)
            except UpkeepError as error:
                stopped = self._stopped(name, str(error))
                self.tell(Event(Step.STOPPED, name, str(stopped)))
                raise stopped from None
            self._done.append(name)
        self.tell(Event(Step.DONE, facts={"servers": list(self._done)}))

    def _replace(self, name: str) -> None:
        # After the one before, all was well for long enough already.
        before = self._settled(name, settle=0.0 if self._done else self.pace.settle)
        pod = before[name].pod
        assert pod is not None, "a settled server has a pod"
        if before.margin < 1:
            raise UpkeepError("losing one server would lose the majority")
        self._hands_over = name == self._leader
        self.tell(Event(Step.BEGAN, name, "the leader" if self._hands_over else "a standby"))
        if self._hands_over and self.hand_over is HandOver.STEP_DOWN:
            self._step_down(name)
        began = self._end(name, pod)
        back = self._back(name, pod, began)
        self._tell_seconds(Step.BACK, name, began)
        leader = back.leader
        least = leader.said.committed if leader and leader.said else 0
        self._settled(name, self.pace.settle, least, began)
        self._tell_seconds(Step.SETTLED, name, began)

    def _tell_seconds(self, step: Step, name: str, began: float) -> None:
        seconds = self.clock.monotonic() - began
        self.tell(Event(step, name, f"after {seconds:.1f} s", {"seconds": round(seconds, 3)}))

    def _step_down(self, name: str) -> None:
        self.hold()
        self.tell(Event(Step.HANDS_OVER, name))
        began = self.clock.monotonic()
        self.driver.step_down(name)
        while self._hands_over:
            self._look(away=())
            self._wait(began, "no other server leads")

    def _end(self, name: str, pod: Pod) -> float:
        """Returns when it was told to (monotonic)."""
        began, told = self.clock.monotonic(), ""
        while True:
            try:
                self.hold()
                refused = self.driver.end(pod)
            except AwayError as away:
                refused = str(away)
            if not refused:
                self.tell(Event(Step.ENDS, name))
                return self.clock.monotonic()
            if refused != told:
                told = refused
                self.tell(Event(Step.WAITS, name, refused))
            self._look(away=())
            self._wait(began, refused)

    def _back(self, name: str, old: Pod, began: float) -> Look:
        """What is seen as soon as another pod of this name is unsealed."""
        while True:
            look = self._look(away=(name,))
            pod = look[name].pod if look else None
            if look and pod and pod.uid != old.uid and not pod.terminating:
                if pod.revision != self.plan.target.revision:
                    raise UpkeepError(
                        f"its new pod is of the template {pod.revision} and not of "
                        f"{self.plan.target.revision}: did somebody change the StatefulSet?"
                    )
                if not look[name].ails:
                    return look
            ails = (look[name].ails or look[name].lacks) if look else ""
            self._wait(began, f"{name} {ails}" if ails else f"{name} is not there again")

    def _settled(
        self, name: str, settle: float, least: int = 0, began: float | None = None
    ) -> Look:
        """Until all has been well for `settle` seconds, and this server has what was committed."""
        began = self.clock.monotonic() if began is None else began
        well_since: float | None = None
        told = ""
        while True:
            look = self._look(away=(name,))
            lacks = _lacks(look, name, least)
            now = self.clock.monotonic()
            if look is None or lacks:
                well_since = None
                if lacks != told:
                    told = lacks
                    self.tell(Event(Step.WAITS, name, lacks))
            else:
                well_since = now if well_since is None else well_since
                if now - well_since >= settle:
                    return look
            self._wait(began, lacks or "all was well, but not for long enough")

    def _look(self, away: tuple[str, ...]) -> Look | None:
        """What is seen, unless something stands against going on. None where the API is away."""
        try:
            self.hold()
            look = self.driver.look()
        except AwayError:
            return None
        self.seen(look)
        if look.target != self.plan.target:
            raise UpkeepError("the StatefulSet's template changed meanwhile")
        if fault := self._watch.fault(look, away, self.clock.monotonic()):
            raise UpkeepError(f"the margin is lost: {fault}")
        if look.leader and look.leader.name != self._leader:
            if not self._hands_over:
                raise UpkeepError(
                    f"the leader changed unexpectedly, from {self._leader} to {look.leader.name}"
                )
            self._leader, self._hands_over = look.leader.name, False
            self.tell(Event(Step.LEADS, self._leader))
        return look

    def _wait(self, began: float, reason: str) -> None:
        if self.clock.monotonic() - began >= self.pace.patience:
            raise UpkeepError(f"{self.pace.patience:.0f} s have passed, and {reason}")
        self.clock.sleep(self.pace.look_every)

    def _stopped(self, name: str, reason: str) -> StoppedError:
        left = [one for one in self.plan.order if one not in self._done]
        return StoppedError(
            f"stopped at {name}: {reason}.\n"
            f"Done: {joined(self._done) or 'none'}. Left: {joined(left)}.\n"
            "To go on: mend what is said here, and run the same command again when all servers are "
            "healthy; it looks anew, and leaves alone what is up to date."
        )


def _lacks(look: Look | None, name: str, least: int) -> str:
    """What is missing before the next server may go."""
    if look is None:
        return "the Kubernetes API cannot be asked"
    if look.autopilot_silent:
        return f"autopilot's state is not known: {look.autopilot_silent}"
    for server in look.servers:
        if server.lacks:
            return f"{server.name} {server.lacks}"
    said = look[name].said
    if said is None or said.applied < least:
        return f"{name} has not caught up"
    return ""
