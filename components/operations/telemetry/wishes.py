"""The metrics that the decision record names, and what a real Vault exports in their place. Pure.

Three exist as they are named. The others never did: their question is answered by what does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.operations.telemetry import metrics
from components.operations.telemetry.metric import Metric


@dataclass(frozen=True, slots=True)
class Wish:
    """`name` as the decision record writes it, what answers it, and why that."""

    name: str
    answered_by: tuple[Metric, ...]
    why: str

    @property
    def exists(self) -> bool:
        return any(metric.name == self.name for metric in self.answered_by)


WISHES: Final = (
    Wish(
        "vault_core_unsealed",
        (metrics.UNSEALED,),
        "Exists. A sealed server shows 0 and forgets it after the retention, so a rule must also "
        "ask for servers that have no such metric.",
    ),
    Wish(
        "vault_token_count",
        (metrics.TOKENS, metrics.TOKENS_BY_AUTH, metrics.TOKENS_BY_TTL),
        "Exists on the active server. Vault counts every `usage_gauge_period`; the retention must "
        "be longer, or the metric comes and goes.",
    ),
    Wish(
        "vault_secret_kv_count",
        (metrics.SECRETS,),
        "Exists on the active server, per mount; counted as tokens are.",
    ),
    Wish(
        "vault_request_duration_seconds",
        (metrics.REQUESTS, metrics.LOGIN_REQUESTS),
        "Vault has summaries in milliseconds, with quantiles of the last ten seconds, apart for "
        "requests with a token and without; per engine and operation in `vault_route_*`.",
    ),
    Wish(
        "vault_requests_total",
        (metrics.RESPONSES, metrics.REQUESTS),
        "Vault counts answers by HTTP status, and requests by engine and operation in the "
        "`_count` of `vault_route_*`; by path only the audit log knows them.",
    ),
    Wish(
        "vault_auth_login_total",
        (
            metrics.LOGINS_KUBERNETES,
            metrics.LOGINS_APPROLE,
            metrics.LOGINS_PROVISIONER,
            metrics.LOGINS_CI,
            metrics.LOGINS_OIDC,
        ),
        "The `_count` of writes to each auth method: logins, right or wrong. Those to AppRole "
        "hold the secret IDs that are handed out, a few a day; those to `provisioner` and `ci` "
        "what `pulumi up` writes there.",
    ),
    Wish(
        "vault_auth_login_failures_total",
        (
            metrics.LOGINS_KUBERNETES,
            metrics.LOGINS_APPROLE,
            metrics.LOGINS_PROVISIONER,
            metrics.LOGINS_CI,
            metrics.TOKENS_CREATED,
        ),
        "Vault counts no failed logins. Logins less tokens made by the same auth method is how "
        "many gave no token; whose they were, only the audit log says.",
    ),
    Wish(
        "vault_policy_violations_total",
        (metrics.RESPONSES,),
        "Vault counts no violations. Answers with status 403 are them, and besides them requests "
        "with a token that is no more and service accounts that may not log in; which path and "
        "who, only the audit log says.",
    ),
)
