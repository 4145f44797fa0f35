"""How a Go build goes on, for those who wait for it, and what to do when it fails.

Both are read from what `go build -v` prints: a line for each module that it fetches and for each
package that it begins. It deliberately foretells no time: that depends on what Go's cache holds.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from rehearsal.supervisor import Process, last_lines

Progress = Callable[[str], None]
# For who looks on; a log that is read later needs less.
REPORT_EVERY: Final = timedelta(seconds=2 if sys.stderr.isatty() else 15)
_LOOK_EVERY: Final = timedelta(milliseconds=100)
_FETCHING: Final = "go: downloading "
# What the end of a log matches -> what to do. The first that matches counts: a machine that is full
# or killed the compiler may say more besides.
_REMEDIES: Final[Mapping[str, str]] = {
    r"no space left on device|disk quota exceeded": (
        "the disk is full: make room, 12 GB for the first build; what Go keeps for later builds "
        "may go: go clean -cache -modcache"
    ),
    r"signal: killed|cannot allocate memory|out of memory": (
        "the memory ran out: end other programs, 4 GB are enough for a build"
    ),
    r"read-only file system|permission denied": (
        "a folder cannot be written: name others with GOCACHE and GOMODCACHE"
    ),
    r"checksum mismatch|SECURITY ERROR": (
        "a module is not the pinned one: do not go on before it is known why"
    ),
    r"x509: |certificate": (
        "the modules' proxy is not trusted: give your authority's certificates in SSL_CERT_FILE"
    ),
    r"dial tcp|lookup |proxyconnect|i/o timeout|connection re(?:fused|set)|TLS handshake": (
        "the modules' proxy cannot be reached: repair the network or HTTPS_PROXY, or name a "
        "mirror in GOPROXY (make doctor tells whether it answers)"
    ),
}
_READ_LINES: Final = 40


def follow(process: Process, what: str, phase: Callable[[Path], str], progress: Progress) -> None:
    """Report on a process until it ends; `phase` says from its log what it is doing."""
    begin = reported = time.monotonic()
    # At least once, even if it is over before anybody looks.
    progress(f"{what}: {phase(process.log)}, {duration(0)}")
    while process.exit_code is None:
        time.sleep(_LOOK_EVERY.total_seconds())
        now = time.monotonic()
        if now - reported >= REPORT_EVERY.total_seconds():
            progress(f"{what}: {phase(process.log)}, {duration(now - begin)}")
            reported = now


def fetching(log: Path) -> str:
    """What a `go list -deps` is doing, which fetches all that a build needs."""
    fetched, _ = _counts(log)
    return f"downloading, {fetched:,} modules begun" if fetched else "reading what it is made of"


def compiling(log: Path, packages: int) -> str:
    """What a `go build -v` is doing that has this many packages at most."""
    _, begun = _counts(log)
    return f"compiling, {begun:,} of {packages:,} packages begun" if begun < packages else "linking"


def packages(log: Path) -> int:
    """How many packages a `go list -deps` named."""
    return _counts(log)[1]


def duration(seconds: float) -> str:
    """`9 s`, `4 min 20 s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def remedy(log: Path) -> str:
    """What to do about a build that failed, and the end of its log."""
    text = last_lines(log, _READ_LINES)
    known = (fix for said, fix in _REMEDIES.items() if re.search(said, text))
    return f"{next(known, 'repair what its log says, and run again')}:\n{last_lines(log)}"


def caches(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Where Go shall keep what it fetched and compiled, if it cannot in the home folder."""
    home = environment.get("HOME")
    if home and os.access(home, os.W_OK):
        return {}
    return {
        "GOCACHE": environment.get("GOCACHE") or str(folder / "build"),
        "GOMODCACHE": environment.get("GOMODCACHE") or str(folder / "modules"),
        "GOFLAGS": "-modcacherw",  # so that the folder can be removed like any other
    }


def _counts(log: Path) -> tuple[int, int]:
    """Modules fetched and packages named."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    fetched = sum(line.startswith(_FETCHING) for line in lines)
    return fetched, sum(bool(line) and not line.startswith(("go: ", "#", "\t")) for line in lines)
