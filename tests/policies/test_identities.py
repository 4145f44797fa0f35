"""`policies.identities`: whoever logs in is named in full, and belongs to one environment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policies.environments import Environment
from policies.identities import (
    PLATFORM_NAMESPACE,
    AppRole,
    OidcGroup,
    PlatformAccount,
    ServiceAccount,
    bound_namespace,
)
from policies.lifetime import Duration

DAY = Duration.parse("24h")


@pytest.mark.parametrize("name", ["*", "+", "api-*", "a+", "*-api"])
@pytest.mark.parametrize(
    ("kind", "build"),
    [
        ("namespace", lambda name: ServiceAccount(name, "api")),
        ("service account", lambda name: ServiceAccount("shop", name)),
        ("OIDC group", OidcGroup),
    ],
)
def test_a_wildcard_identity_cannot_be_written(
    kind: str, build: Callable[[str], object], name: str
) -> None:
    with pytest.raises(
        ValueError, match="must name one identity; a wildcard lets anyone"
    ) as caught:
        build(name)
    said = str(caught.value)
    assert said.startswith(f"{kind} {name!r}: ")
    assert said.endswith(f"write the {kind}'s full name")


@pytest.mark.parametrize(
    ("kind", "build"),
    [
        ("namespace", lambda name: ServiceAccount(name, "api")),
        ("service account", lambda name: ServiceAccount("shop", name)),
        ("OIDC group", OidcGroup),
    ],
)
def test_an_identity_that_would_be_changed_cannot_be_written(
    kind: str, build: Callable[[str], object]
) -> None:
    with pytest.raises(ValueError, match=rf"^{kind} 'Shop': .*write 'shop'$"):
        build("Shop")


def test_an_identity_is_bound_to_its_environment() -> None:
    account, group = ServiceAccount("shop", "api"), OidcGroup("vault-operators")
    for environment in Environment:
        assert account.bound_namespace(environment) == f"shop-{environment.value}"
        assert group.bound_group(environment) == f"vault-operators-{environment.value}"


def test_a_namespace_has_room_for_every_environment() -> None:
    assert ServiceAccount("n" * 55, "api").bound_namespace(Environment.STAGING) == (
        "n" * 55 + "-staging"
    )
    with pytest.raises(ValueError, match=r"^namespace 'n{56}-staging': .*at most 63"):
        ServiceAccount("n" * 56, "api")


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "::/0"])
def test_a_pipeline_cannot_be_bound_to_everywhere(cidr: str) -> None:
    with pytest.raises(
        ValueError, match=rf"bound CIDR '{cidr}': .*not be everywhere; leave it out"
    ):
        AppRole(DAY, bound_cidrs=("10.0.0.0/8", cidr))


@pytest.mark.parametrize("cidr", ["10.0.0.1/8", "internal", "10.0.0.0/33", ""])
def test_a_bound_network_that_is_none_is_refused(cidr: str) -> None:
    with pytest.raises(ValueError, match=r"must be a network .*; write one such as '10") as caught:
        AppRole(DAY, bound_cidrs=(cidr,))
    assert str(caught.value).startswith(f"bound CIDR {cidr!r}: ")


def test_a_secret_id_cannot_be_good_for_less_than_no_login() -> None:
    with pytest.raises(ValueError, match=r"secret ID uses -1: .*write 0 for no limit"):
        AppRole(DAY, secret_id_uses=-1)


def test_a_pipeline_is_unbound_unless_it_says_so() -> None:
    role = AppRole(DAY)
    assert (role.bound_cidrs, role.secret_id_uses) == ((), 0)
    assert AppRole(DAY, bound_cidrs=("10.0.0.0/8", "fd00::/8")).bound_cidrs


def test_vaults_own_namespace_is_called_the_same_everywhere() -> None:
    """It is made with the servers; a token's audience tells environments apart."""
    account = PlatformAccount("rotation-aws")
    assert {account.bound_namespace(one) for one in Environment} == {PLATFORM_NAMESPACE}
    with pytest.raises(ValueError, match="service account 'a_b': must be lower-case"):
        PlatformAccount("a_b")


def test_an_applications_namespace_is_of_one_environment() -> None:
    names = {bound_namespace("shop", one) for one in Environment}
    assert names == {"shop-dev", "shop-staging", "shop-prod"}
