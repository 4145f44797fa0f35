"""The site is built without a warning, and no link of it leads nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.recording import ROOT

# Alone it takes half a minute of a processor; beside others that are busy, many times as long.
_SECONDS = 800
pytestmark = pytest.mark.timeout(_SECONDS + 60)

DOCS = ROOT / "docs"


class Page(HTMLParser):
    """Where a page leads to, and what of it can be led to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if told.get("id"):
            self.anchors.add(str(told["id"]))
        for name in ("href", "src"):
            if tag != "base" and (link := told.get(name)):
                self.links.add(link)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make site` makes it."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "docs", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert not built.stderr, built.stderr
    assert not built.returncode
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html")}


def broken(pages: dict[Path, Page]) -> Iterator[str]:
    for path, page in pages.items():
        for link in page.links:
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = unquote(link).partition("#")
            target = (path.parent / name.partition("?")[0]).resolve() if name else path
            if not target.exists() or (anchor and anchor not in pages[target].anchors):
                yield f"{path.name}: {link}"


def test_every_page_is_there(site: Path) -> None:
    sources = [path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")]
    assert len(sources) > 60
    assert [path for path in sources if not (site / path).exists()] == []


def test_no_link_leads_nowhere(pages: dict[Path, Page]) -> None:
    assert sum(len(page.links) for page in pages.values()) > 1_000
    assert list(broken(pages)) == []


def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    """To read a page takes nobody else's server."""
    for path in pages:
        for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", path.read_text()):
            assert not re.search(r'(?:src|href)="(?:https?:)?//', tag), (path.name, tag)
    for sheet in (site / "_static").rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", sheet.read_text()), sheet.name


def test_the_navigation_leads_to_every_page(site: Path, pages: dict[Path, Page]) -> None:
    found = pages[site / "index.html"].links
    names = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}
    assert names - found == {"index.html"}


def test_files_of_the_repository_are_shown_by_it(site: Path, pages: dict[Path, Page]) -> None:
    links = pages[site / "reference" / "configuration.html"].links
    assert any(link.endswith("/blob/main/Pulumi.yaml") for link in links)
    assert "README.html" not in pages[site / "ci.html"].links


def test_a_report_beside_the_pages_is_beside_them(site: Path, pages: dict[Path, Page]) -> None:
    assert "widened-glob.html" in pages[site / "review" / "README.html"].links
    assert (site / "review" / "widened-glob.html").read_bytes() == (
        DOCS / "review" / "widened-glob.html"
    ).read_bytes()


def test_a_page_can_be_searched_for_by_a_key(site: Path) -> None:
    assert "databaseRotateRoot" in (site / "searchindex.js").read_text()


def test_there_is_nothing_of_a_kind_that_is_not_checked() -> None:
    """Of what tests mirror: each module of the site has one."""
    modules = {path.stem for path in (DOCS / "_ext").glob("*.py")} - {"__init__"}
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert modules <= tests
