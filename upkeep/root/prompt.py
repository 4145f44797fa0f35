"""Where shares come from: a prompt that shows nothing, or lines of a pipe.

A pipe is read byte by byte, because what follows the shares there is the command's own input.
"""

from __future__ import annotations

import getpass
import os
import sys
from typing import Final

from upkeep.errors import UpkeepError

_LONGEST: Final = 4096


def ask_share(number: int, required: int) -> str:
    """Raises `UpkeepError` where the input ends before."""
    prompt = f"share {number} of {required} (hidden): "
    try:
        share = getpass.getpass(prompt) if sys.stdin.isatty() else _line(sys.stdin.fileno())
    except EOFError:
        share = ""
    if not share:
        raise UpkeepError(
            f"the input ended before share {number} of {required}. Nothing was made. Have "
            f"{required} holders at hand, and run it again."
        )
    return share


def _line(descriptor: int) -> str:
    found = bytearray()
    while len(found) < _LONGEST and (byte := os.read(descriptor, 1)) not in {b"", b"\n"}:
        found += byte
    return found.decode(errors="replace").strip()
