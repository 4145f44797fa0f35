"""A divided plan: every part is in one slice, and no slice reaches into another's."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.compile import compile_plan
from policies.environments import Environment
from policies.grants import Kv, KvAccess
from policies.hcl import Capability, Stanza
from policies.identities import AppRole, Identity, OidcGroup, ServiceAccount
from policies.lifetime import Duration, Lifetime
from policies.matrix import MATRIX
from policies.model import AccessMatrix, Application, Workload
from policies.paths import SecretPath
from policies.plan import AclPolicy, Plan
from policies.resources import KvEntry
from policies.slices import SliceError, platform_slice, refuse_overlaps, slice_of, teams_in

PROD = Environment.PROD
PLAN = compile_plan(MATRIX, PROD)
TABLES = tuple(field.name for field in dataclasses.fields(Plan) if field.name != "environment")


def identity(kind: str, name: str) -> Identity:
    match kind:
        case "account":
            return ServiceAccount(name, name)
        case "pipeline":
            return AppRole(Duration.parse("1h"))
        case _:
            return OidcGroup(name)


def application(name: str, team: str, identities: Sequence[str]) -> Application:
    own = Kv(SecretPath(f"{name}/*"), KvAccess.READ_WRITE)
    return Application(
        name=name,
        owner=team,
        entries=(KvEntry.random(f"{name}/one", "key"), KvEntry.given(f"deploy/{name}/two", "key")),
        workloads=tuple(
            Workload(
                f"w{number}", identity(kind, f"{name}-{number}"), (own,), Lifetime.of("1h", "2h")
            )
            for number, kind in enumerate(identities)
        ),
    )


@st.composite
def matrices(draw: st.DrawFn) -> AccessMatrix:
    kinds = st.lists(st.sampled_from(["account", "pipeline", "people"]), min_size=1, max_size=3)
    names = draw(st.lists(st.from_regex("[a-c]{1,2}", fullmatch=True), unique=True, max_size=5))
    applications = tuple(
        application(name, draw(st.sampled_from(["red", "green", "blue"])), draw(kinds))
        for name in names
    )
    return dataclasses.replace(MATRIX, applications=(*MATRIX.applications, *applications))


def names(plan: Plan) -> Counter[tuple[str, str]]:
    return Counter((table, one.name) for table in TABLES for one in getattr(plan, table))


@settings(max_examples=50)
@given(matrices(), st.data())
def test_slices_are_the_plan_and_nothing_is_in_two(
    matrix: AccessMatrix, data: st.DataObject
) -> None:
    plan = compile_plan(matrix, PROD)
    teams = data.draw(st.lists(st.sampled_from(teams_in(plan)), unique=True))
    slices = [platform_slice(plan, teams), *(slice_of(plan, team) for team in teams)]
    assert sum((names(one) for one in slices), Counter()) == names(plan)
    assert all(one.environment is PROD for one in slices)
    for one in slices:
        for table in TABLES:
            things = getattr(one, table)
            assert list(things) == [thing for thing in getattr(plan, table) if thing in things]


def test_without_teams_the_platforms_slice_is_the_plan() -> None:
    assert platform_slice(PLAN, ()) is PLAN


def test_a_teams_slice_is_what_stays_inside_vault() -> None:
    part = slice_of(PLAN, "sentiment-team")
    assert [role.name for role in part.kubernetes_roles] == [
        "kubesentiment",
        "kubesentiment-admin",
        "kubesentiment-batch",
    ]
    assert [role.name for role in part.approle_roles] == ["kubesentiment-ci"]
    assert [policy.name for policy in part.acl_policies] == [
        f"kubesentiment-{name}-prod" for name in ("admin", "api", "batch", "ci")
    ]
    assert [entry.name for entry in part.kv_entries] == [
        "deploy/kubesentiment/keys",
        "kubesentiment/config",
    ]
    filled = {table for table in TABLES if getattr(part, table)}
    assert filled == {"owners", "acl_policies", "kubernetes_roles", "approle_roles", "kv_entries"}


def test_an_applications_people_are_the_platforms_with_their_acl_policies() -> None:
    shop = application("shop", "shop-team", ["account", "people"])
    applications = (*MATRIX.applications, shop)
    plan = compile_plan(dataclasses.replace(MATRIX, applications=applications), PROD)
    assert [one.name for one in slice_of(plan, "shop-team").acl_policies] == ["shop-w0-prod"]
    rest = platform_slice(plan, ["shop-team"])
    assert "shop-w1-prod" in [one.name for one in rest.acl_policies]
    assert "shop-w1" in [one.name for one in rest.oidc_roles]


def test_a_team_that_is_none_of_the_matrix_is_named_with_those_that_are() -> None:
    with pytest.raises(SliceError, match=r"team 'media': .* write one of media-team, sentiment-te"):
        slice_of(PLAN, "media")
    with pytest.raises(SliceError, match=r"team 'media': answers for no application"):
        platform_slice(PLAN, ["media-team", "media"])
    with pytest.raises(SliceError, match=r"team 'platform-team': answers for no application"):
        slice_of(PLAN, MATRIX.platform.owner)


def with_applications(**changed: Any) -> Plan:
    first, *others = MATRIX.applications
    applications = (dataclasses.replace(first, **changed), *others)
    return compile_plan(dataclasses.replace(MATRIX, applications=applications), PROD)


def test_an_application_without_a_team_is_named() -> None:
    with pytest.raises(SliceError, match=r"application 'kubesentiment': has no team.*`owner=`"):
        slice_of(with_applications(owner=""), "media-team")


def test_the_team_that_runs_vault_has_no_slice_of_its_own() -> None:
    plan = with_applications(owner=MATRIX.platform.owner)
    assert teams_in(plan) == ("media-team",)
    with pytest.raises(SliceError, match=r"team 'platform-team': runs Vault in prod"):
        slice_of(plan, "platform-team")


def seeded(policy: str, path: str) -> Plan:
    """The plan, where one ACL policy allows a path more than the matrix lets anybody write."""
    more = Stanza(path, (Capability.READ,))
    return dataclasses.replace(
        PLAN,
        acl_policies=tuple(
            AclPolicy(one.name, (*one.stanzas, more), one.hcl) if one.name == policy else one
            for one in PLAN.acl_policies
        ),
    )


@pytest.mark.parametrize(
    "path",
    [
        "secret/data/kubesentiment/config",
        "secret/data/kubesentiment/*",
        "secret/data/+/config",
        "secret/data/*",
        "secret/metadata/deploy/kubesentiment/*",
        "database/creds/kubesentiment-readonly",
        "database/creds/+",
        "aws/creds/s3-access",
        "pki/issue/kubesentiment-api",
        "*",
    ],
)
def test_reach_into_another_teams_is_refused_by_every_stack_and_names_both(path: str) -> None:
    plan = seeded("media-catalog-api-prod", path)
    for divide in (
        refuse_overlaps,
        lambda whole: slice_of(whole, "media-team"),
        lambda whole: slice_of(whole, "sentiment-team"),
        lambda whole: platform_slice(whole, ["sentiment-team"]),
    ):
        with pytest.raises(SliceError) as caught:
            divide(plan)
        told = str(caught.value)
        assert told.startswith("workload 'media-catalog/api' of team 'media-team': reaches ")
        assert "which belongs to 'kubesentiment' of team 'sentiment-team' (" in told
        assert "narrow the grant" in told


def test_whoever_comes_later_is_named_too() -> None:
    with pytest.raises(SliceError, match=r"to 'media-catalog' of team 'media-team' \(secret/"):
        refuse_overlaps(seeded("kubesentiment-api-prod", "secret/data/media-catalog/api"))


@pytest.mark.parametrize("path", ["sys/mounts", "secret/data/nobody/x", "secret/+/media-catalog*"])
def test_reach_for_what_no_application_owns_is_refused(path: str) -> None:
    said = (
        f"workload 'media-catalog/api' of team 'media-team': reaches '{path}', which no "
        "application owns; grant it to people or to the platform, or narrow it to what the "
        "application owns"
    )
    with pytest.raises(SliceError, match=f"^{re.escape(said)}$"):
        refuse_overlaps(seeded("media-catalog-api-prod", path))


def test_what_the_plan_does_not_give_reaches_nothing() -> None:
    plan = seeded("media-catalog-api-prod", "sys/mounts")
    refuse_overlaps(dataclasses.replace(plan, acl_policies=()))
    refuse_overlaps(dataclasses.replace(plan, kubernetes_roles=()))


@pytest.mark.parametrize("path", ["secret/data/media-catalog/a/*", "secret/+/media-catalog/api"])
def test_more_of_its_own_is_no_overlap(path: str) -> None:
    refuse_overlaps(seeded("media-catalog-api-prod", path))


@pytest.mark.parametrize("environment", Environment)
def test_what_is_compiled_has_no_overlaps(environment: Environment) -> None:
    refuse_overlaps(compile_plan(MATRIX, environment))
