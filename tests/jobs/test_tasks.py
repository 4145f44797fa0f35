"""`vaultstack_jobs.tasks`: what a task works with shows no credential."""

from __future__ import annotations

from tests.jobs.fakes import Fakes
from vaultstack_jobs.configuration import AwsRoot
from vaultstack_jobs.rotate import task_of
from vaultstack_jobs.tasks import Bench, Task


def test_a_bench_shows_no_connection(fakes: Fakes) -> None:
    bench: Bench = fakes.bench(AwsRoot())
    task: Task = task_of(bench)
    assert task.subject
    for hidden in ("FakeVault", "Cluster", "Turn"):
        assert hidden not in repr(bench)
