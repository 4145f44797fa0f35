"""What the live tests share: the servers' programs, and one stage for as many tests as possible."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import Plan
from rehearsal import binaries, program, scene
from rehearsal.binaries import Binary, Tool
from rehearsal.monitor import LiveMonitor
from rehearsal.proof.run import Proof, prove
from rehearsal.scene import Scene
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi


@dataclass(frozen=True)
class Stage:
    """A rehearsal of dev, after the real program ran. Who changes Vault puts it back."""

    scene: Scene
    plan: Plan
    provisioner: VaultApi
    initialised: Mapping[str, Any] = field(repr=False)
    """What the initialisation returned: the key shares and the provisioner's credential."""
    made: Sequence[tuple[str, str]]
    """Type and name of every resource, in the order in which they were made."""

    @property
    def ca_file(self) -> str:
        return str(self.scene.ca_file)

    def prove(self) -> Proof:
        shares = self.initialised["shares"]
        return prove(self.scene, MATRIX, self.plan, self.provisioner, shares, lambda _: None)


@pytest.fixture(scope="session")
def tools() -> Mapping[Tool, Binary]:
    return binaries.ensure(progress=lambda line: print(line, file=sys.stderr))


@pytest.fixture(scope="session")
def stage(tools: Mapping[Tool, Binary]) -> Iterator[Stage]:
    plan = compile_plan(MATRIX, Environment.DEV)
    with Supervisor() as supervisor:
        stack = program.stack_keys("dev", {})
        built = scene.build(supervisor, tools, MATRIX, plan, stack, lambda _: None)
        made: list[tuple[str, str]] = []
        monitor = LiveMonitor(
            built.kubernetes, str(built.ca_file), lambda kind, name: made.append((kind, name))
        )
        configuration = program.stack_configuration("dev", built.configuration)
        program.run("dev", configuration, built.secret_keys, monitor)
        initialised = monitor.outputs["vault-initialisation"]
        yield Stage(built, plan, monitor.provisioner, initialised, made)
