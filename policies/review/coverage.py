"""Whether what is written on one side was covered on the other: globs, networks, rights.

Where it cannot be shown, it was not.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final, TypeAlias

ANYWHERE: Final = "anywhere"
"""What no CIDR stands for."""
BELOW: Final = " and below"
"""What follows a domain whose subdomains are meant, too."""
ANYONE: Final = "anyone"
"""What no group stands for."""

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def by_name(value: str, others: Collection[str]) -> bool:
    return value in others or ANYONE in others


def by_glob(value: str, others: Collection[str]) -> bool:
    """`*` is any text, be it in a namespace or in an audience; `anyone` is everybody."""
    return by_name(value, others) or any(_matches(other, value, one="") for other in others)


def by_network(value: str, others: Collection[str]) -> bool:
    if value in others or ANYWHERE in others:
        return True
    network = _network(value)
    if network is None:
        return False
    networks = [other for other in map(_network, others) if other]
    return any(_within(network, other) for other in _joined(networks))


def by_iam(value: str, others: Collection[str]) -> bool:
    """Of `action on resource`: by any with wildcards at least as wide. Actions know no case."""
    action, _, resource = value.partition(" on ")
    for other in others:
        wide_action, _, wide_resource = other.partition(" on ")
        if _matches(wide_action.lower(), action.lower()) and _matches(wide_resource, resource):
            return True
    return False


def by_scope(value: str, others: Collection[str]) -> bool:
    """Of `role at scope`: by the same role at a scope around it."""
    role, _, scope = value.partition(" at ")
    for other in others:
        wide_role, _, wide_scope = other.partition(" at ")
        if role == wide_role and f"{scope}/".startswith(f"{wide_scope.rstrip('/')}/"):
            return True
    return False


def by_domain(value: str, others: Collection[str]) -> bool:
    """Of a domain alone, or of `<domain> and below`: by itself, or by one that it is below."""
    name = value.removesuffix(BELOW)
    wide = [other.removesuffix(BELOW) for other in others if other.endswith(BELOW)]
    return value in others or any(f".{name}".endswith(f".{other}") for other in wide)


def by_right(value: str, others: Collection[str]) -> bool:
    """Of `SELECT ON ...`: by the same, or by all rights there."""
    _, _, where = value.partition(" ON ")
    return value in others or any(f"{all_} ON {where}" in others for all_ in _ALL)


_ALL: Final = ("ALL", "ALL PRIVILEGES")


def _matches(glob: str, text: str, one: str = "?") -> bool:
    """Whether `glob` matches all that `text` matches; never true where it is not so."""
    return _compiled(glob, one).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(glob: str, one: str) -> re.Pattern[str]:
    signs = {one: "[^*]"} if one else {}
    first, *rest = (
        "".join(signs.get(sign) or re.escape(sign) for sign in text) for text in glob.split("*")
    )
    # What stands between two `*` is where it comes first: to try further on would take for ever.
    between = "".join(f"(?>.*?{text})" for text in rest[:-1])
    return re.compile(first + between + "".join(f".*{text}" for text in rest[-1:]), re.DOTALL)


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _joined(networks: list[_Network]) -> list[_Network]:
    fours = [one for one in networks if isinstance(one, ipaddress.IPv4Network)]
    sixes = [one for one in networks if isinstance(one, ipaddress.IPv6Network)]
    return [*ipaddress.collapse_addresses(fours), *ipaddress.collapse_addresses(sixes)]


def _within(one: _Network, other: _Network) -> bool:
    if isinstance(one, ipaddress.IPv4Network) and isinstance(other, ipaddress.IPv4Network):
        return one.subnet_of(other)
    if isinstance(one, ipaddress.IPv6Network) and isinstance(other, ipaddress.IPv6Network):
        return one.subnet_of(other)
    return False
