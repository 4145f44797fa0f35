"""Nothing is delivered that the matrix does not grant, does not have, or that no pod could ask for:
each refusal names the key, the rule and the fix.
"""

from __future__ import annotations

import dataclasses

import pytest

from components.delivery.files import (
    Certificate,
    CloudCredentials,
    DatabaseCredentials,
    Delivery,
    Pem,
    SecretFile,
    StaticDatabaseUser,
)
from components.delivery.reading import DeliveryError, readings, role_of
from policies import paths
from policies.acl import Operation, Request
from policies.hcl import Capability, Stanza
from policies.paths import SecretPath
from tests.components.delivery.shop import API, ENTRY, PLAN, delivering


def refusal(delivery: Delivery) -> str:
    with pytest.raises(DeliveryError) as caught:
        readings(PLAN, delivery)
    return str(caught.value)


@pytest.mark.parametrize(
    ("delivery", "path", "keys", "leased"),
    [
        (
            delivering(ENTRY, "api_key"),
            "secret/data/shop/config",
            ("redis_password", "api_key", "api_key_previous"),
            0,
        ),
        (
            delivering(DatabaseCredentials("shop-readwrite"), "username"),
            "database/creds/shop-readwrite",
            ("username", "password"),
            1,
        ),
        (
            delivering(StaticDatabaseUser("shop-reports"), "password", workload="shop/batch"),
            "database/static-creds/shop-reports",
            ("username", "password"),
            1,
        ),
        (
            delivering(CloudCredentials(paths.AWS, "pictures"), "access_key"),
            "aws/creds/pictures",
            ("access_key", "secret_key", "security_token"),
            1,
        ),
        (
            delivering(CloudCredentials(paths.GCP, "letters"), "token"),
            "gcp/impersonated-account/letters/token",
            ("token", "expires_at_seconds", "token_ttl"),
            1,
        ),
        (
            delivering(CloudCredentials(paths.AZURE, "papers"), "client_id"),
            "azure/creds/papers",
            ("client_id", "client_secret"),
            1,
        ),
    ],
)
def test_where_each_kind_is_read(
    delivery: Delivery, path: str, keys: tuple[str, ...], leased: int
) -> None:
    (found,) = readings(PLAN, delivery)
    assert found.request == Request(Operation.READ, path)
    assert found.keys == keys
    assert found.leased == leased


def test_what_a_rotation_brings_is_known_to_come_later() -> None:
    (found,) = readings(PLAN, delivering(ENTRY, "api_key_previous"))
    assert found.later == ("api_key_previous",)


def test_a_certificate_is_asked_for_by_its_name() -> None:
    (found,) = readings(PLAN, Delivery("shop/api", (CERTIFICATE,)))
    name = {"common_name": "api.shop.staging.example.com"}
    assert found.request == Request(Operation.UPDATE, "pki/issue/shop-api", name)


CERTIFICATE = SecretFile("certificate", Certificate("shop-api"), Pem())


def test_the_role_is_the_workloads_own() -> None:
    role = role_of(PLAN, API)
    assert (role.name, role.service_account, role.namespace) == ("shop", "shop-api", "shop-staging")


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        (
            delivering(ENTRY, "api_key", workload="shop/apy"),
            "delivery 'shop/apy': the matrix has no such workload in staging; write 'shop/api'",
        ),
        (
            delivering(SecretPath("deploy/shop/keys"), "token", workload="shop/ci"),
            (
                "delivery 'shop/ci': logs in as 'shop-ci', which no pod can: only a ServiceAccount "
                "is a pod's identity; deliver to a workload that has one"
            ),
        ),
        (
            delivering(SecretPath("deploy/shop/keys"), "token"),
            (
                "delivery 'shop/api', file 'config': the matrix does not grant 'shop/api' to read "
                "secret/data/deploy/shop/keys in staging: no rule matches the path; grant it in "
                "policies/matrix.py, or take the file away"
            ),
        ),
        (
            # It may change the entry and look at its metadata, and never at a value.
            delivering(ENTRY, "api_key", workload="shop/rotation"),
            (
                "does not grant 'shop/rotation' to read secret/data/shop/config in staging: "
                "secret/data/shop/config grants no read"
            ),
        ),
        (
            delivering(DatabaseCredentials("shop-readwrite"), "username", workload="shop/batch"),
            "does not grant 'shop/batch' to read database/creds/shop-readwrite",
        ),
        (
            delivering(StaticDatabaseUser("shop-reports"), "password"),
            "does not grant 'shop/api' to read database/static-creds/shop-reports",
        ),
        (
            delivering(StaticDatabaseUser("shop-report"), "password"),
            (
                "the matrix has no database user that stays 'shop-report' in staging; write "
                "'shop-reports'"
            ),
        ),
        (
            Delivery("shop/batch", (CERTIFICATE,)),
            "does not grant 'shop/batch' to update pki/issue/shop-api",
        ),
        (
            delivering(ENTRY, "redis_passwort"),
            (
                "delivery 'shop/api', file 'config': secret/data/shop/config has no key "
                "'redis_passwort'; write 'redis_password'"
            ),
        ),
        (
            delivering(DatabaseCredentials("shop-readwrite"), "dsn"),
            "database/creds/shop-readwrite has no key 'dsn'; write one of password, username",
        ),
        (
            delivering(SecretPath("shop/confg"), "api_key"),
            "the matrix has no KV entry 'shop/confg' in staging; write 'shop/config'",
        ),
        (
            delivering(DatabaseCredentials("shop-admin"), "username"),
            "the matrix has no database role 'shop-admin' in staging; write",
        ),
        (
            delivering(CloudCredentials(paths.AWS, "letters"), "access_key"),
            "the matrix has no aws role 'letters' in staging; write one of pictures",
        ),
        (
            Delivery("shop/api", (dataclasses.replace(CERTIFICATE, source=Certificate("shop")),)),
            "the matrix has no PKI role 'shop' in staging; write 'shop-api'",
        ),
    ],
)
def test_a_refusal_names_the_file_the_rule_and_the_fix(delivery: Delivery, words: str) -> None:
    assert words in refusal(delivery)


def test_a_rule_that_denies_is_heard_over_one_that_grants() -> None:
    """It is Vault's own decision, not a comparison of grants."""
    policies = tuple(
        dataclasses.replace(
            policy,
            stanzas=(*policy.stanzas, Stanza("secret/data/shop/config", (Capability.DENY,))),
        )
        for policy in PLAN.acl_policies
    )
    assert readings(PLAN, API)
    with pytest.raises(DeliveryError, match=r"secret/data/shop/config denies"):
        readings(dataclasses.replace(PLAN, acl_policies=policies), API)
