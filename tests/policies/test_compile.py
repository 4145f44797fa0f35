"""`policies.compile`: any matrix compiles, to what its grants say and no more."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.compile import HEADER, audience_of, compile_plan
from policies.environments import EVERYWHERE, Environment, EnvironmentSpec
from policies.grants import (
    Cloud,
    Control,
    Database,
    Grant,
    IssueSecretIds,
    Kv,
    KvAccess,
    Pki,
    PkiAccess,
    RenewSelf,
)
from policies.hcl import Capability, Stanza, parse, render
from policies.iam import Allow, AwsAccount
from policies.identities import AppRole, Identity, OidcGroup, ServiceAccount
from policies.lifetime import Duration, Lifetime
from policies.matrix import MATRIX
from policies.model import AccessMatrix, Application, Lifetimes, Workload
from policies.paths import SecretPath
from policies.plan import (
    AppRoleRole,
    AwsRole,
    AzureRole,
    DatabaseConnection,
    GcpRole,
    KubernetesRole,
    KvSecret,
    OidcRole,
    PkiRole,
    Plan,
    TokenSettings,
)
from policies.postgresql import DatabaseAccess
from policies.rendering import files_of
from policies.resources import (
    AwsCloudRole,
    AzureCloudRole,
    CloudRole,
    GcpCloudRole,
    KvEntry,
    PostgresDatabase,
)
from policies.rotation import RotateKey
from policies.subject import subjects_in

DEV = Environment.DEV
SPECS = tuple(
    EnvironmentSpec(environment, f"{environment.value}.example", AwsAccount("1" * 12, "eu-west-1"))
    for environment in Environment
)
SECOND = Duration(1)
DAY = Lifetime.of("1h", "24h")
LIFETIMES = Lifetimes(token=DAY, database=DAY, cloud=Lifetime.of("1h", "4h"), certificate=DAY)
ALLOW = (Allow(("s3:GetObject",), ("arn:aws:s3:::{environment}-{account}-{region}/*",)),)

properties = settings(max_examples=20)


# --- a small matrix, to the letter ----------------------------------------------------------------

SMALL = AccessMatrix(
    environments=SPECS,
    lifetimes=LIFETIMES,
    applications=(
        Application(
            name="shop",
            owner="team",
            entries=(
                KvEntry.random("shop/jwt", "key"),
                KvEntry.given("shop/dev-only", "key", environments=frozenset({DEV})),
            ),
            database=PostgresDatabase("shop-db", "keeper"),
            cloud_roles=(
                AwsCloudRole("shop-s3", ALLOW),
                AwsCloudRole("shop-unused", ALLOW),
                GcpCloudRole("shop-gcs", "shop-{environment}@example.iam.gserviceaccount.com"),
                AzureCloudRole("shop-vm", (("Reader", "/subscriptions/x-{environment}"),)),
            ),
            workloads=(
                Workload(
                    "api",
                    ServiceAccount("shop", "web"),
                    (
                        Kv(SecretPath("shop/*"), KvAccess.READ, reason="all of it"),
                        Database(DatabaseAccess.READ_ONLY),
                        Pki(PkiAccess.CLIENT),
                        Cloud("shop-s3"),
                        Cloud("shop-gcs"),
                        Cloud("shop-vm"),
                    ),
                    role="shop",
                ),
                Workload(
                    "ci",
                    AppRole(Duration.parse("24h"), 3, ("10.0.0.0/8",)),
                    (Kv(SecretPath("deploy/shop/*"), KvAccess.READ),),
                    token=Lifetime.of("5m", "10m"),
                ),
                Workload(
                    "late",
                    ServiceAccount("shop", "late"),
                    (RenewSelf(environments=frozenset({Environment.PROD})),),
                ),
            ),
        ),
    ),
    people=(
        Workload(
            "operators",
            OidcGroup("ops"),
            (IssueSecretIds(Lifetime.of("90s", "1h"), reason="hand it over"),),
        ),
    ),
)

SMALL_API = """\
# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# shop/api: cloud shop-s3
path "aws/creds/shop-s3" {
  capabilities = ["read"]
}

# shop/api: cloud shop-vm
path "azure/creds/shop-vm" {
  capabilities = ["read"]
}

# shop/api: database readonly
path "database/creds/shop-readonly" {
  capabilities = ["read"]
}

# shop/api: cloud shop-gcs
path "gcp/impersonated-account/shop-gcs/token" {
  capabilities = ["read"]
}

# shop/api: pki client
path "pki/issue/shop-api" {
  capabilities = ["update"]
}

# shop/api: kv read shop/* (all of it)
path "secret/data/shop/*" {
  capabilities = ["read"]
}
"""

SMALL_OPERATORS = """\
# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# people/operators: issue secret IDs (hand it over)
path "auth/approle/role/shop-ci/role-id" {
  capabilities = ["read"]
}

# people/operators: issue secret IDs (hand it over)
path "auth/approle/role/shop-ci/secret-id" {
  capabilities     = ["update"]
  min_wrapping_ttl = "90s"
  max_wrapping_ttl = "1h"
}

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}
"""


def test_the_text_of_a_small_matrix_is_exactly_this() -> None:
    text = {policy.name: policy.hcl for policy in compile_plan(SMALL, DEV).acl_policies}
    assert text.keys() == {"people-operators-dev", "shop-api-dev", "shop-ci-dev"}
    assert text["shop-api-dev"] == SMALL_API
    assert text["people-operators-dev"] == SMALL_OPERATORS


def test_the_roles_of_a_small_matrix_are_exactly_these() -> None:
    plan = compile_plan(SMALL, DEV)

    def token(name: str, ttl: int = 3600, max_ttl: int = 86400) -> TokenSettings:
        return TokenSettings((f"{name}-dev",), ttl, max_ttl)

    assert plan.kubernetes_roles == (
        KubernetesRole("shop", "web", "shop-dev", "vault-dev", token("shop-api")),
    )
    assert plan.approle_roles == (
        AppRoleRole(
            "shop-ci",
            secret_id_ttl_seconds=86400,
            secret_id_uses=3,
            token=dataclasses.replace(token("shop-ci", 300, 600), bound_cidrs=("10.0.0.0/8",)),
        ),
    )
    assert plan.oidc_roles == (OidcRole("operators", ("ops-dev",), token("people-operators")),)
    assert plan.database_connections == (DatabaseConnection("shop", "shop-db", ("shop-readonly",)),)
    assert [(r.name, r.connection, r.default_ttl_seconds) for r in plan.database_roles] == [
        ("shop-readonly", "shop", 3600)
    ]
    assert plan.aws_roles == (
        AwsRole(
            "shop-s3",
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],'
            '"Resource":["arn:aws:s3:::dev-111111111111-eu-west-1/*"]}]}',
            3600,
            4 * 3600,
        ),
    )
    assert plan.gcp_roles == (
        GcpRole(
            "shop-gcs",
            "shop-dev@example.iam.gserviceaccount.com",
            ("https://www.googleapis.com/auth/cloud-platform",),
            3600,
        ),
    )
    assert plan.azure_roles == (
        AzureRole("shop-vm", (("Reader", "/subscriptions/x-dev"),), 3600, 4 * 3600),
    )
    assert plan.pki_roles == (
        PkiRole(
            "shop-api",
            allowed_domains=("api.shop.dev.example",),
            allow_subdomains=False,
            client=True,
            server=False,
            default_ttl_seconds=3600,
            max_ttl_seconds=86400,
        ),
    )
    assert plan.kv_entries == (
        KvSecret("shop/dev-only", ("key",), None),
        KvSecret("shop/jwt", ("key",), 48),
    )


def test_a_workload_is_only_where_it_has_a_grant() -> None:
    names = {
        environment: [role.name for role in compile_plan(SMALL, environment).kubernetes_roles]
        for environment in Environment
    }
    assert names == {
        DEV: ["shop"],
        Environment.STAGING: ["shop"],
        Environment.PROD: ["shop", "shop-late"],
    }


def test_a_rotation_runs_and_keeps_values_only_where_it_is_granted() -> None:
    path = SecretPath("shop/jwt")
    prod = frozenset({Environment.PROD})
    runner = Workload(
        "rotation",
        ServiceAccount("shop", "rotation"),
        (Kv(path, KvAccess.ROTATE_AND_KEEP, environments=prod),),
    )
    weekly = RotateKey("jwt", path, "key", "rotation", overlap=Duration.parse("1h"))
    matrix = with_workloads(runner, rotations=(weekly,))
    found = {
        environment: (
            [one.name for one in plan.rotations],
            {entry.name: entry.kept_keys for entry in plan.kv_entries}[path.text],
        )
        for environment in Environment
        for plan in [compile_plan(matrix, environment)]
    }
    kept = ("key_previous", "key_previous_until")
    assert found == {
        DEV: ([], ()),
        Environment.STAGING: ([], ()),
        Environment.PROD: (["shop-jwt"], kept),
    }


@pytest.mark.parametrize("access", PkiAccess)
def test_only_who_administers_certificates_has_them_for_servers_and_all_names_below(
    access: PkiAccess,
) -> None:
    api = Workload("api", ServiceAccount("shop", "web"), (Pki(access),))
    (role,) = compile_plan(with_workloads(api), DEV).pki_roles
    administers = access is PkiAccess.ADMIN
    assert (role.allow_subdomains, role.server, role.client) == (administers, administers, True)


def with_workloads(*workloads: Workload, rotations: tuple[RotateKey, ...] = ()) -> AccessMatrix:
    """The small matrix with these in place of the shop's own."""
    (shop,) = SMALL.applications
    shop = dataclasses.replace(shop, workloads=workloads, rotations=rotations)
    return dataclasses.replace(SMALL, applications=(shop,))


def test_a_token_made_for_one_environment_is_for_no_other() -> None:
    assert len({audience_of(environment) for environment in Environment}) == len(Environment)


def test_an_environment_that_the_matrix_does_not_have_is_named() -> None:
    only_dev = dataclasses.replace(SMALL, environments=SPECS[:1])
    assert compile_plan(only_dev, DEV) == compile_plan(SMALL, DEV)
    with pytest.raises(ValueError, match="environment 'prod': the matrix has no such environment"):
        compile_plan(only_dev, Environment.PROD)


# --- one application more -------------------------------------------------------------------------

NEW = Application(
    name="billing",
    owner="billing-team",
    database=PostgresDatabase(name="billing", owner="billing"),
    entries=(KvEntry.random("billing/jwt", "secret"),),
    workloads=(
        Workload(
            "api",
            ServiceAccount("billing", "billing"),
            (Kv(SecretPath("billing/*"), KvAccess.READ), Database(DatabaseAccess.READ_WRITE)),
        ),
        Workload(
            "ci",
            AppRole(secret_id_lifetime=Duration.parse("1h")),
            (Kv(SecretPath("deploy/billing/*"), KvAccess.READ),),
        ),
        Workload(
            "rotation",
            ServiceAccount("billing", "billing-rotation"),
            (Kv(SecretPath("billing/jwt"), KvAccess.ROTATE),),
        ),
    ),
)


@pytest.mark.parametrize("environment", Environment)
def test_a_new_application_is_one_addition_to_the_matrix(environment: Environment) -> None:
    before = compile_plan(MATRIX, environment)
    more = dataclasses.replace(MATRIX, applications=(*MATRIX.applications, NEW))
    after = compile_plan(more, environment)
    assert added(before, after) == {
        ("acl_policies", f"billing-api-{environment.value}"),
        ("acl_policies", f"billing-ci-{environment.value}"),
        ("acl_policies", f"billing-rotation-{environment.value}"),
        ("kubernetes_roles", "billing-api"),
        ("kubernetes_roles", "billing-rotation"),
        ("approle_roles", "billing-ci"),
        ("database_connections", "billing"),
        ("database_roles", "billing-readwrite"),
        ("kv_entries", "billing/jwt"),
        ("owners", "billing"),
    }
    assert not added(after, before)


@pytest.mark.parametrize("environment", Environment)
def test_a_new_application_changes_nothing_of_the_others(environment: Environment) -> None:
    before = compile_plan(MATRIX, environment)
    more = dataclasses.replace(MATRIX, applications=(*MATRIX.applications, NEW))
    old, new = files_of(before), files_of(compile_plan(more, environment))
    changed = {name for name in old if name.endswith(".hcl") and old[name] != new[name]}
    operators = f"people-operators-{environment.value}"
    assert changed == {f"{environment.value}/acl/{operators}.hcl"}
    kept = things(compile_plan(more, environment))
    assert all(one in kept for one in things(before) if one[1] != operators)


def test_operators_can_hand_a_new_pipeline_what_it_logs_in_with() -> None:
    more = dataclasses.replace(MATRIX, applications=(*MATRIX.applications, NEW))
    role = "auth/approle/role/billing-ci"

    def given_to_operators(matrix: AccessMatrix) -> set[Stanza]:
        plan = compile_plan(matrix, Environment.PROD)
        (policy,) = (p for p in plan.acl_policies if p.name == "people-operators-prod")
        return set(policy.stanzas)

    gained = given_to_operators(more) - given_to_operators(MATRIX)
    assert {(s.path, s.capabilities, s.min_wrapping_ttl, s.max_wrapping_ttl) for s in gained} == {
        (f"{role}/role-id", (Capability.READ,), 0, 0),
        (f"{role}/secret-id", (Capability.UPDATE,), 60, 3600),
    }
    assert not given_to_operators(MATRIX) - given_to_operators(more)


def things(plan: Plan) -> list[tuple[str, str, Any]]:
    """Everything in a plan, with its kind and its name."""
    return [
        (field.name, thing.name, thing)
        for field in dataclasses.fields(plan)
        if field.name != "environment"
        for thing in getattr(plan, field.name)
    ]


def added(before: Plan, after: Plan) -> set[tuple[str, str]]:
    return {(kind, name) for kind, name, _ in things(after)} - {
        (kind, name) for kind, name, _ in things(before)
    }


# --- any matrix -----------------------------------------------------------------------------------

# Application names have no hyphen, so that `<application>-<workload>` is always one pair of names.
WORDS = st.sampled_from(["a", "b", "ab", "a2", "shop", "shops", "team", "z" * 20])
NAMES = st.sampled_from(["a", "b", "ab", "a-b", "a-b-c", "api", "ci", "readonly", "2nd"])
LENGTHS = st.sampled_from([None, 32, 48])
ENVIRONMENTS = st.sets(st.sampled_from(Environment), min_size=1).map(frozenset)
WHY = st.sampled_from(["why", 'a "quoted" reason', "two\nlines", "# {{x}} ${y} é"])
REASONS = st.just("") | WHY


@st.composite
def lifetimes(draw: st.DrawFn, at_least: Duration = SECOND) -> Lifetime:
    seconds = st.integers(at_least.seconds, 10**6)
    low, high = sorted(draw(st.tuples(seconds, seconds)))
    return Lifetime(Duration(low), Duration(high))


@st.composite
def split_environments(draw: st.DrawFn, parts: int) -> list[frozenset[Environment]]:
    """Each environment in at most one part; no part without any."""
    where = {environment: draw(st.integers(0, parts)) for environment in Environment}
    sets = (frozenset(e for e, part in where.items() if part == n) for n in range(parts))
    return [one for one in sets if one]


@st.composite
def kv_grants(draw: st.DrawFn, application: str) -> list[Grant]:
    """Whole folders, or folders and entries below that do not meet; each path may be granted
    differently in different environments.
    """
    grants: list[Grant] = []
    for root in (application, f"deploy/{application}"):
        below = [f"{root}/{name}" for name in draw(st.lists(NAMES, max_size=2, unique=True))]
        whole = draw(st.booleans())
        texts = (
            [f"{root}/*"] if whole else [p + draw(st.sampled_from(["", "/*", "/x"])) for p in below]
        )
        for text in texts:
            for environments in draw(split_environments(2)):
                access = draw(st.sampled_from(KvAccess))
                path, reason = SecretPath(text), draw(REASONS)
                grants.append(Kv(path, access, environments=environments, reason=reason))
    return grants


@st.composite
def application_grants(
    draw: st.DrawFn, application: str, *, database: bool, cloud_roles: Sequence[CloudRole]
) -> tuple[Grant, ...]:
    grants = draw(kv_grants(application))
    if database:
        for environments in draw(split_environments(2)):
            access = draw(st.sampled_from(DatabaseAccess))
            grants.append(Database(access, environments=environments, reason=draw(REASONS)))
    grants += (
        Pki(draw(st.sampled_from(PkiAccess)), environments=environments, reason=draw(REASONS))
        for environments in draw(split_environments(2))
    )
    grants += (
        Cloud(role.name, environments=draw(ENVIRONMENTS), reason=draw(REASONS))
        for role in cloud_roles
        if draw(st.booleans())
    )
    if not grants or draw(st.booleans()):
        grants.append(RenewSelf(environments=draw(ENVIRONMENTS), reason=draw(REASONS)))
    return tuple(draw(st.permutations(grants)))


def identities(application: str, workload: str) -> st.SearchStrategy[Identity]:
    return st.sampled_from(
        [
            ServiceAccount(f"{application}-space", workload),
            AppRole(Duration(60), 1, ("10.0.0.0/8",)),
            OidcGroup(f"{application}-people-{workload}"),
        ]
    )


@st.composite
def applications(draw: st.DrawFn, name: str, at_least: Duration) -> Application:
    """Tokens of their own live `at_least` so long, as credentials may not outlive them."""
    kinds = draw(st.lists(st.sampled_from(["aws", "gcp", "azure"]), max_size=3))
    cloud_roles: list[CloudRole] = []
    for number, kind in enumerate(kinds):
        role = f"{name}-{kind}-{number}"
        match kind:
            case "aws":
                cloud_roles.append(AwsCloudRole(role, ALLOW))
            case "gcp":
                cloud_roles.append(GcpCloudRole(role, f"{role}-{{environment}}@example.com"))
            case _:
                cloud_roles.append(AzureCloudRole(role, (("Reader", "/x/{environment}"),)))
    database = PostgresDatabase(name, draw(WORDS)) if draw(st.booleans()) else None
    workloads = [
        Workload(
            workload,
            draw(identities(name, workload)),
            draw(application_grants(name, database=database is not None, cloud_roles=cloud_roles)),
            token=draw(st.none() | lifetimes(at_least)),
            role=draw(st.sampled_from([None, f"{name}-as-{workload}"])),
        )
        for workload in draw(st.lists(NAMES, max_size=2, unique=True))
    ]
    entries = [
        KvEntry(SecretPath(f"{root}/{entry}"), ("a", "b"), draw(LENGTHS), draw(ENVIRONMENTS))
        for root in (name, f"deploy/{name}")
        for entry in draw(st.lists(NAMES, max_size=2, unique=True))
    ]
    return Application(name, "team", tuple(workloads), tuple(entries), database, tuple(cloud_roles))


CONTROLS = (
    "sys/mounts",
    "sys/policies/acl/+",
    "sys/leases/revoke-prefix/*",
    "secret/metadata/*",
    "auth/token/renew-self",
    "auth/token/lookup-self",
    "identity/entity/id",
)


@st.composite
def people(draw: st.DrawFn, name: str) -> Workload:
    capabilities = st.lists(st.sampled_from(Capability), max_size=3).map(tuple)
    grants: list[Grant] = [
        Control(path, draw(capabilities), environments=draw(ENVIRONMENTS), reason=draw(WHY))
        for path in draw(st.lists(st.sampled_from(CONTROLS), max_size=4, unique=True))
    ]
    if not grants or draw(st.booleans()):
        grants.append(RenewSelf(environments=draw(ENVIRONMENTS)))
    if draw(st.booleans()):
        issue = IssueSecretIds(draw(lifetimes()), environments=draw(ENVIRONMENTS), reason=draw(WHY))
        grants.append(issue)
    return Workload(name, OidcGroup(name), tuple(draw(st.permutations(grants))))


@st.composite
def matrices(draw: st.DrawFn) -> AccessMatrix:
    token = draw(lifetimes())
    shorter = Lifetime(min(token.default, DAY.default), min(token.maximum, DAY.default))
    database, cloud = (
        draw(st.sampled_from([token, shorter])),
        draw(st.sampled_from([token, shorter])),
    )
    longest = max(database.default, cloud.default)
    names = draw(st.lists(WORDS, min_size=1, max_size=2, unique=True))
    return AccessMatrix(
        environments=SPECS,
        lifetimes=Lifetimes(
            token=token,
            database=database,
            cloud=cloud,
            certificate=draw(lifetimes()),
        ),
        applications=tuple(draw(applications(name, longest)) for name in names),
        people=tuple(draw(people(name)) for name in draw(st.lists(WORDS, max_size=2, unique=True))),
    )


@given(matrices(), st.sampled_from(Environment))
@properties
def test_every_stanza_reads_back_from_its_text(
    matrix: AccessMatrix, environment: Environment
) -> None:
    for policy in compile_plan(matrix, environment).acl_policies:
        assert parse(policy.hcl) == policy.stanzas
        assert render(policy.stanzas, header=HEADER) == policy.hcl


@given(matrices(), st.sampled_from(Environment), st.randoms(use_true_random=False))
@properties
def test_the_order_of_lines_changes_nothing(
    matrix: AccessMatrix, environment: Environment, chance: random.Random
) -> None:
    assert compile_plan(shuffled(matrix, chance), environment) == compile_plan(matrix, environment)


def shuffled(matrix: AccessMatrix, chance: random.Random) -> AccessMatrix:
    def mixed(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(items, len(items)))

    def workload(given: Workload) -> Workload:
        return dataclasses.replace(given, grants=mixed(given.grants))

    def application(given: Application) -> Application:
        return dataclasses.replace(
            given,
            workloads=mixed(tuple(map(workload, given.workloads))),
            entries=mixed(given.entries),
            cloud_roles=mixed(given.cloud_roles),
        )

    return dataclasses.replace(
        matrix,
        environments=mixed(matrix.environments),
        applications=mixed(tuple(map(application, matrix.applications))),
        people=mixed(tuple(map(workload, matrix.people))),
    )


@given(matrices(), st.sampled_from(Environment))
@properties
def test_names_are_unique_and_sorted(matrix: AccessMatrix, environment: Environment) -> None:
    plan = compile_plan(matrix, environment)
    names: dict[str, list[str]] = {}
    for kind, name, _ in things(plan):
        names.setdefault(kind, []).append(name)
    for of_kind in names.values():
        assert of_kind == sorted(set(of_kind))
    logins = [*names.get("kubernetes_roles", []), *names.get("approle_roles", [])]
    logins += names.get("oidc_roles", [])
    assert len(set(logins)) == len(logins) == len(names.get("acl_policies", []))


@given(matrices(), st.sampled_from(Environment))
@properties
def test_every_capability_comes_from_a_grant_and_every_grant_is_there(
    matrix: AccessMatrix, environment: Environment
) -> None:
    plan = compile_plan(matrix, environment)
    policies = {policy.name: policy for policy in plan.acl_policies}
    pipelines = [role.name for role in plan.approle_roles]
    expected: dict[str, set[str]] = {}
    for application in matrix.applications:
        clouds = {role.name: type(role) for role in application.cloud_roles}
        for workload in application.workloads:
            expected[f"{application.name}-{workload.name}-{environment.value}"] = {
                right
                for grant in workload.grants
                if environment in grant.environments
                for right in rights(grant, application.name, workload.name, clouds, pipelines)
            }
    for person in matrix.people:
        expected[f"people-{person.name}-{environment.value}"] = {
            right
            for grant in person.grants
            if environment in grant.environments
            for right in rights(grant, "", "", {}, pipelines)
        }
    for name, policy in policies.items():
        given = {f"{one} {s.path}" for s in policy.stanzas for one in s.capabilities}
        assert given == expected.pop(name) | {
            "read auth/token/lookup-self",
            "update auth/token/revoke-self",
        }
    assert not any(expected.values()), "who has rights has a policy"


def rights(  # noqa: C901 - one case for each kind of grant
    grant: Grant,
    application: str,
    workload: str,
    clouds: dict[str, type[CloudRole]],
    pipelines: Sequence[str],
) -> Iterator[str]:
    """What a grant gives, said a second time and apart from the code."""
    match grant:
        case Kv(path=path, access=access):
            yield from kv_rights(path.text, access)
        case Database(access=access):
            yield f"read database/creds/{application}-{access.value}"
        case Cloud(role=role) if clouds[role] is GcpCloudRole:
            yield f"read gcp/impersonated-account/{role}/token"
        case Cloud(role=role):
            yield f"read {'aws' if clouds[role] is AwsCloudRole else 'azure'}/creds/{role}"
        case Pki(access=access):
            yield f"update pki/issue/{application}-{workload}"
            if access is PkiAccess.ADMIN:
                yield "update pki/revoke-with-key"
        case RenewSelf():
            yield "update auth/token/renew-self"
            yield "update sys/leases/renew"
        case IssueSecretIds():
            for role in pipelines:
                yield f"read auth/approle/role/{role}/role-id"
                yield f"update auth/approle/role/{role}/secret-id"
        case Control(path=path, capabilities=capabilities):
            deny = Capability.DENY in capabilities
            yield from (f"{one} {path}" for one in ({Capability.DENY} if deny else capabilities))


def kv_rights(path: str, access: KvAccess) -> Iterator[str]:
    match access:
        case KvAccess.READ:
            yield f"read secret/data/{path}"
        case KvAccess.ROTATE:
            yield f"patch secret/data/{path}"
            yield f"read secret/metadata/{path}"
        case KvAccess.ROTATE_AND_KEEP:
            yield from kv_rights(path, KvAccess.READ)
            yield from kv_rights(path, KvAccess.ROTATE)
        case KvAccess.READ_WRITE:
            for capability in ("create", "read", "update", "patch", "delete"):
                yield f"{capability} secret/data/{path}"
                yield f"{capability} secret/metadata/{path}"
            yield f"list secret/metadata/{path}"
            for operation in ("delete", "undelete", "destroy"):
                yield f"update secret/{operation}/{path}"


MOUNTS = ("secret", "database", "aws", "gcp", "azure", "pki", "auth/approle", "auth/token", "sys")


@given(matrices(), st.sampled_from(Environment))
@properties
def test_every_path_lies_under_a_mount(matrix: AccessMatrix, environment: Environment) -> None:
    for policy in compile_plan(matrix, environment).acl_policies:
        for stanza in policy.stanzas:
            assert stanza.path.startswith(tuple(f"{mount}/" for mount in (*MOUNTS, "identity")))


@given(matrices(), st.sampled_from(Environment))
@properties
def test_no_application_reaches_outside_its_own(
    matrix: AccessMatrix, environment: Environment
) -> None:
    shared = {
        "auth/token/lookup-self",
        "auth/token/revoke-self",
        "auth/token/renew-self",
        "sys/leases/renew",
        "pki/revoke-with-key",
    }
    policies = {p.name: p.stanzas for p in compile_plan(matrix, environment).acl_policies}
    for subject in subjects_in(matrix, environment):
        if subject.application is None:
            continue
        name = subject.application.name
        own = (
            *(
                f"secret/{operation}/{folder}/"
                for operation in ("data", "metadata", "delete", "undelete", "destroy")
                for folder in (name, f"deploy/{name}")
            ),
            f"database/creds/{name}-",
            f"aws/creds/{name}-",
            f"azure/creds/{name}-",
            f"gcp/impersonated-account/{name}-",
            f"pki/issue/{name}-",
        )
        for stanza in policies[subject.acl_policy]:
            assert stanza.path in shared or stanza.path.startswith(own)
            assert "+" not in stanza.path
            assert "*" not in stanza.path.removesuffix("/*")


@given(matrices())
@properties
def test_environments_share_no_login_and_no_policy(matrix: AccessMatrix) -> None:
    plans = [compile_plan(matrix, environment) for environment in Environment]
    for kind in (
        [{policy.name for policy in plan.acl_policies} for plan in plans],
        [{(r.namespace, r.service_account) for r in plan.kubernetes_roles} for plan in plans],
        [{r.audience for r in plan.kubernetes_roles} for plan in plans],
        [{group for r in plan.oidc_roles for group in r.groups} for plan in plans],
    ):
        assert len(set().union(*kind)) == sum(map(len, kind))


@given(matrices(), st.sampled_from(Environment))
@properties
def test_every_role_that_is_granted_is_made_and_no_other(
    matrix: AccessMatrix, environment: Environment
) -> None:
    plan = compile_plan(matrix, environment)
    paths = {s.path for policy in plan.acl_policies for s in policy.stanzas}
    made = {
        *(f"database/creds/{role.name}" for role in plan.database_roles),
        *(f"aws/creds/{role.name}" for role in plan.aws_roles),
        *(f"azure/creds/{role.name}" for role in plan.azure_roles),
        *(f"gcp/impersonated-account/{role.name}/token" for role in plan.gcp_roles),
        *(f"pki/issue/{role.name}" for role in plan.pki_roles),
    }
    issuing = ("database/creds/", "aws/creds/", "azure/creds/", "gcp/impers", "pki/issue/")
    assert made == {path for path in paths if path.startswith(issuing)}
    allowed = {role for one in plan.database_connections for role in one.allowed_roles}
    assert allowed == {role.name for role in plan.database_roles}
    assert {role.connection for role in plan.database_roles} == {
        one.name for one in plan.database_connections
    }


@given(matrices(), st.sampled_from(Environment))
@properties
def test_no_default_lifetime_is_above_its_maximum(
    matrix: AccessMatrix, environment: Environment
) -> None:
    plan = compile_plan(matrix, environment)
    values = [dataclasses.asdict(thing) for _, _, thing in things(plan)]
    tokens = [value["token"] for value in values if "token" in value]
    assert len(tokens) == len(plan.acl_policies)
    for token in tokens:
        assert 0 < token["ttl_seconds"] <= token["max_ttl_seconds"]
    for issued in (value for value in values if "max_ttl_seconds" in value):
        assert 0 < issued["default_ttl_seconds"] <= issued["max_ttl_seconds"]


def test_a_grant_holds_everywhere_unless_it_says_where() -> None:
    grants: list[Grant] = [
        Kv(SecretPath("a/b"), KvAccess.READ),
        Database(DatabaseAccess.READ_ONLY),
        Cloud("a"),
        Pki(PkiAccess.CLIENT),
        RenewSelf(),
        Control("sys/mounts", (), reason="why"),
        IssueSecretIds(DAY, reason="why"),
    ]
    assert {grant.environments for grant in grants} == {EVERYWHERE}
