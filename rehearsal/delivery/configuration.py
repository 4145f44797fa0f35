"""The agent's configuration, as the injector writes it for the init container and for the sidecar.

Paths and addresses are a pod's. Where this runs, `container` puts this machine's in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique
from typing import Any, Final

from rehearsal.delivery.files import File
from rehearsal.delivery.injection import Cache, Injection

HOME: Final = "/home/vault"
CACHE_FOLDER: Final = "/vault/agent-cache"
_LOOPBACK: Final = "127.0.0.1"


@unique
class Mode(StrEnum):
    """The agent's two containers."""

    INIT = "vault-agent-init"
    """Before the application starts: writes the files once, and ends."""
    SIDECAR = "vault-agent"
    """Beside the application: keeps the files as they are in Vault."""


def configuration(injection: Injection, mode: Mode) -> dict[str, Any]:
    """What is empty is left out, as the injector does."""
    listener, cache = _listener(injection, mode)
    return _without_empty(
        {
            "auto_auth": _auto_auth(injection),
            "pid_file": f"{HOME}/.pid",
            "vault": _without_empty(
                {
                    "address": injection.connection.address,
                    "ca_cert": injection.connection.ca_cert,
                    "ca_path": injection.connection.ca_path,
                    "client_cert": injection.connection.client_cert,
                    "client_key": injection.connection.client_key,
                    "tls_skip_verify": injection.connection.tls_skip_verify,
                    "tls_server_name": injection.connection.tls_server_name,
                }
            ),
            "template": [_template(file) for file in injection.files],
            "listener": listener,
            "disable_idle_connections": list(injection.disable_idle_connections),
            "disable_keep_alives": list(injection.disable_keep_alives),
        }
    ) | {
        "exit_after_auth": mode is Mode.INIT,
        "template_config": _template_config(injection),
        **({} if cache is None else {"cache": cache}),
    }


def _auto_auth(injection: Injection) -> dict[str, Any]:
    login = injection.login
    paths = [f"{HOME}/.vault-token", *filter(None, [injection.token_sink])]
    return {
        "method": _without_empty(
            {
                "type": "kubernetes",
                "namespace": login.namespace,
                "mount_path": login.mount,
                "config": dict(login.config),
                "min_backoff": login.min_backoff,
                "max_backoff": login.max_backoff,
                "exit_on_err": login.exit_on_error,
            }
        ),
        "sink": [{"type": "file", "config": {"path": path}} for path in paths],
    }


def _template(file: File) -> dict[str, Any]:
    return _without_empty(
        {
            "destination": file.destination,
            "contents": file.template,
            "left_delimiter": file.left_delimiter,
            "right_delimiter": file.right_delimiter,
            "command": file.command,
            "perms": file.permissions,
            "error_on_missing_key": file.error_on_missing_key,
        }
    )


def _template_config(injection: Injection) -> dict[str, Any]:
    rendering = injection.rendering
    return {
        "exit_on_retry_failure": rendering.exit_on_retry_failure,
        **_without_empty(
            {
                "static_secret_render_interval": rendering.static_secret_render_interval,
                "max_connections_per_host": rendering.max_connections_per_host,
                "lease_renewal_threshold": rendering.lease_renewal_threshold,
            }
        ),
    }


def _listener(
    injection: Injection, mode: Mode
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Where containers of the same pod find the agent, and the cache that goes with it."""
    wanted = injection.cache
    if wanted and not wanted.persistent and mode is Mode.INIT:
        wanted = None
    if wanted is None and not injection.enable_quit:
        return [], None
    listener: dict[str, Any] = {
        "type": "tcp",
        "address": f"{_LOOPBACK}:{injection.listener_port}",
        "tls_disable": True,  # within the pod's own network namespace
    }
    if injection.enable_quit:
        listener["agent_api"] = {"enable_quit": True}
    return [listener], _cache(wanted) if wanted else {}


def _cache(wanted: Cache) -> dict[str, Any]:
    persist = _without_empty(
        {"type": "kubernetes", "path": CACHE_FOLDER, "exit_on_err": wanted.exit_on_error}
    )
    return _without_empty(
        {
            "use_auto_auth_token": wanted.use_auto_auth_token,
            "persist": persist if wanted.persistent else {},
        }
    )


def _without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
