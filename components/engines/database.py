"""PostgreSQL: users that exist for as long as their lease."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_vault as vault

from components.settings import DatabaseSettings, Secret
from policies.paths import DATABASE
from policies.plan import DatabaseConnection, DatabaseStaticRole, Plan
from policies.standing import (
    ENGINES,
    OPEN_CONNECTIONS,
    PASSWORD_AUTHENTICATION,
    administrator,
    connection_url,
)


@dataclass(frozen=True)
class DatabaseEngineArgs:
    """Where PostgreSQL is and who administers it (`settings`), and the plan's connections and roles
    with their SQL. `protect`: whether a connection whose password only Vault knows may not be
    deleted.
    """

    settings: DatabaseSettings
    plan: Plan
    protect: bool


class DatabaseEngine(pulumi.ComponentResource):
    """The engine, a connection for each application's database, and its roles.

    A connection whose administrator's password is not given yet is left out with its roles, and a
    warning says so. Rotating the administrator's password is one way: afterwards only Vault knows
    it. So it is with a user that stays: Vault gives it a new password when it learns of it, and
    then by schedule. Deliberately makes no database, owner, administrator or user that stays.
    """

    path: str

    def __init__(
        self, name: str, args: DatabaseEngineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:engines:DatabaseEngine", name, None, opts)
        mount = vault.Mount(
            f"{name}-mount",
            path=DATABASE,
            type=ENGINES[DATABASE].type,
            description=ENGINES[DATABASE].description,
            opts=pulumi.ResourceOptions(parent=self),
        )
        for connection in args.plan.database_connections:
            password = args.settings.passwords.get(connection.database)
            if password is None:
                pulumi.log.warn(
                    f"database {connection.database!r} has no connection yet: give its "
                    "administrator's password (pulumi config set --secret --path "
                    f"vaultstack:databasePasswords.{connection.database})",
                    self,
                )
                continue
            made = self._connect(name, mount, connection, args, password)
            child = pulumi.ResourceOptions(parent=self, depends_on=[made], deleted_with=mount)
            for role in args.plan.database_roles:
                if role.connection == connection.name:
                    vault.database.SecretBackendRole(
                        f"{name}-role-{role.name}",
                        backend=DATABASE,
                        name=role.name,
                        db_name=connection.name,
                        creation_statements=list(role.statements.creation),
                        revocation_statements=list(role.statements.revocation),
                        renew_statements=list(role.statements.renewal),
                        rollback_statements=list(role.statements.rollback),
                        default_ttl=role.default_ttl_seconds,
                        max_ttl=role.max_ttl_seconds,
                        opts=child,
                    )
            for static in args.plan.database_static_roles:
                if static.connection == connection.name:
                    self._static_role(name, static, child)
        self.path = DATABASE
        self.register_outputs({"path": self.path})

    @staticmethod
    def _static_role(name: str, role: DatabaseStaticRole, opts: pulumi.ResourceOptions) -> None:
        vault.database.SecretBackendStaticRole(
            f"{name}-static-role-{role.name}",
            backend=DATABASE,
            name=role.name,
            db_name=role.connection,
            username=role.username,
            rotation_schedule=role.schedule or None,
            rotation_period=role.period_seconds or None,
            opts=opts,
        )

    def _connect(
        self,
        name: str,
        mount: vault.Mount,
        connection: DatabaseConnection,
        args: DatabaseEngineArgs,
        password: Secret,
    ) -> pulumi.Resource:
        """The connection, or what its roles must wait for: while Vault changes the administrator's
        password, it cannot change another's.
        """
        settings = args.settings
        made = vault.database.SecretBackendConnection(
            f"{name}-connection-{connection.name}",
            backend=DATABASE,
            name=connection.name,
            allowed_roles=list(connection.allowed_roles),
            verify_connection=True,
            postgresql=vault.database.SecretBackendConnectionPostgresqlArgs(
                connection_url=connection_url(
                    settings.host, settings.port, connection.database, settings.tls.value
                ),
                username=administrator(settings.username, connection.database),
                password=password,
                password_authentication=PASSWORD_AUTHENTICATION,
                # Vault's own default; where nothing is said, Pulumi's provider halves it.
                max_open_connections=OPEN_CONNECTIONS,
                tls_ca=settings.ca_cert,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[mount],
                # A mount that goes revokes what it issued, for which it needs its connections.
                deleted_with=mount,
                # After a rotation it holds the administrator's password, and nobody else does.
                protect=args.protect and settings.rotate_root,
            ),
        )
        if settings.rotate_root:
            return vault.generic.Endpoint(
                f"{name}-rotation-{connection.name}",
                path=f"{DATABASE}/rotate-root/{connection.name}",
                data_json="{}",
                disable_read=True,
                disable_delete=True,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[made]),
            )
        return made
