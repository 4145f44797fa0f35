"""Stand-ins for programs that a runbook calls and that cannot work in a rehearsal: each is a file
on the operator's PATH that hands its arguments to this process, where they are done.

Another user of the machine cannot reach it: the socket lies in the rehearsal's private folder.
"""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rehearsal.drill.line import CallFailedError
from rehearsal.errors import RehearsalError

_EXECUTABLE: Final = 0o700
_CLIENT: Final = """\
#!{python} -IS
import json, os, socket, sys
asked = {{"program": {name!r}, "arguments": sys.argv[1:], "folder": os.getcwd(), "given": ""}}
if {reads_input!r} in sys.argv[1:]:
    asked["given"] = sys.stdin.read()
with socket.socket(socket.AF_UNIX) as line:
    line.connect({socket!r})
    line.sendall(json.dumps(asked).encode() + b"\\n")
    answer = json.loads(line.makefile("rb").readline())
sys.stdout.write(answer["output"])
sys.stderr.write(answer["errors"])
sys.exit(answer["status"])
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a program."""

    arguments: Sequence[str]
    folder: Path
    given: str
    """Its input, where it was told to read it (`-i`)."""


@dataclass(frozen=True, slots=True)
class Answer:
    output: str = ""
    errors: str = ""
    status: int = 0


Program = Callable[[Asked], Answer]


@contextmanager
def programs(folder: Path, known: Mapping[str, Program]) -> Iterator[Path]:
    """A folder with these programs, for a PATH; they work from entering to leaving."""
    address = folder / "desk.socket"

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked = json.loads(self.rfile.readline())
            answer = _done(known[asked["program"]], asked)
            self.wfile.write(json.dumps(asdict(answer)).encode() + b"\n")

    bin_folder = folder / "bin"
    bin_folder.mkdir(mode=0o700)
    for name in known:
        path = bin_folder / name
        path.write_text(
            _CLIENT.format(python=sys.executable, name=name, reads_input="-i", socket=str(address))
        )
        path.chmod(_EXECUTABLE)
    with socketserver.ThreadingUnixStreamServer(str(address), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield bin_folder
        finally:
            server.shutdown()
            thread.join()


def _done(program: Program, asked: Mapping[str, Any]) -> Answer:
    try:
        return program(Asked(asked["arguments"], Path(asked["folder"]), asked["given"]))
    except (RehearsalError, CallFailedError) as error:
        return Answer(errors=f"{asked['program']}: {error}\n", status=1)
