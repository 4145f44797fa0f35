"""What the live tests share: the servers' programs, and one stage for as many tests as possible."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from rehearsal import binaries, program, scene
from rehearsal.binaries import Binary, Tool
from rehearsal.delivery.container import VaultHere
from rehearsal.delivery.injector import Injector
from rehearsal.delivery.workshop import Workshop
from rehearsal.ledger import Ledger
from rehearsal.monitor import LiveMonitor
from rehearsal.proof.run import Proof, prove
from rehearsal.stand_up import StoodUp, root_api
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi


@dataclass(frozen=True, slots=True)
class Stage(StoodUp):
    """A rehearsal of dev, after the real program ran. Who changes Vault puts it back."""

    made: Sequence[tuple[str, str]]
    """Type and name of every resource, in the order in which they were made."""

    @property
    def ca_file(self) -> str:
        return str(self.scene.ca_file)

    def prove(self) -> Proof:
        return prove(self.scene, MATRIX, self.plan, self.provisioner, self.shares, lambda _: None)


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
        ledger = Ledger()
        program.run("dev", configuration, built.secret_keys, monitor, ledger.monitor)
        initialised = monitor.outputs["vault-initialisation"]
        binary = tools[Tool.VAULT].path
        yield Stage(built, plan, binary, monitor.provisioner, initialised, ledger, made)


@pytest.fixture(scope="module")
def root(stage: Stage) -> Iterator[VaultApi]:
    """Sees what others did, and prepares what the program leaves to them. No longer than a module
    needs it: the proof finds a root token that is left.
    """
    with root_api(stage) as api:
        yield api


@pytest.fixture(scope="module")
def workshop(stage: Stage) -> Iterator[Workshop]:
    """Where the agents of pods are made, with an injector of vault-k8s's own defaults."""
    here = VaultHere(stage.binary, stage.scene.vault_address, stage.scene.ca_file)
    injector = Injector("https://vault.vault.svc:8200", ca_pem="the cluster's")
    with Supervisor() as supervisor:
        yield Workshop(supervisor, stage.scene, stage.plan, here, injector)
