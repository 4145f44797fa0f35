"""One application of the access matrix: what it has, who uses it, and what it must not have.

Whether it fits the other applications, `model` says; whether its rotations fit its grants,
`rotation_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass

from policies.grants import Cloud, Database, DatabaseStatic, Grant, Kv, OfPeople, OfPlatform
from policies.identities import PlatformAccount
from policies.paths import DEPLOY, RESERVED_FOLDERS, SecretPath, check_name, refuse_twice
from policies.resources import CloudRole, KvEntry, PostgresDatabase
from policies.rotation import OfApplication
from policies.workload import TAKEN, Workload


@dataclass(frozen=True, slots=True)
class Application:
    """One application: what it has, and the workloads that use it. It owns the secrets below
    `<name>/`, and its deployment keys below `deploy/<name>/`.
    """

    name: str
    owner: str
    workloads: tuple[Workload, ...]
    entries: tuple[KvEntry, ...] = ()
    database: PostgresDatabase | None = None
    cloud_roles: tuple[CloudRole, ...] = ()
    rotations: tuple[OfApplication, ...] = ()

    def __post_init__(self) -> None:
        check_name("application", self.name)
        if self.name in TAKEN:
            raise ValueError(
                f"application {self.name!r}: must not be named as those who are no application "
                f"({', '.join(TAKEN)}); write such as '{self.name}-app'"
            )
        if self.name in RESERVED_FOLDERS:
            raise ValueError(
                f"application {self.name!r}: must not be named as a folder that is not one "
                f"application's own ({', '.join(sorted(RESERVED_FOLDERS))}): it would own what "
                f"others keep there; write such as '{self.name}-app'"
            )
        refuse_twice(f"application {self.name!r}: workload", (w.name for w in self.workloads))
        refuse_twice(f"application {self.name!r}: entry", (e.path.text for e in self.entries))
        for entry in self.entries:
            self._refuse_foreign_path(f"entry {entry.path.text!r}", entry.path)
        for user in self.database.static_users if self.database else ():
            check_name("static user", f"{self.name}-{user.name}")
        for workload in self.workloads:
            if isinstance(workload.identity, PlatformAccount):
                raise ValueError(  # noqa: TRY004 - a rule of the matrix, like its neighbours
                    f"application {self.name!r}, workload {workload.name!r}: must not run in "
                    "Vault's own namespace; give it a ServiceAccount of the application"
                )
            for grant in workload.grants:
                self._check_grant(workload, grant)

    def _check_grant(self, workload: Workload, grant: Grant) -> None:
        where = f"workload {workload.name!r}, grant '{grant}'"
        match grant:
            case Kv(path=path):
                self._refuse_foreign_path(where, path)
            case Database() | DatabaseStatic() if self.database is None:
                raise ValueError(
                    f"application {self.name!r}, {where}: the application has no database; "
                    "give it `database=PostgresDatabase(...)`"
                )
            case DatabaseStatic(user=user) if self.database and user not in {
                one.name for one in self.database.static_users
            }:
                known = ", ".join(one.name for one in self.database.static_users) or "none"
                raise ValueError(
                    f"application {self.name!r}, {where}: the database has no such static user; "
                    f"its static users: {known}"
                )
            case Cloud(role=role) if role not in {r.name for r in self.cloud_roles}:
                known = ", ".join(r.name for r in self.cloud_roles) or "none"
                raise ValueError(
                    f"application {self.name!r}, {where}: the application has no such cloud role; "
                    f"its roles: {known}"
                )
            case _ if isinstance(grant, OfPeople):
                raise ValueError(
                    f"application {self.name!r}, {where}: only people may be granted paths of "
                    "Vault itself; move it to the matrix' `people`"
                )
            case _ if isinstance(grant, OfPlatform):
                raise ValueError(
                    f"application {self.name!r}, {where}: only the platform's own workloads may be "
                    "granted it; move the workload to the matrix' `platform`"
                )
            case _:
                pass

    def _refuse_foreign_path(self, where: str, path: SecretPath) -> None:
        own = (SecretPath(f"{self.name}/*"), SecretPath(f"{DEPLOY}/{self.name}/*"))
        if not any(prefix.covers(path) for prefix in own):
            raise ValueError(
                f"application {self.name!r}, {where}: the path lies outside the application's own "
                f"folders; write one below {' or '.join(prefix.text for prefix in own)}"
            )

    def role_of(self, workload: Workload) -> str:
        return workload.role or f"{self.name}-{workload.name}"
