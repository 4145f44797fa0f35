"""Where the engine is not installed, a computer is told what is missing and how to get it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from rehearsal.engine.__main__ import main
from rehearsal.engine.tools import EXISTING, MissingToolsError, find


def program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("#!/bin/sh\n")
    file.chmod(0o700)
    return file


def test_all_on_path(tmp_path: Path) -> None:
    names = ("pulumi", "pulumi-language-python", "pulumi-resource-vault", "pulumi-resource-random")
    for name in names:
        program(tmp_path / "bin", name)
    found = find(EXISTING, {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)})
    assert found.pulumi == tmp_path / "bin" / "pulumi"
    assert found.plugins is None


def test_plugins_where_pulumi_installs_them(tmp_path: Path) -> None:
    for name in ("pulumi", "pulumi-language-python"):
        program(tmp_path / "bin", name)
    plugins = tmp_path / ".pulumi" / "plugins"
    for name in EXISTING:
        (plugins / f"resource-{name}-v{version(f'pulumi-{name}')}").mkdir(parents=True)
    found = find(EXISTING, {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)})
    assert found.plugins == plugins


def test_a_plugin_of_another_version_is_none(tmp_path: Path) -> None:
    for name in ("pulumi", "pulumi-language-python", "pulumi-resource-random"):
        program(tmp_path / "bin", name)
    (tmp_path / "home" / "plugins" / "resource-vault-v0.0.1").mkdir(parents=True)
    environment = {"PATH": str(tmp_path / "bin"), "PULUMI_HOME": str(tmp_path / "home")}
    with pytest.raises(MissingToolsError) as missing:
        find(EXISTING, environment)
    assert f"pulumi plugin install resource vault {version('pulumi-vault')}" in str(missing.value)
    assert "resource random" not in str(missing.value)


def test_without_the_command_line_the_run_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    assert main([]) == 3
    said = capsys.readouterr().err
    assert "the command line `pulumi`" in said
    assert "https://www.pulumi.com/docs/install/" in said
    assert "Nothing else depends on it" in said


def test_an_environment_whose_vault_this_does_not_start_is_refused() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--env", "mars"])
    assert ended.value.code == 2
