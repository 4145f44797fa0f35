"""`python3 -m tools.bootstrap`: make `.venv`, with just the packages that requirements.lock pins.

It runs on a bare Python with the standard library alone, and its syntax is that of Python 3.6, so
that an old one is told what is wrong. It deliberately looks for nothing but packages: what else a
machine must have is said by `python3 -m tools.doctor`.
"""

import fcntl
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from tools import registries

ROOT = Path(__file__).resolve().parent.parent
LOWEST = (3, 11)
# Applications and jobs install these two packages; here they are used as they lie there.
_BESIDE = ("client", "jobs")
_LAST_LINES = 6


class BootstrapError(Exception):
    """The environment could not be made: what is missing, and the fix."""


def is_ready(root: Path = ROOT) -> bool:
    """Whether `.venv` holds what the lock pins."""
    done, lock = root / ".venv" / "locked", root / "requirements.lock"
    return done.exists() and done.stat().st_mtime >= lock.stat().st_mtime


def too_old(version: Tuple[int, ...] = sys.version_info[:3]) -> Optional[str]:
    """What to do about a Python of this version; None if it is new enough."""
    if version >= LOWEST:
        return None
    wanted = ".".join(map(str, LOWEST))
    have = ".".join(map(str, version))
    return (
        f"{sys.executable} is Python {have}, and {wanted} or newer is needed. Install one (Debian, "
        f"Ubuntu: sudo apt install python{wanted} python{wanted}-venv; Fedora: sudo dnf install "
        f"python{wanted}; else https://www.python.org/downloads) and run: "
        f"make PYTHON=python{wanted} rehearse"
    )


def without_venv() -> Optional[str]:
    """What to do where this Python makes no environments; None if it does."""
    if all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        return None
    package = "python{}.{}-venv".format(*sys.version_info)
    return (
        f"{sys.executable} comes without the modules venv and ensurepip, which make an "
        f"environment. Debian, Ubuntu: sudo apt install {package}"
    )


def pinned(lock: str, name: str) -> str:
    """A package's lines of a lock, with its hashes."""
    found = re.search(rf"^{re.escape(name)}==.*\n(?: +--hash=.*\n)*", lock, re.MULTILINE)
    if found is None:
        raise BootstrapError(
            f"requirements.lock pins no {name}. Restore it: git checkout requirements.lock"
        )
    return found.group()


def unanswered(pip: Dict[str, str], registry_said: str) -> str:
    """What to say when packages could not be installed, with what the installer said."""
    registry = registries.of_packages(pip)
    shown = registries.without_password(registry.url)
    silent = registries.silence(registry)
    if silent is None:
        return f"{shown} answers, but the packages could not be installed:\n{registry_said}"
    proxies = registries.proxies()
    through = " through the proxy {}".format(", ".join(proxies)) if proxies else ""
    return (
        f"Python packages come from {shown}, which does not answer{through}: {silent}. Repair the "
        f"network or HTTPS_PROXY, or name a mirror: {registry.setting}. Once they are installed "
        "and the servers built, a rehearsal needs no network."
    )


def main() -> int:
    """Exit status: 0 ready, 1 it could not be made, 130 interrupted."""
    problem = too_old() or without_venv()
    if problem:
        _say(problem)
        return 1
    try:
        with _alone(ROOT):
            if not is_ready(ROOT):  # another may have made it while we waited
                _make(ROOT)
    except BootstrapError as error:
        _say(str(error))
        return 1
    except OSError as error:
        _say(f"{error.filename or ROOT}: {error.strerror}. Make room, or give the right to write.")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; the next run begins anew")
        return 130
    return 0


def _make(root: Path) -> None:
    lock = root / "requirements.lock"
    text = lock.read_text(encoding="utf-8")
    venv = root / ".venv"
    python = str(venv / "bin" / "python")
    _say("making .venv with Python {}.{}.{}".format(*sys.version_info))
    # What is of another Python, or half made, goes; else packages that stay need not be moved.
    anew = [] if _same_python(python) else ["--clear"]
    _require(
        [sys.executable, "-m", "venv", *anew, str(venv)],
        "the environment could not be made:\n{}".format,
    )
    pip = registries.pip_settings(python)
    where = registries.without_password(registries.of_packages(pip).url)
    count = len(re.findall(r"^\S+==", text, re.MULTILINE))
    _say(f"installing the {count} pinned packages from {where}: a minute or so")
    with tempfile.TemporaryDirectory() as folder:
        installer = Path(folder) / "uv.lock"
        installer.write_text(pinned(text, "uv"), encoding="utf-8")
        quietly = ["-q", "--disable-pip-version-check", "--retries", "1", "--no-input"]
        _require(
            [python, "-m", "pip", "install", *quietly, "--require-hashes", "-r", str(installer)],
            lambda said: unanswered(pip, said),
        )
    uv = str(venv / "bin" / "uv")
    _require(
        [uv, "pip", "sync", "-q", "--require-hashes", "--python", python, str(lock)],
        lambda said: unanswered(pip, said),
        {**_uv_cache(root), **registries.for_uv(pip)},
    )
    _use_beside(python)
    (venv / "locked").touch()


def _uv_cache(root: Path) -> Dict[str, str]:
    """Where uv may keep what it fetched, if not in the home folder."""
    home = os.path.expanduser("~")  # noqa: PTH111 - pathlib's raises where there is none
    if "UV_CACHE_DIR" in os.environ or os.access(home, os.W_OK):
        return {}
    return {"UV_CACHE_DIR": str(root / ".cache" / "uv")}


def _same_python(python: str) -> bool:
    ask = "import sys, pip; print(sys.version)"
    try:
        said = subprocess.check_output([python, "-c", ask], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return False
    return said.decode().rstrip("\n") == sys.version


def _use_beside(python: str) -> None:
    """Have `import` find the packages that lie here."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.check_output([python, "-c", ask]).decode(sys.getfilesystemencoding())
    folder = Path(packages.rstrip("\n"))
    # Relative to it: so the path's own letters are never read, which Python does in the locale's.
    lines = [os.path.relpath(str(ROOT / name), str(folder)) for name in _BESIDE]
    (folder / "vaultstack.pth").write_text("\n".join([*lines, ""]), encoding="ascii")


def _require(
    command: List[str], explain: Callable[[str], str], extra: Optional[Dict[str, str]] = None
) -> None:
    """Run a command quietly; if it fails, raise what `explain` makes of its last words."""
    ended = subprocess.run(
        command,
        env={**os.environ, **(extra or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if ended.returncode != 0:
        lines = ended.stdout.decode("utf-8", "replace").splitlines()[-_LAST_LINES:]
        raise BootstrapError(explain("\n".join("  | " + line for line in lines)))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Of two at once, the second waits and says so."""
    (root / ".cache").mkdir(exist_ok=True)
    with (root / ".cache" / "bootstrap.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _say("another run is making .venv; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(line: str) -> None:
    # A terminal that has not the letters of a path shows others in their place.
    sys.stderr.buffer.write((line + "\n").encode(sys.stderr.encoding or "ascii", "replace"))
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
