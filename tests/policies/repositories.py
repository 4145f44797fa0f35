"""Repositories that are thrown away, for what is read from git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Repository:
    """A throwaway one, that no setting of this computer reaches."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, given: bytes | None = None) -> str:
        settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        who = ("-c", "user.name=a", "-c", "user.email=a@example.internal")
        ended = subprocess.run(
            ["git", "-C", str(self.root), *who, *arguments],
            env={**os.environ, **settings},
            capture_output=True,
            check=True,
            input=given,
        )
        return ended.stdout.decode().strip()

    def write(self, path: str, content: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")
        return self.git("rev-parse", "HEAD")
