"""What SQL makes of a database user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from policies.environments import Environment
from policies.guardrails.database import RULES, words
from policies.postgresql import DatabaseAccess, statements
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Seed, check, names, said

ROLE: Final = "database-role-kubesentiment-readonly"
CONNECTION: Final = "database-connection-kubesentiment"
LEAST: Final = "database-least-privilege"
END: Final = "database-users-end"
OWN: Final = "database-own-application"
NAMED: Final = "database-named-roles"
USER: Final = "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"
SQL: Final = "creationStatements"


def granting(what: str) -> list[str]:
    return [f"{USER}; {what}"]


SEEDS: Final = (
    Seed(LEAST, ROLE, SQL, [f"{USER} SUPERUSER;"], f"{SQL} gives SUPERUSER"),
    Seed(LEAST, ROLE, SQL, [f"{USER} createrole;"], f"{SQL} gives CREATEROLE"),
    Seed(LEAST, ROLE, SQL, [f"{USER} /* harmless */ BypassRLS"], f"{SQL} gives BYPASSRLS"),
    Seed(
        LEAST,
        ROLE,
        "renewStatements",
        ['ALTER ROLE "{{name}}" CREATEDB'],
        "renewStatements gives CREATEDB",
    ),
    Seed(
        LEAST,
        ROLE,
        SQL,
        granting('GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA public TO "{{name}}"'),
        f"{SQL} grants ALL",
    ),
    Seed(
        LEAST,
        ROLE,
        SQL,
        granting('GRANT pg_execute_server_program TO "{{name}}"'),
        f"{SQL} grants the server's own role PG_EXECUTE_SERVER_PROGRAM",
    ),
    Seed(
        LEAST,
        ROLE,
        SQL,
        [f"{USER} IN ROLE postgres;"],
        f"{SQL} grants the server's own role POSTGRES",
    ),
    Seed(
        LEAST,
        ROLE,
        SQL,
        granting("GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC"),
        f"{SQL} grants to PUBLIC",
    ),
    Seed(
        LEAST,
        ROLE,
        SQL,
        granting('GRANT "kubesentiment_readonly" TO "{{name}}" WITH ADMIN OPTION'),
        f"{SQL} lets its users hand on what they are granted",
    ),
    Seed(
        LEAST,
        ROLE,
        SQL,
        [f"{USER}; DO $$ BEGIN EXECUTE 'ALTER ROLE x SUPERUSER'; END $$"],
        f"{SQL} puts statements together while it runs",
    ),
    Seed(
        END,
        ROLE,
        SQL,
        ["CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}'"],
        f"{SQL} lack VALID UNTIL",
    ),
    Seed(END, ROLE, SQL, ["SELECT 1"], f"{SQL} make no user named"),
    Seed(
        END,
        ROLE,
        SQL,
        [USER.replace("'{{password}}'", "'fixed'")],
        f"{SQL} set a password that is not the lease's",
    ),
    Seed(END, ROLE, "revocationStatements", [], "revocationStatements are missing"),
    Seed(OWN, ROLE, "dbName", "media-catalog", "dbName is 'media-catalog', and the role is of"),
    Seed(OWN, ROLE, "name", "another", "name is 'another', which is nobody's in the access"),
    Seed(
        OWN,
        "database-static-role-kubesentiment-exports",
        "dbName",
        "media-catalog",
        "dbName is 'media-catalog', and the role is of kubesentiment",
    ),
    Seed(NAMED, CONNECTION, "allowedRoles", ["*"], "allowedRoles has a wildcard, '*'"),
    Seed(NAMED, CONNECTION, "allowedRoles", [], "allowedRoles is empty"),
    Seed(NAMED, CONNECTION, "verifyConnection", False, "verifyConnection is off"),
    Seed(
        NAMED,
        CONNECTION,
        "postgresql.connectionUrl",
        "postgresql://admin:a-password@db.example.internal/x?sslmode=verify-full",
        "postgresql.connectionUrl holds credentials of its own",
    ),
)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


@pytest.mark.parametrize("access", DatabaseAccess)
def test_our_own_sql_passes(access: DatabaseAccess, prod: Mapping[str, Declared]) -> None:
    sql = statements(database="shop", owner="shop", schema="public", access=access)
    role = prod[ROLE].changed(SQL, list(sql.creation))
    for rule in RULES:
        assert said(rule.name, role, environment=Environment.PROD) == []


@pytest.mark.parametrize(
    "sql",
    [
        f"{USER} NOSUPERUSER NOCREATEROLE",
        f"{USER}; COMMENT ON ROLE \"{{{{name}}}}\" IS 'no SUPERUSER'",
        f"{USER}; -- SUPERUSER",
        f'{USER} IN ROLE "SUPERUSER"',
        f'{USER}; GRANT SELECT ON TABLE "ALL" TO "{{{{name}}}}"',
    ],
)
def test_words_in_names_literals_and_comments_mean_nothing(
    sql: str, prod: Mapping[str, Declared]
) -> None:
    assert said(LEAST, prod[ROLE].changed(SQL, [sql])) == []


def test_the_words_of_a_statement() -> None:
    assert words("Create ROLE \"a b\" PASSWORD 'it''s' -- no\n;") == (
        "CREATE",
        "ROLE",
        '"a b"',
        "PASSWORD",
        "'",
        "'",
        ";",
    )
