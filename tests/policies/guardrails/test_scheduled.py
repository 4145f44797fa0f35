"""Which jobs were reviewed, in each environment."""

from __future__ import annotations

from policies.compile import compile_plan
from policies.environments import Environment
from policies.guardrails.scheduled import jobs
from policies.matrix import MATRIX
from policies.snapshots import reader


def test_they_are_the_plans_rotations_and_the_snapshots() -> None:
    for environment in Environment:
        plan = compile_plan(MATRIX, environment)
        taken = ["snapshots"] if reader(plan) else []
        assert [one.name for one in jobs(environment)] == [
            *(one.name for one in plan.rotations),
            *taken,
        ]
        assert bool(taken) == (environment is not Environment.DEV)


def test_nobody_is_two_of_them() -> None:
    for environment in Environment:
        runs_as = [one.runs_as for one in jobs(environment)]
        assert len(set(runs_as)) == len(runs_as)


def test_only_snapshots_are_written_down_in_between() -> None:
    for one in jobs(Environment.PROD):
        assert one.scratch is (one.name == "snapshots") is bool(one.elsewhere)
