"""A database's connection: what it must be, and what of a live one may be seen.

A connection holds an administrator's credentials. Vault keeps the password to itself, but answers
with the URL, in which somebody may have written one. So nothing of a connection is shown that is
not known to be harmless; of the rest it is said that it is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from attest.stack import Stack
from policies import standing
from policies.plan import DatabaseConnection

HIDDEN: Final = "something else, not shown: it may hold a password"
_DETAILS: Final = "connection_details"
_URL: Final = "connection_url"
_TEMPLATE: Final = re.compile(
    r"postgresql://\{\{username\}\}:\{\{password\}\}@"
    r"([\w.-]+|\[[\da-fA-F:.]+\])(:\d+)?/[\w-]+(\?sslmode=[a-z-]+)?",
    re.ASCII,
)
"""A URL into which Vault fills the credentials, and that has room for no other."""
_HARMLESS: Final = frozenset(
    {
        "allowed_roles",
        "disable_automated_rotation",
        "password_policy",
        "plugin_name",
        "plugin_version",
        "rotation_period",
        "rotation_schedule",
        "rotation_window",
        "running_plugin_version",
        "skip_static_role_import_rotation",
        "verify_connection",
        # Within its details.
        "disable_escaping",
        "max_connection_lifetime",
        "max_idle_connections",
        "max_open_connections",
        "password_authentication",
        "self_managed",
        "tls_ca",
        "username",
        "username_template",
    }
)


def declared(connection: DatabaseConnection, stack: Stack) -> dict[str, Any]:
    """In Vault's own fields."""
    server = stack.database
    return {
        "plugin_name": standing.DATABASE_PLUGIN,
        "allowed_roles": list(connection.allowed_roles),
        "verify_connection": True,
        _DETAILS: {
            _URL: standing.connection_url(
                server.host, server.port, connection.database, server.tls
            ),
            "username": standing.administrator(server.username, connection.database),
            "password_authentication": standing.PASSWORD_AUTHENTICATION,
            "max_open_connections": standing.OPEN_CONNECTIONS,
            "tls_ca": server.ca_cert,
        },
    }


def shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """What Vault says of one, without what may hold a password."""
    return {**_fields(body), _DETAILS: _fields(body.get(_DETAILS) or {})}


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _shown(key, value) for key, value in body.items()}


def _shown(key: str, value: Any) -> Any:
    template = key == _URL and isinstance(value, str) and _TEMPLATE.fullmatch(value)
    return value if not value or template or key in _HARMLESS else HIDDEN
