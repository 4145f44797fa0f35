"""Who asks: one machine, pipeline or group of people, and what it is granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from policies.environments import Environment
from policies.grants import Grant, refuse_contradictions
from policies.identities import Identity
from policies.lifetime import Lifetime
from policies.paths import check_name

PEOPLE: Final = "people"
PLATFORM: Final = "platform"
TAKEN: Final = (PEOPLE, PLATFORM)
"""What no application may be named: labels start with it."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Who asks, and what for. `role` names its auth role where that must not be
    `<application>-<name>`.
    """

    name: str
    identity: Identity
    grants: tuple[Grant, ...]
    token: Lifetime | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        check_name("workload", self.name)
        if self.role is not None:
            check_name("role", self.role)
        for environment in Environment:
            refuse_contradictions(self.name, self.grants_in(environment))
        if not self.grants:
            raise ValueError(
                f"workload {self.name!r}: must be granted something; give it grants or remove it"
            )

    def grants_in(self, environment: Environment) -> tuple[Grant, ...]:
        return tuple(grant for grant in self.grants if environment in grant.environments)

    def exists_in(self, environment: Environment) -> bool:
        return bool(self.grants_in(environment))
