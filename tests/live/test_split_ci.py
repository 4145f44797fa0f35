"""A team's stack whose runs of CI are its provisioner, on real servers: each run is whom its
environment says, and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pytest

from components.bootstrap import ci_login
from policies import provisioner
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.team_provisioner import name_of
from rehearsal import program, scene, team_stacks
from rehearsal.binaries import Binary, Tool
from rehearsal.monitor import LiveMonitor
from rehearsal.servers.ci import Run
from rehearsal.stand_up import as_run_of_ci
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import Answer, VaultApi

pytestmark = pytest.mark.live

DEV: Final = Environment.DEV
PLAN: Final = compile_plan(MATRIX, DEV)
TEAM, OTHER = "media-team", "sentiment-team"
BY_CI: Final = {"provisionerLogin": "oidc", "ciRepository": "acme/vaultstack"}


@dataclass(frozen=True)
class Stage:
    vault: VaultApi
    """Without a token."""
    run: Run
    """Of the platform's environment."""
    team: VaultApi
    """As the team's stack worked."""
    made: tuple[str, ...]

    def log_in(self, environment: str, role: str) -> Answer:
        token = replace(self.run, environment=environment).token()
        return self.vault.call("POST", f"auth/{ci_login.MOUNT}/login", {"role": role, "jwt": token})


@pytest.fixture(scope="module")
def stage(tools: Mapping[Tool, Binary]) -> Iterator[Stage]:
    with Supervisor() as supervisor:
        stack = program.stack_keys("dev", BY_CI)
        built = scene.build(supervisor, tools, MATRIX, PLAN, stack, lambda _: None)
        assert built.run_of_ci
        keys = {**BY_CI, **built.configuration, "kvValues": {}, "teamStacks": [TEAM, OTHER]}
        with as_run_of_ci(built):
            configuration = program.stack_configuration("dev", keys)
            program.run("dev", configuration, built.secret_keys, monitored(built, []))
        made: list[str] = []
        of_team = monitored(built, made)
        run_of_team = replace(built.run_of_ci, environment=f"dev-{TEAM}")
        with as_run_of_ci(replace(built, run_of_ci=run_of_team)):
            team_stacks.make(built, PLAN, TEAM, {"provisionerLogin": "oidc"}, of_team)
        vault = VaultApi(built.vault_address, str(built.ca_file))
        yield Stage(vault, built.run_of_ci, of_team.provisioner, tuple(made))


def monitored(built: scene.Scene, made: list[str]) -> LiveMonitor:
    return LiveMonitor(
        built.kubernetes, str(built.ca_file), lambda _kind, name: made.append(name), built.aws
    )


def test_a_run_of_the_teams_environment_makes_its_slice(stage: Stage) -> None:
    assert "acl-policy-media-catalog-api-dev" in stage.made
    assert "kv-entry-media-catalog-database" in stage.made


def test_each_run_is_whom_its_environment_says_and_nobody_else(stage: Stage) -> None:
    roles = (provisioner.NAME, name_of(TEAM), name_of(OTHER))
    environments = ("dev", f"dev-{TEAM}", f"dev-{OTHER}")
    for environment, own in zip(environments, roles, strict=True):
        for role in roles:
            answer = stage.log_in(environment, role)
            assert answer.allowed is (role == own), f"{environment} as {role}: {answer.errors}"


def test_it_has_the_teams_acl_policy_and_no_other(stage: Stage) -> None:
    looked = stage.team.call("GET", "auth/token/lookup-self").data
    assert looked["policies"] == [name_of(TEAM)]
    assert stage.team.call("DELETE", "sys/policies/acl/kubesentiment-api-dev").forbidden
