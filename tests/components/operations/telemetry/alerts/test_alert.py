"""An alert, as Prometheus takes it."""

from __future__ import annotations

from components.operations.telemetry.alerts.alert import Alert, Severity
from components.operations.telemetry.others import UP
from policies.lifetime import Duration
from tests.components.operations.telemetry.alerts.cases import WATCHED


def alert(after: Duration | None) -> Alert:
    return Alert(
        "Down",
        Severity.WARNING,
        after,
        "It is down",
        "Nobody answers.",
        (UP,),
        lambda watched: f"up < {watched.servers}",
        labels={"of": "all"},
    )


def test_it_reads_like_this() -> None:
    assert alert(Duration.parse("5m")).rule(WATCHED) == {
        "alert": "Down",
        "expr": "up < 3",
        "for": "5m",
        "labels": {"severity": "warning", "environment": "prod", "of": "all"},
        "annotations": {
            "summary": "It is down",
            "description": "Nobody answers.",
            "runbook_url": "https://docs.example.com/runbooks/Down.md",
        },
    }


def test_one_that_fires_at_once_has_no_duration() -> None:
    assert "for" not in alert(None).rule(WATCHED)
