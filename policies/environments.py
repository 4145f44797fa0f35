"""The environments, and what differs by environment in the names that the matrix makes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from policies.iam import AwsAccount


@unique
class Environment(StrEnum):
    """A column of the matrix. Each is a stack, with a Vault of its own."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


EVERYWHERE = frozenset(Environment)


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """What differs by environment in the names that the matrix makes."""

    environment: Environment
    domain: str
    """DNS domain of the certificates' names: `<workload>.<application>.<domain>`."""
    aws: AwsAccount
