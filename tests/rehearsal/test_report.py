"""What the terminal and the JSON file show of a proof."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from rehearsal import report
from rehearsal.proof.results import Figure, Outcome, Result, Seen
from rehearsal.proof.run import _CHAPTERS

ALLOWED, DENIED, BROKEN = Outcome.ALLOWED, Outcome.DENIED, Outcome.BROKEN
API, BATCH = "kubesentiment/api", "kubesentiment/batch"
STATIC = Figure.STATIC_SECRET


def cell(
    who: str,
    operation: str,
    resource: str,
    expected: Outcome,
    seen: Outcome | None = None,
    milliseconds: float | None = 1.0,
    figure: Figure | None = None,
    detail: str = "",
) -> Result:
    was = Seen(seen or expected, milliseconds, detail)
    return Result(who, operation, resource, expected, was, figure, "kv")


RESULTS = [
    cell(API, "log in", "own service account", ALLOWED, milliseconds=6.74),
    cell(API, "kv read", "kubesentiment/config", ALLOWED, milliseconds=2.0, figure=STATIC),
    cell(API, "AWS knows the key, with the plan's rights", "s3-access", ALLOWED),
    cell(API, "kv read", "media-catalog/external", DENIED, milliseconds=1.0, figure=STATIC),
    cell(API, "kv read", "media-catalog/database", DENIED, milliseconds=3.0, figure=STATIC),
    cell(API, "user after revocation", "kubesentiment-readwrite", DENIED, milliseconds=None),
    cell(BATCH, "SQL INSERT", "kubesentiment-readonly", DENIED, ALLOWED, 12.0),
]
SNAPSHOT = """\
workload                                                                  figure
  cell                   with                     expected seen        ms     ms
────────────────────────────────────────────────────────────────────────────────
kubesentiment/api
  log in                 own service account      allowed  ✓ allowed  6.7
  kv read                kubesentiment/config     allowed  ✓ allowed  2.0   5-15
  AWS knows the key,     s3-access                allowed  ✓ allowed  1.0
  with the plan's rights
  kv read                media-catalog/external,  denied   ✓ 2/2      2.0
                         media-catalog/database
  user after revocation  kubesentiment-readwrite  denied   ✓ denied

kubesentiment/batch
  SQL INSERT             kubesentiment-readonly   denied   ✗ allowed 12.0"""


def shown(results: list[Result], width: int) -> str:
    text = io.StringIO()
    report.show(Console(file=text, width=width), results)
    return text.getvalue()


def table(results: list[Result], width: int) -> list[str]:
    """The lines of the table of cells, without the spaces at their ends."""
    lines = [line.rstrip() for line in shown(results, width).splitlines()]
    end = next(i for i, line in enumerate(lines) if line.startswith(("Cells", "Latency")))
    return lines[1:end]


def test_a_small_table_at_80_columns() -> None:
    assert "\n".join(table(RESULTS, 80)).rstrip() == SNAPSHOT


@pytest.mark.parametrize("width", [80, 120, 150])
def test_it_fits_and_cuts_no_name(width: int) -> None:
    long = "kubesentiment-api: evil-api.kubesentiment.staging.example.internal"
    results = [*RESULTS, cell(API, "certificate for another name", long, DENIED)]
    lines = table(results, width)
    assert max(map(len, lines)) <= width
    text = "".join("".join(line) for line in lines)
    assert "…" not in text
    for name in (API, BATCH, "kubesentiment-readwrite", "figure", "expected"):
        assert name in text
    column = "".join(line[24 : 24 + 25].strip() for line in lines) if width == 80 else text
    assert "staging.exampl" in column


@pytest.mark.parametrize("width", [120, 150])
def test_where_there_is_room_a_cell_is_a_line(width: int) -> None:
    (row,) = (line for line in table(RESULTS, width) if "kv read" in line and "denied" in line)
    assert "media-catalog/external" in row
    assert "✓ 2/2" in row


def test_allowed_cells_are_one_by_one_and_denied_ones_by_kind() -> None:
    many = [cell(API, "kv read", f"entry-{n}", DENIED) for n in range(6)]
    some = [cell(API, "kv read", f"own-{n}", ALLOWED) for n in range(3)]
    lines = table([*many, *some], 120)
    assert sum("own-" in line for line in lines) == 3
    (row,) = (line for line in lines if "entry-" in line)
    assert "entry-0, entry-1, entry-2 and 3 more" in row
    assert "✓ 6/6" in row


def test_one_wrong_cell_of_a_kind_is_counted_and_named() -> None:
    many = [cell(API, "kv read", f"entry-{n}", DENIED) for n in range(5)]
    wrong = cell(API, "kv read", "entry-5", DENIED, ALLOWED)
    (row,) = (line for line in table([*many, wrong], 120) if "entry-0" in line)
    assert "✗ 5/6" in row
    assert "✗ kubesentiment/api: kv read entry-5: expected denied, seen allowed" in shown(
        [*many, wrong], 120
    )


def test_every_mismatch_is_a_line_of_its_own_with_its_detail() -> None:
    detail = "500 open [/var/run/x]: [bold] no such file"
    broken = cell(BATCH, "kv read", "kubesentiment/config", ALLOWED, BROKEN, 1.0, None, detail)
    lines = [line.rstrip() for line in shown([*RESULTS, broken], 150).splitlines()]
    assert [line for line in lines if line.startswith("✗")] == [
        f"✗ {BATCH}: SQL INSERT kubesentiment-readonly: expected denied, seen allowed",
        f"✗ {BATCH}: kv read kubesentiment/config: expected allowed, seen broken {detail}",
    ]


def test_without_a_mismatch_there_is_no_such_line() -> None:
    assert "✗" not in shown(RESULTS[:-1], 120)


def test_latencies_are_of_allowed_cells_beside_the_figures() -> None:
    cells = [
        cell(API, "kv read", str(n), ALLOWED, milliseconds=n, figure=STATIC) for n in (20, 30, 10)
    ]
    denied = cell(API, "kv read", "x", DENIED, milliseconds=0.1, figure=STATIC)
    lines = shown([*cells, denied], 120).splitlines()
    (row,) = (line for line in lines if line.strip(" │").startswith("static secret"))
    words = row.replace("│", " ").split()
    assert words == ["static", "secret", "3", "10.0", "20.0", "30.0", "5-15", "above"]


AREAS = ("log in", *_CHAPTERS, "ci")


@pytest.mark.parametrize("width", [80, 100, 116])
def test_the_overview_breaks_no_word_where_it_has_no_syllables(width: int) -> None:
    many = [
        replace(cell(who, "kv read", str(n), outcome), area=area)
        for who in (API, "platform/rotation-kubesentiment-database")
        for area in AREAS
        for outcome, count in ((ALLOWED, 1), (DENIED, 34))
        for n in range(count)
    ]
    text = io.StringIO()
    report.show_overview(Console(file=text, width=width), many)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    assert max(map(len, lines)) <= width
    rule = next(i for i, line in enumerate(lines) if line.startswith("───"))
    above, (row,) = lines[1:rule], [line for line in lines if line.startswith(API)]
    assert row.split() == [API, *["1+34"] * len(AREAS)]
    pieces = {piece for broken in report._BROKEN.values() for piece in broken.split("\n")}
    for word in " ".join(above).split():
        assert word in {"workload", "log", "in", *AREAS, *pieces}
    names = "".join(line.split()[0] for line in lines[rule + 1 :] if line)
    assert "platform/rotation-kubesentiment-database" in names


def test_the_summary_counts_what_was_as_expected() -> None:
    assert report.summary(RESULTS) == ("3 allowed and 3 denied as the matrix says, 1 otherwise")
    assert report.summary([]) == "0 allowed and 0 denied as the matrix says, 0 otherwise"


def test_the_json_holds_every_cell(tmp_path: Path) -> None:
    report.write_json(tmp_path / "cells.json", RESULTS)
    cells = json.loads((tmp_path / "cells.json").read_text())
    assert len(cells) == len(RESULTS)
    assert (
        cells[1].items()
        >= {
            "subject": API,
            "operation": "kv read",
            "resource": "kubesentiment/config",
            "expected": "allowed",
            "seen": "allowed",
            "ok": True,
            "milliseconds": 2.0,
            "figure": "static secret",
            "detail": "",
        }.items()
    )
    assert (cells[5]["milliseconds"], cells[5]["figure"]) == (None, None)
    assert (cells[6]["expected"], cells[6]["seen"], cells[6]["ok"]) == ("denied", "allowed", False)
