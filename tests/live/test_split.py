"""dev over three stacks, on real servers: the platform's, then those of two teams, each with an
identity of its own; and what such an identity is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.slices import platform_slice, slice_of
from policies.team_provisioner import name_of
from rehearsal import program, scene, team_stacks
from rehearsal.binaries import Binary, Tool
from rehearsal.ledger import Ledger
from rehearsal.monitor import LiveMonitor
from rehearsal.proof.run import prove
from rehearsal.stand_up import StoodUp, root_api
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi

pytestmark = pytest.mark.live

DEV: Final = Environment.DEV
TEAMS: Final = ("media-team", "sentiment-team")
PLAN: Final = compile_plan(MATRIX, DEV)
TEXTS: Final = {policy.name: policy.hcl for policy in PLAN.acl_policies}
ROOT_TEXT: Final = 'path "*" { capabilities = ["read", "sudo"] }'


@dataclass(frozen=True)
class Split(StoodUp):
    platform: tuple[str, ...]
    """Every resource that the platform's stack made, by name."""
    teams: Mapping[str, tuple[VaultApi, tuple[str, ...]]]
    """Vault as each team's provisioner, and what that team's stack made."""


@pytest.fixture(scope="module")
def split(tools: Mapping[Tool, Binary]) -> Iterator[Split]:
    stack = program.stack_keys("dev", {})
    with Supervisor() as supervisor:
        built = scene.build(supervisor, tools, MATRIX, PLAN, stack, lambda _: None)
        keys = {**built.configuration, "kvValues": {}, "teamStacks": list(TEAMS)}
        made: list[str] = []
        monitor, ledger = monitored(built, made), Ledger()
        program.run(
            "dev",
            program.stack_configuration("dev", keys),
            built.secret_keys,
            monitor,
            ledger.monitor,
        )
        initialised = monitor.outputs["vault-initialisation"]
        binary = tools[Tool.VAULT].path
        stood = StoodUp(built, PLAN, binary, monitor.provisioner, initialised, ledger)
        with root_api(stood) as root:
            logins = {team: team_stacks.hand_over(root, team) for team in TEAMS}
        teams = dict[str, tuple[VaultApi, tuple[str, ...]]]()
        for team, login in logins.items():
            made_by_team: list[str] = []
            of_team = monitored(built, made_by_team)
            team_stacks.make(built, PLAN, team, login, of_team)
            teams[team] = of_team.provisioner, tuple(made_by_team)
        yield Split(
            built, PLAN, binary, monitor.provisioner, initialised, ledger, tuple(made), teams
        )


def monitored(built: scene.Scene, made: list[str]) -> LiveMonitor:
    return LiveMonitor(
        built.kubernetes, str(built.ca_file), lambda _kind, name: made.append(name), built.aws
    )


def test_each_stack_makes_its_own_and_together_they_make_all(split: Split) -> None:
    made = {team: {*names} for team, (_, names) in split.teams.items()}
    parts = {
        "platform": (platform_slice(PLAN, TEAMS), {*split.platform}),
        **{team: (slice_of(PLAN, team), made[team]) for team in TEAMS},
    }
    for part, names in parts.values():
        assert {name for name in names if name.startswith(("acl-policy-", "kv-entry-"))} == {
            *(f"acl-policy-{policy.name}" for policy in part.acl_policies),
            *(f"kv-entry-{entry.name.replace('/', '-')}" for entry in part.kv_entries),
        }
    assert "kubernetes-mount" in split.platform
    assert not any("mount" in name for names in made.values() for name in names)


def test_every_cell_is_right(split: Split) -> None:
    proof = prove(split.scene, MATRIX, PLAN, split.provisioner, split.shares, lambda _: None)
    assert [result for result in proof.results if not result.ok] == []


def refused(split: Split, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
    vault, _ = split.teams["media-team"]
    answer = vault.call(method, path, body)
    assert answer.status == 403, f"{method} {path}: {answer.status} {answer.errors}"


def allowed(split: Split, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
    vault, _ = split.teams["media-team"]
    answer = vault.call(method, path, body)
    assert answer.allowed, f"{method} {path}: {answer.status} {answer.errors}"


OWN_POLICY: Final = "sys/policies/acl/media-catalog-api-dev"
OWN_ROLE: Final = "auth/kubernetes/role/media-catalog-api"


def test_a_team_writes_its_own_acl_policy_with_the_text_that_was_reviewed(split: Split) -> None:
    allowed(split, "PUT", OWN_POLICY, {"policy": TEXTS["media-catalog-api-dev"]})
    for text in (
        ROOT_TEXT,
        TEXTS["media-catalog-api-dev"] + ROOT_TEXT,
        TEXTS["media-catalog-rotation-dev"],
        f"{TEXTS['media-catalog-api-dev']},{ROOT_TEXT}",
    ):
        refused(split, "PUT", OWN_POLICY, {"policy": text})
    refused(split, "PUT", OWN_POLICY, {"policy": TEXTS["media-catalog-api-dev"], "name": "x"})


def test_a_team_says_of_its_own_role_only_what_was_reviewed(split: Split) -> None:
    (role,) = (one for one in PLAN.kubernetes_roles if one.name == "media-catalog-api")
    whole = {
        "bound_service_account_names": [role.service_account],
        "bound_service_account_namespaces": [role.namespace],
        "audience": role.audience,
        "token_policies": list(role.token.policies),
        "token_ttl": role.token.ttl_seconds,
        "token_max_ttl": role.token.max_ttl_seconds,
        "token_no_default_policy": True,
    }
    allowed(split, "POST", OWN_ROLE, whole)
    for parameter, value in (
        ("token_policies", ["kubesentiment-api-dev"]),
        ("token_policies", [*role.token.policies, "provisioner"]),
        ("token_policies", "root"),
        ("policies", ["root"]),
        ("bound_service_account_names", ["*"]),
        ("bound_service_account_namespaces", ["kubesentiment-dev"]),
        ("bound_service_account_namespace_selector", '{"matchLabels": {"a": "b"}}'),
        ("audience", "vault-prod"),
        ("token_period", "1h"),
        ("token_no_default_policy", False),
    ):
        refused(split, "POST", OWN_ROLE, {**whole, parameter: value})


def test_a_team_cannot_let_its_own_role_id_alone_log_in(split: Split) -> None:
    vault, _ = split.teams["sentiment-team"]
    role = "auth/approle/role/kubesentiment-ci"
    assert vault.call("GET", f"{role}/role-id").allowed
    assert vault.call("POST", role, {"bind_secret_id": True}).allowed
    for value in (False, "false", 0):
        answer = vault.call("POST", role, {"bind_secret_id": value})
        assert answer.status == 403, f"{value!r}: {answer.status}"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "sys/policies/acl/kubesentiment-api-dev"),
        ("DELETE", "sys/policies/acl/kubesentiment-api-dev"),
        ("DELETE", "sys/policies/acl/people-auditors-dev"),
        ("GET", "sys/policies/acl/provisioner"),
        ("GET", f"sys/policies/acl/{name_of('media-team')}"),
        ("DELETE", "sys/policy/media-catalog-api-dev"),
        ("LIST", "sys/policies/acl"),
        ("DELETE", "auth/kubernetes/role/kubesentiment"),
        ("GET", "auth/kubernetes/config"),
        ("GET", "auth/approle/role/kubesentiment-ci"),
        ("GET", "auth/approle/role/kubesentiment-ci/role-id"),
        ("DELETE", "secret/data/kubesentiment/config"),
        ("DELETE", "secret/metadata/deploy/kubesentiment/keys"),
        ("LIST", "secret/metadata/"),
        ("GET", "secret/config"),
        ("GET", "secret/data/media-catalog/api"),
        ("GET", "database/config/kubesentiment"),
        ("GET", "database/creds/kubesentiment-readonly"),
        ("GET", "aws/roles/s3-access"),
        ("GET", "pki/roles/kubesentiment-api"),
        ("DELETE", "sys/audit/file"),
        ("DELETE", "sys/mounts/secret"),
    ],
)
def test_a_team_is_refused_at_what_is_not_its_own(split: Split, method: str, path: str) -> None:
    refused(split, method, path)


def test_a_team_cannot_write_at_what_is_not_its_own(split: Split) -> None:
    text = TEXTS["kubesentiment-api-dev"]
    refused(split, "PUT", "sys/policies/acl/kubesentiment-api-dev", {"policy": text})
    refused(split, "PUT", "sys/policies/acl/media-catalog-new-dev", {"policy": ROOT_TEXT})
    refused(split, "PUT", f"sys/policies/acl/{name_of('media-team')}", {"policy": ROOT_TEXT})
    refused(split, "POST", "auth/kubernetes/role/media-catalog-new", {"token_policies": "root"})
    refused(split, "POST", "secret/data/kubesentiment/config", {"data": {"model_api_key": "x"}})
    refused(split, "POST", "secret/data/media-catalog/another", {"data": {"a": "x"}})
    own = f"auth/provisioner/role/{name_of('media-team')}"
    for path in (own, f"{own}/secret-id", "auth/provisioner/role/provisioner/secret-id"):
        refused(split, "POST", path, {})
    refused(split, "POST", "auth/token/create", {"ttl": "1m"})
