"""The rate limit: what one client may ask, so that the others get answers."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_vault as vault

from components.settings import LimitSettings
from policies.paths import RATE_LIMIT


@dataclass(frozen=True)
class RateLimitArgs:
    """The settings' limits, of which only the requests per second are read here: the lifetimes are
    in the servers' configuration.
    """

    settings: LimitSettings


class RateLimit(pulumi.ComponentResource):
    """One limit for each client address, on each server; none where the settings say 0.

    Deliberately no limit of leases: that quota is Vault Enterprise's. Health checks, metrics and
    unsealing are exempt in Vault itself.
    """

    def __init__(
        self, name: str, args: RateLimitArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:cluster:RateLimit", name, None, opts)
        if args.settings.requests_per_second:
            vault.QuotaRateLimit(
                f"{name}-everyone",
                name=RATE_LIMIT,
                rate=float(args.settings.requests_per_second),
                interval=1,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"requests_per_second": args.settings.requests_per_second})
