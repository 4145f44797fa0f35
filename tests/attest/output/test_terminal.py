"""A comparison in a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from attest.output.terminal import show
from attest.report import Report
from tests.attest.output.reports import full, same


def shown(made: Report, width: int = 160) -> str:
    file = io.StringIO()
    show(Console(file=file, width=width, highlight=False), made)
    return file.getvalue()


def test_the_same_is_three_lines() -> None:
    assert shown(same()).strip().splitlines() == [
        "prod: Vault is what the matrix says",
        f"{same().objects} things were compared, and nothing was changed.",
        "",
        "Vault 1.21.0 at https://vault.example, 2026-11-22 15:00 UTC, 0 requests.",
    ]


def test_everything_is_there_and_nothing_that_a_terminal_obeys() -> None:
    said = shown(full())
    for part in (
        "Not read: nothing is known of what is there",
        "Missing: declared, and not in Vault",
        "Undeclared: in Vault, and nobody declared it",
        "gained update on sys/policies/acl/*",
        "kubesentiment/batch in prod: gains 1",
        "acc-root",
        "root: it may do everything",
        "Grants that the audit log does not show in use",
        "3 allowed by backdoor, which the matrix lacks",
        "Note: Vault 9.9.9 is none of those",
    ):
        assert part in said, part
    assert "\x1b" not in said
    assert max(map(len, shown(full(), 80).splitlines())) <= 80
