"""A team's provisioner: it makes its slice, and by Vault's own decision nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import pytest

from policies.acl import Acl, Operation, Request
from policies.compile import compile_plan
from policies.environments import Environment
from policies.grants import Kv, KvAccess
from policies.hcl import parse
from policies.identities import AppRole
from policies.lifetime import Duration
from policies.matrix import MATRIX
from policies.model import Application
from policies.paths import SecretPath
from policies.plan import Plan
from policies.resources import KvEntry
from policies.slices import SliceError, platform_slice, slice_of, teams_in
from policies.team_provisioner import TeamProvisioner, acl, name_of, provisioners
from policies.workload import Workload

DEV: Final = Environment.DEV
PLAN: Final = compile_plan(MATRIX, DEV)
TEAMS: Final = teams_in(PLAN)
PARTS: Final = {team: slice_of(PLAN, team) for team in TEAMS}
ACLS: Final = {team: Acl.of([parse(acl(team, part))]) for team, part in PARTS.items()}
WRITES: Final = (Operation.CREATE, Operation.UPDATE, Operation.PATCH, Operation.DELETE)


def allowed(
    team: str, operation: Operation, path: str, data: Mapping[str, Any] | None = None
) -> bool:
    return ACLS[team].decide(Request(operation, path, data=data or {})).allowed


def objects(part: Plan) -> dict[str, dict[str, Any]]:
    """Path -> what Pulumi's provider writes there, as lists and texts."""
    found: dict[str, dict[str, Any]] = {
        f"sys/policies/acl/{policy.name}": {"policy": policy.hcl} for policy in part.acl_policies
    }
    for role in part.kubernetes_roles:
        found[f"auth/kubernetes/role/{role.name}"] = {
            "alias_name_source": "serviceaccount_uid",
            "audience": role.audience,
            "bound_service_account_namespace_selector": "",
            "bound_service_account_names": [role.service_account],
            "bound_service_account_namespaces": [role.namespace],
            "token_max_ttl": role.token.max_ttl_seconds,
            "token_no_default_policy": True,
            "token_policies": list(role.token.policies),
            "token_ttl": role.token.ttl_seconds,
            "token_type": "default",
        }
    for approle in part.approle_roles:
        found[f"auth/approle/role/{approle.name}"] = {
            "bind_secret_id": True,
            "local_secret_ids": False,
            "secret_id_num_uses": approle.secret_id_uses,
            "secret_id_ttl": approle.secret_id_ttl_seconds,
            "token_policies": list(approle.token.policies),
            "token_no_default_policy": True,
        }
    for entry in part.kv_entries:
        found[f"secret/data/{entry.name}"] = {"data": dict.fromkeys(entry.keys, "value")}
        found[f"secret/metadata/{entry.name}"] = {"cas_required": True}
    return found


@pytest.mark.parametrize("team", TEAMS)
def test_it_makes_changes_and_removes_its_slice(team: str) -> None:
    for path, data in objects(PARTS[team]).items():
        for operation in (Operation.CREATE, Operation.UPDATE):
            assert allowed(team, operation, path, data), f"{operation} {path}"
        assert allowed(team, Operation.DELETE, path)
        reads = not path.startswith("secret/data/")
        assert allowed(team, Operation.READ, path) is reads


@pytest.mark.parametrize("team", TEAMS)
def test_of_other_slices_it_makes_changes_reads_and_removes_nothing(team: str) -> None:
    others = [platform_slice(PLAN, TEAMS), *(PARTS[other] for other in TEAMS if other != team)]
    for path, data in (item for part in others for item in objects(part).items()):
        for operation in (*WRITES, Operation.READ, Operation.LIST):
            assert not allowed(team, operation, path, data), f"{operation} {path}"


@pytest.mark.parametrize("team", TEAMS)
def test_an_acl_policy_has_the_text_that_was_reviewed_or_none(team: str) -> None:
    texts = {policy.name: policy.hcl for policy in PLAN.acl_policies}
    for policy in PARTS[team].acl_policies:
        path = f"sys/policies/acl/{policy.name}"
        others = [text for name, text in texts.items() if name != policy.name]
        for text in (*others, f"{policy.hcl}\n", f"{policy.hcl},{others[0]}", "", " "):
            empty = not text  # which Vault refuses by itself: there is no policy without a text
            assert allowed(team, Operation.UPDATE, path, {"policy": text}) is empty, repr(text)
        assert not allowed(team, Operation.UPDATE, path, {"policy": policy.hcl, "rules": "x"})


CHANGES: Final[tuple[tuple[str, Any], ...]] = (
    ("token_policies", ["provisioner"]),
    ("token_policies", ["platform-attest-dev"]),
    ("token_policies", "root"),
    ("policies", ["root"]),
    ("token_bound_cidrs", ["0.0.0.0/0"]),
    ("token_period", 3600),
    ("token_type", "batch"),
    ("token_no_default_policy", False),
)


@pytest.mark.parametrize(("parameter", "value"), CHANGES)
@pytest.mark.parametrize("team", TEAMS)
def test_an_auth_role_gives_its_own_acl_policy_and_no_other(
    team: str, parameter: str, value: object
) -> None:
    roles = {path: data for path, data in objects(PARTS[team]).items() if path.startswith("auth/")}
    assert roles
    for path, data in roles.items():
        for given in ({**data, parameter: value}, {parameter: value}):
            assert not allowed(team, Operation.UPDATE, path, given), path
        both = {**data, "token_policies": [*data["token_policies"], "provisioner"]}
        assert not allowed(team, Operation.CREATE, path, both), path


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("bound_service_account_names", ["*"]),
        ("bound_service_account_namespaces", ["kube-system"]),
        ("bound_service_account_namespace_selector", "{}"),
        ("audience", "vault-prod"),
        ("alias_name_source", "serviceaccount_name"),
    ],
)
def test_an_auth_role_is_for_whom_was_reviewed(parameter: str, value: object) -> None:
    for path, data in objects(PARTS["media-team"]).items():
        if path.startswith("auth/kubernetes/"):
            given = {**data, parameter: value}
            assert not allowed("media-team", Operation.UPDATE, path, given)


def test_of_an_auth_role_it_may_say_how_long_and_nothing_else_that_was_not_reviewed() -> None:
    role = PARTS["media-team"].kubernetes_roles[0]
    path = f"auth/kubernetes/role/{role.name}"
    (stanza,) = (one for one in parse(acl("media-team", PARTS["media-team"])) if one.path == path)
    assert dict(stanza.allowed_parameters) == {
        "bound_service_account_names": (role.service_account,),
        "bound_service_account_namespaces": (role.namespace,),
        "bound_service_account_namespace_selector": ("",),
        "audience": (role.audience,),
        "alias_name_source": ("serviceaccount_uid",),
        "token_policies": role.token.policies,
        "token_type": ("default",),
        "token_no_default_policy": (True,),
        "token_ttl": (),
        "token_max_ttl": (),
    }


def test_it_reads_the_role_id_which_is_no_secret() -> None:
    role = PARTS["sentiment-team"].approle_roles[0].name
    for name, readable in (("role-id", True), ("secret-id", False)):
        path = f"auth/approle/role/{role}/{name}"
        assert allowed("sentiment-team", Operation.READ, path) is readable
        assert not any(allowed("sentiment-team", write, path) for write in WRITES)


def bound_to_networks() -> tuple[str, Acl]:
    (role,) = PARTS["sentiment-team"].approle_roles
    token = dataclasses.replace(role.token, bound_cidrs=("10.0.0.0/8",))
    part = dataclasses.replace(
        PARTS["sentiment-team"], approle_roles=(dataclasses.replace(role, token=token),)
    )
    return f"auth/approle/role/{role.name}", Acl.of([parse(acl("sentiment-team", part))])


def test_networks_are_held_to_where_the_matrix_names_them() -> None:
    path, bound = bound_to_networks()
    for parameter in ("token_bound_cidrs", "secret_id_bound_cidrs"):
        for cidr, wanted in (("10.0.0.0/8", True), ("0.0.0.0/0", False)):
            request = Request(Operation.UPDATE, path, data={parameter: [cidr]})
            assert bound.decide(request).allowed is wanted


def test_nobody_logs_in_with_a_role_id_alone() -> None:
    """Where a network is enough for Vault, who may read the role ID would be the workload."""
    path, bound = bound_to_networks()
    for value, wanted in ((True, True), (False, False), ("false", False), (0, False)):
        data = {"bind_secret_id": value, "token_bound_cidrs": ["10.0.0.0/8"]}
        assert bound.decide(Request(Operation.UPDATE, path, data=data)).allowed is wanted, value


@pytest.mark.parametrize(
    "path",
    [
        "auth/provisioner/role/provisioner",
        f"auth/provisioner/role/{name_of('media-team')}",
        f"auth/provisioner/role/{name_of('media-team')}/secret-id",
        f"sys/policies/acl/{name_of('media-team')}",
        "sys/policies/acl/provisioner",
        "sys/policy/media-catalog-api-dev",
        "sys/policies/acl/media-catalog-new-dev",
        "auth/kubernetes/role/media-catalog-new",
        "auth/kubernetes/config",
        "secret/data/media-catalog/another",
        "secret/config",
        "sys/mounts/secret",
        "sys/audit/file",
        "auth/token/create",
        "identity/entity",
    ],
)
def test_it_sets_up_nothing_and_makes_nobody(path: str) -> None:
    for operation in WRITES:
        assert not allowed("media-team", operation, path, {"policy": "x"})


def test_there_is_one_for_each_team_in_order() -> None:
    made = provisioners(PLAN, reversed(TEAMS))
    assert [(one.name, one.ci_environment) for one in made] == [
        ("provisioner-media-team", "dev-media-team"),
        ("provisioner-sentiment-team", "dev-sentiment-team"),
    ]
    assert made[0] == TeamProvisioner(
        "provisioner-media-team", acl("media-team", PARTS["media-team"]), "dev-media-team"
    )
    assert provisioners(PLAN, ()) == ()
    with pytest.raises(SliceError, match="team 'media'"):
        provisioners(PLAN, ["media"])


def test_a_team_that_vault_would_name_otherwise_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^team's provisioner 'provisioner-Media Team': must be"):
        name_of("Media Team")


def test_a_workload_whose_acl_policy_would_be_a_teams_provisioners_is_refused() -> None:
    grant = Kv(SecretPath("provisioner/*"), KvAccess.READ)
    named = Application(
        "provisioner",
        owner="shop-dev",
        entries=(KvEntry.given("provisioner/one", "key"),),
        workloads=(Workload("shop", AppRole(Duration.parse("1h")), (grant,)),),
    )
    applications = (*MATRIX.applications, named)
    plan = compile_plan(dataclasses.replace(MATRIX, applications=applications), DEV)
    assert provisioners(plan, ["media-team"])
    with pytest.raises(SliceError, match="'provisioner-shop-dev': is a workload's of the matrix"):
        provisioners(plan, ["shop-dev"])
