"""Links of a page lead to the same on the site as on GitHub."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs._ext.links import address, beside
from tests.recording import ROOT

GITHUB = "https://example.com/some/where/blob/main"
LINKS = {
    "other.md": "other.html",
    "other.md#a-part": "other.html#a-part",
    "#own": "#own",
    "runbooks": "runbooks/README.html",
    "runbooks/README.md": "runbooks/README.html",
    "report.html": "report.html",
    "../code.py": f"{GITHUB}/code.py",
    "../README.md": f"{GITHUB}/README.md",
    "../README.md#try-it": f"{GITHUB}/README.md#try-it",
    "../folder": f"{GITHUB}/folder",
    "https://example.org/x.md": "https://example.org/x.md",
}
CONFIGURATION = """\
extensions = ["myst_parser", "docs._ext"]
myst_heading_anchors = 6
repository = "https://example.com/some/where"
revision = "main"
"""


def built(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(home / "docs"), "site"],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    links = "\n".join(f"- [link]({link})" for link in LINKS)
    for name, text in {
        "code.py": "",
        "README.md": "# Try it\n",
        "folder/any.txt": "",
        "docs/conf.py": CONFIGURATION,
        "docs/index.md": f"# Index\n\n## Own\n\n{links}\n",
        "docs/other.md": "# Other\n\n## A part\n\nWords.\n",
        "docs/report.html": "a report",
        "docs/runbooks/README.md": "# Runbooks\n\nWords, and [above](../other.md).\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_each_leads_to_what_it_leads_to_on_github(home: Path) -> None:
    done = built(home)
    assert not done.stderr, done.stderr
    page = (home / "site" / "index.html").read_text()
    items = re.findall(r'<li><p><a class="[^"]*" href="([^"]*)">(?:<[^>]*>)*link<', page)
    assert items == list(LINKS.values())
    assert (home / "site" / "report.html").read_text() == "a report"


def test_what_leads_nowhere_fails_the_build(home: Path) -> None:
    page = home / "docs" / "other.md"
    page.write_text(f"{page.read_text()}\n[gone](../gone.py) [neither](gone.md)\n")
    done = built(home)
    assert done.returncode
    assert "'../gone.py'" in done.stderr
    assert "'gone.md'" in done.stderr


def test_a_file_of_the_repository_is_on_github() -> None:
    assert (
        address("https://example.com/some/where", "main", Path("policies/matrix.py"))
        == f"{GITHUB}/policies/matrix.py"
    )


def test_files_between_the_pages_are_found(tmp_path: Path) -> None:
    for name in ("page.md", "conf.py", "_static/site.css", "a.svg", "review/report.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert list(beside(tmp_path)) == [Path("a.svg"), Path("review/report.html")]
