"""Which plan is asked: the working tree's matrix, compiled, or what a commit renders.

Either way it is a `Snapshot`. Of a commit nothing is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from policies.acl import Acl, AclError, Symbolic
from policies.commands.errors import CommandError, unknown
from policies.compile import compile_plan
from policies.environments import Environment
from policies.git import GitError, commit_at
from policies.matrix import MATRIX
from policies.review.snapshot import Snapshot, SnapshotError, Workload, of_plan, read

REFUSALS: Final = (GitError, SnapshotError, AclError)
"""What asking for a plan, or for what it says, can end in by wrong input."""
WORKING_TREE: Final = "working tree"

Plans = Mapping[Environment, Snapshot]


@dataclass(frozen=True)
class Asked:
    """One workload in one environment."""

    environment: Environment
    snapshot: Snapshot
    workload: Workload

    @cached_property
    def acl(self) -> Acl:
        """Of the policies that its role names. Who holds the token is unknown: templated rules
        are about names of their own.
        """
        names = self.workload.token.policies
        return Acl({name: self.snapshot.stanzas(name) for name in names}, Symbolic())

    @property
    def not_known(self) -> tuple[str, ...]:
        """What an answer leaves out, in words; nothing where it is whole."""
        return tuple(self._not_known())

    def _not_known(self) -> Iterator[str]:
        templated = sorted(pattern.text for pattern in self.acl.rules if "{{" in pattern.text)
        if templated:
            yield f"templated rules are about who asks, which is not known: {', '.join(templated)}"
        names = self.workload.token.policies
        if missing := [name for name in names if name not in self.snapshot.policies]:
            # One that nobody wrote allows nothing, but Vault comes with a `default`.
            yield f"ACL policies that the plan does not have: {', '.join(missing)}"


def plans(reference: str | None, environment: Environment | None) -> Plans:
    """By environment, in order.

    Raises `CommandError` where it has not the environment that is asked for.
    """
    found = _working_tree(environment) if reference is None else _committed(reference)
    if environment is None:
        return found
    if environment not in found:
        raise CommandError(unknown("environment", environment, found))
    return {environment: found[environment]}


def _working_tree(environment: Environment | None) -> Plans:
    there = [spec.environment for spec in MATRIX.environments]
    return {
        one: of_plan(compile_plan(MATRIX, one), WORKING_TREE)
        for one in Environment
        if one in there and environment in (None, one)
    }


def _committed(reference: str) -> Plans:
    found = read(commit_at(reference).rendered, reference)
    return {one: found[one] for one in Environment if one in found}


def everyone(asked: Plans) -> tuple[Asked, ...]:
    """All workloads, by environment and label."""
    return tuple(
        Asked(environment, snapshot, workload)
        for environment, snapshot in asked.items()
        for workload in snapshot.workloads.values()
    )


def workload(asked: Plans, name: str) -> tuple[Asked, ...]:
    """One workload, by its label (`kubesentiment/api`) or its role's name, wherever it is.

    Raises `CommandError` where it is nowhere.
    """
    all_of_them = everyone(asked)
    found = [one for one in all_of_them if one.workload.label == name]
    found = found or [one for one in all_of_them if one.workload.role.name == name]
    if not found:
        labels = dict.fromkeys(one.workload.label for one in all_of_them)
        raise CommandError(unknown("workload", name, labels))
    return tuple(found)
