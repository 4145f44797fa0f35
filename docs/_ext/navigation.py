"""The site's navigation, from the links that an index has anyway.

`index.md` and each folder's `README.md` list their pages, so that a reader on GitHub finds them.
What they list is the table of contents here: the headings of `index.md` are its parts, and the
pages that a `README.md` links to in its own folder stand below it. So no page's place is written
twice, and a page that no index lists is an error of the build.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from markdown_it import MarkdownIt
from sphinx.application import Sphinx

from docs._ext.links import PAGE

ROOT: Final = "index"
_FOLDERS: Final = "README"
_MARKDOWN: Final = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Part:
    """What stands under one heading."""

    title: str
    pages: tuple[str, ...]
    """Names of pages, from the site's root, without their ending."""


def parts(page: str, text: str) -> Iterator[Part]:
    """What an index lists, in its order; each page where it is named first."""
    seen = {page}
    for title, found in _by_heading(text):
        names = []
        for link in found:
            name = _listed(page, link)
            if name and name not in seen:
                seen.add(name)
                names.append(name)
        if names:
            yield Part(title, tuple(names))


def _by_heading(text: str) -> Iterator[tuple[str, list[str]]]:
    title, links = "", list[str]()
    tokens = _MARKDOWN.parse(text)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type != "inline":
            continue
        if before and before.type == "heading_open":
            yield title, links
            title, links = token.content, []
        links += [
            str(child.attrs["href"]) for child in token.children or () if child.type == "link_open"
        ]
    yield title, links


def _listed(page: str, link: str) -> str | None:
    """The page that an index lists with this link, if it is one of its own."""
    if "#" in link or "://" in link or not link.endswith(PAGE):
        return None
    folder = PurePosixPath(page).parent
    target = PurePosixPath(os.path.normpath(folder / link.removesuffix(PAGE)))
    if ".." in target.parts:
        return None
    return str(target) if page == ROOT or target.parent == folder else None


def navigated(page: str, text: str) -> str:
    """The page with its table of contents, which the site shows beside every page."""
    if PurePosixPath(page).name not in {ROOT, _FOLDERS}:
        return text
    found = list(parts(page, text))
    if page != ROOT and found:
        found = [Part("", tuple(name for part in found for name in part.pages))]
    return text + "".join(map(_toctree, found))


def _toctree(part: Part) -> str:
    caption = f":caption: {part.title}\n" if part.title else ""
    pages = "".join(f"/{name}\n" for name in part.pages)
    return f"\n```{{toctree}}\n:hidden:\n{caption}\n{pages}```\n"


def navigate(_: Sphinx, page: str, source: list[str]) -> None:
    """When a page was read from its file, before it is parsed."""
    source[0] = navigated(page, source[0])
