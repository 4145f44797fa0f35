"""The package as it is installed: built offline, typed, locked like the rest, and in its image."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.recording import ROOT

JOBS, CLIENT = ROOT / "jobs", ROOT / "client"


def project(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return found


def locked(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==([^ ;]+)", file.read_text(), re.MULTILINE))


def names(dependencies: list[str]) -> set[str]:
    return {re.split(r"[<>=~\[ ]", dependency, maxsplit=1)[0] for dependency in dependencies}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    options = ["--no-deps", "--no-index", "--no-build-isolation", "-q"]
    pip = [sys.executable, "-m", "pip", "wheel", *options, "-w", str(folder)]
    subprocess.run([*pip, str(CLIENT), str(JOBS)], check=True, timeout=120, cwd=folder)
    return sorted(folder.glob("*.whl"))


def test_it_runs_installed_outside_the_repository(wheels: list[Path], tmp_path: Path) -> None:
    for wheel in wheels:
        zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = "import vaultstack_jobs as j, vaultstack_client as c; print(j.__file__, c.__file__)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "site")}

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
            env=environment,
        )

    places = python("-c", code).stdout.split()
    assert len(places) == 2
    assert all(Path(place).is_relative_to(tmp_path / "site") for place in places)
    ended = python("-m", "vaultstack_jobs", "rotate", "nothing")
    assert ended.returncode == 2
    assert json.loads(ended.stdout)["step"] == "configuration"


def test_its_types_are_installed_and_nothing_that_is_not_its_own(wheels: list[Path]) -> None:
    (wheel,) = [wheel for wheel in wheels if wheel.name.startswith("vaultstack_jobs")]
    with zipfile.ZipFile(wheel) as content:
        assert "vaultstack_jobs/py.typed" in content.namelist()
        folders = {name.partition("/")[0] for name in content.namelist()}
        assert {folder.partition("-")[0] for folder in folders} == {"vaultstack_jobs"}


def test_its_lock_holds_what_it_and_the_client_need() -> None:
    needed = names(project(JOBS)["dependencies"]) | names(project(CLIENT)["dependencies"])
    assert needed - {"vaultstack-client"} <= set(locked(JOBS / "requirements.lock"))
    assert "vaultstack-client" in needed
    assert "hatchling" in locked(JOBS / "build-requirements.lock")


@pytest.mark.parametrize("name", ["requirements.lock", "build-requirements.lock"])
def test_what_is_locked_is_what_was_tested(name: str) -> None:
    tested, own = locked(ROOT / "requirements.lock"), locked(JOBS / name)
    assert own
    assert {name: tested.get(name) for name in own} == own
    assert (JOBS / name).read_text().count("--hash=sha256:") >= len(own)


def test_the_image_is_built_of_what_is_there_and_runs_as_nobody() -> None:
    lines = (JOBS / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    steps = [line.split() for line in lines if line and not line.startswith("#")]
    bases = [step[1] for step in steps if step[0] == "FROM"]
    assert len(set(bases)) == 1  # what was built runs where it was built for
    assert re.search(r":\d+\.\d+-\w|@sha256:[0-9a-f]{64}$", bases[0])
    for step in steps:
        if step[0] == "COPY" and not step[1].startswith("--from"):
            assert all((ROOT / source).exists() for source in step[1:-1]), step
    (user,) = [step[1] for step in steps if step[0] == "USER"]
    assert all(int(part) > 0 for part in user.split(":"))
    assert steps[-1] == ["ENTRYPOINT", '["python",', '"-m",', '"vaultstack_jobs"]']


def test_the_containerfile_comes_with_one_version() -> None:
    version = project(JOBS)["version"]
    for file in ("Containerfile", "README.md"):
        assert f"vaultstack-jobs:{version}" in (JOBS / file).read_text()
