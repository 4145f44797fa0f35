"""The SQL with which Vault makes, renews and ends PostgreSQL users.

Rights hang on two group roles per database, `<database>_readonly` and `<database>_readwrite`, and
an issued user is a member of one. Granting to each issued user instead, as Vault's documentation
does, fails under load: two GRANTs on the same table at once end in "tuple concurrently updated".
The first user to be issued makes the group, under an advisory lock that both groups share (both
change the rights of the same database and tables). Default privileges for the owner let the group
see tables that migrations make later, and show, in a database that was made anew, that the group
has no rights there yet. PostgreSQL 15 and later give nobody rights on schema `public`, hence
USAGE.

The administrator that Vault uses needs CREATEROLE, membership of the owner (to change its default
privileges) and of `pg_signal_backend` (to end the sessions of a revoked user).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final


@unique
class DatabaseAccess(StrEnum):
    READ_ONLY = "readonly"
    READ_WRITE = "readwrite"


_TABLES: Final[Mapping[DatabaseAccess, str]] = MappingProxyType(
    {
        DatabaseAccess.READ_ONLY: "SELECT",
        DatabaseAccess.READ_WRITE: "SELECT, INSERT, UPDATE, DELETE",
    }
)
# Reading a sequence is part of a backup or a check; taking the next number is part of an INSERT.
_SEQUENCES: Final[Mapping[DatabaseAccess, str]] = MappingProxyType(
    {
        DatabaseAccess.READ_ONLY: "SELECT",
        DatabaseAccess.READ_WRITE: "SELECT, USAGE",
    }
)


@dataclass(frozen=True, slots=True)
class Statements:
    """Vault fills in `{{name}}`, `{{password}}` and `{{expiration}}`. Each string runs whole when
    it holds a block with END, else split at semicolons; all strings of a field in one transaction.
    """

    creation: tuple[str, ...]
    revocation: tuple[str, ...]
    renewal: tuple[str, ...]
    rollback: tuple[str, ...]


def statements(*, database: str, owner: str, schema: str, access: DatabaseAccess) -> Statements:
    group = f"{database}_{access.value}"
    tables, sequences = _TABLES[access], _SEQUENCES[access]
    later = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA "{schema}" GRANT'
    make_group = f"""DO $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('{database}'));
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{group}') THEN
    CREATE ROLE "{group}" NOLOGIN;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_default_acl, aclexplode(defaclacl) WHERE grantee = '"{group}"'::regrole
  ) THEN
    GRANT CONNECT ON DATABASE "{database}" TO "{group}";
    GRANT USAGE ON SCHEMA "{schema}" TO "{group}";
    GRANT {tables} ON ALL TABLES IN SCHEMA "{schema}" TO "{group}";
    GRANT {sequences} ON ALL SEQUENCES IN SCHEMA "{schema}" TO "{group}";
    {later} {tables} ON TABLES TO "{group}";
    {later} {sequences} ON SEQUENCES TO "{group}";
  END IF;
END
$$;"""
    make_user = (
        "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' "
        f"VALID UNTIL '{{{{expiration}}}}' IN ROLE \"{group}\";"
    )
    # Tolerates a user that is already gone, so that a revocation which stopped half-way can be
    # tried again and no lease is stuck. PostgreSQL drops nobody who owns something, and everybody
    # may own a temporary table (until the session has really ended, hence 5 s of patience), a large
    # object or default privileges: what is of value goes to the owner, the rest away.
    end_user = f"""DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{{{{name}}}}') THEN
    ALTER ROLE "{{{{name}}}}" NOLOGIN;
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{{{{name}}}}';
    GRANT "{{{{name}}}}" TO CURRENT_USER;
    REASSIGN OWNED BY "{{{{name}}}}" TO "{owner}";
    DROP OWNED BY "{{{{name}}}}";
    DROP ROLE "{{{{name}}}}";
  END IF;
END
$$;"""
    return Statements(
        creation=(
            make_group,
            make_user,
        ),
        revocation=(end_user,),
        renewal=("ALTER ROLE \"{{name}}\" VALID UNTIL '{{expiration}}';",),
        rollback=('DROP ROLE IF EXISTS "{{name}}";',),
    )
