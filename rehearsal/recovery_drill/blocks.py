"""The commands of a runbook: its fenced blocks that say under which name they are run.

    ```bash run=lost-quorum-recover
    ...
    ```

What an operator copies is what the drill runs, so the two cannot part. Pure, but for reading files.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError

RUNBOOKS: Final = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
_BLOCK: Final = re.compile(r"^```bash run=([a-z0-9-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(markdown: str) -> dict[str, str]:
    """Name -> commands. Raises RehearsalError where a name is given twice."""
    found: dict[str, str] = {}
    for name, commands in _BLOCK.findall(markdown):
        if name in found:
            raise RehearsalError(f"two blocks are named run={name}; each needs a name of its own")
        found[name] = commands
    return found


def all_blocks(folder: Path = RUNBOOKS) -> dict[str, str]:
    """Of all runbooks. Raises RehearsalError."""
    pages = sorted(folder.glob("*.md"))
    return blocks_of("\n".join(page.read_text(encoding="utf-8") for page in pages))


def block(name: str, folder: Path = RUNBOOKS) -> str:
    """The commands of this name. Raises RehearsalError."""
    found = all_blocks(folder)
    if name not in found:
        raise RehearsalError(f"no runbook has a block run={name}; there are: {', '.join(found)}")
    return found[name]
