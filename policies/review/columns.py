"""The matrix' columns: the paths that are asked about, and where they stand in the picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from policies import paths
from policies.paths import SecretPath
from policies.review.snapshot import Snapshot


@unique
class Section(StrEnum):
    """What columns stand together."""

    SECRETS = "Secrets"
    CREDENTIALS = "Credentials and certificates"
    LOGINS = "Logins and tokens"
    ENGINES = "Engines"
    VAULT = "Vault itself"
    ELSEWHERE = "Where nothing is mounted"


@dataclass(frozen=True, slots=True)
class Column:
    """Paths that are asked about: one, or as many as a pattern matches."""

    section: Section
    group: str
    """What the path starts with, for a heading over several: `secret/data`."""
    name: str
    """The rest of the path; all of it where there is no group."""

    @property
    def path(self) -> str:
        return f"{self.group}/{self.name}" if self.group else self.name


_ENGINES: Final = (paths.DATABASE, paths.AWS, paths.GCP, paths.AZURE, paths.PKI, paths.PKI_ROOT)
_ISSUING: Final = (
    *(f"{engine}/creds/" for engine in (paths.DATABASE, paths.AWS, paths.AZURE)),
    f"{paths.DATABASE}/static-creds/",
    f"{paths.GCP}/impersonated-account/",
    f"{paths.PKI}/issue/",
)

_VALUES: Final = SecretPath("any").data.removesuffix("any")
_SECTIONS: Final = tuple(Section)


def in_order(named: Iterable[str]) -> tuple[Column, ...]:
    """The columns of these paths, as they stand in the picture."""
    columns = map(column, set(named))
    return tuple(
        sorted(columns, key=lambda one: (_SECTIONS.index(one.section), one.group, one.name))
    )


def issuing(side: Snapshot) -> Iterator[str]:
    """Where values and credentials are, as the plan has them."""
    # Names are shown as they are: a plan that was edited by hand can have any.
    yield from (f"{_VALUES}{entry.name}" for entry in side.kv_entries)
    yield from (paths.database_credentials(role.name) for role in side.database_roles)
    yield from (paths.static_credentials(role.name) for role in side.database_static_roles)
    for engine, roles in (
        (paths.AWS, side.aws_roles),
        (paths.GCP, side.gcp_roles),
        (paths.AZURE, side.azure_roles),
    ):
        yield from (paths.cloud_credentials(engine, role.name) for role in roles)
    yield from (paths.pki_issue(role.name) for role in side.pki_roles)


def column(path: str) -> Column:
    """Where a path, or a rule's pattern, stands in the picture."""
    section, depth = _place(path)
    segments = path.split("/")
    split = min(depth, len(segments) - 1) if segments[0] else 0
    return Column(section, "/".join(segments[:split]), "/".join(segments[split:]))


def _place(path: str) -> tuple[Section, int]:
    """And how many segments the heading over it has."""
    if path.startswith(f"{paths.KV}/"):
        return Section.SECRETS, 2
    if path.startswith(_ISSUING):
        return Section.CREDENTIALS, 2
    if path.startswith("auth/"):
        return Section.LOGINS, 2
    if path.startswith(tuple(f"{engine}/" for engine in _ENGINES)):
        return Section.ENGINES, 1
    if path.startswith(("sys/", "identity/")):
        return Section.VAULT, 1
    return Section.ELSEWHERE, 1
