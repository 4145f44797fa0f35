"""Who gets which files. The one table of all deliveries; the matrix says who may."""

from __future__ import annotations

from typing import Final

from components.delivery.files import (
    DatabaseCredentials,
    Delivery,
    Exports,
    Quoting,
    SecretFile,
    Touch,
    Value,
    Via,
)
from policies.paths import SecretPath
from policies.plan import Plan

DELIVERIES: Final = (
    Delivery(
        "kubesentiment/api",
        files=(
            SecretFile(
                "config",
                SecretPath("kubesentiment/config"),
                # As its pods have always sourced it. Who may write these values may run commands in
                # those pods; what the stack gives is checked (components/consistency.py).
                Exports(("redis_password", "kafka_password", "model_api_key"), Quoting.DOUBLE),
            ),
            SecretFile(
                "database",
                DatabaseCredentials("kubesentiment-readwrite"),
                Exports(("username", "password"), prefix="database_"),
                Touch(),
            ),
        ),
    ),
    # A job: it ends, and what it was given ends an hour after it was issued.
    Delivery(
        "kubesentiment/batch",
        files=(
            SecretFile(
                "database",
                DatabaseCredentials("kubesentiment-readonly"),
                Exports(("username", "password"), prefix="database_"),
            ),
        ),
        stays=False,
    ),
    Delivery(
        "media-catalog/api",
        files=tuple(
            SecretFile(key, SecretPath("media-catalog/api"), Value(key))
            for key in ("jwt_secret", "session_secret")
        ),
        via=Via.CSI,
    ),
)


def in_double_quotes(plan: Plan) -> frozenset[tuple[str, str]]:
    """(KV entry, key) of each value that a shell reads between double quotes in some pod."""
    return frozenset(
        (file.source.text, key)
        for delivery in DELIVERIES
        if plan.environment in delivery.environments
        for file in delivery.files
        if isinstance(file.source, SecretPath)
        and isinstance(file.content, Exports)
        and file.content.quoting is Quoting.DOUBLE
        for key in file.content.keys
    )


def deliveries_in(plan: Plan, via: Via) -> tuple[Delivery, ...]:
    """Those of the plan's environment that come this way."""
    return tuple(
        delivery
        for delivery in DELIVERIES
        if delivery.via is via and plan.environment in delivery.environments
    )
