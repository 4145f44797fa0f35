"""Every alert, by promtool itself: it fires on what it is for, and on nothing else."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from components.operations.telemetry.alerts.alert import Alert, Severity
from components.operations.telemetry.alerts.rules import ALERTS, GROUPS, rules
from rehearsal import binaries
from rehearsal.binaries import Tool
from tests.components.operations.telemetry.alerts import (
    access_cases,
    health_cases,
    speed_cases,
    upkeep_cases,
)
from tests.components.operations.telemetry.alerts.cases import HEALTHY, WATCHED, Case

CASES: Final = (
    *health_cases.CASES,
    *speed_cases.CASES,
    *access_cases.CASES,
    *upkeep_cases.CASES,
)


@pytest.fixture(scope="module")
def promtool() -> Path:
    return binaries.ensure([Tool.PROMTOOL])[Tool.PROMTOOL].path


def run(promtool: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [promtool, *arguments], capture_output=True, text=True, check=False, timeout=200
    )


def firing(name: str, labels: dict[str, str]) -> str:
    matched = ",".join(
        f'{label}="{value}"'
        for label, value in {"alertname": name, "alertstate": "firing", **labels}.items()
    )
    return f"count(ALERTS{{{matched}}}) > bool 0"


def asked(query: str, at: str, *, fires: bool) -> dict[str, Any]:
    samples = [{"labels": "{}", "value": 1}] if fires else []
    return {"expr": query, "eval_time": at, "exp_samples": samples}


def of_case(case: Case) -> dict[str, Any]:
    """Of all series only those that the alert asks for, or promtool takes minutes."""
    asks = {one for alert in meant(case) for metric in alert.metrics for one in metric.series}
    query = firing(case.alert, dict(case.labels))
    return {
        "name": str(case),
        "interval": f"{case.seconds}s",
        "input_series": [
            {"series": name, "values": text}
            for name, text in case.series.items()
            if name.partition("{")[0] in asks
        ],
        "promql_expr_test": [asked(query, case.at, fires=case.fires)],
    }


def write(folder: Path, tests: list[dict[str, Any]], alert: str = "") -> Path:
    """Tests of that alert's rules, or of all."""
    groups = [
        {**group, "rules": [one for one in group["rules"] if alert in ("", one["alert"])]}
        for group in rules(WATCHED)["groups"]
    ]
    named = f"{alert}rules.yaml"
    (folder / named).write_text(yaml.safe_dump({"groups": groups}))
    file = folder / f"{alert}tests.yaml"
    head = {"rule_files": [named], "evaluation_interval": "1m", "tests": tests}
    file.write_text(yaml.safe_dump(head))
    return file


def test_promtool_finds_nothing_wrong_with_the_rules(promtool: Path, tmp_path: Path) -> None:
    write(tmp_path, [])
    ended = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", tmp_path / "rules.yaml")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_each_fires_on_what_it_is_for_and_on_nothing_else(promtool: Path, tmp_path: Path) -> None:
    files = [
        write(tmp_path, [of_case(case) for case in CASES if case.alert == name], name)
        for name in sorted({alert.name for alert in ALERTS})
    ]
    ended = run(promtool, "test", "rules", *files)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_nothing_fires_in_two_healthy_hours(promtool: Path, tmp_path: Path) -> None:
    test = {
        "interval": "30s",
        "input_series": [{"series": name, "values": text} for name, text in HEALTHY.items()],
        "promql_expr_test": [
            asked('count by (alertname) (ALERTS{alertstate="firing"})', at, fires=False)
            for at in ("20m", "60m", "2h")
        ],
    }
    ended = run(promtool, "test", "rules", write(tmp_path, [test]))
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_wrong_expectation_is_found(promtool: Path, tmp_path: Path) -> None:
    """That the tests above can fail: each expects the contrary here."""
    for case in (CASES[0], next(case for case in CASES if not case.fires)):
        test = of_case(case)
        expected = test["promql_expr_test"][0]
        expected["exp_samples"] = [] if case.fires else [{"labels": "{}", "value": 1}]
        file = write(tmp_path, [test], case.alert)
        assert run(promtool, "test", "rules", file).returncode != 0


def meant(case: Case) -> Iterator[Alert]:
    """The rules that a case is about."""
    for alert in ALERTS:
        labels = {"severity": alert.severity.value, **alert.labels}
        known = {name: value for name, value in case.labels.items() if name in labels}
        if alert.name == case.alert and known.items() <= labels.items():
            yield alert


@pytest.mark.parametrize("wanted", [True, False], ids=["fires", "keeps quiet"])
def test_every_rule_has_such_series(wanted: bool) -> None:
    shown = {
        (alert.name, alert.severity, *sorted(alert.labels.items()))
        for case in CASES
        if case.fires is wanted
        for alert in meant(case)
    }
    every = {(alert.name, alert.severity, *sorted(alert.labels.items())) for alert in ALERTS}
    assert every - shown == set()


def test_a_case_speaks_of_rules_that_exist() -> None:
    assert [str(case) for case in CASES if not list(meant(case))] == []


def test_no_two_rules_are_the_same() -> None:
    every = [(alert.name, alert.severity, *sorted(alert.labels.items())) for alert in ALERTS]
    assert len(every) == len(set(every))


def test_a_rule_without_its_cause_is_left_out() -> None:
    """A deployment of one server on files, sealed by shares, with a certificate from elsewhere."""
    from dataclasses import replace  # noqa: PLC0415

    alone = replace(
        WATCHED, servers=1, raft=False, kms=False, issued=False, snapshots=None, rotations=()
    )
    names = {rule["alert"] for group in rules(alone)["groups"] for rule in group["rules"]}
    assert {alert.name for alert in ALERTS} - names == {
        "VaultQuorumMarginLost",
        "VaultAutopilotUnhealthy",
        "VaultLeaderUnsteady",
        "VaultKmsErrors",
        "VaultSnapshotOld",
        "VaultRotationUnfinished",
        "VaultJobSuspended",
        "VaultJobOverdue",
    }


def test_every_rule_says_what_it_is_and_where_to_read_on() -> None:
    for group in rules(WATCHED)["groups"]:
        assert group["name"] in GROUPS
        for rule in group["rules"]:
            notes = rule["annotations"]
            assert notes["summary"]
            assert notes["description"].endswith(".")
            assert notes["runbook_url"] == f"{WATCHED.runbooks}/{rule['alert']}.md"
            assert rule["labels"]["environment"] == "prod"
            assert rule["labels"]["severity"] in set(Severity)


RUNBOOKS: Final = Path(__file__).resolve().parents[5] / "docs" / "runbooks"
SECTIONS: Final = [
    "## What it means",
    "## What users notice",
    "## Look first",
    "## Repair",
    "## After",
]


def test_every_alert_has_its_page_and_every_such_page_its_alert() -> None:
    """Pages of recovery are called after what is recovered, in small letters."""
    pages = {page.stem for page in RUNBOOKS.glob("Vault*.md")}
    assert pages == {alert.name for alert in ALERTS}


@pytest.mark.parametrize("name", sorted({alert.name for alert in ALERTS}))
def test_a_page_says_what_to_do(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text()
    assert text.startswith(f"# {name}\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == SECTIONS
    assert "```bash" in text
    for linked in re.findall(r"\]\(([^)#]+)\)", text):
        assert (RUNBOOKS / linked).is_file(), linked
