"""Roles, lengths of time and conditions in plain words; text that a terminal can be shown."""

from __future__ import annotations

from collections.abc import Iterable

from policies import texts
from policies.hcl import Capability, in_order
from policies.lifetime import Duration
from policies.plan import AppRoleRole, KubernetesRole, OidcRole


def login(role: KubernetesRole | AppRoleRole | OidcRole) -> str:
    """How its holder proves who it is."""
    match role:
        case KubernetesRole():
            how = f"Kubernetes service account {role.namespace}/{role.service_account}"
        case AppRoleRole(secret_id_uses=uses):
            times = texts.counted(uses, "login", "logins") if uses else "any number of logins"
            how = f"AppRole, a secret ID for {times} in {duration(role.secret_id_ttl_seconds)}"
        case OidcRole():
            how = f"OIDC group {joined(role.groups)}"
    cidrs = role.token.bound_cidrs
    return f"{how}, from {joined(cidrs)}" if cidrs else how


def duration(seconds: int) -> str:
    """`1h30m`."""
    return str(Duration(seconds)) if seconds > 0 else "no limit of its own"


def joined(words: Iterable[str]) -> str:
    """`a, b and c`."""
    return texts.joined(words) or "nobody"


def listed(capabilities: Iterable[Capability]) -> str:
    """In Vault's order."""
    return ", ".join(one.value for one in in_order(capabilities))


def seen(text: str) -> str:
    """What a terminal can be shown of it, lines and all."""
    return texts.seen(text, lines=True)
