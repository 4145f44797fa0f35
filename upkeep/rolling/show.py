"""The servers as a table: what is planned, and what is going on."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from upkeep.rolling.events import Event, Step
from upkeep.rolling.model import Look, Server
from upkeep.rolling.plan import Plan

_SHORT: Final = 8
_STYLE: Final = {
    Step.SETTLED: "green",
    Step.DONE: "bold green",
    Step.STOPPED: "bold red",
    Step.WAITS: "yellow",
}


def plan_table(look: Look, plan: Plan) -> Table:
    """What is, what is to be, and in which order."""
    table = Table(title=f"to template {plan.target.revision}", title_justify="left")
    for column in ("server", "role", "voter", "version", "image", "configuration", "order"):
        table.add_column(column)
    for server in look.servers:
        position = plan.position(server.name)
        table.add_row(
            server.name,
            _role(server),
            _voter(server),
            _change(_said(server.version), _said(plan.target.version)),
            _change(server.pod.image if server.pod else "-", plan.target.image),
            _configuration(server, plan),
            str(position) if position else "left alone",
        )
    return table


def remarks(plan: Plan) -> Iterable[str]:
    """Markup: what must not be, and what is to be known."""
    yield from (f"[bold red]not now:[/] {escape(refusal)}" for refusal in plan.refusals)
    yield from (f"[yellow]note:[/] {escape(warning)}" for warning in plan.warnings)


class Progress:
    """The servers while they are changed: a table that follows them in a terminal, with what
    happened above it; elsewhere only what happened, line by line.
    """

    def __init__(self, console: Console, plan: Plan) -> None:
        self._console, self._plan = console, plan
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._doing: dict[str, str] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def tell(self, event: Event) -> None:
        if event.server:
            self._doing[event.server] = event.step.value
        if event.step is Step.STOPPED:
            return  # the command ends with these words
        style = _STYLE.get(event.step, "cyan")
        words = f"[bold]{event.server:8}[/] " if event.server else ""
        self._console.print(
            f"{words}[{style}]{event.step.value}[/] {escape(event.words)}",
            highlight=False,
            soft_wrap=True,
        )

    def seen(self, look: Look) -> None:
        if self._console.is_terminal:
            self._live.update(self._table(look), refresh=True)

    def _table(self, look: Look) -> Table:
        table = Table()
        for column in ("server", "role", "voter", "version", "up to date", "doing", "lacks"):
            table.add_column(column)
        for server in look.servers:
            done = server.pod and server.pod.revision == self._plan.target.revision
            table.add_row(
                server.name,
                _role(server),
                _voter(server),
                _said(server.version),
                "yes" if done else "no",
                self._doing.get(server.name, ""),
                server.lacks,
            )
        return table


def _role(server: Server) -> str:
    if server.role:
        return server.role.value
    return "sealed" if server.said else "silent"


def _voter(server: Server) -> str:
    if server.peer is None:
        return "?"
    if not server.peer.voter:
        return "no"
    return "yes" if server.peer.healthy else "yes, unhealthy"


def _said(version: object) -> str:
    return "?" if version is None else str(version)


def _change(now: str, wanted: str) -> str:
    return escape(now if now == wanted else f"{now} -> {wanted}")


def _configuration(server: Server, plan: Plan) -> str:
    now = server.pod.checksum if server.pod else ""
    if now == plan.target.checksum:
        return "up to date"
    return f"{now[:_SHORT]} -> {plan.target.checksum[:_SHORT]}"
