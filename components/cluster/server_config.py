"""Renders a Vault server's configuration file (HCL) from typed values. Pure.

The pods and the rehearsal's processes get their configuration from here, so that what is rehearsed
is what is deployed; only addresses and folders differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

Value = str | bool | int


@unique
class LogFormat(StrEnum):
    STANDARD = "standard"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths on the server; Vault reads them again on SIGHUP."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class Listener:
    """Where the API listens, as `host:port`. Without `tls` it speaks plain HTTP: dev only."""

    address: str
    tls: TlsFiles | None


@dataclass(frozen=True, slots=True)
class FileStorage:
    """One server's folder. No other server can join."""

    path: str


@dataclass(frozen=True, slots=True)
class ServerConfig:
    listener: Listener
    storage: FileStorage
    api_addr: str
    """The URL that clients are sent to."""
    ui: bool = True
    log_format: LogFormat = LogFormat.JSON


def render(config: ServerConfig) -> str:
    """The configuration file's text."""
    listener: dict[str, Value] = {"address": config.listener.address}
    if config.listener.tls is None:
        listener["tls_disable"] = True
    else:
        listener["tls_cert_file"] = config.listener.tls.certificate
        listener["tls_key_file"] = config.listener.tls.key
        listener["tls_min_version"] = "tls12"
    return "\n".join(
        [
            *_block("", _top_level(config)),
            *_block('storage "file"', {"path": config.storage.path}),
            *_block('listener "tcp"', listener),
        ]
    )


def _top_level(config: ServerConfig) -> dict[str, Value]:
    return {
        "api_addr": config.api_addr,
        "ui": config.ui,
        # Locking memory needs a capability that a restricted pod may not have; the node's swap is
        # off instead.
        "disable_mlock": True,
        "log_format": config.log_format.value,
    }


def _block(header: str, values: Mapping[str, Value]) -> Iterator[str]:
    indent = "  " if header else ""
    if header:
        yield f"{header} {{"
    for key, value in values.items():
        # JSON's literals are HCL's, but for "${", which HCL would read as an interpolation.
        yield f"{indent}{key} = {json.dumps(value, ensure_ascii=False).replace('${', '$${')}"
    if header:
        yield "}"
    yield ""
