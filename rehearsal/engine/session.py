"""The command lines of the engine's scenarios: those of drills, once the engine is found to be
installed. Each scenario is played once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape

from policies.environments import Environment
from rehearsal.drill import command
from rehearsal.drill.command import Kit
from rehearsal.engine import tools
from rehearsal.engine.tools import Installed

if TYPE_CHECKING:
    from rehearsal.engine.episode import Scenario
    from rehearsal.engine.results import Run
    from rehearsal.engine.run import OpenGround

_ABSENT: Final = 3


def run_command(
    load: Callable[[Installed], Kit[Scenario, Run]],
    plugins: Sequence[str],
    module: str,
    description: str,
    environments: Sequence[Environment],
    arguments: Sequence[str] | None,
) -> int:
    """`environments`: those that can be tried, the usual one first.

    Exit status: 0 all was as it must be; 1 it was not, or the run could not go on; 2 wrong
    usage; 3 the engine is not installed; 130 interrupted.
    """
    parser = command.parser_of(module, description, environments=environments)
    parser.parse_args(arguments)  # help and wrong usage need no engine
    try:
        installed = tools.find(plugins)
    except tools.MissingToolsError as error:
        Console(stderr=True).print(escape(str(error)), highlight=False, soft_wrap=True)
        return _ABSENT
    return command.run_command(lambda: load(installed), parser, arguments)


def kit_of(
    title: str, installed: Installed, scenarios: Sequence[Scenario], ground: OpenGround
) -> Kit[Scenario, Run]:
    """`title`: the command, such as `make engine-test`."""
    # Here, so that `--help`, and a computer without the engine, do not wait for the imports.
    from rehearsal.engine import report  # noqa: PLC0415
    from rehearsal.engine.run import run_scenarios  # noqa: PLC0415

    return Kit(
        title,
        scenarios,
        lambda found, environment, chosen, _repeat, say, done: run_scenarios(
            installed, found, environment, chosen, ground, say, done
        ),
        report.line_of,
        report.show,
        "all as it must be",
    )
