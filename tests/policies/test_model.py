"""`policies.model`: what contradicts itself or reaches into another's cannot be built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from policies.environments import Environment, EnvironmentSpec
from policies.grants import (
    Attest,
    Cloud,
    Control,
    Database,
    DatabaseStatic,
    Grant,
    IntermediateCa,
    IssueSecretIds,
    Kv,
    KvAccess,
    Pki,
    PkiAccess,
    ReadSnapshots,
    RenewSelf,
    RootKey,
    RootPassword,
    SecretIds,
)
from policies.hcl import Capability
from policies.iam import Allow, AwsAccount
from policies.identities import AppRole, Identity, OidcGroup, PlatformAccount, ServiceAccount
from policies.lifetime import Duration, Lifetime
from policies.model import AccessMatrix, Application, Lifetimes, Platform, Workload
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.resources import AwsCloudRole, KvEntry, PostgresDatabase
from policies.rotation import RotateAwsRoot

DEV, PROD = frozenset({Environment.DEV}), frozenset({Environment.PROD})
SPEC = EnvironmentSpec(Environment.DEV, "dev.example", AwsAccount("111111111111", "eu-west-1"))
PROD_SPEC = EnvironmentSpec(Environment.PROD, "example", AwsAccount("222222222222", "eu-west-1"))
DAY = Lifetime.of("1h", "24h")
LIFETIMES = Lifetimes(token=DAY, database=DAY, cloud=DAY, certificate=DAY)
S3 = AwsCloudRole("shop-s3", (Allow(("s3:GetObject",), ("arn:aws:s3:::shop/*",)),))


def workload(
    name: str = "api",
    *grants: Grant,
    account: str | None = None,
    role: str | None = None,
    identity: Identity | None = None,
) -> Workload:
    identity = identity or ServiceAccount("shop", account or name)
    return Workload(name, identity, grants or (RenewSelf(),), role=role)


def application(name: str = "shop", *workloads: Workload) -> Application:
    return Application(name=name, owner="team", workloads=workloads or (workload(),))


def matrix(
    *applications: Application,
    people: tuple[Workload, ...] = (),
    environments: tuple[EnvironmentSpec, ...] = (SPEC,),
) -> AccessMatrix:
    return AccessMatrix(environments, LIFETIMES, applications, people)


def person(*grants: Grant, name: str = "operators") -> Workload:
    return workload(name, *grants, identity=OidcGroup("vault-operators"))


# --- names ----------------------------------------------------------------------------------------


def test_a_workload_name_that_vault_would_change_is_refused_with_one_that_it_keeps() -> None:
    with pytest.raises(
        ValueError,
        match=r"^workload 'MediaAPI': must be lower-case .* \(Vault and Kubernetes would change or "
        r"refuse it\); write 'mediaapi'$",
    ):
        workload("MediaAPI", account="api")


def test_a_role_or_application_name_that_vault_would_change_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^role 'Shop': .*write 'shop'$"):
        workload(role="Shop")
    with pytest.raises(ValueError, match=r"^application 'Shop': .*write 'shop'$"):
        application("Shop")


@pytest.mark.parametrize("name", ["deploy", "secret", "data", "metadata", "destroy"])
def test_an_application_cannot_own_a_folder_that_others_use(name: str) -> None:
    """One named `deploy` would own every other application's deployment keys."""
    with pytest.raises(
        ValueError, match="must not be named as a folder that is not one application's own"
    ) as caught:
        application(name)
    said = str(caught.value)
    assert said.startswith(f"application '{name}': ")
    assert said.endswith(f"write such as '{name}-app'")


@pytest.mark.parametrize(
    ("said", "build"),
    [
        ("application 'shop': workload 'api'", lambda: application("shop", workload(), workload())),
        (
            "application 'shop': entry 'shop/x'",
            lambda: Application(
                "shop", "team", (), (KvEntry.given("shop/x", "a"), KvEntry.random("shop/x", "b"))
            ),
        ),
        ("application 'shop'", lambda: matrix(application(), application())),
        ("environment 'dev'", lambda: matrix(environments=(SPEC, SPEC))),
        (
            "role 'shop-api'",
            lambda: matrix(
                application("shop", workload(), workload("b", account="b", role="shop-api"))
            ),
        ),
        (
            "role 'operators'",
            lambda: matrix(application("shop", workload(role="operators")), people=(person(),)),
        ),
        ("role 'operators'", lambda: matrix(people=(person(), person()))),
        (
            "cloud role 'shop-s3'",
            lambda: matrix(
                Application("shop", "team", (), cloud_roles=(S3,)),
                Application("store", "team", (), cloud_roles=(S3,)),
            ),
        ),
        (
            "cloud role 'shop-s3'",
            lambda: matrix(Application("shop", "team", (), cloud_roles=(S3, S3))),
        ),
        (
            "database 'db'",
            lambda: matrix(
                Application("shop", "team", (), database=PostgresDatabase("db", "a")),
                Application("store", "team", (), database=PostgresDatabase("db", "b")),
            ),
        ),
        (
            "service account 'shop/api'",
            lambda: matrix(application("shop", workload(), workload("b", account="api"))),
        ),
        (
            "service account 'shop/api'",
            lambda: matrix(application("shop"), application("store", workload("api"))),
        ),
        (
            "OIDC group 'vault-operators'",
            lambda: matrix(people=(person(), person(name="others"))),
        ),
        (
            "OIDC group 'vault-operators'",
            lambda: matrix(
                application("shop", workload(identity=OidcGroup("vault-operators"))),
                people=(person(),),
            ),
        ),
        (
            "entry named 'shop-a-b'",
            lambda: matrix(
                Application(
                    "shop",
                    "team",
                    (),
                    (KvEntry.given("shop/a-b", "x"), KvEntry.given("shop/a/b", "x")),
                ),
            ),
        ),
        (
            "entry named 'shop-a-b'",
            lambda: matrix(
                Application("shop", "team", (), (KvEntry.given("shop/a-b", "x"),)),
                Application("shop-a", "team", (), (KvEntry.given("shop-a/b", "x"),)),
            ),
        ),
        (
            "ACL policy 'a-b-c'",
            lambda: matrix(
                application("a-b", workload("c", account="one", role="one")),
                application("a", workload("b-c", account="other", role="other")),
            ),
        ),
    ],
)
def test_what_is_named_twice_is_refused(said: str, build: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="is there 2 times; names are unique, rename") as caught:
        build()
    assert str(caught.value).startswith(f"{said}: is there 2 times")


def test_what_is_named_alike_but_not_the_same_is_accepted() -> None:
    keys = (KvEntry.given("shop/a-b", "x"), KvEntry.given("shop/a/c", "x"))
    stored = matrix(
        Application("shop", "team", (), keys),
        Application("store", "team", (), (KvEntry.given("store/a-b", "x"),)),
    )
    assert len(stored.applications) == 2
    others = workload("others", identity=OidcGroup("vault-others"))
    assert matrix(people=(person(), others)).people[1] is others


def test_a_workload_without_grants_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"^workload 'api': must be granted something; give it grants or remove it$",
    ):
        Workload("api", ServiceAccount("shop", "api"), ())


def test_a_workload_may_be_granted_something_in_one_environment_only() -> None:
    made = Workload("api", ServiceAccount("shop", "api"), (RenewSelf(environments=PROD),))
    assert [made.exists_in(environment) for environment in Environment] == [False, False, True]


# --- grants ---------------------------------------------------------------------------------------


def test_two_grants_that_contradict_cannot_be_written() -> None:
    with pytest.raises(ValueError, match=r"workload 'api': the grants .* contradict"):
        workload(
            "api",
            Kv(SecretPath("shop/*"), KvAccess.READ),
            Kv(SecretPath("shop/x"), KvAccess.READ_WRITE),
        )


def test_grants_of_different_environments_do_not_meet() -> None:
    made = workload(
        "api",
        Kv(SecretPath("shop/*"), KvAccess.READ_WRITE, environments=DEV),
        Kv(SecretPath("shop/x"), KvAccess.READ, environments=PROD),
    )
    assert [str(g) for g in made.grants_in(Environment.DEV)] == ["kv read-write shop/*"]
    assert [str(g) for g in made.grants_in(Environment.PROD)] == ["kv read shop/x"]
    assert not made.exists_in(Environment.STAGING)


def test_paths_of_vault_itself_that_shadow_one_another_cannot_be_granted() -> None:
    wide = Control("sys/auth/*", (Capability.READ,), reason="why")
    here = Control("sys/auth/oidc", (Capability.LIST,), environments=DEV, reason="why")
    elsewhere = Control("sys/auth/*", (Capability.READ,), environments=PROD, reason="why")
    with pytest.raises(
        ValueError,
        match=r"workload 'operators': the grants 'control sys/auth/\*' and 'control "
        "sys/auth/oidc' contradict: for sys/auth/oidc Vault applies only the "
        "second, which lacks read; add that to it",
    ):
        person(wide, here)
    assert person(elsewhere, here).grants == (elsewhere, here)


def test_grants_that_meet_in_one_environment_only_contradict_all_the_same() -> None:
    with pytest.raises(ValueError, match="contradict"):
        workload(
            "api",
            Kv(SecretPath("shop/*"), KvAccess.READ_WRITE, environments=DEV | PROD),
            Kv(SecretPath("shop/x"), KvAccess.READ, environments=PROD),
        )


@pytest.mark.parametrize(
    "path", ["store/x", "store/*", "shop", "shopping/*", "deploy/*", "deploy/store/keys", "deploy"]
)
def test_a_path_of_another_application_cannot_be_granted(path: str) -> None:
    with pytest.raises(ValueError, match="the path lies outside the application's own") as caught:
        application("shop", workload("api", Kv(SecretPath(path), KvAccess.READ)))
    said = str(caught.value)
    assert said.startswith(f"application 'shop', workload 'api', grant 'kv read {path}': ")
    assert said.endswith("write one below shop/* or deploy/shop/*")


@pytest.mark.parametrize("path", ["store/x", "shop", "deploy/store/keys"])
def test_an_entry_of_another_application_cannot_be_declared(path: str) -> None:
    with pytest.raises(
        ValueError,
        match=rf"application 'shop', entry '{path}': the path lies outside the application's own "
        r"folders; write one below shop/\* or deploy/shop/\*",
    ):
        Application("shop", "team", (), (KvEntry.given(path, "a"),))


def test_a_database_cannot_be_granted_where_there_is_none() -> None:
    with pytest.raises(
        ValueError,
        match=r"application 'shop', workload 'api', grant 'database readonly': the application has "
        r"no database; give it `database=PostgresDatabase\(...\)`",
    ):
        application("shop", workload("api", Database(DatabaseAccess.READ_ONLY)))


@pytest.mark.parametrize(("roles", "known"), [((), "none"), ((S3,), "shop-s3")])
def test_an_unknown_cloud_role_cannot_be_granted(
    roles: tuple[AwsCloudRole, ...], known: str
) -> None:
    with pytest.raises(
        ValueError,
        match="application 'shop', workload 'api', grant 'cloud s4': the application has no such "
        f"cloud role; its roles: {known}$",
    ):
        Application("shop", "team", (workload("api", Cloud("s4")),), cloud_roles=roles)


@pytest.mark.parametrize("name", ["people", "platform"])
def test_an_application_is_not_named_as_who_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="as those who are no application") as caught:
        application(name)
    assert str(caught.value).endswith(f"; write such as '{name}-app'")


PLATFORMS_OWN: tuple[Grant, ...] = (
    RootPassword("shop", reason="why"),
    RootKey(reason="why"),
    IntermediateCa("CA", Duration(60), reason="why"),
    SecretIds("shop", "ci", Duration(60), reason="why"),
    ReadSnapshots(reason="why"),
    Attest(reason="why"),
)


@pytest.mark.parametrize("grant", PLATFORMS_OWN, ids=str)
def test_what_is_the_platforms_cannot_be_granted_to_others(grant: Grant) -> None:
    only = "only the platform's own workloads may be granted it"
    with pytest.raises(ValueError, match=f"workload 'api', grant '{grant}': {only}"):
        application("shop", workload("api", grant))
    with pytest.raises(ValueError, match=f"people 'operators', grant '{grant}': {only}"):
        matrix(people=(person(grant),))


def test_an_application_does_not_run_in_vaults_own_namespace() -> None:
    with pytest.raises(ValueError, match="must not run in Vault's own namespace"):
        application("shop", workload(identity=PlatformAccount("x")))


def test_machines_are_called_apart_from_all_others() -> None:
    own = Platform("team", (workload("job", RootKey(reason="y"), identity=PlatformAccount("j")),))
    rotating = replace(own, rotations=(RotateAwsRoot("job"),))
    made = replace(matrix(application()), platform=rotating)
    assert [role for _, _, role in made.subjects()] == ["shop-api", "platform-job"]
    with pytest.raises(ValueError, match="role 'platform-job': is there 2 times"):
        replace(made, applications=(application("shop", workload(role="platform-job")),))


def test_a_static_user_that_the_database_does_not_have() -> None:
    with pytest.raises(ValueError, match="the application has no database"):
        application("shop", workload("api", DatabaseStatic("x")))
    with pytest.raises(ValueError, match="only an application has a database"):
        matrix(people=(person(DatabaseStatic("x")),))


@pytest.mark.parametrize(
    "grant",
    [
        Control("sys/mounts", (Capability.READ,), reason="why"),
        IssueSecretIds(Lifetime.of("1m", "1h"), reason="why"),
    ],
    ids=str,
)
def test_vaults_own_paths_cannot_be_granted_outside_people(grant: Grant) -> None:
    with pytest.raises(
        ValueError,
        match=f"application 'shop', workload 'api', grant '{grant}': only people may be granted "
        "paths of Vault itself; move it to the matrix' `people`",
    ):
        application("shop", workload("api", grant))


@pytest.mark.parametrize(
    "grant",
    [Database(DatabaseAccess.READ_ONLY), Cloud("shop-s3"), Pki(PkiAccess.CLIENT)],
    ids=str,
)
def test_what_an_application_has_cannot_be_granted_to_people(grant: Grant) -> None:
    with pytest.raises(
        ValueError,
        match=f"people 'operators', grant '{grant}': only an application has a database, cloud "
        "roles and certificates; put a workload with an OidcGroup into that application",
    ):
        matrix(people=(person(grant),))


@pytest.mark.parametrize("identity", [ServiceAccount("shop", "x"), AppRole(Duration(60))], ids=repr)
def test_a_machine_is_not_people(identity: Identity) -> None:
    with pytest.raises(
        ValueError,
        match="people 'operators': must be an OidcGroup; put a machine's workload into its appl",
    ):
        matrix(people=(workload("operators", identity=identity),))


# --- lifetimes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["database", "cloud"])
def test_a_credential_cannot_outlive_the_token_that_asked_for_it(kind: str) -> None:
    lifetimes = {"token": DAY, "database": DAY, "cloud": DAY, "certificate": DAY}
    with pytest.raises(
        ValueError,
        match=f"lifetimes: {kind} credentials up to 25h cannot outlive the token that asked for "
        "them, at most 24h: .*; lower the one or raise the other",
    ):
        Lifetimes(**{**lifetimes, kind: Lifetime.of("1h", "25h")})


def test_a_certificate_may_outlive_the_token_that_asked_for_it() -> None:
    assert Lifetimes(token=DAY, database=DAY, cloud=DAY, certificate=Lifetime.of("1h", "72h"))


def holding(token: Lifetime | None, *grants: Grant) -> AccessMatrix:
    """One workload with this token; credentials of both kinds live an hour unless renewed."""
    app = Application(
        "shop",
        "team",
        (Workload("api", ServiceAccount("shop", "api"), grants, token=token),),
        database=PostgresDatabase("shop", "shop"),
        cloud_roles=(S3,),
    )
    return matrix(app, environments=(SPEC, PROD_SPEC))


READ_ONLY, CLOUD = Database(DatabaseAccess.READ_ONLY), Cloud("shop-s3")
SHORT = Lifetime.of("59m", "24h")
OUTLIVED: dict[str, tuple[Lifetime, tuple[Grant, ...], str, str]] = {
    # name: (the token, the grants, what ends, and after what)
    "a database user": (SHORT, (READ_ONLY,), "database", "59m"),
    "a cloud key": (SHORT, (CLOUD,), "cloud", "59m"),
    "a token renewed and still too short": (
        Lifetime.of("1m", "59m"),
        (READ_ONLY, RenewSelf()),
        "database",
        "59m",
    ),
    "a token renewed in another environment": (
        SHORT,
        (CLOUD, RenewSelf(environments=DEV)),
        "cloud",
        "59m",
    ),
}


@pytest.mark.parametrize("name", OUTLIVED)
def test_a_workloads_token_cannot_end_before_its_credentials(name: str) -> None:
    token, grants, kind, reach = OUTLIVED[name]
    with pytest.raises(ValueError, match="its token ends after ") as caught:
        holding(token, *grants)
    assert str(caught.value) == (
        f"application 'shop', workload 'api': its token ends after {reach}, and with it the {kind} "
        "credentials that should live 1h; give it a longer token, or RenewSelf()"
    )


@pytest.mark.parametrize(
    ("token", "grants"),
    [
        (None, (READ_ONLY, CLOUD)),
        (Lifetime.of("1h", "1h"), (READ_ONLY, CLOUD)),
        (Lifetime.of("1m", "1h"), (READ_ONLY, CLOUD, RenewSelf())),
        (
            SHORT,
            (Database(DatabaseAccess.READ_ONLY, environments=DEV), RenewSelf(environments=DEV)),
        ),
        (Lifetime.of("1m", "1m"), (Kv(SecretPath("shop/*"), KvAccess.READ), Pki(PkiAccess.CLIENT))),
    ],
    ids=[
        "the matrix' own",
        "just as long",
        "renewed",
        "renewed where it matters",
        "nothing leased",
    ],
)
def test_a_workloads_token_that_lasts_as_long_as_its_credentials_is_accepted(
    token: Lifetime | None, grants: tuple[Grant, ...]
) -> None:
    assert holding(token, *grants)


# --- the matrix -----------------------------------------------------------------------------------


def test_everyone_is_listed_with_the_role_that_they_log_in_with() -> None:
    made = matrix(
        application("shop", workload(), workload("batch", role="nightly")), people=(person(),)
    )
    listed: Sequence[tuple[str | None, str, str]] = [
        (owner.name if owner else None, who.name, role) for owner, who, role in made.subjects()
    ]
    assert listed == [
        ("shop", "api", "shop-api"),
        ("shop", "batch", "nightly"),
        (None, "operators", "operators"),
    ]


def test_an_environment_that_the_matrix_does_not_have_is_named() -> None:
    made = matrix(environments=(SPEC, PROD_SPEC))
    assert made.spec(Environment.PROD) is PROD_SPEC
    with pytest.raises(
        ValueError,
        match="environment 'staging': the matrix has no such environment; add an EnvironmentSpec",
    ):
        made.spec(Environment.STAGING)
