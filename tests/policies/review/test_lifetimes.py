"""`policies.review.lifetimes` says how long a credential lives, and what bounds it."""

from __future__ import annotations

import pytest

from policies.plan import (
    AppRoleRole,
    AwsRole,
    AzureRole,
    DatabaseConnection,
    DatabaseStaticRole,
    GcpRole,
    TokenSettings,
)
from policies.review import Snapshot
from policies.review.lifetimes import TOKEN, Bounds, MountLifetimes, lifetimes_of
from policies.review.model import EffectiveLifetime
from policies.review.sides import Sides
from policies.review.snapshot import empty
from tests.policies.review.sides_made import BASE, PROD, SHOP, altered, but, token, with_policies

RENEWS = {"auth/token/renew-self": "update", "sys/leases/renew": "update"}
HOUR, DAY = 3600, 86400


def of(
    head: Snapshot, label: str = "shop/api", mounts: MountLifetimes | None = None
) -> dict[str, EffectiveLifetime | None]:
    pairs = Sides(empty(PROD, "base"), head).pairs()
    (pair,) = (pair for pair in pairs if pair.label == label)
    found = lifetimes_of(pair, mounts or MountLifetimes())
    return {one.credential: one.after for one in found}


def shop(rules: dict[str, str], settings: TokenSettings | None = None) -> Snapshot:
    head = with_policies({"shop-api-prod": {**SHOP, **rules}})
    if settings is None:
        return head
    return but(head, kubernetes_roles=altered(BASE.kubernetes_roles, "shop", token=settings))


def test_who_may_not_renew_has_all_for_its_first_lifetime() -> None:
    found = of(shop({}))
    assert found[TOKEN] == EffectiveLifetime(HOUR, "role", HOUR, "role")
    assert found["database/creds/shop-readonly"] == EffectiveLifetime(HOUR, "role", HOUR, "role")


def test_who_may_renew_has_it_for_the_most() -> None:
    found = of(shop(RENEWS))
    assert found[TOKEN] == EffectiveLifetime(HOUR, "role", DAY, "role")
    assert found["database/creds/shop-readonly"] == EffectiveLifetime(HOUR, "role", DAY, "role")


def test_a_lease_ends_with_its_token() -> None:
    short = shop(RENEWS, token("shop-api-prod", ttl_seconds=600, max_ttl_seconds=1200))
    found = of(short)["database/creds/shop-readonly"]
    assert found == EffectiveLifetime(600, TOKEN, 1200, TOKEN)


def test_renewing_the_token_is_not_renewing_its_leases() -> None:
    found = of(shop({"auth/token/renew-self": "update"}))
    assert found[TOKEN] == EffectiveLifetime(HOUR, "role", DAY, "role")
    assert found["database/creds/shop-readonly"] == EffectiveLifetime(HOUR, "role", HOUR, "role")


def test_a_lease_may_be_renewed_by_its_path() -> None:
    rules = {"auth/token/renew-self": "update", "sys/leases/renew/database/*": "update"}
    found = of(shop(rules))
    assert found["database/creds/shop-readonly"] == EffectiveLifetime(HOUR, "role", DAY, "role")
    assert found["aws/creds/shop-files"] == EffectiveLifetime(HOUR, "mount", HOUR, "mount")


@pytest.mark.parametrize(
    ("rule", "lasts"),
    [
        ({"auth/token/renew": "update"}, DAY),
        ({"auth/token/renew-self": "read"}, HOUR),
        ({"auth/token/*": "update"}, DAY),
    ],
)
def test_a_token_may_be_renewed_by_either_way_and_only_by_an_update(
    rule: dict[str, str], lasts: int
) -> None:
    assert of(shop(rule))[TOKEN] == EffectiveLifetime(HOUR, "role", lasts, "role")


@pytest.mark.parametrize(
    ("rule", "lasts"),
    [
        ({"sys/renew": "update"}, DAY),
        ({"sys/renew/database/creds/shop-readonly/+": "update"}, DAY),
        ({"sys/leases/renew/database/creds/shop-readonly/+": "update"}, DAY),
        ({"sys/leases/renew/database/creds/shop-readonly": "update"}, HOUR),
        ({"sys/leases/renew": "read"}, HOUR),
    ],
)
def test_a_lease_may_be_renewed_by_its_old_way_too(rule: dict[str, str], lasts: int) -> None:
    found = of(shop({"auth/token/renew-self": "update", **rule}))["database/creds/shop-readonly"]
    assert found == EffectiveLifetime(HOUR, "role", lasts, "role")


def test_aws_leases_have_the_least_of_all_roles() -> None:
    head = but(shop(RENEWS), aws_roles=(*BASE.aws_roles, AwsRole("other", "{}", 1800, 7200)))
    assert of(head)["aws/creds/shop-files"] == EffectiveLifetime(1800, "mount", 7200, "mount")


def test_what_a_role_does_not_say_is_the_systems() -> None:
    head = shop(RENEWS, token("shop-api-prod", ttl_seconds=0, max_ttl_seconds=0))
    mounts = MountLifetimes(system=Bounds(1800, 7200))
    assert of(head, mounts=mounts)[TOKEN] == EffectiveLifetime(1800, "system", 7200, "system")


def test_nothing_is_above_the_systems_most() -> None:
    mounts = MountLifetimes(system=Bounds(1800, 1800))
    assert of(shop(RENEWS), mounts=mounts)[TOKEN] == EffectiveLifetime(
        1800, "system", 1800, "system"
    )


def test_what_is_said_of_the_most_only_is_the_first_where_it_is_less() -> None:
    head = shop(RENEWS, token("shop-api-prod", ttl_seconds=0, max_ttl_seconds=600))
    mounts = MountLifetimes(system=Bounds(1800, 7200))
    assert of(head, mounts=mounts)[TOKEN] == EffectiveLifetime(600, "role", 600, "role")
    just = MountLifetimes(system=Bounds(600, 600))
    assert of(head, mounts=just)[TOKEN] == EffectiveLifetime(600, "system", 600, "role")
    first = shop(RENEWS, token("shop-api-prod", ttl_seconds=600, max_ttl_seconds=0))
    assert of(first, mounts=mounts)[TOKEN] == EffectiveLifetime(600, "role", 7200, "system")


def test_an_aws_mount_that_says_nothing_has_the_systems() -> None:
    head = but(shop(RENEWS), aws_roles=altered(BASE.aws_roles, "shop-files", max_ttl_seconds=0))
    mounts = MountLifetimes(system=Bounds(1800, 7200))
    found = of(head, mounts=mounts)["aws/creds/shop-files"]
    assert found == EffectiveLifetime(HOUR, "mount", 7200, "system")


@pytest.mark.parametrize(
    ("schedule", "period", "seconds"),
    [("", 600, 600), ("0 3 * * 1", 0, 7 * DAY), ("whenever", 600, 0)],
)
def test_a_password_lives_until_it_is_rotated(schedule: str, period: int, seconds: int) -> None:
    """Of a schedule that cannot be read nobody knows when."""
    head = but(
        shop({"database/static-creds/stays": "read"}),
        database_connections=(DatabaseConnection("shop", "shop", ("shop-readonly", "stays")),),
        database_static_roles=(DatabaseStaticRole("stays", "shop", "shop", schedule, period),),
    )
    assert of(head)["database/static-creds/stays"] == EffectiveLifetime(
        seconds, "rotation", seconds, "rotation", ends_with_token=False
    )


def test_entries_are_no_credentials() -> None:
    assert [name for name in of(shop({})) if name.startswith("secret/")] == []
    assert list(of(shop({}))) == [
        TOKEN,
        "aws/creds/shop-files",
        "database/creds/shop-readonly",
        "pki/issue/shop-api",
    ]


def test_a_certificate_outlives_the_token() -> None:
    found = of(shop({}))["pki/issue/shop-api"]
    assert found == EffectiveLifetime(DAY, "role", 3 * DAY, "role", ends_with_token=False)
    bounded = of(shop({}), mounts=MountLifetimes(pki=Bounds(HOUR, HOUR)))["pki/issue/shop-api"]
    assert bounded == EffectiveLifetime(HOUR, "mount", HOUR, "mount", ends_with_token=False)


def test_a_google_token_outlives_the_token_and_an_azure_lease_does_not() -> None:
    rules = {**RENEWS, "gcp/impersonated-account/g/token": "read", "azure/creds/z": "read"}
    head = but(
        shop(rules),
        gcp_roles=(GcpRole("g", "a@p", ("s",), 7200),),
        azure_roles=(AzureRole("z", (), 60, 120),),
    )
    found = of(head)
    assert found["gcp/impersonated-account/g/token"] == EffectiveLifetime(
        7200, "role", 7200, "role", ends_with_token=False
    )
    assert found["azure/creds/z"] == EffectiveLifetime(60, "role", 120, "role")
    bounded = of(head, mounts=MountLifetimes(system=Bounds(30, 60)))
    assert bounded["gcp/impersonated-account/g/token"] == EffectiveLifetime(
        60, "system", 60, "system", ends_with_token=False
    )
    assert bounded["azure/creds/z"] == EffectiveLifetime(60, "role", 60, "system")
    assert bounded["database/creds/shop-readonly"] == EffectiveLifetime(60, "system", 60, "system")


def test_a_secret_id_ends_by_itself_or_never() -> None:
    path = "auth/approle/role/shop-ci/secret-id"
    assert of(BASE, "shop/ci")[path] == EffectiveLifetime(
        DAY, "role", DAY, "role", ends_with_token=False
    )
    never = but(approle_roles=(AppRoleRole("shop-ci", 0, 0, token("shop-ci-prod")),))
    found = of(never, "shop/ci")[path]
    assert found == EffectiveLifetime(0, "role", 0, "role", ends_with_token=False)


def test_a_secret_id_is_not_above_the_systems_most() -> None:
    path = "auth/approle/role/shop-ci/secret-id"
    just = of(BASE, "shop/ci", MountLifetimes(system=Bounds(60, DAY)))[path]
    assert just == EffectiveLifetime(DAY, "role", DAY, "role", ends_with_token=False)
    found = of(BASE, "shop/ci", MountLifetimes(system=Bounds(60, HOUR)))[path]
    assert found == EffectiveLifetime(HOUR, "system", HOUR, "system", ends_with_token=False)


def test_both_sides_are_told() -> None:
    head = shop(RENEWS)
    (pair,) = Sides(BASE, head).pairs()
    (found,) = (one for one in lifetimes_of(pair, MountLifetimes()) if one.credential == TOKEN)
    assert found.before == EffectiveLifetime(HOUR, "role", HOUR, "role")
    assert found.after == EffectiveLifetime(HOUR, "role", DAY, "role")
    fewer = {path: words for path, words in SHOP.items() if "database" not in path}
    (pair,) = Sides(BASE, with_policies({"shop-api-prod": fewer})).pairs()
    sides = {one.credential: one for one in lifetimes_of(pair, MountLifetimes())}
    assert sides["database/creds/shop-readonly"].before
    assert sides["database/creds/shop-readonly"].after is None


def test_what_comes_has_no_lifetime_before_and_what_goes_none_after() -> None:
    (pair,) = Sides(BASE, but(kubernetes_roles=BASE.kubernetes_roles[1:])).pairs()
    (gone,) = lifetimes_of(pair, MountLifetimes())
    assert (gone.credential, gone.after) == (TOKEN, None)
    assert gone.before == EffectiveLifetime(HOUR, "role", HOUR, "role")
