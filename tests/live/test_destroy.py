"""Destroying what the program made in dev leaves nothing of it; in staging it stops at what is
protected, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from components.bootstrap import ceremony
from policies import paths
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.subject import subjects_in
from rehearsal.binaries import Binary, Tool
from rehearsal.certificates import Authority
from rehearsal.destroy import remains
from rehearsal.destroy.run import ProtectedError, destroy
from rehearsal.proof.logins import LoginDesk, log_in_all
from rehearsal.scene import Scene
from rehearsal.stand_up import StoodUp, root_api, stand_up
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi
from rehearsal.vaults import start_one

pytestmark = pytest.mark.live


@dataclass
class Before:
    """What others left, before the program ran."""

    postgres: frozenset[str] = field(default_factory=frozenset)
    aws: frozenset[str] = field(default_factory=frozenset)

    def look(self, scene: Scene) -> None:
        self.postgres = remains.of_postgres(scene.postgres)
        self.aws = remains.of_aws(scene.aws)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as own:
        yield own


def of_a_new_vault(tools: Mapping[Tool, Binary]) -> frozenset[str]:
    with Supervisor() as supervisor:
        authority = Authority.create("a vault by itself")
        vaults = start_one(supervisor, tools[Tool.VAULT].path, authority, lambda _: None)
        client = ceremony.connect(vaults.address, str(vaults.ca_file))
        made = ceremony.initialise(client, auto_unseal=False, shares=1, threshold=1, pgp_keys=[])
        ceremony.unseal(client, made.shares)
        ceremony.wait_until_active(client, 30)
        root = VaultApi(vaults.address, str(vaults.ca_file), made.root_token)
        return remains.of_vault(root)


def left(stood: StoodUp) -> frozenset[str]:
    with root_api(stood) as root:
        return remains.of_vault(root)


def use(stood: StoodUp) -> None:
    """Everybody logs in, and takes a database user and an AWS key where they may."""
    subjects = subjects_in(MATRIX, stood.plan.environment)
    sessions, _ = log_in_all(LoginDesk(stood.scene), subjects)
    for session in sessions.values():
        for role in stood.plan.database_roles:
            session.call("GET", f"{paths.DATABASE}/creds/{role.name}")
        for key in stood.plan.aws_roles:
            session.call("GET", paths.cloud_credentials(paths.AWS, key.name))


def test_destroying_dev_leaves_nothing(supervisor: Supervisor, tools: dict[Tool, Binary]) -> None:
    """After everybody was there: tokens, leases, entities and issued users are part of it."""
    before = Before()
    stood = stand_up(supervisor, tools, Environment.DEV, lambda _: None, before=before.look)
    use(stood)
    builtin, scene = of_a_new_vault(tools), stood.scene
    made = left(stood) - builtin
    assert {line.partition(" ")[0] for line in made} >= {"lease", "token", "entity", "mount"}
    issued = remains.of_postgres(scene.postgres) - before.postgres
    assert any("v-" in role for role in issued)
    assert any("IAM user vault-" in line for line in remains.of_aws(scene.aws) - before.aws)

    destroy(stood)

    assert left(stood) == builtin
    # Rights hang on group roles, in the application's database; nobody can log in as one.
    roles = remains.of_postgres(scene.postgres) - before.postgres
    assert roles == {
        "PostgreSQL role kubesentiment_readonly",
        "PostgreSQL role kubesentiment_readwrite",
    }
    assert remains.of_aws(scene.aws) == before.aws
    objects = {entry.name for entry in stood.ledger.entries if entry.type.startswith("kubernetes:")}
    assert objects


def test_destroying_staging_stops_at_what_is_protected(
    supervisor: Supervisor, tools: dict[Tool, Binary]
) -> None:
    stood = stand_up(supervisor, tools, Environment.STAGING, lambda _: None)
    there = left(stood)
    with pytest.raises(ProtectedError, match="nothing was deleted") as stopped:
        destroy(stood)
    names = {entry.name for entry in stopped.value.protected}
    assert names >= {
        "cluster-aws-bucket",
        "cluster-aws-key",
        "cluster-namespace",
        "cluster-servers",
        "kv-mount",
        "pki-root",
        "vault-initialisation",
    }
    assert left(stood) == there
