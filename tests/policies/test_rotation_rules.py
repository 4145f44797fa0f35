"""`policies.rotation_rules`: a rotation that could not work, or whose job has more than it needs,
cannot be built.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policies.application import Application
from policies.control_plane import Platform
from policies.environments import Environment, EnvironmentSpec
from policies.grants import (
    Database,
    Grant,
    IntermediateCa,
    Kv,
    KvAccess,
    RenewSelf,
    RootKey,
    RootPassword,
    SecretIds,
)
from policies.iam import AwsAccount
from policies.identities import AppRole, Identity, PlatformAccount, ServiceAccount
from policies.lifetime import Duration, Lifetime
from policies.model import AccessMatrix, Lifetimes
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.resources import KvEntry, PostgresDatabase
from policies.rotation import (
    KubernetesSecret,
    RenewIntermediate,
    Restart,
    RotateAwsRoot,
    RotateDatabaseRoot,
    RotateKey,
    RotateSecretIds,
)
from policies.rotation_rules import refuse_rotations
from policies.schedule import Cron
from policies.scheduled import Scheduled, scheduled
from policies.workload import Workload

DEV, PROD = frozenset({Environment.DEV}), frozenset({Environment.PROD})
DAY = Lifetime.of("1h", "24h")
SPECS = tuple(
    EnvironmentSpec(one, f"{one}.example", AwsAccount("1" * 12, "eu-west-1")) for one in Environment
)
API = SecretPath("shop/api")
ROTATE, KEEP = Kv(API, KvAccess.ROTATE), Kv(API, KvAccess.ROTATE_AND_KEEP)
WHY = "to be tried"


def duration(text: str) -> Duration:
    return Duration.parse(text)


def job(
    *grants: Grant, name: str = "job", identity: Identity | None = None, token: str | None = "20m"
) -> Workload:
    lifetime = Lifetime.of(token, token) if token else None
    return Workload(name, identity or ServiceAccount("shop", name), grants, token=lifetime)


def machine(*grants: Grant, name: str = "job") -> Workload:
    return job(*grants, name=name, identity=PlatformAccount(name))


KEY = RotateKey("jwt", API, "jwt", by="job")
SHOP = Application(
    "shop",
    "team",
    workloads=(
        Workload(
            "api", ServiceAccount("shop", "api"), (Database(DatabaseAccess.READ_ONLY), RenewSelf())
        ),
        Workload("ci", AppRole(duration("24h")), (RenewSelf(),)),
    ),
    entries=(
        KvEntry.random("shop/api", "jwt", "session"),
        KvEntry.given("shop/given", "key"),
        KvEntry.random("shop/dev", "jwt", environments=DEV),
    ),
    database=PostgresDatabase("shop", "shop"),
)
IDS = RotateSecretIds(
    "ci",
    KubernetesSecret("shop-ci", "vault-ci", "secret-id"),
    by="job",
    schedule=Cron("0 */12 * * *"),
    wrapped=duration("13h"),
    overlap=duration("1h"),
)
SECRET_IDS = SecretIds("shop", "ci", duration("13h"), reason=WHY)
CA = IntermediateCa("CA", duration("730d"), reason=WHY)


def matrix(
    *rotations: Any, jobs: tuple[Workload, ...] = (), platform: Platform | None = None, **more: Any
) -> AccessMatrix:
    """The shop with these rotations and workloads."""
    shop = replace(SHOP, **{"rotations": rotations, "workloads": (*SHOP.workloads, *jobs), **more})
    lifetimes = Lifetimes(token=DAY, database=DAY, cloud=DAY, certificate=DAY)
    return AccessMatrix(SPECS, lifetimes, (shop,), platform=platform or Platform())


def platform(*workloads: Workload, rotations: tuple[Any, ...] = ()) -> Platform:
    return Platform("platform-team", workloads, rotations)


def every(made: AccessMatrix) -> tuple[Scheduled, ...]:
    return scheduled(made.applications, made.platform)


def refused(said: str, *rotations: Any, **more: Any) -> str:
    with pytest.raises(ValueError, match=said) as caught:
        matrix(*rotations, **more)
    assert str(caught.value).startswith(("rotation ", "workload 'job': ", "platform, workload "))
    return str(caught.value)


def test_what_agrees_is_taken() -> None:
    made = matrix(
        KEY,
        IDS,
        jobs=(job(ROTATE),),
        platform=platform(
            machine(SECRET_IDS),
            machine(RootKey(reason=WHY), name="aws"),
            rotations=(RotateAwsRoot(by="aws"),),
        ),
    )
    refuse_rotations(made.applications, made.platform)
    names = {one.name: one.by.identity for one in every(made)}
    assert names == {
        "shop-jwt": ServiceAccount("shop", "job"),
        "shop-ci-secret-ids": PlatformAccount("job"),
        "aws-root": PlatformAccount("aws"),
    }


def test_it_runs_where_its_job_is_granted_what_it_needs() -> None:
    there = Kv(API, KvAccess.ROTATE, environments=DEV)
    (one,) = every(matrix(KEY, jobs=(job(there),)))
    assert one.environments == DEV


# --- who runs it ---------------------------------------------------------------------------------


def test_nobody_runs_it() -> None:
    assert refused("rotation 'jwt': by='job' is no workload of the application 'shop'", KEY) == (
        "rotation 'jwt': by='job' is no workload of the application 'shop'; its workloads: api, ci"
    )
    said = refused("is no workload of the platform", RotateDatabaseRoot(by="job"))
    assert said.endswith("; its workloads: none")


def test_the_applications_own_workload_runs_no_job_of_the_platform() -> None:
    refused("is no workload of the platform", RotateDatabaseRoot(by="api"))


@pytest.mark.parametrize(
    ("rotation", "grants", "lacks"),
    [
        (KEY, (KEEP,), "kv rotate shop/api"),
        (KEY, (RenewSelf(),), "kv rotate shop/api"),
        (replace(KEY, overlap=duration("1h")), (ROTATE,), "kv rotate-and-keep shop/api"),
        (replace(KEY, tell=Restart("shop")), (ROTATE,), "kv rotate-and-keep shop/api"),
    ],
    ids=["reads", "only renews", "keeps the old value", "puts it back"],
)
def test_its_job_lacks_the_grant(
    rotation: RotateKey, grants: tuple[Grant, ...], lacks: str
) -> None:
    said = refused("lacks the grant", rotation, jobs=(job(*grants),))
    assert said == (
        f"rotation 'shop-jwt': workload 'job' lacks the grant '{lacks}'; grant it, and nothing else"
    )


@pytest.mark.parametrize(
    "more", [RenewSelf(), Kv(SecretPath("shop/other"), KvAccess.READ)], ids=str
)
def test_its_job_has_more(more: Grant) -> None:
    said = refused("has more than the job needs", KEY, jobs=(job(ROTATE, more),))
    assert said == (
        f"rotation 'shop-jwt': workload 'job' has more than the job needs, '{more}'; leave it only "
        "'kv rotate shop/api'"
    )


def test_a_machines_job_has_more() -> None:
    own = platform(machine(RootPassword("shop", reason=WHY), SECRET_IDS))
    refused("has more than the job needs", RotateDatabaseRoot(by="job"), platform=own)


def test_its_job_may_wrap_for_another_time() -> None:
    own = platform(machine(replace(SECRET_IDS, wrapped=duration("12h"))))
    lacks = "lacks the grant 'rotate the secret IDs of shop/ci, wrapped for 13h'"
    refused(lacks, IDS, platform=own)


def test_one_job_runs_two() -> None:
    other = replace(KEY, name="session", key="session")
    said = refused("runs 2 rotations", KEY, other, jobs=(job(ROTATE),))
    assert said.startswith("workload 'job': runs 2 rotations")


def test_a_job_runs_in_kubernetes() -> None:
    pipeline = job(ROTATE, identity=AppRole(duration("1h")))
    refused("must be a ServiceAccount to log in from there", KEY, jobs=(pipeline,))


def test_a_right_that_no_rotation_uses() -> None:
    said = refused("no rotation is run with it", platform=platform(machine(RootKey(reason=WHY))))
    assert said.startswith("platform, workload 'job', grant 'rotate the AWS engine's own key'")
    jobs = machine(RootKey(reason=WHY)), machine(CA, name="pki")
    used = (RotateAwsRoot(by="job"),)
    refused("renew the intermediate CA", platform=platform(*jobs, rotations=used))


# --- names ---------------------------------------------------------------------------------------


def test_a_name_that_kubernetes_would_cut() -> None:
    longest = replace(KEY, name="j" * 37)
    assert len(every(matrix(longest, jobs=(job(ROTATE),)))[0].name) == 42
    refused(
        "must have at most 42 characters with its application's name",
        replace(KEY, name="j" * 38),
        jobs=(job(ROTATE),),
    )


def test_a_name_that_kubernetes_refuses() -> None:
    said = refused("must be lower-case", replace(KEY, name="JWT"), jobs=(job(ROTATE),))
    assert said.startswith("rotation 'shop-JWT': must be lower-case")


def test_one_thing_is_rotated_once() -> None:
    jobs = (job(ROTATE), job(ROTATE, name="other"))
    named_alike = replace(KEY, key="session", by="other")
    said = refused("is there 2 times", KEY, named_alike, jobs=jobs)
    assert said.startswith("rotation 'shop-jwt': is there 2 times")
    again = replace(KEY, name="again", by="other")
    refused("rotation of 'kv rotate shop/api jwt': is there 2 times", KEY, again, jobs=jobs)
    root = machine(RootKey(reason=WHY)), machine(RootKey(reason=WHY), name="other")
    twice = (RotateAwsRoot(by="job"), RotateAwsRoot(by="other", name="again"))
    refused(
        'rotation of "rotate the AWS engine\'s own key": is there 2 times',
        platform=platform(*root, rotations=twice),
    )


# --- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "key"), [("shop/api", "gone"), ("shop/gone", "jwt"), ("shop/given", "key")]
)
def test_a_key_that_is_not_generated(path: str, key: str) -> None:
    rotation = replace(KEY, path=SecretPath(path), key=key)
    granted = job(Kv(SecretPath(path), KvAccess.ROTATE))
    said = refused("has no generated key", rotation, jobs=(granted,))
    assert said.endswith("write one of: shop/api jwt, shop/api session, shop/dev jwt")
    said = refused("has no generated key", rotation, jobs=(granted,), entries=())
    assert said.endswith("write one of: none")


def test_an_entry_that_does_not_exist_everywhere() -> None:
    path = SecretPath("shop/dev")
    rotation = replace(KEY, path=path)
    everywhere = job(Kv(path, KvAccess.ROTATE))
    refused("'shop/dev' does not exist in prod, staging", rotation, jobs=(everywhere,))
    there = job(Kv(path, KvAccess.ROTATE, environments=DEV))
    assert every(matrix(rotation, jobs=(there,)))[0].environments == DEV


def test_a_key_that_stands_where_the_previous_value_goes() -> None:
    entry = KvEntry.random("shop/api", "jwt", "jwt_previous")
    rotation = replace(KEY, overlap=duration("1h"))
    refused("the key 'jwt_previous' of", rotation, jobs=(job(KEEP),), entries=(entry,))


def test_a_token_that_ends_before_the_value_can_be_put_back() -> None:
    rotation = replace(KEY, tell=Restart("shop", ready_within=duration("18m")))
    matrix(rotation, jobs=(job(KEEP, token="20m"),))
    refused("ends after 19m, too early", rotation, jobs=(job(KEEP, token="19m"),))
    refused("must say how long its token lives", rotation, jobs=(job(KEEP, token=None),))


# --- databases, pipelines, the CA ----------------------------------------------------------------


def test_a_database_that_vault_has_no_connection_to() -> None:
    own = platform(machine(RootPassword("shop", reason=WHY)))
    rotation = RotateDatabaseRoot(by="job")
    matrix(rotation, platform=own)
    only_dev = Workload(
        "api",
        ServiceAccount("shop", "api"),
        (Database(DatabaseAccess.READ_ONLY, environments=DEV), RenewSelf()),
    )
    shop = replace(SHOP, workloads=(only_dev,), rotations=(rotation,))
    with pytest.raises(
        ValueError, match=r"^rotation 'shop-database-root': Vault has no con.* in prod, staging"
    ):
        replace(matrix(), applications=(shop,), platform=own)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"workload": "api"}, "'api' is no AppRole workload of 'shop'; its AppRole workloads: ci"),
        ({"workload": "gone"}, "'gone' is no AppRole workload"),
        (
            {"into": KubernetesSecret("shop", "x", "y")},
            "the Secret is in 'shop', where shop/api runs, and every pod there could log in with",
        ),
        (
            {"schedule": Cron("0 3 * * *"), "overlap": duration("2h")},
            "a secret ID lives 24h, less than the 24h between two rotations and the overlap of 2h",
        ),
        ({"schedule": Cron("0 3 * * 1")}, "a secret ID lives 24h, less than the 168h"),
        ({"wrapped": duration("11h")}, "at least the 12h until the next one"),
        ({"wrapped": duration("25h")}, "at most the 24h that it lives, and waits 25h"),
    ],
    ids=str,
)
def test_secret_ids_that_a_pipeline_could_not_use(changes: dict[str, Any], said: str) -> None:
    rotation = replace(IDS, **changes)
    granted = SecretIds("shop", rotation.workload, rotation.wrapped, reason=WHY)
    refused(said, rotation, platform=platform(machine(granted)))


@pytest.mark.parametrize(
    ("lives", "wrapped"), [("13h", "13h"), ("13h", "12h"), ("24h", "24h")], ids=str
)
def test_secret_ids_that_are_just_there_until_the_next_one(lives: str, wrapped: str) -> None:
    """Every twelve hours, with an hour's overlap."""
    pipeline = Workload("ci", AppRole(duration(lives)), (RenewSelf(),))
    ids = replace(IDS, wrapped=duration(wrapped))
    granted = machine(replace(SECRET_IDS, wrapped=ids.wrapped))
    made = matrix(ids, platform=platform(granted), workloads=(SHOP.workloads[0], pipeline))
    assert [one.name for one in every(made)] == ["shop-ci-secret-ids"]


def test_the_pipelines_that_there_are_are_named() -> None:
    pipelines = [
        Workload(name, AppRole(duration("24h")), (RenewSelf(),)) for name in ("build", "release")
    ]
    granted = machine(replace(SECRET_IDS, workload="gone"))
    said = refused(
        "'gone' is no AppRole workload",
        replace(IDS, workload="gone"),
        platform=platform(granted),
        workloads=(SHOP.workloads[0], *pipelines),
    )
    assert said.endswith("; its AppRole workloads: build, release")
    said = refused(
        "'gone' is no AppRole workload",
        replace(IDS, workload="gone"),
        platform=platform(granted),
        workloads=SHOP.workloads[:1],
    )
    assert said.endswith("; its AppRole workloads: none")


def test_a_pipeline_that_does_not_exist_everywhere() -> None:
    pipeline = Workload("ci", AppRole(duration("24h")), (RenewSelf(environments=PROD),))
    shop = replace(SHOP, workloads=(SHOP.workloads[0], pipeline), rotations=(IDS,))
    with pytest.raises(
        ValueError, match=r"^rotation 'shop-ci-.*'ci' does not exist in dev, staging"
    ):
        replace(matrix(), applications=(shop,), platform=platform(machine(SECRET_IDS)))


def test_a_ca_whose_renewal_has_no_second_chance() -> None:
    renewal = RenewIntermediate("job", "CA", duration("730d"), Cron("0 3 1 1 *"))
    matrix(platform=platform(machine(CA), rotations=(renewal,)))
    short = replace(renewal, lifetime=duration("729d"))
    own = machine(replace(CA, lifetime=short.lifetime))
    refused("would have no second chance", platform=platform(own, rotations=(short,)))


def test_a_ca_is_renewed_as_it_is_granted() -> None:
    renewal = RenewIntermediate("job", "CA", duration("731d"), Cron("0 3 1 1 *"))
    refused(
        "lacks the grant 'renew the intermediate CA 'CA' for",
        platform=platform(machine(CA), rotations=(renewal,)),
    )
