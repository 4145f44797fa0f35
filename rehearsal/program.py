"""Runs the real `__main__.py` under a monitor, with the configuration the engine would hand it."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import json
import runpy
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks
from pulumi.runtime.settings import SETTINGS
from pulumi.runtime.stack import run_pulumi_func

ROOT = Path(__file__).parent.parent
PROJECT = "vaultstack"
MAIN = ROOT / "__main__.py"


def stack_configuration(environment: str, overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Key -> value: the defaults of Pulumi.yaml, under the stack file, under `overlay`."""
    defaults = project_defaults(ROOT / "Pulumi.yaml")
    stack = yaml.safe_load((ROOT / f"Pulumi.{environment}.yaml").read_text())["config"]
    return {**defaults, **stack, **{f"{PROJECT}:{key}": value for key, value in overlay.items()}}


def project_defaults(file: Path) -> dict[str, Any]:
    """Key -> value, of the keys that a stack file need not give."""
    declared = yaml.safe_load(file.read_text())["config"]
    return {
        f"{PROJECT}:{key}": entry["default"]
        for key, entry in declared.items()
        if "default" in entry
    }


def stack_keys(environment: str, overlay: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the keys as Pulumi.yaml declares them, without their namespace."""
    full = stack_configuration(environment, overlay)
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in full.items()}


def run(
    environment: str,
    configuration: Mapping[str, Any],
    secret_keys: frozenset[str],
    monitor: mocks.Mocks,
    register: Callable[[mocks.Mocks], mocks.MockMonitor] = mocks.MockMonitor,
    main: Path = MAIN,
) -> None:
    """Evaluate a program. Whatever it raises is raised, after all that it began has ended. May be
    called again: Pulumi keeps what it knows of a run in context variables, so each has its own.
    `register` takes its registrations, options and all.
    """
    contextvars.copy_context().run(
        _run, environment, configuration, secret_keys, monitor, register, main
    )


def _run(
    environment: str,
    configuration: Mapping[str, Any],
    secret_keys: frozenset[str],
    monitor: mocks.Mocks,
    register: Callable[[mocks.Mocks], mocks.MockMonitor],
    main: Path,
) -> None:
    # The root stack binds to the loop that is set when the monitor is.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # The first failure is raised; that what depends on it fails as well is nothing to print.
    loop.set_exception_handler(lambda _loop, _context: None)
    of_threads: list[asyncio.AbstractEventLoop] = []
    loop.set_default_executor(ThreadPoolExecutor(initializer=lambda: _give_loop(of_threads)))
    try:
        SETTINGS.outputs = set()  # the one thing that the mocks do not begin anew
        mocks.set_mocks(
            monitor,
            project=PROJECT,
            stack=environment,
            preview=False,
            monitor=register(monitor),
        )
        pulumi.runtime.set_all_config(
            {key: as_engine_text(value) for key, value in configuration.items()},
            [f"{PROJECT}:{key}" for key in secret_keys],
        )
        loop.run_until_complete(run_pulumi_func(lambda: _program(main)))
    finally:
        _cancel_all(loop)
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        for one in (loop, *of_threads):
            one.close()
        gc.enable()  # the program does without, but this process lives longer


def _give_loop(made: list[asyncio.AbstractEventLoop]) -> None:
    """Pulumi's mocks want a loop in each thread that they work in, and close none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    made.append(loop)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    """After a failure other registrations still wait; let them end quietly."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


def _program(main: Path) -> None:
    runpy.run_path(str(main), run_name="__main__")


def as_engine_text(value: Any) -> str:
    """The engine hands every value over as text: lists and objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
