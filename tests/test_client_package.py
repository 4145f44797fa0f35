"""The client as applications get it: built, installed and imported away from this tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import Distribution
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.recording import ROOT

CLIENT = ROOT / "client"
PIP = (sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--quiet")
OFFLINE = ("--no-index", "--no-deps", "--no-build-isolation")


def run(*command: str, cwd: Path, environ: Mapping[str, str] = os.environ) -> str:
    finished = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a copy, so that nothing is built into this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "client"
    shutil.copytree(CLIENT, source, ignore=shutil.ignore_patterns("__pycache__"))
    out = folder / "out"
    run(*PIP, "wheel", *OFFLINE, "--wheel-dir", str(out), str(source), cwd=folder)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of installed packages of an environment that has nothing else."""
    home = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", str(home), cwd=home)
    (target,) = home.glob("lib/python*/site-packages")
    run(*PIP, "install", *OFFLINE, "--target", str(target), str(wheel), cwd=home)
    return target


def metadata(installed: Path) -> Distribution:
    (found,) = installed.glob("vaultstack_client-*.dist-info")
    return Distribution.at(found)


def test_it_is_pure_python(wheel: Path) -> None:
    version = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]["version"]
    assert wheel.name == f"vaultstack_client-{version}-py3-none-any.whl"


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = CLIENT / "vaultstack_client"
    there = {
        str(path.relative_to(CLIENT))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == there
    assert "vaultstack_client/py.typed" in names


def test_it_asks_for_hvac_only(installed: Path) -> None:
    (requirement,) = metadata(installed).requires or []
    assert requirement.startswith("hvac")
    assert metadata(installed).metadata["Requires-Python"] == ">=3.11"


def test_a_package_index_would_not_take_it_by_mistake(installed: Path) -> None:
    """PyPI refuses what says so."""
    assert "Private :: Do Not Upload" in metadata(installed).metadata.get_all("Classifier", [])


def test_its_readme_is_its_description(installed: Path) -> None:
    description = metadata(installed).metadata.json["description"]
    assert str(description).strip() == (CLIENT / "README.md").read_text().strip()


def imported(installed: Path, cwd: Path, program: str) -> str:
    """What a program prints that finds the installed package before this tree's."""
    program = f"import sys; sys.path.insert(0, {str(installed)!r})\n{program}"
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return run(sys.executable, "-W", "error", "-c", program, cwd=cwd, environ=environ)


def test_it_can_be_imported_from_elsewhere(installed: Path, tmp_path: Path) -> None:
    program = (
        "import json, pkgutil, importlib, vaultstack_client\n"
        "names = [m.name for m in pkgutil.iter_modules(vaultstack_client.__path__)]\n"
        "files = [importlib.import_module(f'vaultstack_client.{n}').__file__ for n in names]\n"
        "print(json.dumps([vaultstack_client.__file__, *files]))\n"
    )
    files = json.loads(imported(installed, tmp_path, program))
    assert len(files) > 10
    assert all(Path(file).is_relative_to(installed) for file in files), files


def test_it_brings_in_nothing_of_this_project(installed: Path, tmp_path: Path) -> None:
    program = "import json, vaultstack_client; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(imported(installed, tmp_path, program))
    tops = {name.partition(".")[0] for name in modules}
    assert "hvac" in tops
    assert tops.isdisjoint({"policies", "components", "rehearsal", "pulumi", "kubernetes"})


def test_a_type_checker_sees_its_types(installed: Path, tmp_path: Path) -> None:
    """Where `py.typed` is missing, mypy calls the import untyped, and everything from it `Any`."""
    application = tmp_path / "application.py"
    application.write_text(
        "from vaultstack_client import ClientSettings, TokenLogin, VaultClient\n"
        "settings = ClientSettings(address='https://vault:8200', login=TokenLogin('token'))\n"
        "def use(client: VaultClient) -> None:\n"
        "    reveal_type(client.get_secret('media-catalog/api')['jwt_secret'])\n"
        "    reveal_type(client.get_database_credentials('role').expires)\n"
    )
    python = installed.parents[2] / "bin" / "python"
    command = (sys.executable, "-m", "mypy", "--strict", "--config-file=", "application.py")
    shown = run(*command, f"--python-executable={python}", "--cache-dir=cache", cwd=tmp_path)
    assert 'Revealed type is "str"' in shown
    assert 'Revealed type is "datetime.datetime"' in shown
