"""A comparison as one HTML file."""

from __future__ import annotations

from html.parser import HTMLParser

from attest.output.page import render
from tests.attest.output.reports import full, same


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        assert not {"src", "href", "onclick"} & {name for name, _ in attrs}


def test_it_refers_to_nothing_and_runs_nothing() -> None:
    for made in (same(), full()):
        page = render(made)
        assert not {"script", "img", "link", "iframe"} & set(Tags(page).found)
        assert "default-src 'none'" in page
        assert "url(" not in page
        assert "@import" not in page


def test_everything_is_there() -> None:
    page = render(full())
    for part in ('id="missing"', 'id="different"', 'id="undeclared"', 'id="unread"', 'id="usage"'):
        assert part in page, part
    assert 'class="top verdict-2"' in page
    assert 'class="top verdict-0"' in render(same())
    assert "<b>nobody declared it</b>" in page
    assert "&lt;script&gt;" in page
    assert '<table class="matrix">' in page
    assert '<table class="matrix">' not in render(same())
