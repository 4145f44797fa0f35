"""What can be asked of Vault's secrets engines: each question knows its request, reads the answer,
and says how long it lives. A question is also its own key in the cache.

Mount names are vaultstack's, one Vault per environment. Deliberately not here: when to ask again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Generic, Protocol, TypeVar

from hvac.api.secrets_engines import Aws, Database, Gcp, KvV2, Pki

from vaultstack_client.clock import Instant
from vaultstack_client.connections import Answer
from vaultstack_client.errors import (
    NotAllowed,
    NotFound,
    Refused,
    SecretDestroyed,
    VaultClientError,
)
from vaultstack_client.names import check_role, check_secret_path
from vaultstack_client.results import (
    AwsCredentials,
    AzureCredentials,
    Certificate,
    DatabaseCredentials,
    GcpToken,
    Secret,
)
from vaultstack_client.transport import VaultAdapter

T_co = TypeVar("T_co", covariant=True)
Value = TypeVar("Value")
Leased = DatabaseCredentials | AwsCredentials | AzureCredentials

_UNKNOWN: Final = re.compile(r"unknown role|not found|does not exist|invalid role name")
_SHOWN: Final = 300
"""How many characters of Vault's reason go into a message."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What can be renewed by its ID, and ends with the token it was issued with."""

    id: str
    renewable: bool


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    """An answer. `lives`: seconds until it is worth nothing, none where Vault sets no end."""

    value: T_co
    lives: float | None = None
    lease: Lease | None = None


class Question(Protocol[T_co]):
    """Hashable: equal questions have one answer."""

    def __hash__(self) -> int: ...

    @property
    def what(self) -> str:
        """For messages, such as "secret 'a/b'"."""

    @property
    def path(self) -> str:
        """In Vault's words, as an ACL policy has it."""

    @property
    def perishable(self) -> bool:
        """Whether the answer must not be given out past its own end. If not, it only grows old."""

    def ask(self, adapter: VaultAdapter) -> Answer: ...

    def read(self, answer: Answer) -> Found[T_co]: ...


@dataclass(frozen=True, slots=True)
class SecretAt:
    secret: str
    version: int | None = None

    def __post_init__(self) -> None:
        check_secret_path(self.secret)

    @property
    def what(self) -> str:
        version = f", version {self.version}" if self.version else ""
        return f"secret {self.secret!r}{version}"

    @property
    def path(self) -> str:
        return f"secret/data/{self.secret}"

    @property
    def perishable(self) -> bool:
        return False

    def ask(self, adapter: VaultAdapter) -> Answer:
        answer: Answer = KvV2(adapter).read_secret_version(
            self.secret, self.version, "secret", raise_on_deleted_version=True
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
            lives = datetime.fromisoformat(ends).timestamp() - _said_at(answer)
            return Found(secret, lives)
        return Found(secret)

    def missing(self, answer: Answer) -> VaultClientError:
        """What a 404 means: never there, deleted, or destroyed."""
        metadata = answer.data.get("metadata") or {}
        which = f"secret {self.secret!r}, version {metadata.get('version', self.version)}"
        if metadata.get("destroyed"):
            return SecretDestroyed(
                f"{which}: must not be destroyed, and it was, for good; ask for another version, "
                f"or write the values anew with 'vault kv put secret/{self.secret} ...'"
            )
        if ends := metadata.get("deletion_time"):
            return NotFound(
                f"{which}: must not be deleted, and it was at {ends}; ask for another version, or "
                f"bring it back with 'vault kv undelete -versions=... secret/{self.secret}'"
            )
        return NotFound(
            f"{self.what}: must exist; correct the path or the version, or write it with "
            f"'vault kv put secret/{self.secret} ...'"
        )


@dataclass(frozen=True, slots=True)
class DatabaseUser:
    role: str

    def __post_init__(self) -> None:
        check_role("database role", self.role)

    @property
    def what(self) -> str:
        return f"database role {self.role!r}"

    @property
    def path(self) -> str:
        return f"database/creds/{self.role}"

    @property
    def perishable(self) -> bool:
        return True

    def ask(self, adapter: VaultAdapter) -> Answer:
        answer: Answer = Database(adapter).generate_credentials(self.role)
        return answer

    def read(self, answer: Answer) -> Found[DatabaseCredentials]:
        lives, lease = _lease(answer)
        data = answer.data
        return Found(
            DatabaseCredentials(
                data["username"], data["password"], lease.id, _shown(answer.asked, lives)
            ),
            lives,
            lease,
        )


@dataclass(frozen=True, slots=True)
class AwsKeys:
    role: str

    def __post_init__(self) -> None:
        check_role("AWS role", self.role)

    @property
    def what(self) -> str:
        return f"AWS role {self.role!r}"

    @property
    def path(self) -> str:
        return f"aws/creds/{self.role}"

    @property
    def perishable(self) -> bool:
        return True

    def ask(self, adapter: VaultAdapter) -> Answer:
        answer: Answer = Aws(adapter).generate_credentials(self.role)
        return answer

    def read(self, answer: Answer) -> Found[AwsCredentials]:
        lives, lease = _lease(answer)
        data = answer.data
        return Found(
            AwsCredentials(
                data["access_key"],
                data["secret_key"],
                data.get("session_token") or data.get("security_token") or None,
                lease.id,
                _shown(answer.asked, lives),
            ),
            lives,
            lease,
        )


@dataclass(frozen=True, slots=True)
class GcpAccess:
    role: str

    def __post_init__(self) -> None:
        check_role("GCP role", self.role)

    @property
    def what(self) -> str:
        return f"GCP role {self.role!r}"

    @property
    def path(self) -> str:
        return f"gcp/impersonated-account/{self.role}/token"

    @property
    def perishable(self) -> bool:
        return True

    def ask(self, adapter: VaultAdapter) -> Answer:
        answer: Answer = Gcp(adapter).generate_impersonated_account_oauth2_access_token(self.role)
        return answer

    def read(self, answer: Answer) -> Found[GcpToken]:
        lives = float(answer.data["expires_at_seconds"]) - _said_at(answer)
        return Found(GcpToken(answer.data["token"], _shown(answer.asked, lives)), lives)


@dataclass(frozen=True, slots=True)
class AzurePrincipal:
    role: str

    def __post_init__(self) -> None:
        check_role("Azure role", self.role)

    @property
    def what(self) -> str:
        return f"Azure role {self.role!r}"

    @property
    def path(self) -> str:
        return f"azure/creds/{self.role}"

    @property
    def perishable(self) -> bool:
        return True

    def ask(self, adapter: VaultAdapter) -> Answer:
        return adapter.get(self.path)  # hvac's own method drops the lease

    def read(self, answer: Answer) -> Found[AzureCredentials]:
        lives, lease = _lease(answer)
        data = answer.data
        return Found(
            AzureCredentials(
                data["client_id"], data["client_secret"], lease.id, _shown(answer.asked, lives)
            ),
            lives,
            lease,
        )


@dataclass(frozen=True, slots=True)
class CertificateFor:
    role: str
    common_name: str
    ttl: timedelta | None = None

    def __post_init__(self) -> None:
        check_role("PKI role", self.role)

    @property
    def what(self) -> str:
        return f"PKI role {self.role!r}, name {self.common_name!r}"

    @property
    def path(self) -> str:
        return f"pki/issue/{self.role}"

    @property
    def perishable(self) -> bool:
        return True

    def ask(self, adapter: VaultAdapter) -> Answer:
        # One too many does no harm: it ends by itself, and nobody has its key.
        parameters = {"ttl": f"{int(self.ttl.total_seconds())}s"} if self.ttl else {}
        answer: Answer = Pki(adapter.twice(harmless=True)).generate_certificate(
            self.role, self.common_name, extra_params=parameters
        )
        return answer

    def read(self, answer: Answer) -> Found[Certificate]:
        data = answer.data
        lives = float(data["expiration"]) - _said_at(answer)
        return Found(
            Certificate(
                data["certificate"],
                data["private_key"],
                tuple(data.get("ca_chain") or [data["issuing_ca"]]),
                data["serial_number"],
                datetime.fromtimestamp(float(data["expiration"]), UTC),
            ),
            lives,
        )


def understood(question: Question[Value], answer: Answer, who: str) -> Found[Value]:
    """What the answer says. Raises the error that it means."""
    if answer.status == 404 and isinstance(question, SecretAt):
        raise question.missing(answer)
    check(answer, question.what, question.path, who)
    return question.read(answer)


def check(answer: Answer, what: str, path: str, who: str) -> None:
    """Nothing if Vault did it. Else raises, with Vault's reason."""
    if answer.ok:
        return
    said = answer.errors[:_SHOWN]
    if answer.status == 403:
        raise NotAllowed(
            f"{what}: {who} must be allowed to use {path}, and Vault denied it; grant it in the "
            "access matrix, or ask for what is granted"
        )
    if answer.status == 404 or (answer.status == 400 and _UNKNOWN.search(said)):
        raise NotFound(
            f"{what}: must exist at {path}, but Vault said {answer.status} {said or '(nothing)'}; "
            "correct the name, or add it to the access matrix"
        )
    raise Refused(
        f"{what}: Vault refused {path}: {answer.status} {said or '(no reason)'}; correct what "
        "was asked",
        status=answer.status,
    )


def prolonged(value: Value, lives: float, start: Instant) -> Value:
    """The same credentials, showing their new end."""
    if isinstance(value, Leased):
        return replace(value, expires=_shown(start, lives))
    return value


def _lease(answer: Answer) -> tuple[float, Lease]:
    lease = Lease(str(answer.body["lease_id"]), bool(answer.body.get("renewable")))
    return float(answer.body["lease_duration"]), lease


def _shown(start: Instant, lives: float) -> datetime:
    return datetime.fromtimestamp(start.wall, UTC) + timedelta(seconds=lives)


def _said_at(answer: Answer) -> float:
    """Vault's clock rather than ours, where a date of Vault's is compared with it."""
    return answer.asked.wall if answer.said_at is None else answer.said_at


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
