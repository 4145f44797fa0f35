"""Links that lead somewhere on GitHub, made to lead somewhere on the site, too.

In a page, `../policies/matrix.py` is a file of the repository, and `runbooks` a folder whose README
GitHub shows. On the site the first leads to the repository and the second to that page; a file that
lies beside the pages, such as an HTML report, lies beside them there.

Links from page to page are left to MyST, and so is what leads nowhere: it warns.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docutils import nodes  # type: ignore[import-untyped]  # it has no types
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

PAGE: Final = ".md"


class Links(SphinxTransform):
    default_priority = 500
    """After the page is read, and before Sphinx collects what is to be downloaded."""

    def apply(self, **_: object) -> None:
        for kind in (addnodes.pending_xref, addnodes.download_reference):
            for node in list(self.document.findall(kind)):
                if node["reftype"] == "myst":
                    self._lead(node)

    def _lead(self, node: nodes.Element) -> None:
        page = Path(self.env.doc2path(self.env.docname))
        source = page.parents[self.env.docname.count("/")]
        # Of what looks like a page MyST keeps the name without its ending.
        name = node["reftarget"] + PAGE if node["refdomain"] == "doc" else node["reftarget"]
        below = source if node["refdomain"] == "doc" else page.parent
        target = Path(os.path.normpath(below / name))
        if not target.exists():
            return
        if not target.is_relative_to(source):
            path = target.relative_to(source.parent)
            shown = address(self.config.repository, self.config.revision, path)
            anchor = node.get("reftargetid")
            self._replace(node, f"{shown}#{anchor}" if anchor else shown)
        elif target.joinpath(f"README{PAGE}").exists():
            node["refdomain"], node["reftargetid"] = "doc", None
            node["reftarget"] = f"{target.relative_to(source).as_posix()}/README"
        elif target.suffix != PAGE:
            self._replace(node, os.path.relpath(target, page.parent))

    def _replace(self, node: nodes.Element, leads_to: str) -> None:
        node.replace_self(nodes.reference("", "", *node.children, refuri=leads_to))


def address(repository: str, revision: str, path: Path) -> str:
    """Of a file or folder of the repository, on GitHub: it leads to whichever of both it is."""
    return f"{repository}/blob/{revision}/{path.as_posix()}"


def beside(source: Path) -> Iterator[Path]:
    """The files between the pages, relative to them."""
    for path in sorted(source.rglob("*")):
        own = path.relative_to(source)
        if path.is_file() and path.suffix not in {PAGE, ".py"} and not own.parts[0].startswith("_"):
            yield own


def lay_beside(app: Sphinx, error: Exception | None) -> None:
    """When the site is built, put those files where they lie between the pages."""
    if error:
        return
    for path in beside(Path(app.srcdir)):
        (app.outdir / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(app.srcdir / path, app.outdir / path)
