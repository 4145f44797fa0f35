"""What was found is shown, and how to see it again."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from rehearsal.fuzz import report
from rehearsal.fuzz.results import Results
from tests.rehearsal.fuzz import made


def shown(results: Results) -> str:
    console = Console(width=160, file=StringIO())
    with console.capture() as captured:
        report.show(console, results)
    return captured.get()


def test_the_table_says_how_many_of_each() -> None:
    text = shown(made.results())
    rows = [" ".join(line.split()) for line in text.splitlines()]
    assert "paths asked of sys/capabilities 1,000 25% granted 2,000 0" in rows
    assert "policies written 10 40% taken 100 0" in rows
    assert "requests sent" not in text
    assert "not compared, policies written: 3: nested deeper" in text


def test_the_pace_is_beside_vaults() -> None:
    text = shown(made.results())
    assert "policies.acl 300,000; sys/capabilities over HTTP 2,000 one by one" in text
    assert "150 times as fast" in text
    results = made.results()
    results.pace = None
    assert "times as fast" not in shown(results)


def test_nothing_differs() -> None:
    assert "✓ 1,010 answers compared with a real Vault, 0 differ (seed 7, 2 rounds)" in shown(
        made.results()
    )


def test_a_difference_says_all_that_it_takes_to_see_it_again() -> None:
    text = shown(made.results(made.FOUND))
    assert "✗ 1,010 answers compared with a real Vault, 1 differ" in text
    for part in (
        "capabilities of 'a/[b]'",
        "policies.acl: ['read']",
        "Vault:        ['deny']",
        'path "a" {}',
        "again: python -m rehearsal.fuzz --seed 7 --rounds 1",
    ):
        assert part in text


def test_many_differences_are_counted_and_ten_shown() -> None:
    text = shown(made.results(*[made.FOUND] * 12))
    assert text.count("again: ") == 10
    assert "and 2 more differences" in text


def test_the_progress_names_the_round() -> None:
    assert report.progress(made.results()) == "round 8: 1,010 answers compared, 0 differ"
