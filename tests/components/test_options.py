"""Options of resources, put together."""

from __future__ import annotations

import pulumi
import pulumi_random as random

from components.options import after
from tests.recording import Runner


def test_something_comes_after_all_that_it_needs_and_keeps_its_own_options(run: Runner) -> None:
    def program() -> None:
        first, second, third = (random.RandomPassword(name, length=20) for name in "abc")
        own = pulumi.ResourceOptions(protect=True, depends_on=[first])
        random.RandomPassword("d", length=20, opts=after(own, (second, third)))

    made = run(program)["d"]
    assert made.after == {"a", "b", "c"}
    assert made.protect
