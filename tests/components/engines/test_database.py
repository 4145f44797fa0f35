"""PostgreSQL: connections with templated credentials, roles with the plan's SQL, rotation only
where asked for.
"""

from __future__ import annotations

import dataclasses

import pulumi
import pytest

from components.engines import DatabaseEngine, DatabaseEngineArgs
from components.settings import DatabaseSettings, TlsMode
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import DatabaseConnection, DatabaseRole, DatabaseStaticRole
from tests.components.conftest import Alone
from tests.components.plans import shuffled
from tests.recording import Recording, is_secret, plain

STATEMENTS = compile_plan(MATRIX, Environment.DEV).database_roles[0].statements
CONNECTIONS = (
    DatabaseConnection("billing", "billing-db", ("billing-readonly",)),
    DatabaseConnection("shop", "shop-db", ("shop-readonly", "shop-readwrite")),
)
STATIC_ROLES = (
    DatabaseStaticRole("billing-report", "billing", "billing-report", "", 86400),
    DatabaseStaticRole("shop-report", "shop", "shop-report", "0 3 * * 1", 0),
)
ROLES = (
    DatabaseRole("billing-readonly", "billing", STATEMENTS, 3600, 86400),
    DatabaseRole("shop-readonly", "shop", STATEMENTS, 3600, 86400),
    DatabaseRole("shop-readwrite", "shop", STATEMENTS, 1800, 7200),
)
SETTINGS = DatabaseSettings(
    host="postgres.example",
    port=5433,
    tls=TlsMode.VERIFY_FULL,
    ca_cert=None,
    username="vault_{database}",
    passwords={},
    rotate_root=False,
)
CONNECTION = "vault:database/secretBackendConnection:SecretBackendConnection"
ROLE = "vault:database/secretBackendRole:SecretBackendRole"
STATIC_ROLE = "vault:database/secretBackendStaticRole:SecretBackendStaticRole"
ENDPOINT = "vault:generic/endpoint:Endpoint"


def make(
    alone: Alone,
    settings: DatabaseSettings = SETTINGS,
    *,
    given: tuple[str, ...] = ("billing-db", "shop-db"),
    shuffle: bool = False,
    protect: bool = True,
    preview: bool = False,
) -> Recording:
    def component(opts: pulumi.ResourceOptions) -> DatabaseEngine:
        passwords = {name: pulumi.Output.secret(f"{name}-hidden") for name in given}
        own = dataclasses.replace(settings, passwords=passwords)
        plan = dataclasses.replace(
            compile_plan(MATRIX, Environment.DEV),
            database_connections=tuple(shuffled(CONNECTIONS)) if shuffle else CONNECTIONS,
            database_roles=tuple(shuffled(ROLES)) if shuffle else ROLES,
            database_static_roles=(tuple(shuffled(STATIC_ROLES)) if shuffle else STATIC_ROLES),
        )
        return DatabaseEngine("database", DatabaseEngineArgs(own, plan, protect), opts)

    return alone(component, preview=preview)


@pytest.mark.parametrize("preview", [False, True])
def test_the_connection_leaves_the_credentials_to_vault(alone: Alone, preview: bool) -> None:
    recording = make(alone, preview=preview)
    assert recording["database"].type == "vaultstack:engines:DatabaseEngine"
    connection = recording["database-connection-shop"]
    assert connection.type == CONNECTION
    postgresql = plain(connection.inputs["postgresql"])
    assert postgresql == {
        "connectionUrl": (
            "postgresql://{{username}}:{{password}}@postgres.example:5433/shop-db"
            "?sslmode=verify-full"
        ),
        "username": "vault_shop-db",
        "password": "shop-db-hidden",
        "passwordAuthentication": "scram-sha-256",
        "maxOpenConnections": 4,
    }
    assert connection.inputs["backend"] == "database"
    assert connection.inputs["allowedRoles"] == ["shop-readonly", "shop-readwrite"]
    assert connection.inputs["verifyConnection"] is True
    assert connection.after == {"database-mount"}


def test_the_password_arrives_as_a_secret(alone: Alone) -> None:
    recording = make(alone)
    postgresql = recording["database-connection-shop"].inputs["postgresql"]
    assert is_secret(postgresql) or is_secret(postgresql["password"])
    assert [leaf for leaf in recording.leaves_in_clear() if "hidden" in leaf] == []


@pytest.mark.parametrize("mode", list(TlsMode))
def test_sslmode_is_by_setting(alone: Alone, mode: TlsMode) -> None:
    recording = make(alone, dataclasses.replace(SETTINGS, tls=mode))
    url = plain(recording["database-connection-shop"].inputs["postgresql"])["connectionUrl"]
    assert url.endswith(f"?sslmode={mode.value}")


def test_the_servers_ca_is_given_to_vault(alone: Alone) -> None:
    recording = make(alone, dataclasses.replace(SETTINGS, ca_cert="a CA"))
    assert plain(recording["database-connection-shop"].inputs["postgresql"])["tlsCa"] == "a CA"


@pytest.mark.parametrize("preview", [False, True])
def test_roles_are_as_planned_and_come_after_their_connection(alone: Alone, preview: bool) -> None:
    role = make(alone, preview=preview)["database-role-shop-readwrite"]
    assert role.type == ROLE
    statements = {
        "creationStatements": STATEMENTS.creation,
        "revocationStatements": STATEMENTS.revocation,
        "renewStatements": STATEMENTS.renewal,
        "rollbackStatements": STATEMENTS.rollback,
    }
    assert role.inputs == {
        "backend": "database",
        "name": "shop-readwrite",
        "dbName": "shop",
        **{key: list(value) for key, value in statements.items()},
        "defaultTtl": 1800,
        "maxTtl": 7200,
    }
    assert {"database-connection-shop", "database-mount"} >= role.after
    assert "database-connection-shop" in role.after


@pytest.mark.parametrize("preview", [False, True])
def test_users_that_stay_are_rotated_by_schedule_or_by_age(alone: Alone, preview: bool) -> None:
    recording = make(alone, preview=preview)
    common = {"backend": "database"}
    assert [one.type for one in recording.of(STATIC_ROLE)] == [STATIC_ROLE] * 2
    assert recording["database-static-role-shop-report"].inputs == common | {
        "name": "shop-report",
        "dbName": "shop",
        "username": "shop-report",
        "rotationSchedule": "0 3 * * 1",
    }
    assert recording["database-static-role-billing-report"].inputs == common | {
        "name": "billing-report",
        "dbName": "billing",
        "username": "billing-report",
        "rotationPeriod": 86400,
    }


def test_roles_wait_until_the_administrators_password_is_changed(alone: Alone) -> None:
    recording = make(alone, dataclasses.replace(SETTINGS, rotate_root=True))
    for role in ("database-static-role-shop-report", "database-role-shop-readwrite"):
        assert "database-rotation-shop" in recording[role].after


def test_administrators_keep_their_password_unless_asked(alone: Alone) -> None:
    assert make(alone).of(ENDPOINT) == []


def test_asked_to_vault_rotates_them_once_connected(alone: Alone) -> None:
    recording = make(alone, dataclasses.replace(SETTINGS, rotate_root=True))
    assert {e.inputs["path"] for e in recording.of(ENDPOINT)} == {
        "database/rotate-root/billing",
        "database/rotate-root/shop",
    }
    rotation = recording["database-rotation-shop"]
    assert rotation.after == {"database-connection-shop"}
    assert plain(rotation.inputs["dataJson"]) == "{}"
    assert rotation.inputs["disableRead"] is True
    assert rotation.inputs["disableDelete"] is True


@pytest.mark.parametrize("protect", [True, False])
@pytest.mark.parametrize("rotate_root", [True, False])
def test_a_connection_whose_password_only_vault_knows_is_protected(
    alone: Alone, rotate_root: bool, protect: bool
) -> None:
    settings = dataclasses.replace(SETTINGS, rotate_root=rotate_root)
    recording = make(alone, settings, protect=protect)
    protected = {resource.name for resource in recording.resources if resource.protect}
    connections = {"database-connection-billing", "database-connection-shop"}
    assert protected == (connections if rotate_root and protect else set())


def test_a_database_without_a_password_is_left_out_and_named(alone: Alone) -> None:
    recording = make(alone, dataclasses.replace(SETTINGS, rotate_root=True), given=("billing-db",))
    assert {r.inputs["name"] for r in recording.of(CONNECTION)} == {"billing"}
    assert {r.inputs["name"] for r in recording.of(ROLE)} == {"billing-readonly"}
    assert len(recording.of(ENDPOINT)) == 1
    (warning,) = recording.warnings
    assert "'shop-db'" in warning
    assert "pulumi config set --secret --path vaultstack:databasePasswords.shop-db" in warning


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    assert make(alone).identities == make(alone, shuffle=True).identities


def test_a_mount_that_goes_finds_its_connections_to_revoke_what_it_issued(alone: Alone) -> None:
    recording = make(alone, dataclasses.replace(SETTINGS, rotate_root=True))
    mount = recording["database-mount"].urn
    for type_ in (CONNECTION, ROLE, STATIC_ROLE):
        assert {one.request.deletedWith for one in recording.of(type_)} == {mount}
    assert not recording["database-mount"].request.deletedWith
