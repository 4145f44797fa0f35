"""Who can log in, and how: Kubernetes workloads, pipelines, people. No wildcard can be written."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final

from policies.environments import Environment
from policies.lifetime import Duration
from policies.paths import check_name


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A Kubernetes workload. The namespace is written without its environment: `kubesentiment`
    is bound as `kubesentiment-dev` in dev, so that clusters may be shared and access is not.
    """

    namespace: str
    name: str

    def __post_init__(self) -> None:
        for kind, name in (("namespace", self.namespace), ("service account", self.name)):
            refuse_wildcard(kind, name)
            check_name(kind, name)
        for environment in Environment:
            check_name("namespace", self.bound_namespace(environment))

    def bound_namespace(self, environment: Environment) -> str:
        return bound_namespace(self.namespace, environment)


PLATFORM_NAMESPACE: Final = "vault"
"""Vault's own namespace."""


@dataclass(frozen=True, slots=True)
class PlatformAccount(ServiceAccount):
    """A machine of the control plane, in the namespace of the servers themselves, which is called
    the same everywhere, for it is made with them. A token's audience tells environments apart.
    """

    namespace: str = field(default=PLATFORM_NAMESPACE, init=False)

    def bound_namespace(self, environment: Environment) -> str:  # noqa: ARG002 - the same in all
        return self.namespace


@dataclass(frozen=True, slots=True)
class AppRole:
    """A pipeline or service outside Kubernetes. Its secret ID is handed out wrapped by an
    operator, never by this program; `bound_cidrs` says from where its tokens may be used.
    """

    secret_id_lifetime: Duration
    secret_id_uses: int = 0
    """How many logins one secret ID is good for; 0 is no limit but its lifetime."""
    bound_cidrs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.secret_id_uses < 0:
            raise ValueError(
                f"secret ID uses {self.secret_id_uses}: must not be less than none; "
                "write 0 for no limit"
            )
        for cidr in self.bound_cidrs:
            try:
                network = ipaddress.ip_network(cidr)
            except ValueError as error:
                raise ValueError(
                    f"bound CIDR {cidr!r}: must be a network ({error}); write one such as "
                    "'10.0.0.0/8'"
                ) from None
            if network.prefixlen == 0:
                raise ValueError(f"bound CIDR {cidr!r}: must not be everywhere; leave it out")


@dataclass(frozen=True, slots=True)
class OidcGroup:
    """People, by a group of the identity provider. As with namespaces the environment is added:
    `vault-operators` is bound as `vault-operators-dev`.
    """

    group: str

    def __post_init__(self) -> None:
        refuse_wildcard("OIDC group", self.group)
        check_name("OIDC group", self.group)

    def bound_group(self, environment: Environment) -> str:
        return f"{self.group}-{environment.value}"


Identity = ServiceAccount | AppRole | OidcGroup


def bound_namespace(namespace: str, environment: Environment) -> str:
    """What an application's namespace is called in an environment."""
    return f"{namespace}-{environment.value}"


def refuse_wildcard(kind: str, name: str) -> None:
    """Raises `ValueError` where the name is one that Vault would read as a pattern."""
    if "*" in name or "+" in name:
        raise ValueError(
            f"{kind} {name!r}: must name one identity; a wildcard lets anyone who may create such "
            f"a name log in; write the {kind}'s full name"
        )
