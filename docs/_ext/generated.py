"""What is generated comes where a page says `<!-- generated: NAME ARGUMENT ... -->`.

GitHub does not show such a line, and nothing that is generated is stored. So the page itself says
what a reader of GitHub finds where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from docs._ext import api, commands, configuration
from docs._ext.links import address

ROOT: Final = Path(__file__).parents[2]
_MARK: Final = re.compile(r"^<!-- generated: (\w+)((?: [\w.]+)*) -->$", re.MULTILINE)

Generator = Callable[[Sequence[str], str], str]
"""Arguments, and where the repository's files are shown -> MyST."""
GENERATORS: Final[Mapping[str, Generator]] = {
    "configuration": lambda _, __: configuration.page(ROOT / "Pulumi.yaml"),
    "targets": lambda _, __: commands.targets(ROOT / "Makefile"),
    "commands": lambda _, __: commands.page(ROOT),
    "api": lambda modules, files: api.page(ROOT, modules, files),
    "modules": lambda packages, files: api.overview(ROOT, packages, files),
}


def filled(text: str, files: str) -> str:
    """The page with everything that it wants generated."""

    def generated(mark: re.Match[str]) -> str:
        if mark[1] not in GENERATORS:
            known = ", ".join(GENERATORS)
            raise ExtensionError(
                f"{mark[0]}: nothing of that name is generated; write one of {known}"
            )
        return GENERATORS[mark[1]](mark[2].split(), files)

    return _MARK.sub(generated, text)


def fill(app: Sphinx, _: str, source: list[str]) -> None:
    """When a page was read from its file, before it is parsed."""
    files = address(app.config.repository, app.config.revision, Path())
    source[0] = filled(source[0], files.removesuffix("/."))
