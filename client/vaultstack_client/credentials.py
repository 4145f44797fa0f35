"""What Vault makes for whoever asks: database users, cloud keys, certificates. All of it ends.

Mount names are vaultstack's own, the same everywhere: one Vault serves one environment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, TypeVar

from hvac.api.secrets_engines import Aws, Database, Gcp, Pki

from vaultstack_client.clock import Instant
from vaultstack_client.connections import Answer
from vaultstack_client.errors import ConfigurationError
from vaultstack_client.names import check_role
from vaultstack_client.questions import Found, Lease, said_at, shown_end
from vaultstack_client.results import (
    AwsCredentials,
    AzureCredentials,
    Certificate,
    DatabaseCredentials,
    GcpToken,
    StaticDatabaseCredentials,
)
from vaultstack_client.transport import VaultAdapter

T = TypeVar("T")

_ROTATION_SECONDS: Final = 1.0
"""How often to look for the new password while Vault is late with it."""


@dataclass(frozen=True, slots=True)
class _OfRole:
    """What an engine makes for one of its roles."""

    role: str

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_role(f"{self.kind} role", self.role)

    @property
    def what(self) -> str:
        return f"{self.kind} role {self.role!r}"

    @property
    def perishable(self) -> bool:
        return True

    def missing(self, answer: Answer) -> None:
        """Nothing is known of it that Vault does not say itself."""


@dataclass(frozen=True, slots=True)
class DatabaseUser(_OfRole):
    kind: ClassVar[str] = "database"

    @property
    def path(self) -> str:
        return f"database/creds/{self.role}"

    def ask(self, adapter: VaultAdapter) -> Answer:
        answer: Answer = Database(adapter).generate_credentials(self.role)
        return answer

    def read(self, answer: Answer) -> Found[DatabaseCredentials]:
        lives, lease = _lease(answer)
        expires, data = shown_end(answer.asked, lives), answer.data
        value = DatabaseCredentials(data["username"], data["password"], lease.id, expires)
        return Found(value, lives, lease)


@dataclass(frozen=True, slots=True)
class StaticDatabaseUser(_OfRole):
    """No lease: the password is read as a secret is, and as often, for it may change any time."""

    kind: ClassVar[str] = "static database"

    @property
    def path(self) -> str:
        return f"database/static-creds/{self.role}"

    @property
    def perishable(self) -> bool:
        return False

    def ask(self, adapter: VaultAdapter) -> Answer:
        answer: Answer = Database(adapter).get_static_credentials(self.role)
        return answer

    def read(self, answer: Answer) -> Found[StaticDatabaseCredentials]:
        data = answer.data
        # Until Vault has changed it, some seconds late, the old one is good.
        lives = max(float(data["ttl"]), _ROTATION_SECONDS)
        rotates = shown_end(answer.asked, lives)
        value = StaticDatabaseCredentials(data["username"], data["password"], rotates)
        return Found(value, lives)


@dataclass(frozen=True, slots=True)
class AwsKeys(_OfRole):
    kind: ClassVar[str] = "AWS"

    @property
    def path(self) -> str:
        return f"aws/creds/{self.role}"

    def ask(self, adapter: VaultAdapter) -> Answer:
        answer: Answer = Aws(adapter).generate_credentials(self.role)
        return answer

    def read(self, answer: Answer) -> Found[AwsCredentials]:
        lives, lease = _lease(answer)
        expires, data = shown_end(answer.asked, lives), answer.data
        session = data.get("session_token") or data.get("security_token") or None
        value = AwsCredentials(data["access_key"], data["secret_key"], session, lease.id, expires)
        return Found(value, lives, lease)


@dataclass(frozen=True, slots=True)
class AzurePrincipal(_OfRole):
    kind: ClassVar[str] = "Azure"

    @property
    def path(self) -> str:
        return f"azure/creds/{self.role}"

    def ask(self, adapter: VaultAdapter) -> Answer:
        return adapter.get(self.path)  # hvac's own method drops the lease

    def read(self, answer: Answer) -> Found[AzureCredentials]:
        lives, lease = _lease(answer)
        expires, data = shown_end(answer.asked, lives), answer.data
        value = AzureCredentials(data["client_id"], data["client_secret"], lease.id, expires)
        return Found(value, lives, lease)


@dataclass(frozen=True, slots=True)
class GcpAccess(_OfRole):
    kind: ClassVar[str] = "GCP"

    @property
    def path(self) -> str:
        return f"gcp/impersonated-account/{self.role}/token"

    def ask(self, adapter: VaultAdapter) -> Answer:
        answer: Answer = Gcp(adapter).generate_impersonated_account_oauth2_access_token(self.role)
        return answer

    def read(self, answer: Answer) -> Found[GcpToken]:
        lives = float(answer.data["expires_at_seconds"]) - said_at(answer)
        return Found(GcpToken(answer.data["token"], shown_end(answer.asked, lives)), lives)


@dataclass(frozen=True, slots=True)
class CertificateFor(_OfRole):
    common_name: str
    ttl: timedelta | None = None

    kind: ClassVar[str] = "PKI"

    def __post_init__(self) -> None:
        check_role("PKI role", self.role)
        if self.ttl is not None and self.ttl < timedelta(seconds=1):
            raise ConfigurationError(
                f"{self.what}: ttl ({self.ttl}) must be a second or more; leave it out for the "
                "role's own"
            )

    @property
    def what(self) -> str:
        return f"PKI role {self.role!r}, name {self.common_name!r}"

    @property
    def path(self) -> str:
        return f"pki/issue/{self.role}"

    def ask(self, adapter: VaultAdapter) -> Answer:
        # One too many does no harm: it ends by itself, and nobody has its key.
        parameters = {"ttl": f"{int(self.ttl.total_seconds())}s"} if self.ttl else {}
        answer: Answer = Pki(adapter.twice(harmless=True)).generate_certificate(
            self.role, self.common_name, extra_params=parameters
        )
        return answer

    def read(self, answer: Answer) -> Found[Certificate]:
        data = answer.data
        expires = float(data["expiration"])
        value = Certificate(
            data["certificate"],
            data["private_key"],
            tuple(data.get("ca_chain") or [data["issuing_ca"]]),
            data["serial_number"],
            datetime.fromtimestamp(expires, UTC),
        )
        return Found(value, expires - said_at(answer))


def prolonged(value: T, start: Instant, lives: float) -> T:
    """The same credentials, showing their new end."""
    if isinstance(value, DatabaseCredentials | AwsCredentials | AzureCredentials):
        return replace(value, expires=shown_end(start, lives))
    return value


def _lease(answer: Answer) -> tuple[float, Lease]:
    lease = Lease(str(answer.body["lease_id"]), bool(answer.body.get("renewable")))
    return float(answer.body["lease_duration"]), lease
