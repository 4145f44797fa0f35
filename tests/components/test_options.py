"""Options of resources, put together."""

from __future__ import annotations

import pulumi
import pulumi_random as random

from components.options import after, known_without_parent
from tests.recording import Runner


def test_something_comes_after_all_that_it_needs_and_keeps_its_own_options(run: Runner) -> None:
    def program() -> None:
        first, second, third = (random.RandomPassword(name, length=20) for name in "abc")
        own = pulumi.ResourceOptions(protect=True, depends_on=[first])
        random.RandomPassword("d", length=20, opts=after(own, (second, third)))

    made = run(program)["d"]
    assert made.after == {"a", "b", "c"}
    assert made.protect


def test_what_has_moved_is_known_though_it_has_no_parent_any_more(run: Runner) -> None:
    def program() -> None:
        pulumi.runtime.register_stack_transformation(known_without_parent)
        parent = random.RandomPassword("a", length=20)
        own = pulumi.ResourceOptions(parent=parent, protect=True)
        random.RandomPassword("b", length=20, opts=own)

    made = run(program)["b"]
    assert made.parent == "a"
    assert made.protect
    (alias,) = made.request.aliases
    assert alias.spec.noParent
