"""A git repository to be scanned, made commit by commit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Repository:
    folder: Path
    commits: list[str] = field(default_factory=list)

    def commit(self, files: Mapping[str, str | None]) -> None:
        """Write files, or remove those that are None, and commit all that git takes."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a change")
        self.commits.append(self.git("rev-parse", "HEAD").strip())

    def git(self, *arguments: str) -> str:
        own = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
        own |= {
            f"GIT_{who}_{what}": "a@b.c"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        own |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        ended = subprocess.run(
            ["git", "-C", self.folder, *arguments], check=True, capture_output=True, env=own
        )
        return ended.stdout.decode()


def repository(folder: Path) -> Repository:
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch", "main")
    return made
