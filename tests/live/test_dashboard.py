"""Every query of the dashboard is answered: a real Prometheus scrapes a rehearsed cluster, over TLS
and with the certificate that the program asked for, while applications use it and its leader
changes.

What is not answered must be waiting for an event, which the metrics' table names.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from components.operations.telemetry.dashboard.document import text
from components.operations.telemetry.metrics import METRICS
from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import SERVERS, Tool
from rehearsal.dashboard import picture
from rehearsal.dashboard.panels import read, without_variables
from rehearsal.dashboard.run import Recording, recorded
from rehearsal.dashboard.watching import SCRAPED_EVERY
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live

LASTS: Final = timedelta(seconds=24)
AWAITED: Final = {metric.name: metric.after for metric in METRICS if metric.after}
ASKED: Final = [
    (panel.title, query.legend, query.expression)
    for panel in read(text())
    for query in panel.queries
]


@pytest.fixture(scope="module")
def recording() -> Iterator[Recording]:
    tools = (*SERVERS, Tool.FORTIO, Tool.PROMETHEUS)
    found = binaries.ensure(tools, progress=lambda line: print(line, file=sys.stderr))
    with (
        Supervisor() as supervisor,
        recorded(supervisor, found, Environment.STAGING, lambda _: None, LASTS) as seen,
    ):
        yield seen


@pytest.mark.parametrize(
    ("expression", "awaited"),
    [
        pytest.param(
            expression,
            next((why for name, why in AWAITED.items() if f"{name}{{" in expression), ""),
            id=f"{title}: {legend}",
        )
        for title, legend, expression in ASKED
    ],
)
def test_it_is_answered_or_waits_for_an_event(
    recording: Recording, expression: str, awaited: str
) -> None:
    asked = without_variables(expression, SCRAPED_EVERY)
    window = recording.window
    found = recording.prometheus.query_range(asked, window.start, window.end, SCRAPED_EVERY)
    assert found or awaited, f"no server has what is asked: {asked}"


def test_a_renamed_metric_would_not_be_answered(recording: Recording) -> None:
    """So the test above can fail."""
    _, _, expression = ASKED[0]
    asked = without_variables(expression, SCRAPED_EVERY).removesuffix(" or vector(0)")
    renamed = asked.replace("vault_core_unsealed", "vault_core_open")
    assert renamed != asked
    assert recording.prometheus.query(renamed) == ()


def test_what_is_no_promql_is_refused(recording: Recording) -> None:
    with pytest.raises(RehearsalError, match=r"Prometheus refuses sum\(: .*parse error"):
        recording.prometheus.query("sum(")


def test_it_shows_that_the_leader_changed(recording: Recording) -> None:
    answers = {panel.title: lines for panel, lines in recording.answers(text())}
    led = [
        line.name for line in answers["Who leads"] if any(value == 1 for _, value in line.points)
    ]
    assert len(led) == 2
    elections = [
        max(value for _, value in line.points)
        for line in answers["Elections and lost leadership"]
        if line.name.endswith("was told to step down")
    ]
    assert max(elections) == 1


def test_all_of_it_is_drawn(recording: Recording, tmp_path: Path) -> None:
    file = tmp_path / "dashboard.svg"
    picture.save(file, recording.drawn(text(), "Vault"))
    words = " ".join(ET.parse(file).getroot().itertext())
    assert all(panel.title in words for panel in read(text()))
    assert "No data" not in words
