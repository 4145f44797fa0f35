"""`make doctor`: what this machine has of what is needed, and the command that repairs the rest.

Exit status 1 if `make rehearse` could not run here, else 0; what only `pulumi up` needs is told and
not counted. It runs before there is an environment, on a bare Python 3.6 with the standard library
alone. It deliberately changes nothing, and asks of the network only whether the two registries
answer, where something is still to come from them.
"""

import os
import platform
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Callable, Iterable, List, TextIO, Tuple

from tools import bootstrap, checks, registries
from tools.checks import Finding, Status

_COLOURS = {Status.OK: "32", Status.NOTE: "33", Status.MISSING: "1;31"}


def examine() -> List[Tuple[str, List[Finding]]]:
    """All that is looked at, under two headings."""
    root = bootstrap.ROOT
    installed = bootstrap.is_ready()
    own_servers = checks.servers()
    building = any(one.status is not Status.OK for one in own_servers)
    lowest = max(checks.pin(name)[1] for name in checks.SERVERS)
    # Go and uv keep what they fetch in the home folder.
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - pathlib's raises where there is none
    folders = [root, home] if home.is_dir() else [root]
    free, where = min((shutil.disk_usage(str(folder)).free, str(folder)) for folder in folders)
    needs_pip = not installed or (building and not shutil.which("go"))
    rehearsal = [
        checks.kind_of_computer(platform.system(), platform.machine(), checks.libc()),
        checks.python(),
        checks.command("make", "everything", required=True),
        checks.command("git", "reviews of access, and the tests", required=False),
        checks.cores(),
        checks.memory(checks.available_memory(), building=building),
        checks.disk(free, installed=installed, building=building, where=where),
        checks.writable(Path(tempfile.gettempdir())),
        checks.loopback(),
        checks.packages(),
        checks.registry(registries.of_packages(registries.pip_settings()), needed=needs_pip),
        *own_servers,
        checks.go(lowest, needed=building),
        checks.registry(registries.of_modules(), needed=building),
    ]
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    versions = dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", lock, re.MULTILINE))
    deploying = [
        *checks.pulumi(versions),
        checks.command("kubectl", "looking at a cluster by hand", required=False),
        checks.base_of_reviews(),
    ]
    return [("make rehearse", rehearsal), ("pulumi up, and reviews", deploying)]


def show(sections: Iterable[Tuple[str, List[Finding]]], write: Callable[[str], None]) -> None:
    """Print the table."""
    for heading, findings in sections:
        write(f"\n{heading}\n")
        width = max(len(finding.what) for finding in findings)
        for finding in findings:
            label = finding.status.value.ljust(len(Status.MISSING.value))
            write(f"  {label}  {finding.what.ljust(width)}  {finding.said}\n")
            if finding.fix:
                write(f"  {'':{len(label)}}  {'':{width}}  -> {finding.fix}\n")


def in_colour(stream: TextIO) -> bool:
    """Whether a reader sees colours rather than their codes."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") == "dumb"
    return stream.isatty() and not plain


def main() -> int:
    """Exit status: 0 `make rehearse` can run, 1 it cannot."""
    sections = examine()
    colours = in_colour(sys.stdout)

    def write(line: str) -> None:
        if colours:
            for status, colour in _COLOURS.items():
                line = re.sub(
                    rf"^  {status.value}\b", f"  \033[{colour}m{status.value}\033[0m", line
                )
        # A terminal that has not the letters of a path shows others in their place.
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(line.encode(encoding, "replace").decode(encoding))

    show(sections, write)
    missing = [finding.what for finding in sections[0][1] if finding.status is Status.MISSING]
    if missing:
        write(f"\nmake rehearse cannot run here yet; missing: {', '.join(missing)}\n")
        return 1
    write("\nmake rehearse can run here\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
