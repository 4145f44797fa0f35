"""The proof from end to end: log in as everyone, try every cell, and see that no root is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from policies.model import AccessMatrix
from policies.plan import Plan
from policies.provisioner import NAME as PROVISIONER
from policies.subject import subjects_in
from rehearsal.delivery import prove as deliveries
from rehearsal.proof import (
    audit,
    ci,
    cloud,
    control,
    database,
    kv,
    pki,
    provisioner,
    root,
    rotation,
    snapshots,
)
from rehearsal.proof.attempts import Bench
from rehearsal.proof.logins import LoginDesk, log_in_all
from rehearsal.proof.results import Result
from rehearsal.scene import Scene
from rehearsal.vault_api import VaultApi

# Rotations come late: others look at what was there before.
_CHAPTERS: Final[Mapping[str, Callable[[Bench], None]]] = {
    "kv": kv.prove,
    "database": database.prove,
    "cloud": cloud.prove,
    "pki": pki.prove,
    "control": control.prove,
    "rotation": rotation.prove,
    "snapshots": snapshots.prove,
    "provisioner": provisioner.prove,
    "delivery": deliveries.prove,
}


@dataclass(frozen=True)
class Proof:
    results: Sequence[Result]
    sessions: dict[str, VaultApi]
    """Subject -> a session that is still good."""


def prove(
    scene: Scene,
    matrix: AccessMatrix,
    plan: Plan,
    provisioner: VaultApi,
    shares: Sequence[str],
    progress: Callable[[str], None],
) -> Proof:
    """Raises `RehearsalError` only where the proof cannot go on; a mismatch is a result."""
    subjects = subjects_in(matrix, plan.environment)
    journal = scene.journal
    journal.knows(provisioner.token, (PROVISIONER,))
    journal.keeps_secret([shares, [scene.configuration.get(key) for key in scene.secret_keys]])
    provisioner = provisioner.noted_in(journal)
    sessions, logins = log_in_all(LoginDesk(scene), subjects)
    progress(f"{len(sessions)} workloads and people logged in, {len(logins)} logins tried")
    bench = Bench(scene, plan, subjects, sessions, provisioner, logins)
    for area, chapter in _CHAPTERS.items():
        before, bench.area = len(bench.results), area
        chapter(bench)
        progress(f"{area}: {len(bench.results) - before} cells tried")
    if scene.run_of_ci:
        before, bench.area = len(bench.results), "ci"
        ci.prove(bench, scene.run_of_ci)
        progress(f"{bench.area}: {len(bench.results) - before} logins tried")
    root.prove(bench, shares)
    audit.prove(bench, progress)
    return Proof(bench.results, sessions)
