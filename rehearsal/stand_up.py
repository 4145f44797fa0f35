"""Stands an environment up on throwaway real servers: servers started, the real program run against
them, and in a cluster every server a voter. What is then done with it - the proof, the drills, the
load - is others' business.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from components.bootstrap import ceremony
from components.bootstrap.ci_login import TOKEN_VARIABLE
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import Plan
from rehearsal import program, scene
from rehearsal.binaries import Binary, Tool
from rehearsal.ledger import Ledger
from rehearsal.monitor import LiveMonitor
from rehearsal.resources import Properties
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi
from rehearsal.vaults import wait_for_voters

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StoodUp:
    """A Vault as the program left it, and all that is around it."""

    scene: scene.Scene
    plan: Plan
    binary: Path
    """Vault's."""
    provisioner: VaultApi = field(repr=False)
    initialised: Properties = field(repr=False)
    """The state of the initialisation: key shares and the provisioner's credential."""
    ledger: Ledger = field(repr=False)
    """All that was made."""

    @property
    def shares(self) -> tuple[str, ...]:
        return tuple(self.initialised["shares"])

    def account_token(self, role: str) -> str:
        """A fresh token of the service account that may log in to Vault as this auth role, made for
        Vault.
        """
        (bound,) = (one for one in self.plan.kubernetes_roles if one.name == role)
        return self.scene.kubernetes.request_token(
            bound.namespace, bound.service_account, bound.audience
        )


@contextmanager
def root_api(stood: StoodUp) -> Iterator[VaultApi]:
    """Vault as root, from entering to leaving: the token is made from the shares, and revoked."""
    address, ca_file = stood.scene.vault_address, str(stood.scene.ca_file)
    token = ceremony.regain_root(ceremony.connect(address, ca_file), stood.shares)
    root = VaultApi(address, ca_file, token)
    try:
        yield root
    finally:
        root.call("POST", "auth/token/revoke-self")


@contextmanager
def as_run_of_ci(built: scene.Scene) -> Iterator[None]:
    """As CI runs the program where it logs in with the run's own token; else as anybody does."""
    if built.run_of_ci is None:
        yield
        return
    before = os.environ.get(TOKEN_VARIABLE)
    os.environ[TOKEN_VARIABLE] = built.run_of_ci.token()
    try:
        yield
    finally:
        del os.environ[TOKEN_VARIABLE]
        if before is not None:
            os.environ[TOKEN_VARIABLE] = before


def stand_up(
    supervisor: Supervisor,
    binaries: dict[Tool, Binary],
    environment: Environment,
    progress: Progress,
    changed: Mapping[str, Any] = MappingProxyType({}),
    before: Callable[[scene.Scene], None] = lambda _scene: None,
) -> StoodUp:
    """Start everything, run `__main__.py`, wait for the voters. `changed`: keys (without their
    namespace) that shall not be as in the stack file. `before` is shown the scene as others left
    it, before the program runs. Raises `RehearsalError`, or what
    the program raised.
    """
    plan = compile_plan(MATRIX, environment)
    stack = program.stack_keys(environment.value, changed)
    built = scene.build(supervisor, binaries, MATRIX, plan, stack, progress)
    before(built)
    made: list[str] = []
    ledger = Ledger()
    monitor = LiveMonitor(
        built.kubernetes,
        str(built.ca_file),
        lambda kind, _name: made.append(kind),
        built.aws,
        built.controllers.see,
        built.vaults.path,
    )
    overlay = {**changed, **built.configuration}
    configuration = program.stack_configuration(environment.value, overlay)
    with as_run_of_ci(built):
        program.run(environment.value, configuration, built.secret_keys, monitor, ledger.monitor)
    progress(f"__main__.py ran: {len(made)} resources made")
    initialised = monitor.outputs["vault-initialisation"]
    if len(built.vaults.servers) > 1:
        wait_for_voters(built.vaults, monitor.provisioner, progress)
    return StoodUp(
        built,
        plan,
        binaries[Tool.VAULT].path,
        monitor.provisioner,
        initialised,
        ledger,
    )
