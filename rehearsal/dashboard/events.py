"""What happens while Prometheus looks: applications' load, people and workloads that are refused,
and in the middle the leader steps down.

It deliberately measures nothing: that is `rehearsal.load`'s. Requests that fail while leadership
changes are to be seen in the dashboard. No RSA keys are made: no role of the matrix has them, and
they would take the processor from all the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from policies.paths import (
    APPROLE_AUTH,
    AWS,
    KUBERNETES_AUTH,
    SecretPath,
    cloud_credentials,
    pki_issue,
)
from rehearsal.errors import RehearsalError
from rehearsal.load.fortio import Fortio, Pace
from rehearsal.load.operations import Applications, Operation
from rehearsal.load.targets import ROLE, Target
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import Supervisor

WARMS_UP: Final = timedelta(seconds=20)
"""Until a rate can be made of what was scraped; not shown."""
_CONNECTIONS: Final = 2
_PER_SECOND: Final = 8.0
"""Of each kind: far from what two cores bear."""
_PAUSE_SECONDS: Final = 0.5
_NOT_THEIRS: Final = SecretPath("another-application").data


@dataclass(frozen=True, slots=True)
class Times:
    """In seconds since the epoch."""

    start: float
    stepped_down: float
    end: float


@dataclass(frozen=True, slots=True)
class Events:
    """All that happens, to one cluster."""

    supervisor: Supervisor
    fortio: Path
    """The program."""
    stood: StoodUp
    target: Target

    def play(self, duration: timedelta, progress: Callable[[str], None]) -> Times:
        """`duration`: without the warm-up. Raises `RehearsalError`."""
        seconds = (WARMS_UP + duration).total_seconds()
        until = time.monotonic() + seconds
        fortio = Fortio(self.supervisor, self.fortio)

        def load(operation: Operation) -> None:
            fortio.run(operation.request, Pace(_CONNECTIONS, seconds, _PER_SECOND))

        operations = [
            operation
            for operation in Applications(self.stood, self.target).operations()
            if operation.request.path != pki_issue(ROLE)
        ]
        with ThreadPoolExecutor(len(operations) + 2) as pool:
            running = [pool.submit(load, operation) for operation in operations]
            clients = (self._be_refused(), self._use_aws())
            running += [pool.submit(_again, until, client) for client in clients]
            progress(f"{len(operations)} kinds of requests, {_PER_SECOND:g} a second of each")
            time.sleep(WARMS_UP.total_seconds())
            start = time.time()
            time.sleep(duration.total_seconds() / 2)
            stepped_down = time.time()
            self._step_down()
            progress("the leader stepped down")
            for one in running:
                one.result()
            return Times(start, stepped_down, time.time())

    def _step_down(self) -> None:
        answer = self.target.root.call("PUT", "sys/step-down", {})
        if not answer.allowed:
            raise RehearsalError(f"the leader refuses to step down: {answer.errors}")

    def _be_refused(self) -> Callable[[], None]:
        """Reads what it may not, and logs in with what is wrong: what an operator must notice."""
        anonymous = self.target.root.with_token("")
        reader = anonymous.with_token(self.target.reads.token)
        approle = {"role_id": "wrong", "secret_id": "wrong"}

        def ask() -> None:
            reader.call("GET", _NOT_THEIRS)
            anonymous.call(
                "POST", f"auth/{KUBERNETES_AUTH}/login", {"role": "nobody", "jwt": "wrong"}
            )
            anonymous.call("POST", f"auth/{APPROLE_AUTH}/login", approle)

        return ask

    def _use_aws(self) -> Callable[[], None]:
        """As root: who may is the proof's business."""
        role = self.stood.plan.aws_roles[0].name
        root = self.target.root.with_token(self.target.root.token)

        def ask() -> None:
            root.call("GET", cloud_credentials(AWS, role))

        return ask


def _again(until: float, ask: Callable[[], None]) -> None:
    while time.monotonic() < until:
        # A server that begins or ceases to lead may close a connection.
        with suppress(OSError):
            ask()
        time.sleep(_PAUSE_SECONDS)
