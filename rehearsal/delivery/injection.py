"""What the injector makes of one pod: who the agent logs in as and how, which files it writes, and
which of its two containers there are. As in hashicorp/vault-k8s 1.7.6.

Deliberately knows neither the agent's configuration (`configuration` does) nor what the added
containers look like (`shape` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from rehearsal.delivery.annotations import PREFIX, Annotations
from rehearsal.delivery.files import File, files_of
from rehearsal.delivery.injector import Injector
from rehearsal.delivery.service_account import TokenFile, token_of
from rehearsal.delivery.shape import Shape, shape_of
from rehearsal.errors import RehearsalError

Json = Mapping[str, Any]

SECRETS: Final = "/vault/secrets"
TLS: Final = "/vault/tls"
_ONLY_LOGIN: Final = "kubernetes"


@dataclass(frozen=True, slots=True)
class Cache:
    """The agent's own listener, for containers of the same pod."""

    persistent: bool
    """Handed from the init container to the sidecar, in a file."""
    port: int
    use_auto_auth_token: str
    exit_on_error: bool


@dataclass(frozen=True, slots=True)
class Connection:
    """How the agent reaches Vault. Paths of files are those in its containers."""

    address: str
    ca_pem: str = field(repr=False)
    ca_cert: str
    ca_path: str
    client_cert: str
    client_key: str
    tls_server_name: str
    tls_skip_verify: bool
    tls_secret: str
    """The Kubernetes Secret that is mounted at /vault/tls; empty for none."""


@dataclass(frozen=True, slots=True)
class Login:
    mount: str
    namespace: str
    config: Mapping[str, str]
    min_backoff: str
    max_backoff: str
    exit_on_error: bool


@dataclass(frozen=True, slots=True)
class Rendering:
    """What holds for all files."""

    exit_on_retry_failure: bool
    static_secret_render_interval: str
    """How often a secret without a lease is read again; empty for the agent's own 5 minutes."""
    max_connections_per_host: float
    lease_renewal_threshold: float


@dataclass(frozen=True, slots=True)
class Injection:
    account: tuple[str, str]
    """Namespace and name of the pod's service account."""
    token: TokenFile
    connection: Connection
    login: Login
    shape: Shape
    mount: str
    """The folder of the files that name no other."""
    files: tuple[File, ...]
    rendering: Rendering
    cache: Cache | None
    has_init: bool
    has_sidecar: bool
    token_sink: str
    """Where applications find the agent's own Vault token; empty for nowhere."""
    enable_quit: bool
    listener_port: int
    disable_idle_connections: tuple[str, ...]
    disable_keep_alives: tuple[str, ...]
    environment: Mapping[str, str]
    """Variables of the agent's containers, beside its configuration."""


def inject(pod: Json, injector: Injector) -> Injection:
    """Of a pod as the API server has it when it asks the webhook, its token's volume mounted.

    Raises `RehearsalError` where the injector would refuse the pod or leave it alone, and on an
    annotation that is not known here.
    """
    said = Annotations(pod["metadata"].get("annotations") or {})
    _require_asked(said)
    token = token_of(pod, said)
    has_init = said.flag("agent-pre-populate", default=True)
    only_init = said.flag("agent-pre-populate-only")
    mount = said.text("secret-volume-path", SECRETS)
    port = int(said.number("agent-cache-listener-port", 8200))
    cached = said.flag("agent-cache-enable")
    cache = Cache(
        persistent=has_init and not only_init,
        port=port,
        use_auto_auth_token=said.text("agent-cache-use-auto-auth-token", "true"),
        exit_on_error=said.flag("agent-cache-exit-on-err"),
    )
    injection = Injection(
        account=(pod["metadata"]["namespace"], pod["spec"].get("serviceAccountName", "default")),
        token=token,
        connection=_connection(said, injector),
        login=_login(said, injector, token),
        shape=shape_of(pod, said, injector),
        mount=mount,
        files=files_of(said, mount, injector.default_template),
        rendering=_rendering(said, injector),
        cache=cache if cached and (cache.persistent or not only_init) else None,
        has_init=has_init,
        has_sidecar=not only_init,
        token_sink=str(PurePosixPath(mount, "token")) if said.flag("agent-inject-token") else "",
        enable_quit=said.flag("agent-enable-quit"),
        listener_port=port,
        disable_idle_connections=said.list(
            "agent-disable-idle-connections", injector.disable_idle_connections
        ),
        disable_keep_alives=said.list("agent-disable-keep-alives", injector.disable_keep_alives),
        environment=_environment(said, injector),
    )
    said.require_all_read()
    if not (has_init or injection.has_sidecar):
        raise RehearsalError(
            f"annotations {PREFIX}agent-pre-populate and agent-pre-populate-only: no container of "
            "the agent is left; leave one of them out"
        )
    return injection


def _require_asked(said: Annotations) -> None:
    if not said.flag("agent-inject"):
        raise RehearsalError(
            f"annotation {PREFIX}agent-inject: the injector leaves a pod alone that does not say "
            '"true"; write it'
        )
    if said.text("agent-inject-status") == "injected":
        raise RehearsalError(
            f"annotation {PREFIX}agent-inject-status: the injector leaves a pod alone that says "
            '"injected", which it writes itself; leave it out'
        )


def _connection(said: Annotations, injector: Injector) -> Connection:
    return Connection(
        address=said.text("service", injector.address),
        ca_pem=injector.ca_pem,
        ca_cert=said.text("ca-cert"),
        ca_path=said.text("ca-key"),  # so it is: the injector's name for a folder of authorities
        client_cert=said.text("client-cert"),
        client_key=said.text("client-key"),
        tls_server_name=said.text("tls-server-name"),
        tls_skip_verify=said.flag("tls-skip-verify"),
        tls_secret=said.text("tls-secret"),
    )


def _login(said: Annotations, injector: Injector, token: TokenFile) -> Login:
    kind = said.text("auth-type", injector.auth_type)
    if kind != _ONLY_LOGIN:
        raise RehearsalError(
            f"annotation {PREFIX}auth-type: {kind!r} is not what workloads in a cluster log in "
            f"with here; write {_ONLY_LOGIN!r} or leave it out"
        )
    # Its own token's path is the injector's choice, which an annotation may overrule.
    config = {"token_path": token.path} if token.path else {}
    config |= {name.replace("-", "_"): value for name, value in said.family("auth-config")}
    if role := said.text("role"):
        config["role"] = role
    if not config.get("role"):
        raise RehearsalError(
            f"annotation {PREFIX}role: the injector refuses a pod that names no role to log in as; "
            "write the workload's"
        )
    return Login(
        mount=said.text("auth-path", injector.auth_path),
        namespace=said.text("namespace", injector.namespace),
        config=config,
        min_backoff=said.text("auth-min-backoff", injector.auth_min_backoff),
        max_backoff=said.text("auth-max-backoff", injector.auth_max_backoff),
        exit_on_error=said.flag("agent-auto-auth-exit-on-err"),
    )


def _rendering(said: Annotations, injector: Injector) -> Rendering:
    return Rendering(
        exit_on_retry_failure=said.flag(
            "template-config-exit-on-retry-failure", injector.exit_on_retry_failure
        ),
        static_secret_render_interval=said.text(
            "template-static-secret-render-interval", injector.static_secret_render_interval
        ),
        max_connections_per_host=said.number(
            "template-max-connections-per-host", injector.max_connections_per_host
        ),
        lease_renewal_threshold=said.number("template-lease-renewal-threshold"),
    )


_VARIABLES: Final = {
    "client-timeout": "VAULT_CLIENT_TIMEOUT",
    "client-max-retries": "VAULT_MAX_RETRIES",
    "go-max-procs": "GOMAXPROCS",
    "log-level": "VAULT_LOG_LEVEL",
    "log-format": "VAULT_LOG_FORMAT",
    "proxy-address": "HTTPS_PROXY",
}


def _environment(said: Annotations, injector: Injector) -> dict[str, str]:
    defaults = {
        "log-level": "info",
        "log-format": "standard",
        "proxy-address": injector.proxy_address,
    }
    found = {
        variable: said.text(name, defaults.get(name, "")) for name, variable in _VARIABLES.items()
    }
    found["VAULT_CACERT_BYTES"] = injector.ca_pem
    return {variable: value for variable, value in found.items() if value}
