"""`policies.rotation`: what a rotation says, and what its job must be granted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.grants import Grant, IntermediateCa, Kv, KvAccess, RootKey, RootPassword, SecretIds
from policies.lifetime import Duration
from policies.paths import SecretPath
from policies.rotation import (
    ByAgent,
    KubernetesSecret,
    RenewIntermediate,
    Restart,
    RotateAwsRoot,
    RotateDatabaseRoot,
    RotateKey,
    RotateSecretIds,
    Rotation,
    need,
)
from policies.schedule import Cron

DAY, HALF_A_DAY = Duration.parse("24h"), Duration.parse("12h")
PATH = SecretPath("shop/api")
WHY = "rotates by schedule"
IDS = RotateSecretIds(
    "ci", KubernetesSecret("shop", "x", "y"), "job", Cron("0 3 * * *"), DAY, HALF_A_DAY
)


def key(**more: object) -> RotateKey:
    return RotateKey("jwt", PATH, "jwt", "rotation", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rotation", "needed"),
    [
        (key(), Kv(PATH, KvAccess.ROTATE)),
        (key(tell=ByAgent()), Kv(PATH, KvAccess.ROTATE)),
        (key(overlap=DAY), Kv(PATH, KvAccess.ROTATE_AND_KEEP)),
        (key(tell=Restart("shop")), Kv(PATH, KvAccess.ROTATE_AND_KEEP)),
        (RotateDatabaseRoot("job"), RootPassword("shop", reason=WHY)),
        (IDS, SecretIds("shop", "ci", DAY, reason=WHY)),
        (RotateAwsRoot("job"), RootKey(reason=WHY)),
        (
            RenewIntermediate("job", "CA", Duration.parse("365d"), Cron("0 3 1 * *")),
            IntermediateCa("CA", Duration.parse("365d"), reason=WHY),
        ),
    ],
    ids=str,
)
def test_a_job_needs_just_this(rotation: Rotation, needed: Grant) -> None:
    assert need(rotation, "shop") == needed


def test_it_is_weekly_unless_it_says_otherwise() -> None:
    assert key().schedule.interval == Duration.parse("7d")


def test_an_overlap_stands_beside_the_key() -> None:
    assert key(overlap=DAY).kept_keys == ("jwt_previous", "jwt_previous_until")
    assert key(tell=Restart("shop")).kept_keys == ()


def test_it_is_named_after_what_it_rotates() -> None:
    assert (IDS.name, RotateDatabaseRoot("job").name) == ("ci-secret-ids", "database-root")


@pytest.mark.parametrize(
    ("said", "build"),
    [
        ("deployment 'Shop'", lambda: Restart("Shop")),
        ("namespace 'a b'", lambda: KubernetesSecret("a b", "x", "y")),
        ("Secret '../x'", lambda: KubernetesSecret("a", "../x", "y")),
        ("key of a Secret 'Y'", lambda: KubernetesSecret("a", "x", "Y")),
    ],
)
def test_a_name_that_kubernetes_refuses_is_refused(said: str, build: object) -> None:
    with pytest.raises(ValueError, match=f"^{said}: must be lower-case"):
        build()  # type: ignore[operator]


def test_an_overlap_that_a_rotation_could_end() -> None:
    """The job is as strict, and nothing would tell before it runs."""
    said = "^rotation '{}': the overlap 12h1m must be at most half of the 24h between two rotations"
    more = Duration(HALF_A_DAY.seconds + 60)
    daily = Cron("0 3 * * *")
    assert key(schedule=daily, overlap=HALF_A_DAY).overlap == HALF_A_DAY
    with pytest.raises(ValueError, match=said.format("jwt")):
        key(schedule=daily, overlap=more)
    with pytest.raises(ValueError, match=said.format("ci-secret-ids")):
        replace(IDS, overlap=more)


@pytest.mark.parametrize("name", ["", "jwt secret", "jwt/secret", "schlüssel"])
def test_a_key_that_the_job_would_not_take(name: str) -> None:
    with pytest.raises(ValueError, match="as the job takes no other; rename it"):
        replace(key(), key=name)
