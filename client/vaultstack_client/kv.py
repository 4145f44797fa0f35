"""An entry of the KV engine, version 2: its values, and what it means that they are not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from hvac.api.secrets_engines import KvV2

from vaultstack_client.connections import Answer
from vaultstack_client.errors import ConfigurationError, NotFound, SecretDestroyed
from vaultstack_client.names import check_secret_path
from vaultstack_client.questions import Found, said_at
from vaultstack_client.results import Secret
from vaultstack_client.transport import VaultAdapter

MOUNT: Final = "secret"
"""Of vaultstack's KV engine, the same everywhere: one Vault serves one environment."""


@dataclass(frozen=True, slots=True)
class SecretAt:
    """The newest version, or the one given."""

    secret: str
    version: int | None = None

    def __post_init__(self) -> None:
        check_secret_path(self.secret)
        if self.version is not None and self.version < 1:
            raise ConfigurationError(
                f"secret {self.secret!r}, version {self.version}: versions must count from 1; "
                "leave it out for the newest"
            )

    @property
    def what(self) -> str:
        version = f", version {self.version}" if self.version else ""
        return f"secret {self.secret!r}{version}"

    @property
    def path(self) -> str:
        return f"{MOUNT}/data/{self.secret}"

    @property
    def perishable(self) -> bool:
        return False

    def ask(self, adapter: VaultAdapter) -> Answer:
        answer: Answer = KvV2(adapter).read_secret_version(
            self.secret, self.version, MOUNT, raise_on_deleted_version=True
        )
        return answer

    def read(self, answer: Answer) -> Found[Secret]:
        metadata: Mapping[str, Any] = answer.data["metadata"]
        values = {key: _text(value) for key, value in (answer.data.get("data") or {}).items()}
        secret = Secret(
            self.secret,
            int(metadata["version"]),
            datetime.fromisoformat(metadata["created_time"]),
            MappingProxyType(values),
        )
        if ends := metadata.get("deletion_time"):  # the entry has delete_version_after
            lives = datetime.fromisoformat(ends).timestamp() - said_at(answer)
            return Found(secret, lives)
        return Found(secret)

    def missing(self, answer: Answer) -> NotFound:
        """Never there, deleted, or destroyed."""
        metadata = answer.data.get("metadata") or {}
        which = f"secret {self.secret!r}, version {metadata.get('version', self.version)}"
        if metadata.get("destroyed"):
            return SecretDestroyed(
                f"{which}: must not be destroyed, and it was, for good; ask for another version, "
                f"or write the values anew with 'vault kv put {MOUNT}/{self.secret} ...'"
            )
        if ends := metadata.get("deletion_time"):
            return NotFound(
                f"{which}: must not be deleted, and it was at {ends}; ask for another version, or "
                f"bring it back with 'vault kv undelete -versions=... {MOUNT}/{self.secret}'"
            )
        return NotFound(
            f"{self.what}: must exist; correct the path or the version, or write it with "
            f"'vault kv put {MOUNT}/{self.secret} ...'"
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
