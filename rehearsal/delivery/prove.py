"""The deliveries' part of the proof: each one's agents, started as its pods' annotations mean,
write what they should, follow a change, come back after their token was revoked, and get no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from components.delivery.deliveries import deliveries_in
from components.delivery.files import DatabaseCredentials, Delivery, SecretFile, Via
from components.delivery.provider_class import secret_provider_class
from policies.identities import PLATFORM_NAMESPACE
from policies.paths import SecretPath
from policies.subject import Subject
from rehearsal import binaries
from rehearsal.binaries import Tool
from rehearsal.delivery import checks
from rehearsal.delivery.checks import Database, Denied, Entry, Login, Milliseconds, place_of
from rehearsal.delivery.configuration import Mode
from rehearsal.delivery.container import Agent, Pod, VaultHere
from rehearsal.delivery.deployed import deployed_injector
from rehearsal.delivery.injector import Injector
from rehearsal.delivery.workshop import Workshop
from rehearsal.errors import RehearsalError
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.proof.results import Outcome, Seen, expected
from rehearsal.supervisor import Supervisor

Check = Callable[[], Milliseconds | None]

# Vault's address in the pods' world; agents here are given this machine's.
_SERVICE: Final = "https://vault.vault.svc:8200"


def prove(bench: Bench) -> None:
    """All deliveries of the environment at once: most of their time is waiting."""
    for delivery in deliveries_in(bench.plan, Via.CSI):
        _mount(bench, delivery)
    with Supervisor() as supervisor, ThreadPoolExecutor() as pool:
        workshop = workshop_of(bench, supervisor)
        tries = [_Try(bench, workshop, one) for one in deliveries_in(bench.plan, Via.AGENT)]
        running = [
            pool.submit(part) for one in tries for part in (one.files, one.refused, one.missing_key)
        ]
        for part in running:
            part.result()


def workshop_of(bench: Bench, supervisor: Supervisor) -> Workshop:
    """With the injector that the program deployed, or where it deployed none, with its defaults."""
    (binary,) = binaries.ensure([Tool.VAULT]).values()
    here = VaultHere(binary.path, bench.scene.vault_address, bench.scene.ca_file)
    injector = deployed_injector(bench.scene.kubernetes, PLATFORM_NAMESPACE)
    if injector is None:
        injector = Injector(_SERVICE, ca_pem=here.ca_file.read_text())
    return Workshop(supervisor, bench.scene, bench.plan, here, injector)


def _mount(bench: Bench, delivery: Delivery) -> None:
    """As the CSI provider does, with the workload's own login."""
    subject = _subject(bench, delivery)
    files = checks.mounted(bench, secret_provider_class(bench.plan, delivery))
    for file in delivery.files:
        _note(
            bench,
            subject,
            "mounted file is as in Vault",
            file.name,
            partial(checks.is_as_mounted, bench, file, files),
            allowed=True,
        )


class _Try:
    """One delivery by an agent, tried."""

    def __init__(self, bench: Bench, workshop: Workshop, delivery: Delivery) -> None:
        self._bench, self._workshop, self._delivery = bench, workshop, delivery
        self._subject = _subject(bench, delivery)

    def files(self) -> None:
        """A pod's life: what comes before the application starts, and what comes after."""
        pod = self._workshop.pod(self._delivery)
        names = ", ".join(file.name for file in self._delivery.files)
        if not self._allowed("agent writes the files", names, partial(checks.write, pod)):
            return
        self._look_into(pod)
        if self._delivery.stays:
            first = self._logins(pod)
            agent = pod.start(Mode.SIDECAR)
            self._stay(pod, agent, first)
            pod.end(agent)

    def _stay(self, pod: Pod, agent: Agent, first: Mapping[SecretFile, Login]) -> None:
        """`first`: what the init container was issued, which this agent has nothing to do with."""
        if not self._allowed("agent stays", "logged in", partial(checks.logged_in, agent)):
            return
        token = agent.token()
        for file, login in first.items():
            place = place_of(pod, file)
            own = partial(checks.issued_again, file, place, login, agent)
            if not self._allowed("agent that stays has its own credentials", file.name, own):
                return  # or it would be the first agent's that are looked at
        for file in self._delivery.files:
            if isinstance(path := file.source, SecretPath):
                entry = Entry(self._bench, file, path, place_of(pod, file))
                self._allowed("file follows a change", file.name, partial(entry.follow, agent))
        before = self._logins(pod)
        self._workshop.revoke(token)
        again = partial(checks.log_in_again, agent, token)
        if not self._allowed("agent logs in again", "its token revoked", again):
            return  # what follows would only wait for it
        for file, login in before.items():
            self._issued_again(pod, agent, file, login)
        self._look_into(pod)

    def _logins(self, pod: Pod) -> dict[SecretFile, Login]:
        """As the files hold them now."""
        return {
            file: Login.of(file, place_of(pod, file))
            for file in self._delivery.files
            if isinstance(file.source, DatabaseCredentials)
        }

    def _issued_again(self, pod: Pod, agent: Agent, file: SecretFile, before: Login) -> None:
        place = place_of(pod, file)
        self._allowed(
            "credentials are issued again",
            file.name,
            lambda: checks.issued_again(file, place, before, agent),
        )
        assert isinstance(file.source, DatabaseCredentials)
        database = Database(self._bench, file.source.role)
        self._denied(
            "SQL with revoked credentials",
            file.name,
            partial(checks.refused_soon, database, before),
        )

    def refused(self) -> None:
        """A pod whose annotations ask for what the matrix does not grant."""
        other = next(
            entry.name
            for entry in self._bench.plan.kv_entries
            if not expectations.kv(self._subject, entry.name, expectations.READS)
        )
        path = SecretPath(other).data
        agent, place = self._lone(f'{{{{ with secret "{path}" }}}}{{{{ .Data }}}}{{{{ end }}}}')
        self._denied("agent writes a file", other, lambda: checks.refused(agent, place, path))

    def missing_key(self) -> None:
        """A template that needs a key which is not there: no file is better than half of one."""
        file = self._workshop.injection(self._delivery).files[0]
        agent, place = self._lone(
            f'{{{{ with secret "{file.secret}" }}}}{{{{ .Data.none }}}}{{{{ end }}}}'
        )
        what = f"{file.name}: no such key"
        self._denied("agent writes a file", what, lambda: checks.given_up(agent, place))

    def _lone(self, template: str) -> tuple[Agent, Path]:
        """An agent with the delivery's own first file, but for its template."""
        injection = self._workshop.injection(self._delivery)
        file = replace(injection.files[0], template=template, command="")
        pod = self._workshop.pod_of(replace(injection, files=(file,)))
        return pod.start(Mode.INIT), pod.place(file.destination)

    def _look_into(self, pod: Pod) -> None:
        for file in self._delivery.files:
            place = place_of(pod, file)
            match file.source:
                case SecretPath() as path:
                    entry = Entry(self._bench, file, path, place)
                    self._allowed("file is as in Vault", file.name, entry.is_as_in_vault)
                case DatabaseCredentials(role=role):
                    self._use(file, place, Database(self._bench, role))
                case _:
                    raise RehearsalError(
                        f"delivery {self._delivery.workload!r}, file {file.name!r}: it is not "
                        "known here what makes it right; teach rehearsal/delivery/prove.py"
                    )

    def _use(self, file: SecretFile, place: Path, database: Database) -> None:
        self._allowed(
            "SQL with the file's credentials",
            file.name,
            lambda: database.use(Login.of(file, place)),
        )

    def _allowed(self, operation: str, resource: str, check: Check) -> bool:
        return _note(self._bench, self._subject, operation, resource, check, allowed=True)

    def _denied(self, operation: str, resource: str, check: Check) -> bool:
        return _note(self._bench, self._subject, operation, resource, check, allowed=False)


def _subject(bench: Bench, delivery: Delivery) -> Subject:
    return next(one for one in bench.subjects if one.label == delivery.workload)


def _note(
    bench: Bench, subject: Subject, operation: str, resource: str, check: Check, *, allowed: bool
) -> bool:
    """Record what came of it; whether that is as it should be."""
    try:
        seen = Seen(Outcome.ALLOWED, check())
    except Denied:
        seen = Seen(Outcome.DENIED)
    except (Mismatch, RehearsalError) as error:
        seen = Seen(Outcome.BROKEN, None, str(error))
    bench.note(subject, operation, resource, allowed=allowed, seen=seen)
    return seen.outcome is expected(allowed)
