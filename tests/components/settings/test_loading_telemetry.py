"""What is measured of the deployed servers, and by whom: read, and refused where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from components.settings import TelemetrySettings
from components.settings.loading_telemetry import read_telemetry
from components.settings.reader import ConfigReader
from policies.lifetime import Duration
from tests.components.settings.loader import SET, Loader, deploying, of_existing
from tests.recording import Runner, declared


def watched(loaded: Loader, **changed: object) -> TelemetrySettings:
    telemetry = loaded.of(deploying("staging", metrics=True, **changed)).telemetry
    assert telemetry is not None
    return telemetry


def test_by_default_nobody_fetches_metrics(loaded: Loader) -> None:
    assert loaded.of(deploying("staging")).telemetry is None


def test_of_a_vault_that_is_there_already_its_owner_says_it(loaded: Loader) -> None:
    assert loaded.of(of_existing("staging", metrics=True)).telemetry is None


def test_turned_on_all_else_has_its_default(loaded: Loader) -> None:
    assert watched(loaded) == TelemetrySettings(
        prometheus_namespace="monitoring",
        prometheus_pod_labels={"app.kubernetes.io/name": "prometheus"},
        selected_by={"release": "prometheus"},
        interval=Duration.parse("30s"),
        usage_interval=Duration.parse("10m"),
        runbooks="https://github.com/acme/vaultstack/blob/main/docs/runbooks",
        dashboard_labels={},
    )


@pytest.mark.parametrize(
    ("changed", "key", "words", "fix"),
    [
        (
            {"prometheusNamespace": "Monitoring"},
            "prometheusNamespace",
            "must be the namespace in which Prometheus runs, is 'Monitoring'",
            f"{SET}:prometheusNamespace monitoring",
        ),
        (
            {"prometheusPodLabels": {}},
            "prometheusPodLabels",
            "is needed: without labels every pod of Prometheus' namespace could read the metrics",
            "write the labels of its pods as `kubectl get pods --show-labels` shows them",
        ),
        (
            {"prometheusSelector": {"release": "a b"}},
            "prometheusSelector",
            "must be labels as Kubernetes knows them, holds 'release': 'a b'",
            "write such as {app.kubernetes.io/name: prometheus}",
        ),
        (
            {"grafanaLabels": {"grafana dashboard": "1"}},
            "grafanaLabels",
            "must be labels as Kubernetes knows them, holds 'grafana dashboard': '1'",
            "write such as {app.kubernetes.io/name: prometheus}",
        ),
        (
            {"metricsInterval": "5m"},
            "metricsInterval",
            (
                "must be at most 2m, is 5m: Prometheus forgets what it was last told after five "
                "minutes, and the alerts look at five"
            ),
            f"{SET}:metricsInterval 30s",
        ),
        (
            {"runbookUrl": ""},
            "runbookUrl",
            "is needed: whom an alert wakes must find what to do",
            f"{SET}:runbookUrl <URL of the folder that docs/runbooks is published as>",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else "",
)
def test_each_rule_is_one_problem_with_its_key_and_fix(
    loaded: Loader, changed: Mapping[str, object], key: str, words: str, fix: str
) -> None:
    problems = loaded.problems_of(deploying("staging", metrics=True, **changed))
    assert problems == (f"vaultstack:{key}: {words}; fix: {fix}",)
    # Turned off, or not deployed, a rule about it holds for nobody.
    loaded.of(deploying("staging", metrics=False, **changed))


def test_every_key_is_read_whoever_fetches_metrics(run: Runner) -> None:
    """Or a stack that turns them off would be told that the others are unknown."""

    def read() -> None:
        reader = ConfigReader("vaultstack")
        assert read_telemetry(reader, None) is None
        reader.finish()

    keys = ("metrics", "metricsInterval", "metricsUsageInterval", "prometheusNamespace")
    labels = ("prometheusPodLabels", "prometheusSelector", "grafanaLabels")
    given = {key: declared()[key]["default"] for key in (*keys, *labels, "runbookUrl")}
    run(read, config=given)


def test_a_type_is_checked_always(loaded: Loader) -> None:
    (problem,) = loaded.problems_of(deploying("staging", metricsInterval="30"))
    assert problem.startswith("vaultstack:metricsInterval: must be a duration with its unit")
