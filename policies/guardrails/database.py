"""What SQL makes of a database user: no more than tables, until the lease ends.

The SQL is read word by word, outside its literals and comments; it is not parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pulumi_policy import Severity

from policies.compile import compile_plan
from policies.guardrails.rule import Resource, ResourceRule, Setting
from policies.matrix import MATRIX

ROLE: Final = "vault:database/secretBackendRole:SecretBackendRole"
STATIC_ROLE: Final = "vault:database/secretBackendStaticRole:SecretBackendStaticRole"
CONNECTION: Final = "vault:database/secretBackendConnection:SecretBackendConnection"

_POWERS: Final = ("SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS")
_COMMENT: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_WORD: Final = re.compile(r'"[^"]*"|[A-Za-z_][A-Za-z0-9_{}]*|\S')
_PASSWORD: Final = re.compile(r"\bPASSWORD\s+(?!'\{\{password\}\}')\S+", re.IGNORECASE)
_SERVERS_OWN: Final = re.compile(
    r'(?:^|[ ",])(?:PG_|(?:POSTGRES|RDS_SUPERUSER|CLOUDSQLSUPERUSER|AZURE_PG_ADMIN)(?:["\s,]|$))'
)
_USERINFO: Final = re.compile(r"://([^@/]*)@")


def words(sql: str) -> tuple[str, ...]:
    """The words of a statement, upper-case but for quoted names, without literals."""
    bare = _LITERAL.sub("''", _COMMENT.sub(" ", sql))
    return tuple(word if word[0] == '"' else word.upper() for word in _WORD.findall(bare))


def _powers(resource: Resource, _: Setting) -> Iterator[str]:
    for key in ("creationStatements", "renewStatements"):
        for statement in resource.texts(key):
            found = words(statement)
            for power in _POWERS:
                if power in found:
                    yield f"{key} gives {power}"
            if re.search(r" EXECUTE (?:'|FORMAT\b)", " ".join(found)):
                yield f"{key} puts statements together while it runs, where nobody reads them"
            yield from (f"{key} {what}" for what in _grants(found))


def _grants(found: tuple[str, ...]) -> Iterator[str]:
    """What is granted too widely. A statement may hold several, ended by semicolons."""
    for statement in " ".join(found).split(";"):
        text = f" {statement.strip()} "
        # Rights stand between GRANT and ON; roles are granted without ON.
        granted = [what.split(" ON ")[0] for what in re.findall(r" GRANT (.*?) TO ", text)]
        if any(re.search(r"\bALL\b", what) for what in granted):
            yield "grants ALL, which includes what nobody named"
        memberships = re.findall(r" IN (?:ROLE|GROUP) (\S+)", text)
        for name in (*granted, *memberships):
            if _SERVERS_OWN.search(name.upper()):
                yield f"grants the server's own role {name.strip()}"
        if re.search(r" GRANT .* TO PUBLIC\b", text):
            yield "grants to PUBLIC, which is everybody"
        if " WITH GRANT OPTION " in text or " WITH ADMIN OPTION " in text:
            yield "lets its users hand on what they are granted"


def _end(resource: Resource, _: Setting) -> Iterator[str]:
    creation = "\n".join(resource.texts("creationStatements"))
    if "{{name}}" in creation:
        if not re.search(r"VALID\s+UNTIL\s+'\{\{expiration\}\}'", creation, re.IGNORECASE):
            yield "creationStatements lack VALID UNTIL '{{expiration}}'"
        if not resource.texts("revocationStatements"):
            yield "revocationStatements are missing: Vault's own leave users that own something"
    else:
        yield "creationStatements make no user named {{name}}, so that leases would share one"
    if _PASSWORD.search(_COMMENT.sub(" ", creation)):
        yield "creationStatements set a password that is not the lease's '{{password}}'"


def _own(resource: Resource, setting: Setting) -> Iterator[str]:
    name, database = resource.text("name"), resource.text("dbName")
    plan = compile_plan(MATRIX, setting.environment)
    connections = {role.name: role.connection for role in plan.database_roles}
    connections |= {role.name: role.connection for role in plan.database_static_roles}
    meant = connections.get(name)
    if meant is None:
        yield f"name is {name!r}, which is nobody's in the access matrix"
    elif database != meant:
        yield f"dbName is {database!r}, and the role is of {meant}"


def _connection(resource: Resource, _: Setting) -> Iterator[str]:
    roles = resource.texts("allowedRoles")
    if not roles:
        yield "allowedRoles is empty"
    for role in roles:
        if "*" in role:
            yield f"allowedRoles has a wildcard, {role!r}"
    if resource.get("verifyConnection") is False:
        yield "verifyConnection is off, so that a wrong address is noticed by the first lease only"
    for plugin in resource.props:
        url = resource.text(plugin, "connectionUrl")
        user = _USERINFO.search(url)
        if user and user[1] != "{{username}}:{{password}}":
            yield f"{plugin}.connectionUrl holds credentials of its own"


POWERS: Final = ResourceRule(
    name="database-least-privilege",
    says="Database users may use tables, and nothing of the server.",
    meaning="A user with more can make itself another, read the server's files, or outlive its "
    "lease.",
    repair="Grant named rights on the application's schema, as policies/postgresql.py does",
    severity=Severity.CRITICAL,
    types=frozenset({ROLE}),
    check=_powers,
)
END: Final = ResourceRule(
    name="database-users-end",
    says="Each lease has a user of its own, which ends with it even if Vault is away.",
    meaning="A user that PostgreSQL does not end by itself works on while Vault cannot revoke it.",
    repair="Make \"{{name}}\" with PASSWORD '{{password}}' VALID UNTIL '{{expiration}}', and say "
    "how it is dropped",
    severity=Severity.HIGH,
    types=frozenset({ROLE}),
    check=_end,
)
OWN: Final = ResourceRule(
    name="database-own-application",
    says="A database role is for its application's database.",
    meaning="Whoever may use the role would have users in another application's database.",
    repair="Grant it in policies/matrix.py, from which roles and connections are compiled",
    severity=Severity.CRITICAL,
    types=frozenset({ROLE, STATIC_ROLE}),
    check=_own,
)
CONNECTIONS: Final = ResourceRule(
    name="database-named-roles",
    says="A database connection names the roles that may use it.",
    meaning="Any role may otherwise run its SQL as the administrator of this database.",
    repair="List the roles in allowedRoles, and let Vault fill in the credentials",
    severity=Severity.HIGH,
    types=frozenset({CONNECTION}),
    check=_connection,
)

RULES: Final = (POWERS, END, OWN, CONNECTIONS)
