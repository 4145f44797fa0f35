"""A run is a success only if everything held."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from typing import Any

import pytest
from rich.console import Console

from rehearsal.drill.impact import Gap, Impact, Retried
from rehearsal.drill.results import Check
from rehearsal.recovery_drill import report
from rehearsal.recovery_drill.catalogue import DRILLS
from rehearsal.recovery_drill.results import Run, Step, Traffic

GOOD = Run(
    drill="quorum-lost",
    number=1,
    took=20.0,
    repair=7.5,
    steps=(Step("lost-quorum-recover", 1.5),),
    checks=(Check("peers.json was read", holds=True),),
    traffic=Traffic(Impact(100, 90, Gap(1.0, 5.5), {"503 sealed": 10}), Retried(9, 0, 4.5), 0, 0),
    may_lose=False,
    missing="",
    problem="",
    notes={"its log": "[peers]"},
)


def test_a_good_run_has_no_fault() -> None:
    assert GOOD.faults == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"checks": (Check("it holds", holds=False, seen="that"),)}, r"it holds: no \(that\)"),
        ({"problem": "the block failed"}, "the block failed"),
        ({"missing": "vault-1 sealed"}, "not healed: vault-1 sealed"),
        ({"traffic": dataclasses.replace(GOOD.traffic, lost=2)}, "2 acknowledged writes lost"),
        ({"traffic": dataclasses.replace(GOOD.traffic, unverified=1)}, "could not be looked for"),
    ],
)
def test_what_does_not_hold_is_a_fault(changed: dict[str, Any], fault: str) -> None:
    (found,) = dataclasses.replace(GOOD, **changed).faults

    assert re.search(fault, found)


def test_where_a_majoritys_disks_are_gone_writes_may_be() -> None:
    lost = dataclasses.replace(GOOD.traffic, lost=2)
    assert dataclasses.replace(GOOD, traffic=lost, may_lose=True).faults == []


def test_it_is_plain_values() -> None:
    values = json.loads(json.dumps(GOOD.as_json()))
    assert values["traffic"]["writes"]["downtime"] == 4.5
    assert values["faults"] == []
    assert values["steps"] == [{"what": "lost-quorum-recover", "seconds": 1.5}]


def test_the_report_shows_every_step_check_note_and_fault() -> None:
    bad = dataclasses.replace(GOOD, number=2, checks=(Check("x holds", holds=False),))
    console = Console(record=True, width=100, file=io.StringIO())
    report.show(console, DRILLS, [GOOD, bad])
    shown = console.export_text()
    for text in ("lost-quorum-recover", "peers.json was read", "x holds", "[peers]", "x holds: no"):
        assert text in shown
    assert "✗" in report.line_of(bad)
    assert "healthy 7.5 s" in report.line_of(GOOD)
