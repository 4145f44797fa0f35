"""`policies.postgresql`: the SQL that Vault runs. `tests/live/test_postgresql.py` runs it."""

from __future__ import annotations

import re
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.postgresql import DatabaseAccess, Statements, statements

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?", fullmatch=True)
ACCESS = st.sampled_from(DatabaseAccess)

READ_ONLY = """\
DO $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('shop'));
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_readonly') THEN
    CREATE ROLE "shop_readonly" NOLOGIN;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_default_acl, aclexplode(defaclacl) WHERE grantee = '"shop_readonly"'::regrole
  ) THEN
    GRANT CONNECT ON DATABASE "shop" TO "shop_readonly";
    GRANT USAGE ON SCHEMA "sales" TO "shop_readonly";
    GRANT SELECT ON ALL TABLES IN SCHEMA "sales" TO "shop_readonly";
    GRANT SELECT ON ALL SEQUENCES IN SCHEMA "sales" TO "shop_readonly";
    ALTER DEFAULT PRIVILEGES FOR ROLE "keeper" IN SCHEMA "sales" GRANT SELECT ON TABLES TO "shop_readonly";
    ALTER DEFAULT PRIVILEGES FOR ROLE "keeper" IN SCHEMA "sales" GRANT SELECT ON SEQUENCES TO "shop_readonly";
  END IF;
END
$$;"""  # noqa: E501

READ_WRITE = """\
DO $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('shop'));
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_readwrite') THEN
    CREATE ROLE "shop_readwrite" NOLOGIN;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_default_acl, aclexplode(defaclacl) WHERE grantee = '"shop_readwrite"'::regrole
  ) THEN
    GRANT CONNECT ON DATABASE "shop" TO "shop_readwrite";
    GRANT USAGE ON SCHEMA "sales" TO "shop_readwrite";
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "sales" TO "shop_readwrite";
    GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA "sales" TO "shop_readwrite";
    ALTER DEFAULT PRIVILEGES FOR ROLE "keeper" IN SCHEMA "sales" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "shop_readwrite";
    ALTER DEFAULT PRIVILEGES FOR ROLE "keeper" IN SCHEMA "sales" GRANT SELECT, USAGE ON SEQUENCES TO "shop_readwrite";
  END IF;
END
$$;"""  # noqa: E501

MAKE_USER = (
    "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' "
    "VALID UNTIL '{{expiration}}' IN ROLE \"GROUP\";"
)

REVOCATION = """\
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{{name}}') THEN
    ALTER ROLE "{{name}}" NOLOGIN;
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{{name}}';
    GRANT "{{name}}" TO CURRENT_USER;
    REASSIGN OWNED BY "{{name}}" TO "keeper";
    DROP OWNED BY "{{name}}";
    DROP ROLE "{{name}}";
  END IF;
END
$$;"""


def of(access: DatabaseAccess) -> Statements:
    return statements(database="shop", owner="keeper", schema="sales", access=access)


@pytest.mark.parametrize(
    ("access", "group"),
    [(DatabaseAccess.READ_ONLY, READ_ONLY), (DatabaseAccess.READ_WRITE, READ_WRITE)],
)
def test_the_statements_are_exactly_these(access: DatabaseAccess, group: str) -> None:
    assert of(access) == Statements(
        creation=(
            group,
            MAKE_USER.replace("GROUP", f"shop_{access.value}"),
        ),
        revocation=(REVOCATION,),
        renewal=("ALTER ROLE \"{{name}}\" VALID UNTIL '{{expiration}}';",),
        rollback=('DROP ROLE IF EXISTS "{{name}}";',),
    )


def test_a_read_only_user_is_granted_nothing_that_writes() -> None:
    made = " ".join(of(DatabaseAccess.READ_ONLY).creation)
    assert not re.search(r"\b(INSERT|UPDATE|DELETE|TRUNCATE|ALL PRIVILEGES)\b", made)


def test_no_user_may_change_tables_or_roles() -> None:
    for access in DatabaseAccess:
        made = " ".join(of(access).creation)
        forbidden = r"\b(GRANT ALL|GRANT CREATE|TRUNCATE|SUPERUSER|CREATEROLE|OPTION)\b"
        assert not re.search(forbidden, made)


@given(NAMES, NAMES, NAMES, ACCESS)
@settings(max_examples=50)
def test_vault_has_a_value_for_every_placeholder(
    database: str, owner: str, schema: str, access: DatabaseAccess
) -> None:
    made = statements(database=database, owner=owner, schema=schema, access=access)
    known = {
        "creation": {"name", "password", "expiration"},
        "revocation": {"name"},
        "renewal": {"name", "expiration"},
        "rollback": {"name"},
    }
    for field, names in known.items():
        text = "".join(getattr(made, field))
        for name in names:
            assert f"{{{{{name}}}}}" in text
            text = text.replace(f"{{{{{name}}}}}", "x")
        assert "{" not in text
        assert "}" not in text


@given(NAMES, NAMES, NAMES, ACCESS)
@settings(max_examples=50)
def test_vault_never_cuts_a_statement_in_two(
    database: str, owner: str, schema: str, access: DatabaseAccess
) -> None:
    made = statements(database=database, owner=owner, schema=schema, access=access)
    for text in (text for field in astuple(made) for text in field):
        if vault_runs_it_whole(text):
            assert text.startswith("DO $$\n")
            assert text.endswith("\n$$;")
            assert text.count("$$") == 2
        else:
            assert "$$" not in text
            assert text.index(";") == len(text) - 1


@given(NAMES, st.sampled_from(["creation", "revocation"]), ACCESS)
@settings(max_examples=30)
def test_every_block_is_seen_as_a_block(database: str, field: str, access: DatabaseAccess) -> None:
    made = statements(database=database, owner="keeper", schema="public", access=access)
    first, *_ = getattr(made, field)
    assert vault_runs_it_whole(first)


def vault_runs_it_whole(statement: str) -> bool:
    """Vault's `containsMultilineStatement` (plugins/database/postgresql, 1.21.0), as it is: only
    the last quoted phrase is really taken out before it looks for END.
    """
    without = statement
    for pattern in (r'(".*?")', r"('.*?')"):
        for phrase in re.findall(pattern, statement):
            without = statement.replace(phrase, "")
    return re.search(r"\bEND\b", without) is not None
