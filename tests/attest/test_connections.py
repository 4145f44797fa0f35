"""What a database's connection must be, and that nothing of one is shown which may be a secret."""

from __future__ import annotations

import pytest

from attest import connections
from attest.connections import HIDDEN
from attest.kinds import Kind
from tests.attest.vaults import body_of, matching, plan_of, settings

STACK = settings()
SECRET = "s3cret-of-somebody"


def shown(key: str, value: object) -> object:
    return connections.shown({"connection_details": {key: value}})["connection_details"][key]


def test_it_reaches_the_stacks_server_as_the_databases_own_administrator() -> None:
    (connection,) = plan_of(STACK).database_connections
    details = connections.declared(connection, STACK)["connection_details"]
    assert details["connection_url"] == (
        "postgresql://{{username}}:{{password}}@postgres.prod.example.internal:5432/kubesentiment"
        "?sslmode=verify-full"
    )
    assert details["username"] == "vault_kubesentiment"


def test_what_is_declared_is_shown_as_it_is() -> None:
    body = body_of(matching(STACK), Kind.CONNECTION, "kubesentiment")
    assert connections.shown(body) == body


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://postgres:{SECRET}@db.example.internal:5432/shop",
        f"postgresql://{{{{username}}}}:{SECRET}@db:5432/shop",
        f"postgresql://{{{{username}}}}:{{{{password}}}}@x:{SECRET}@db:5432/shop",
        f"postgresql://{{{{username}}}}:{{{{password}}}}@db:5432/shop?password={SECRET}",
        f"postgresql://{{{{username}}}}:{{{{password}}}}@db/shop?sslmode=require&password={SECRET}",
        f"postgresql://{{{{username}}}}:{{{{password}}}}@db/shop?sslmode=require\n{SECRET}",
        f"host=db user=postgres password={SECRET}",
        f"{{{{username}}}}:{{{{password}}}}@tcp(db:3306)/shop?x={SECRET}",
        {"url": SECRET},
    ],
)
def test_a_url_that_may_hold_a_password_is_not_shown(url: object) -> None:
    assert shown("connection_url", url) == HIDDEN


@pytest.mark.parametrize("server", ["elsewhere:5432", "[fd00::1]:5432", "[::ffff:10.0.0.1]"])
def test_another_server_is_named(server: str) -> None:
    """The template holds no password, so what else it says may be seen."""
    url = f"postgresql://{{{{username}}}}:{{{{password}}}}@{server}/shop?sslmode=disable"
    assert shown("connection_url", url) == url


@pytest.mark.parametrize("key", ["password", "tls_certificate_key", "private_key", "of_tomorrow"])
def test_a_field_that_is_not_known_to_be_harmless_is_only_said_to_be_there(key: str) -> None:
    assert shown(key, SECRET) == HIDDEN
    assert shown(key, "") == ""
    assert shown(key, False) is False


@pytest.mark.parametrize("key", ["root_credentials_rotate_statements", "of_tomorrow"])
def test_nor_is_one_beside_its_details(key: str) -> None:
    sql = [f"ALTER USER vault PASSWORD '{SECRET}'"]
    assert connections.shown({key: sql})[key] == HIDDEN
    assert connections.shown({key: []})[key] == []


def test_a_connection_without_details_is_one() -> None:
    assert connections.shown({"plugin_name": "x"}) == {"plugin_name": "x", "connection_details": {}}
