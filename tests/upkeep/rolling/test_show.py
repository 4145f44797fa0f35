from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from tests.upkeep.rolling.world import NEW, look, sealed, server, servers
from upkeep.rolling.events import Event, Step
from upkeep.rolling.model import Look
from upkeep.rolling.plan import make_plan
from upkeep.rolling.show import Progress, plan_table, remarks


def shown(given: Look) -> list[list[str]]:
    console = Console(file=io.StringIO(), width=200)
    console.print(plan_table(given, make_plan(given, {})))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]


def test_the_plan_says_what_is_and_what_is_to_be() -> None:
    rows = shown(
        look(server("vault-0", leads=True), server("vault-1", revision=NEW), server("v-2"))
    )
    assert rows[0] == [
        "vault-0",
        "leader",
        "yes",
        "1.20.4 -> 1.21.0",
        "hashicorp/vault:1.20.4 -> hashicorp/vault:1.21.0",
        "decaf -> c0ffee",
        "2",
    ]
    assert rows[1][-1] == "left alone"


def test_what_is_not_known_is_no_yes() -> None:
    zero, one, two = servers()
    rows = shown(look(replace(zero, said=None, peer=None), sealed(one), replace(two, pod=None)))
    assert rows[0][1:3] == ["silent", "?"]
    assert rows[1][1] == "sealed"
    assert rows[2][4].startswith("- ->")


def test_refusals_and_notes() -> None:
    zero, one, two = servers()
    said = list(remarks(make_plan(look(zero, one, sealed(two)), {})))
    assert said[0].startswith("[bold red]not now:[/] vault-2 is sealed")
    assert said[-1].startswith("[yellow]note:[/] after an upgrade")


def test_elsewhere_than_in_a_terminal_it_is_line_by_line() -> None:
    file = io.StringIO()
    given = look()
    with Progress(Console(file=file, width=100), make_plan(given, {})) as progress:
        progress.tell(Event(Step.BEGAN, "vault-2", "a standby"))
        progress.seen(given)
        progress.tell(Event(Step.DONE))
        progress.tell(Event(Step.STOPPED, "vault-2", "which the command says itself"))
    assert file.getvalue() == "vault-2  began a standby\ndone \n"


def test_in_a_terminal_a_table_follows_the_servers() -> None:
    file = io.StringIO()
    given = look()
    console = Console(file=file, width=120, force_terminal=True)
    with Progress(console, make_plan(given, {})) as progress:
        progress.tell(Event(Step.ENDS, "vault-2"))
        progress.seen(replace(given, servers=(*given.servers[:2], sealed(given.servers[2]))))
    assert "is sealed" in file.getvalue()
    assert "up to date" in file.getvalue()
