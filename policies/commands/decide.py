"""Decisions for other tools: a question in JSON on each line of the input, an answer for each.

    echo '{"policies": ["path \\"secret/data/*\\" {capabilities = [\\"read\\"]}"],
           "operation": "read", "path": "secret/data/x"}' | tr -d '\\n' |
        python -m policies decide
    {"allowed":true}

With "capabilities" and a path, instead of "operation" and "path", it answers as sys/capabilities
would. Optional: "data" (the request's parameters), "wrap_ttl", "entity" and "groups" (as Vault's
identity API writes them), "mounts" (path -> type). The operation sudo asks for that capability.

Exit status: 0 every line has its answer, be it {"error": ...}; 3 an error.
"""

from __future__ import annotations

import io
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import Final

from policies.decide import decide

REFUSALS: Final[tuple[type[Exception], ...]] = ()


def add_arguments(parser: ArgumentParser) -> None:
    """It takes none: the questions say everything."""
    del parser


def run(options: Namespace) -> int:
    del options
    for answer in decide(_lines()):
        # At once, so that a tool can ask, read and ask again.
        print(answer, flush=True)
    return 0


def _lines() -> Iterable[str]:
    """A line that is no UTF-8 is a wrong question, and not the end."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
    return sys.stdin
