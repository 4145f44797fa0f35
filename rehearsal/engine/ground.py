"""What the scenarios stand on: the servers of a rehearsal, and one stack of the real engine that is
told of them. What a scenario does, the next ones find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from components.bootstrap import ceremony
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.paths import PROVISIONER_AUTH
from policies.plan import Plan
from rehearsal import program, scene
from rehearsal.binaries import Binary, Tool
from rehearsal.engine.dump import Dump
from rehearsal.engine.dump_scene import dump_of
from rehearsal.engine.stack import EngineStack, is_secret, plain
from rehearsal.engine.steps import Outcome
from rehearsal.engine.tools import Installed
from rehearsal.errors import RehearsalError
from rehearsal.ledger import Ledger
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi

Progress = Callable[[str], None]
_REVIEWER: Final = "reviewer"
_REVIEWER_TOKEN_LIVES: Final = timedelta(hours=5)
INITIALISATION: Final = "vault-initialisation"


@dataclass
class Ground:
    """One run's."""

    supervisor: Supervisor
    installed: Installed
    binaries: Mapping[Tool, Binary]
    environment: Environment
    scene: scene.Scene
    plan: Plan
    configuration: dict[str, Any] = field(repr=False)
    """Keys without their namespace. Throwaway secrets are among them."""
    secret_keys: frozenset[str]
    stack: EngineStack
    stacks: list[EngineStack]
    """That one, and those before it."""
    initialised: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What first contact left in the state, once there was an `up`."""
    made: Dump | None = None
    """Vault as the first `up` left it, before anybody asked it for anything."""

    def first_up(self, *, guarded: bool = False) -> Outcome:
        """And all that is known from it on."""
        done = self.stack.up(guarded=guarded)
        if done.succeeded:
            outputs = self.stack.resources()[INITIALISATION]["outputs"]
            self.initialised = {key: plain(value) for key, value in outputs.items()}
            self.made = self.dump()
        return done

    def need_up(self) -> None:
        """For a scenario that is played without those before it. Raises `RehearsalError`."""
        if self.initialised:
            return
        done = self.first_up()
        if not done.succeeded:
            raise RehearsalError(f"nothing can be tried: {done}: {'; '.join(done.errors)}")

    @property
    def shares(self) -> tuple[str, ...]:
        return tuple(self.initialised["shares"])

    @property
    def stood(self) -> StoodUp:
        """As others of the rehearsal know a Vault that the program made."""
        api = VaultApi(self.scene.vault_address, str(self.scene.ca_file))
        credential = {key: self.initialised[key] for key in ("role_id", "secret_id")}
        answer = api.write(f"auth/{PROVISIONER_AUTH}/login", credential)
        provisioner = api.with_token(answer.body["auth"]["client_token"])
        binary = self.binaries[Tool.VAULT].path
        return StoodUp(self.scene, self.plan, binary, provisioner, self.initialised, Ledger())

    @contextmanager
    def root(self) -> Iterator[VaultApi]:
        """Vault as root, from entering to leaving."""
        address, ca_file = self.scene.vault_address, str(self.scene.ca_file)
        token = ceremony.regain_root(ceremony.connect(address, ca_file), self.shares)
        api = VaultApi(address, ca_file, token)
        try:
            yield api
        finally:
            api.call("POST", "auth/token/revoke-self")

    def dump(self) -> Dump:
        return dump_of(self.scene, self.shares)

    def keep_secret(self, outputs: Mapping[str, Any]) -> None:
        """What of a resource's outputs the state must encrypt."""
        found = [plain(value) for value in outputs.values() if is_secret(value)]
        self.scene.journal.keeps_secret(found)

    def secrets(self) -> frozenset[str]:
        """All that this run knows and that must be nowhere in clear."""
        journal = self.scene.journal
        journal.keeps_secret([self.configuration.get(key) for key in self.secret_keys])
        journal.keeps_secret([self.initialised.get(key) for key in ("shares", "secret_id")])
        return journal.secrets | self.stack.secrets


@contextmanager
def open_ground(
    supervisor: Supervisor,
    installed: Installed,
    binaries: Mapping[Tool, Binary],
    environment: Environment,
    progress: Progress,
) -> Iterator[Ground]:
    """Servers started, the stack configured; nothing is in Vault yet. Raises `RehearsalError`."""
    plan = compile_plan(MATRIX, environment)
    keys = program.stack_keys(environment.value, {})
    built = scene.build(supervisor, binaries, MATRIX, plan, keys, progress)
    # As in a cluster that somebody else runs: its administrator gives a reviewer's token.
    configuration = {
        **built.configuration,
        "kubernetesReviewer": "given",
        "kubernetesReviewerToken": _reviewer_token(built),
    }
    secret_keys = built.secret_keys | {"kubernetesReviewerToken"}
    stack = EngineStack(supervisor, installed, environment.value)
    stack.configure(configuration, secret_keys)
    progress(f"the stack {environment.value} is configured, {len(secret_keys)} keys are secret")
    yield Ground(
        supervisor,
        installed,
        binaries,
        environment,
        built,
        plan,
        configuration,
        secret_keys,
        stack,
        [stack],
    )


def _reviewer_token(built: scene.Scene) -> str:
    api, namespace = built.kubernetes, scene.REVIEWER_NAMESPACE
    api.service_account(namespace, _REVIEWER)
    api.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": _REVIEWER},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "system:auth-delegator",
            },
            "subjects": [{"kind": "ServiceAccount", "name": _REVIEWER, "namespace": namespace}],
        }
    )
    return api.request_token(namespace, _REVIEWER, api.issuer, _REVIEWER_TOKEN_LIVES)
