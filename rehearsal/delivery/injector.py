"""What the injector was told: its environment, as hashicorp/vault-k8s 1.7.6 reads it. It gives a
pod what the pod's annotations do not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from rehearsal.delivery.annotations import flag_of, number_of
from rehearsal.errors import RehearsalError

_PREFIX: Final = "AGENT_INJECT_"

# Of the webhook's own server: no pod ever hears of them.
_OF_THE_SERVER: Final = frozenset(
    {
        "LISTEN",
        "LOG_LEVEL",
        "LOG_FORMAT",
        "TELEMETRY_PATH",
        "USE_LEADER_ELECTOR",
        *(f"TLS_{what}" for what in ("AUTO", "AUTO_HOSTS", "CA_CERT_FILE", "CERT_FILE")),
        *(f"TLS_{what}" for what in ("KEY_FILE", "MIN_VERSION", "CIPHER_SUITES")),
    }
)
_EXIT: Final = "TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE"
_CONNECTIONS: Final = "TEMPLATE_MAX_CONNECTIONS_PER_HOST"
_SAME_USER: Final = "RUN_AS_SAME_USER"
_SECURITY: Final = "SET_SECURITY_CONTEXT"
_REVOKE: Final = "REVOKE_ON_SHUTDOWN"
_SIZES: Final = {
    f"{short}_{kind}": f"{kind.lower()}s-{long}"
    for short, long in (("CPU", "cpu"), ("MEM", "mem"), ("EPHEMERAL", "ephemeral"))
    for kind in ("REQUEST", "LIMIT")
}
_TEXTS: Final = {
    "VAULT_ADDR": "address",
    "VAULT_CACERT_BYTES": "ca_pem",
    "VAULT_AUTH_TYPE": "auth_type",
    "VAULT_AUTH_PATH": "auth_path",
    "VAULT_NAMESPACE": "namespace",
    "PROXY_ADDR": "proxy_address",
    "DEFAULT_TEMPLATE": "default_template",
    "TEMPLATE_STATIC_SECRET_RENDER_INTERVAL": "static_secret_render_interval",
    "AUTH_MIN_BACKOFF": "auth_min_backoff",
    "AUTH_MAX_BACKOFF": "auth_max_backoff",
    "DISABLE_IDLE_CONNECTIONS": "disable_idle_connections",
    "DISABLE_KEEP_ALIVES": "disable_keep_alives",
    "VAULT_IMAGE": "image",
    "RUN_AS_USER": "user",
    "RUN_AS_GROUP": "group",
}


_DEFAULT_SIZES: Final = {
    "requests-cpu": "250m",
    "requests-mem": "64Mi",
    "limits-cpu": "500m",
    "limits-mem": "128Mi",
}


@dataclass(frozen=True, slots=True)
class Injector:
    """The defaults are vault-k8s's own."""

    address: str
    ca_pem: str = field(default="", repr=False)
    """The authority that Vault's certificate comes from; empty where a pod brings it."""
    auth_type: str = "kubernetes"
    auth_path: str = "auth/kubernetes"
    namespace: str = ""
    proxy_address: str = ""
    default_template: str = "map"
    static_secret_render_interval: str = ""
    auth_min_backoff: str = ""
    auth_max_backoff: str = ""
    disable_idle_connections: str = ""
    disable_keep_alives: str = ""
    exit_on_retry_failure: bool = True
    max_connections_per_host: float = 0
    image: str = "hashicorp/vault:2.0.4"
    user: str = "100"
    group: str = "1000"
    same_user: bool = False
    set_security_context: bool = True
    revoke_on_shutdown: bool = False
    sizes: Mapping[str, str] = field(default_factory=lambda: dict(_DEFAULT_SIZES))
    """Of the agent's containers: `requests-cpu` and the like."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """From the container's variables. Raises `RehearsalError` on one that is not known: it may
        be meant for the agent, and would be lost.
        """
        told = {
            name.removeprefix(_PREFIX): value
            for name, value in environment.items()
            if name.startswith(_PREFIX)
        }
        # The injector reads it, and then drops it: no agent ever hears of it.
        if "TEMPLATE_LEASE_RENEWAL_THRESHOLD" in told:
            raise RehearsalError(
                f"{_PREFIX}TEMPLATE_LEASE_RENEWAL_THRESHOLD: vault-k8s 1.7.6 reads it and forgets "
                "it; set the annotation template-lease-renewal-threshold on the pods instead"
            )
        flags = {_EXIT, _SAME_USER, _SECURITY, _REVOKE}
        known = _TEXTS.keys() | flags | {_CONNECTIONS} | _SIZES.keys() | _OF_THE_SERVER
        unknown = told.keys() - known
        if unknown:
            raise RehearsalError(
                f"{', '.join(_PREFIX + name for name in sorted(unknown))}: vault-k8s 1.7.6 knows "
                "no such variable; correct the name, or teach rehearsal/delivery/injector.py"
            )
        if not told.get("VAULT_ADDR"):
            raise RehearsalError(
                f"{_PREFIX}VAULT_ADDR: the injector must know where Vault is; set it to its URL"
            )
        texts = {_TEXTS[name]: value for name, value in told.items() if name in _TEXTS and value}
        return cls(
            **texts,
            exit_on_retry_failure=_flag(told, _EXIT, "true"),
            same_user=_flag(told, _SAME_USER, "false"),
            set_security_context=_flag(told, _SECURITY, "true"),
            revoke_on_shutdown=_flag(told, _REVOKE, "false"),
            sizes=_DEFAULT_SIZES
            | {size: told[name] for name, size in _SIZES.items() if told.get(name)},
            max_connections_per_host=number_of(_PREFIX + _CONNECTIONS, told.get(_CONNECTIONS, "")),
        )


def _flag(told: Mapping[str, str], name: str, default: str) -> bool:
    return flag_of(_PREFIX + name, told.get(name) or default)
