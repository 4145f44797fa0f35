"""The client drills from end to end: stand an environment up, and play each drill."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Final

from policies.environments import Environment
from policies.matrix import MATRIX
from policies.paths import DATABASE, KV, SecretPath
from policies.postgresql import DatabaseAccess
from policies.subject import Subject, subjects_in
from rehearsal.binaries import Binary, Tool
from rehearsal.client_drill import service
from rehearsal.client_drill.application import Orders
from rehearsal.client_drill.episode import Drill, Episode, Ground, Running
from rehearsal.client_drill.results import Run
from rehearsal.drill.access import drill_token
from rehearsal.drill.cluster import Cluster, RememberingSupervisor
from rehearsal.errors import RehearsalError
from rehearsal.stand_up import StoodUp, root_api, stand_up
from rehearsal.vault_api import VaultApi

APPLICATION: Final = "kubesentiment/api"
"""The workload that the application is: it reads secrets and uses a database."""
GETS_PER_SECOND: Final = 1000
_SECRETS: Final = 20
_LEASE_SECONDS, _LONGEST_LEASE_SECONDS = 30, 60
_WARM_SECONDS: Final = 3.0
Progress = Callable[[str], None]


def run_drills(
    binaries: Mapping[Tool, Binary],
    environment: Environment,
    drills: Sequence[Drill],
    repeat: int,
    progress: Progress,
    done: Callable[[Run], None],
) -> list[Run]:
    """Each drill `repeat` times, one after the other. `done` hears of each run when it ended.

    Raises RehearsalError, also where the cluster does not heal after a drill.
    """
    runs: list[Run] = []
    with RememberingSupervisor() as supervisor:
        stood = stand_up(supervisor, dict(binaries), environment, progress)
        with _ground(supervisor, stood) as ground:
            for drill in drills:
                for number in range(1, repeat + 1):
                    progress(f"{drill.title}, {number} of {repeat}")
                    runs.append(_run_once(ground, drill, number))
                    done(runs[-1])
    return runs


def _run_once(ground: Ground, drill: Drill, number: int) -> Run:
    _, lacking = ground.cluster.heal()
    if lacking:
        raise RehearsalError(f"{drill.name} cannot begin: {lacking}. Look at the servers' logs.")
    ground.cluster.rest()
    application = Running(ground, f"{drill.name}-{number}", compare_seconds=drill.compare_seconds)
    episode = Episode(ground, application)
    time.sleep(_WARM_SECONDS)
    drill.play(episode)
    time.sleep(drill.watched_seconds)
    return Run.of(drill, number, episode, application.end())


@contextmanager
def _ground(supervisor: RememberingSupervisor, stood: StoodUp) -> Iterator[Ground]:
    servers = stood.scene.vaults.servers
    (subject,) = (s for s in subjects_in(MATRIX, stood.plan.environment) if s.label == APPLICATION)
    address, process = service.start(
        supervisor, [server.address for server in servers], stood.scene.ca_file
    )
    with (
        root_api(stood) as root,
        drill_token(stood) as token,
        closing(Cluster(servers, token)) as cluster,
    ):
        yield Ground(
            supervisor,
            stood,
            cluster,
            root,
            process,
            _orders(stood, subject, address, root),
            lambda: stood.account_token(subject.role),
        )


def _orders(stood: StoodUp, subject: Subject, address: str, root: VaultApi) -> Orders:
    """What the application asks for, put there; its database leases live for seconds, as its timers
    do.
    """
    assert subject.application is not None
    assert subject.application.database is not None
    postgres, role = stood.scene.postgres, subject.database_role(DatabaseAccess.READ_WRITE)
    paths = [SecretPath(f"{subject.application.name}/drill-{n:02}") for n in range(_SECRETS)]
    for path in paths:
        root.write(path.data, {"data": {"value": secrets.token_urlsafe(24)}})
    lease = {"default_ttl": _LEASE_SECONDS, "max_ttl": _LONGEST_LEASE_SECONDS}
    root.write(
        f"{DATABASE}/roles/{role}", {**root.call("GET", f"{DATABASE}/roles/{role}").data, **lease}
    )
    return Orders(
        address=address,
        ca_file=str(stood.scene.ca_file),
        token_file="",
        role=subject.role,
        mount=KV,
        paths=tuple(path.text for path in paths),
        database_role=role,
        database={
            "host": postgres.host,
            "port": postgres.port,
            "dbname": subject.application.database.name,
            "sslmode": postgres.sslmode,
        },
        gets_per_second=GETS_PER_SECOND,
        started="",
        output="",
        compare_seconds=0.0,
    )
