"""The workflows as values, and their steps run as GitHub's runner does."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import yaml

from policies.environments import Environment
from tests.recording import ROOT

GITHUB: Final = ROOT / ".github"
SCRIPTS: Final = GITHUB / "scripts"
WORKFLOWS: Final = {path.stem: path for path in (GITHUB / "workflows").glob("*.yml")}
ENVIRONMENTS: Final = [environment.value for environment in Environment]


def parsed(name: str) -> dict[str, Any]:
    # YAML 1.1 takes the key `on` for true.
    document = yaml.safe_load(WORKFLOWS[name].read_text())
    return {"on" if key is True else key: value for key, value in document.items()}


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for workflow in WORKFLOWS:
        for name, job in parsed(workflow)["jobs"].items():
            yield workflow, name, job


def steps(workflow: str, job: str) -> list[dict[str, Any]]:
    return list(parsed(workflow)["jobs"][job]["steps"])


def run_of(step: Mapping[str, Any]) -> str:
    """Empty where the step uses an action."""
    return str(step.get("run", ""))


def runs(workflow: str, job: str) -> str:
    return "\n".join(map(run_of, steps(workflow, job)))


def module_of(script: Path) -> ModuleType:
    """A script's functions, without running it."""
    specification = importlib.util.spec_from_file_location(script.stem, script)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[script.stem] = module  # where dataclasses look for it
    specification.loader.exec_module(module)
    return module


def executable(path: Path, body: str) -> None:
    """Writes a program in the shell's language."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def as_a_runner(
    script: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """As GitHub's runner does it where a step names no shell."""
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
