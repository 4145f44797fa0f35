"""The Grafana dashboard: its rows put together, with the variables to choose by. Pure.

Made with Grafana's own types, so that what it does not know cannot be written. The program puts
the text into a ConfigMap; `make dashboard` writes it to a file, for those who import it by hand.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from components.operations.telemetry.dashboard import inside, serving
from components.operations.telemetry.dashboard.panels import DATASOURCE, build
from components.operations.telemetry.metric import Metric
from components.operations.telemetry.metrics import UNSEALED

TITLE: Final = "Vault"
IDENTITY: Final = "vaultstack-vault"
"""In its address, so that links to it stay."""
ROWS: Final = (
    serving.HEALTH,
    serving.TRAFFIC,
    serving.LOGINS,
    inside.LEASES,
    inside.RAFT,
    inside.AUDIT,
    inside.SEAL,
    inside.RUNTIME,
)
"""In the order in which one asks."""


def dashboard() -> models.Dashboard:
    built = (
        builders.Dashboard(TITLE)
        .uid(IDENTITY)
        .description(
            "HashiCorp Vault as vaultstack deploys it: docs/dashboard.md says how to read it."
        )
        .tags(["vault", "vaultstack"])
        .timezone("browser")
        .time("now-3h", "now")
        .refresh("30s")
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(
            builders.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
        )
        .with_variable(
            _choice("namespace", "Namespace", f"label_values({UNSEALED.name}, namespace)")
        )
        .with_variable(
            _choice(
                "instance",
                "Server",
                f'label_values({UNSEALED.name}{{namespace=~"$namespace"}}, pod)',
            )
        )
    )
    identities = count(1)
    for row in ROWS:
        built.with_row(builders.Row(row.title).id(next(identities)))
        for panel in row.panels:
            built.with_panel(build(panel, next(identities)))
    return built.build()


def text() -> str:
    """As Grafana imports it."""
    return JSONEncoder(indent=2, sort_keys=True).encode(dashboard()) + "\n"


def uses(metric: Metric) -> tuple[str, ...]:
    """Titles of the panels that ask for it."""
    asked = re.compile(rf"\b({'|'.join(map(re.escape, metric.series))})\{{")
    return tuple(
        panel.title
        for row in ROWS
        for panel in row.panels
        if any(asked.search(query.expression) for query in panel.queries)
    )


def _choice(name: str, label: str, query: str) -> builders.QueryVariable:
    """All by default, also those that come later."""
    return (
        builders.QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )
