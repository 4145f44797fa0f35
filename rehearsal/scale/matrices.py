"""Access matrices of any size, in the shape of the one that there is: applications of four
workloads with a database, secrets, certificates and leases.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from policies import matrix
from policies.control_plane import NO_MACHINES
from policies.grants import Database, Kv, KvAccess, Pki, PkiAccess, RenewSelf
from policies.identities import ServiceAccount
from policies.matrix import MATRIX
from policies.model import AccessMatrix, Application, Workload
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.resources import KvEntry, PostgresDatabase

_MEMBERS: Final = ("api", "batch", "events", "reports")
"""The workloads of one application."""


def alone(workloads: int, writing: int = 0) -> AccessMatrix:
    """So many workloads and nobody else; the first `writing` of them may write secrets."""
    return dataclasses.replace(
        MATRIX, applications=_applications(workloads, writing), people=(), platform=NO_MACHINES
    )


def added(workloads: int) -> AccessMatrix:
    """The matrix that there is, and so many workloads more: what the program is evaluated with."""
    return dataclasses.replace(
        MATRIX, applications=(*MATRIX.applications, *_applications(workloads, 0))
    )


@contextmanager
def instead(enlarged: AccessMatrix) -> Iterator[None]:
    """The program's matrix is this one, from entering to leaving."""
    before = matrix.MATRIX
    matrix.MATRIX = enlarged
    try:
        yield
    finally:
        matrix.MATRIX = before


def _applications(workloads: int, writing: int) -> tuple[Application, ...]:
    return tuple(
        _application(first, min(len(_MEMBERS), workloads - first), writing - first)
        for first in range(0, workloads, len(_MEMBERS))
    )


def _application(number: int, members: int, writing: int) -> Application:
    name = f"application-{number}"
    return Application(
        name,
        owner=f"team-{number}",
        database=PostgresDatabase(name, name),
        entries=(KvEntry.random(f"{name}/api", "key"),),
        workloads=tuple(
            Workload(
                member,
                ServiceAccount(name, member),
                (
                    Kv(
                        SecretPath(f"{name}/*"),
                        KvAccess.READ_WRITE if place < writing else KvAccess.READ,
                    ),
                    Database(DatabaseAccess.READ_ONLY),
                    Pki(PkiAccess.CLIENT),
                    RenewSelf(),
                ),
            )
            for place, member in enumerate(_MEMBERS[:members])
        ),
    )
