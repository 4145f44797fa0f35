"""The rows that say whether Vault can be used, and whether it serves those who ask. Pure.

Descriptions say what a line means and what to look at next.
"""

from __future__ import annotations

from typing import Final

from components.cluster.layout import METRICS
from components.operations.telemetry import metrics
from components.operations.telemetry.dashboard.panels import Colour, Lines, Number, Row, Unit
from components.operations.telemetry.dashboard.queries import (
    Query,
    each,
    of,
    on_leader,
    per_second,
    quantiles,
    rates,
    times,
    worst,
)
from components.operations.telemetry.others import UP
from components.operations.telemetry.targets import P99_MILLISECONDS, TARGETS

_JOB: Final = f'job="{METRICS}"'
_TARGETS: Final = {target.operation: target for target in TARGETS}


def _timed(title: str, operation: str, what: str) -> Lines:
    """Latency beside its target, a quarter wide."""
    target = _TARGETS[operation]
    return Lines(
        title,
        f"{what} Over the last ten seconds, within Vault; the dashed line is the target.",
        Unit.MILLISECONDS,
        quantiles(target.metric),
        target.milliseconds,
        width=6,
    )


HEALTH: Final = Row(
    "Health",
    (
        Number(
            "Sealed servers",
            "Serve nobody. All sealed: is the KMS there (row Seal)? One: look at its log.",
            f"count({each(metrics.UNSEALED)} == 0) or vector(0)",
            {0: Colour.GOOD, 1: Colour.BAD},
        ),
        Number(
            "Servers silent",
            "Do not answer Prometheus, so nothing else here tells of them. Does the pod run?",
            f"count({of(UP, _JOB)} == 0) or vector(0)",
            {0: Colour.GOOD, 1: Colour.BAD},
        ),
        Number(
            "Leaders",
            "Must be one. None for seconds while leadership changes; two never answer as such.",
            f"sum({each(metrics.LEADS)})",
            {0: Colour.BAD, 1: Colour.GOOD, 2: Colour.BAD},
        ),
        Number(
            "Servers in Raft",
            "As the leader knows them, healthy or not. Too many: a dead one is left.",
            on_leader(metrics.RAFT_PEERS),
            {0: Colour.NEUTRAL},
        ),
        Number(
            "May fail at once",
            "So many voters may still fail without loss of the quorum. 0: the next failure is an "
            "outage.",
            on_leader(metrics.FAILURE_TOLERANCE),
            {0: Colour.BAD, 1: Colour.GOOD},
        ),
        Number(
            "Autopilot",
            "The leader's judgement of all servers together.",
            on_leader(metrics.AUTOPILOT_HEALTHY),
            {0: Colour.BAD, 1: Colour.GOOD},
            words={0: "unhealthy", 1: "healthy"},
        ),
        Lines(
            "Who leads",
            "1 for the server that leads. A line that ends: that server is not scraped.",
            Unit.COUNT,
            (Query(each(metrics.LEADS), "{{pod}}"),),
            steps=True,
        ),
        Lines(
            "Healthy for autopilot",
            "0 for a server that is silent, or too far behind the leader.",
            Unit.COUNT,
            (Query(on_leader(metrics.NODE_HEALTHY, ("node_id",)), "{{node_id}}"),),
            steps=True,
        ),
        Lines(
            "Elections and lost leadership",
            "None in a calm week. Elections without a reason: disk (Raft), CPU, network.",
            Unit.COUNT,
            (
                Query(times(metrics.BECAME_CANDIDATE, by=("pod",)), "{{pod}} asked to be elected"),
                Query(times(metrics.LEADERSHIP_LOST, by=("pod",)), "{{pod}} lost the lead"),
                Query(times(metrics.STEPPED_DOWN, by=("pod",)), "{{pod}} was told to step down"),
            ),
        ),
    ),
)

TRAFFIC: Final = Row(
    "Traffic",
    (
        Lines(
            "Answers by status",
            "Of every server, those it forwarded too. 429 of a standby is its health probe's.",
            Unit.REQUESTS_PER_SECOND,
            (Query(per_second(metrics.RESPONSES, by=("code",)), "{{code}}"),),
        ),
        Lines(
            "Time for a request",
            "With a token, without TLS and HTTP, over the last ten seconds. The dashed line is the "
            "target for P99.",
            Unit.MILLISECONDS,
            quantiles(metrics.REQUESTS),
            P99_MILLISECONDS,
        ),
        Lines(
            "Asked for",
            "What applications want. A kind that jumps: one that does not cache.",
            Unit.REQUESTS_PER_SECOND,
            rates(
                ("KV reads", metrics.READ_STATIC_SECRET),
                ("database users", metrics.READ_DATABASE),
                ("AWS credentials", metrics.READ_AWS),
                ("certificates", metrics.UPDATE_PKI),
                ("token renewals", metrics.RENEW_TOKEN),
            ),
        ),
        _timed("KV read", "static secret", "Reads within the KV engine."),
        _timed("Database user", "database credentials", "Making a user, mostly PostgreSQL's time."),
        _timed("Token renewal", "token renewal", "Two writes to storage."),
        _timed("Certificate", "certificate", "Making a key and signing. RSA takes long."),
        Lines(
            "Where the time goes",
            "The parts of a request. Tokens and ACLs: CPU. Storage: the rows Raft and Audit.",
            Unit.MILLISECONDS,
            worst(
                ("look at the token", metrics.CHECK_TOKEN),
                ("put its ACL together", metrics.FETCH_ACL),
                ("read storage", metrics.BARRIER_GET),
                ("write storage", metrics.BARRIER_PUT),
            ),
            width=12,
        ),
        Lines(
            "Requests in flight",
            "That wait for their answer. Grows without end: storage or an audit device hangs.",
            Unit.COUNT,
            (Query(each(metrics.IN_FLIGHT), "{{pod}}"),),
            width=12,
        ),
    ),
)

LOGINS: Final = Row(
    "Logins and what was refused",
    (
        Lines(
            "Logins, right or wrong",
            "By the auth method that was asked.",
            Unit.REQUESTS_PER_SECOND,
            rates(
                ("Kubernetes", metrics.LOGINS_KUBERNETES),
                ("AppRole", metrics.LOGINS_APPROLE),
                ("OIDC", metrics.LOGINS_OIDC),
            ),
        ),
        Lines(
            "Time for a login",
            "Those by service account wait for the Kubernetes API.",
            Unit.MILLISECONDS,
            quantiles(metrics.LOGIN_REQUESTS),
        ),
        Lines(
            "Tokens made",
            "Logins that succeeded, by method. A root token is made by a person with key shares, "
            "and must be explained.",
            Unit.PER_SECOND,
            (
                Query(per_second(metrics.TOKENS_CREATED, by=("auth_method",)), "{{auth_method}}"),
                Query(times(metrics.ROOT_TOKENS_CREATED), "root, in number"),
            ),
        ),
        Lines(
            "Refused",
            "403: no right, a token that ended, or a wrong service account. 400: a login that "
            "fails, or a request that says nothing. The audit log says who.",
            Unit.REQUESTS_PER_SECOND,
            (Query(per_second(metrics.RESPONSES, 'code=~"400|403"', by=("code",)), "{{code}}"),),
        ),
        Lines(
            "Errors of the servers",
            "500: an engine's own, a database that is away. 503 is also a sealed server's probe.",
            Unit.REQUESTS_PER_SECOND,
            (Query(per_second(metrics.RESPONSES, 'code=~"5.."', by=("code",)), "{{code}}"),),
        ),
        Lines(
            "Held back",
            "Requests over a rate limit, and people who are locked out for wrong passwords.",
            Unit.COUNT,
            (
                Query(times(metrics.QUOTA_VIOLATIONS, by=("name",)), "rate limit {{name}}"),
                Query(on_leader(metrics.LOCKED_USERS), "locked out"),
            ),
        ),
    ),
)
