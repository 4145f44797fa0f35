"""A drill's ground on which nothing happens, and what was told of it, in order."""

from __future__ import annotations

import os
import resource
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.drill import dependencies
from rehearsal.drill.episode import Ground
from tests.rehearsal.drill.fakes import ToldCluster, ToldEpisode, ToldPipes, ToldSupervisor

LIMITS = (1000, 2000)
"""A process' soft and hard limits of the size of files, in bytes."""


@dataclass
class Stage:
    """Where a drill is played: what it does is in `told`, a line a deed."""

    told: list[str]
    supervisor: ToldSupervisor
    cluster: ToldCluster
    episode: ToldEpisode
    stood: Any
    """Who needs more than the cluster puts it here."""
    folder: Path


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    """What drills do to processes by their PID, and how long they sleep, is told as well."""
    told: list[str] = []
    cluster, supervisor = ToldCluster(told, tmp_path), ToldSupervisor(told, tmp_path)
    by_pid = {one.pid: one.name for one in (*cluster.processes.values(), supervisor.kms)}
    stood: Any = SimpleNamespace()

    def prlimit(pid: int, what: int, limits: tuple[int, int] | None = None) -> tuple[int, int]:
        assert what == resource.RLIMIT_FSIZE
        if limits is not None:
            told.append(f"limit {by_pid[pid]} to {limits[0]} of {limits[1]}")
        return LIMITS

    def kill(pid: int, number: int) -> None:
        told.append(f"{signal.Signals(number).name} {by_pid[pid]}")

    monkeypatch.setattr(time, "sleep", lambda seconds: told.append(f"sleep {seconds:g}"))
    monkeypatch.setattr(resource, "prlimit", prlimit)
    monkeypatch.setattr(os, "kill", kill)
    monkeypatch.setattr(dependencies, "FifoReader", lambda paths: ToldPipes(told, paths))
    episode = ToldEpisode(told, Ground(supervisor, stood, cluster))
    return Stage(told, supervisor, cluster, episode, stood, tmp_path)
