"""Every period of time that the client keeps to."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

from vaultstack_client.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When the client does things by itself, and how long it waits."""

    check_every: timedelta = timedelta(seconds=60)
    """How often the background looks whether token and leases are still good."""
    renew_token_below: timedelta = timedelta(seconds=300)
    """Renew when less than this is left, though never before a third of the token's TTL passed."""
    renew_token_at: float = 0.5
    """Or when this share of its TTL has passed, whichever comes first."""
    reissue_database_below: timedelta = timedelta(seconds=600)
    """Renew or replace credentials and certificates with less than this left, or less than a third
    of their own lifetime where that is shorter."""
    secret_fresh_for: timedelta = timedelta(seconds=60)
    """How old an answer may be while Vault can be asked."""
    serve_stale_for: timedelta = timedelta(hours=1)
    """How old it may be while Vault cannot: counted from when it was last confirmed."""
    stale_patience: timedelta = timedelta(milliseconds=500)
    """How long a call waits for Vault when there is an older answer it could give."""
    deadline: timedelta = timedelta(seconds=10)
    """How long one call may take, logging in and trying again included."""
    connect_timeout: timedelta = timedelta(seconds=2)
    read_timeout: timedelta = timedelta(seconds=5)
    """How long Vault may be silent."""
    first_backoff: timedelta = timedelta(milliseconds=100)
    """The longest pause before the second try; it doubles with each further one."""
    greatest_backoff: timedelta = timedelta(seconds=2)
    """The longest pause of all, and between tries of the background while Vault is away."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, timedelta) and value <= timedelta(0):
                raise ConfigurationError(
                    f"timing {each.name} ({value}): must be longer than nothing; "
                    "leave it out for the default"
                )
        if not 0 < self.renew_token_at < 1:
            raise ConfigurationError(
                f"timing renew_token_at ({self.renew_token_at}): must be a share between 0 and 1; "
                "write 0.5 to renew at half the token's TTL"
            )
        for shorter, longer in (
            ("secret_fresh_for", "serve_stale_for"),
            ("first_backoff", "greatest_backoff"),
        ):
            if getattr(self, shorter) > getattr(self, longer):
                raise ConfigurationError(
                    f"timing {shorter} ({getattr(self, shorter)}): must not be longer than "
                    f"{longer} ({getattr(self, longer)}); raise that one with it"
                )
