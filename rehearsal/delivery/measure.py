"""How long a delivery takes, run after run, on an otherwise idle rehearsal of dev: the files of the
workload that has the most kinds of them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from components.delivery.deliveries import deliveries_in
from components.delivery.files import DatabaseCredentials, Delivery, SecretFile, Via
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.paths import SecretPath
from policies.subject import subjects_in
from rehearsal import binaries
from rehearsal.delivery import checks
from rehearsal.delivery.checks import Entry, Login, place_of
from rehearsal.delivery.configuration import Mode
from rehearsal.delivery.container import Agent, Pod
from rehearsal.delivery.prove import workshop_of
from rehearsal.delivery.workshop import REFRESH, Workshop
from rehearsal.proof.attempts import Bench
from rehearsal.proof.logins import LoginDesk, log_in_all
from rehearsal.stand_up import stand_up
from rehearsal.supervisor import Supervisor

Progress = Callable[[str], None]
_MEMORY: Final = {"VmHWM": "at its highest", "RssAnon": "of it the agent's own"}


@dataclass(frozen=True, slots=True)
class Series:
    """What was measured, and in what."""

    name: str
    unit: str
    values: Sequence[float]

    @property
    def row(self) -> tuple[str, ...]:
        """Name, number, least, median, most, unit."""
        ordered = sorted(self.values)
        figures = (ordered[0], statistics.median(ordered), ordered[-1])
        return (self.name, str(len(ordered)), *(f"{one:.0f}" for one in figures), self.unit)


def measure(runs: int, progress: Progress) -> list[Series]:
    """Raises `RehearsalError`."""
    with Supervisor() as supervisor:
        stood = stand_up(supervisor, binaries.ensure(progress=progress), Environment.DEV, progress)
        subjects = subjects_in(MATRIX, Environment.DEV)
        sessions, _ = log_in_all(LoginDesk(stood.scene), subjects)
        bench = Bench(stood.scene, stood.plan, subjects, sessions, stood.provisioner)
        workshop = workshop_of(bench, supervisor)
        delivery = max(
            deliveries_in(stood.plan, Via.AGENT),
            key=lambda one: (one.stays, len({type(file.source) for file in one.files})),
        )
        return [*_starts(workshop, delivery, runs), *_changes(bench, workshop, delivery, runs)]


def _starts(workshop: Workshop, delivery: Delivery, runs: int) -> Iterator[Series]:
    first = [checks.write(workshop.pod(delivery)) for _ in range(runs)]
    yield Series("init container: start -> last file", "ms", first)
    memory: dict[str, list[float]] = {name: [] for name in _MEMORY}
    login = []
    for _ in range(runs):
        with _running(workshop, delivery) as (_, agent, milliseconds):
            login.append(milliseconds)
            for name, values in memory.items():
                values.append(_memory(agent, name))
    yield Series("sidecar: start -> Vault token", "ms", login)
    for name, what in _MEMORY.items():
        yield Series(f"sidecar: memory {what}", "MiB", memory[name])


def _changes(bench: Bench, workshop: Workshop, delivery: Delivery, runs: int) -> Iterator[Series]:
    changed, again, issued = [], [], []
    entry_file = next(file for file in delivery.files if isinstance(file.source, SecretPath))
    login_file = _login_file(delivery)
    for _ in range(runs):
        with _running(workshop, delivery) as (pod, agent, _):
            entry = _entry(bench, entry_file, pod)
            entry.is_as_in_vault()
            changed.append(entry.follow(agent))
            place, token = place_of(pod, login_file), agent.token()
            before = Login.of(login_file, place)
            started = time.perf_counter()
            workshop.revoke(token)
            again.append(checks.log_in_again(agent, token))
            checks.issued_again(login_file, place, before, agent)
            issued.append((time.perf_counter() - started) * 1000)
    every = f"looking every {REFRESH.total_seconds():g} s"
    yield Series(f"changed in Vault -> in the file, {every}", "ms", changed)
    yield Series(f"token revoked -> logged in again, {every}", "ms", again)
    yield Series(f"token revoked -> another database user, {every}", "ms", issued)


def _entry(bench: Bench, file: SecretFile, pod: Pod) -> Entry:
    assert isinstance(file.source, SecretPath)
    return Entry(bench, file, file.source, place_of(pod, file))


@contextmanager
def _running(
    workshop: Workshop, delivery: Delivery
) -> Iterator[tuple[Pod, Agent, checks.Milliseconds]]:
    """After its init container, and with credentials of its own; how long its login took."""
    pod, file = workshop.pod(delivery), _login_file(delivery)
    checks.write(pod)
    place = place_of(pod, file)
    first = Login.of(file, place)
    agent = pod.start(Mode.SIDECAR)
    try:
        login = checks.logged_in(agent)
        checks.issued_again(file, place, first, agent)
        yield pod, agent, login
    finally:
        pod.end(agent)


def _login_file(delivery: Delivery) -> SecretFile:
    return next(file for file in delivery.files if isinstance(file.source, DatabaseCredentials))


def _memory(agent: Agent, name: str) -> float:
    """Of Linux' /proc, in MiB."""
    status = Path(f"/proc/{agent.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024
