"""Code that nothing uses: vulture, as [tool.vulture] in pyproject.toml tells it.

Most tests do not count as users: what only its own test calls is dead. What is used in a way that
cannot be seen stands in that section by name, under the reason.
"""

from __future__ import annotations

import sys

from supply.step import ROOT, Answer, CannotAudit, last_line, run

_CLEAN, _FOUND = 0, 3
"""vulture's exit statuses."""


def audit() -> Answer:
    ended = run([sys.executable, "-m", "vulture"], folder=ROOT)
    return judged(ended.returncode, ended.stdout, last_line(ended))


def judged(status: int, said: str, last: str) -> Answer:
    if status not in (_CLEAN, _FOUND):
        raise CannotAudit(f"vulture ended with {status}: {last}")
    findings = tuple(f"{line}; remove it" for line in said.splitlines() if line)
    return Answer(f"{len(findings)} definitions that nothing uses", findings)
