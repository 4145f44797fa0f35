"""The comment that a pull request gets. It is read back by a Markdown parser."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from policies.review.output import markdown
from policies.review.output.markdown import code, prose
from tests.policies.review.made import (
    ACCOUNT,
    ESCALATION,
    FULL,
    PROD,
    READS,
    WARNING,
    environment,
    everywhere,
    hostile,
    review,
    workload,
)

OURS = {
    *("p", "strong", "em", "code", "ul", "ol", "li", "h3", "details", "summary", "b", "br"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
HOSTILE = (
    "a|b",
    r"a\|b\\|c",
    "`code` ``` ``",
    "<script>alert(1)</script>",
    "</details></code><img src=x onerror=alert(1)>",
    "@octocat and @acme/security",
    "[click](https://example.com) ![x](https://example.com/x.png) <https://example.com>",
    "www.example.com https://example.com me@example.com",
    "#12 acme/other#3 GH-4 0123456789abcdef0123456789abcdef01234567",
    "**bold** _it_ ~~gone~~ # heading",
    "two\nlines\n\n# and a heading\n- [ ] a task\n```\n",
    "\u202eright to left\u200b\x00\x1b[31m",
    "&lt;b&gt; &#64;octocat",
    "-->",
    "",
    " ",
    "---",
)


class Page(HTMLParser):
    """The tags of a page, and the text that is in none of `code`."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.attributes = set[str](), list[object]()
        self.outside, self.inside, self.depth = "", list[str](), 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag == "code":
            self.depth += 1
            self.inside.append("")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.inside[-1] += data
        else:
            self.outside += data


def read(text: str) -> Page:
    page = Page()
    page.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
    return page


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_pull_request_is_taken_as_markdown_or_html(text: str) -> None:
    page = read(markdown.render(hostile(text)))
    assert page.tags <= OURS
    assert page.attributes == []
    assert not re.search(r"[@#<>\[\]`\\~\u202e\x00\x1b]|www|https|GH-|[0-9a-f]{40}", page.outside)


@given(st.text())
def test_nor_is_any_text(text: str) -> None:
    page = read(markdown.render(hostile(text)))
    assert page.tags <= OURS
    assert not set(page.outside) & set("@#<>[]`\\~*_")


@pytest.mark.parametrize("text", HOSTILE)
def test_every_table_keeps_its_columns(text: str) -> None:
    lines = [line for line in markdown.render(hostile(text)).split("\n") if line.startswith("|")]
    pipes = [len(re.findall(r"(?<!\\)\|", line)) for line in lines]
    assert pipes == [7, 7, 7, 6, 6, 6, 5, 5, 5]
    assert not any("\\\\" in line for line in lines)


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="`\\\n\r\t")))
def test_code_is_shown_as_it_is(text: str) -> None:
    shown = re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), code(text)[1:-1])
    assert shown == (text or '""')


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It may read secret/data/a, always.", "It may read `secret/data/a`, always."),
        ("(see `x`)", r"(see `\x60x\x60`)"),
        ("for 24h (role), or 1h30m", "for 24h (role), or 1h30m"),
        ("f(x) is", "`f(x)` is"),
        ("of 'shop-api'", "of 'shop-api'"),
        ("@acme", "`@acme`"),
        ("GH-4 deadbeef1", "`GH-4` `deadbeef1`"),
    ],
)
def test_prose_keeps_words_and_makes_code_of_the_rest(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_the_whole() -> None:
    """Byte by byte: what changes in it is for people to read."""
    whole = Path(__file__).with_name("whole") / "comment.txt"
    assert markdown.render(FULL) == whole.read_text(encoding="utf-8")


def test_the_first_line_is_short_and_comes_first() -> None:
    first = markdown.render(everywhere(workload(READS))).splitlines()[0]
    assert first == "**1 workload gains access**"


def test_the_verdict_and_its_reasons_follow() -> None:
    text = markdown.render(FULL)
    assert "**Needs the approval of `security-team` and `shop-team`**, because\n\n- prod: " in text
    assert "no approval is needed" in markdown.render(everywhere(workload(READS)))


def test_everything_that_changed_is_there() -> None:
    page = read(markdown.render(FULL))
    for text in (
        "secret/data/shop/*",
        "secret/data/shop/any/",
        "auth/approle/role/+/secret-id",
        "shop-two",
        "database/creds/shop-readwrite",
        "sys/policies/acl/any",
    ):
        assert text in page.inside
    assert "It can give itself any rule, and log in again." in page.outside
    assert "1h (role), at most 24h (role)" in page.outside
    assert 'GRANT DELETE ON "a" TO "b";' in page.inside


def test_details_are_folded_and_findings_are_not() -> None:
    text = markdown.render(FULL)
    assert text.count("<details>") == text.count("</details>") == 3
    assert text.index(ESCALATION.reasons[1]) < text.index("<details>")


def test_what_is_too_long_is_cut_and_says_so() -> None:
    many = [workload(READS, label=f"shop/w{number}") for number in range(1000)]
    text = markdown.render(review(environment(PROD, *many)))
    assert len(text) <= markdown.MOST_CHARACTERS
    details = text.count("<details>")
    assert 50 < details < 1000
    assert f"The details of {1000 - details} more workloads are left out" in text
    assert text.count("</details>") == details


def test_findings_are_cut_last_and_the_mild_ones_first() -> None:
    mild = [
        workload(READS, label=f"shop/w{n}", findings=(replace(WARNING, rule=str(n)),))
        for n in range(1000)
    ]
    grave = workload(READS, label="shop/z", findings=(ESCALATION,))
    text = markdown.render(review(environment(PROD, *mild, grave)))
    assert len(text) <= markdown.MOST_CHARACTERS
    findings = text.count("- **warning**")
    assert findings > 200
    assert "- **escalation** in prod, `shop/z`: `shop/api` can write" in text
    assert f"{1000 - findings} findings, none graver than these, left out" in text


def test_a_finding_of_many_reasons_is_cut_and_says_so() -> None:
    finding = replace(WARNING, reasons=tuple(f"reason {number}" for number in range(100)))
    text = markdown.render(everywhere(workload(READS, findings=(finding,))))
    assert "  20. reason 19\n  - and 80 more, which the JSON has\n" in text


def test_a_table_of_many_lines_is_cut_and_says_so() -> None:
    terms = [replace(ACCOUNT, after=f"account-{number:03}") for number in range(300)]
    text = markdown.render(everywhere(workload(*terms)))
    assert "account-099" in text
    assert "account-100" not in text
    assert "_200 more lines, which the JSON has._" in text


def test_many_reasons_for_an_approval_are_cut_and_counted() -> None:
    reasons = tuple(f"reason {number} {'x' * 80}" for number in range(1000))
    one = replace(FULL, over_limit=reasons, approvers=tuple(f"team-{n}" for n in range(300)))
    text = markdown.render(one)
    kept = text.count("\n- reason ")
    assert 50 < kept < 200
    assert f"\n- {1000 - kept} more reasons\n" in text
    assert "`team-9` and 290 others" in text
    assert ESCALATION.reasons[1] in text


@pytest.mark.parametrize("character", ["x", "\U0010ffff", "<", "|", "\n", " ", "`", "@ "])
def test_whatever_is_in_it_it_is_short_enough(character: str) -> None:
    one = hostile(character * 2_000)
    (prod,) = one.environments
    many = replace(
        one,
        approvers=one.approvers * 100,
        over_limit=one.over_limit * 100,
        environments=(
            replace(
                prod,
                workloads=tuple(
                    replace(
                        workload,
                        label=f"{number}{workload.label}",
                        access=workload.access * 5,
                        terms=workload.terms * 5,
                        findings=workload.findings * 5,
                    )
                    for number in range(5)
                    for workload in prod.workloads
                ),
            ),
        ),
    )
    assert len(markdown.render(many)) <= markdown.MOST_CHARACTERS


def test_what_did_not_change_is_counted() -> None:
    assert markdown.render(FULL).splitlines()[-1] == (
        "Unchanged: 7 workloads in dev, staging and prod. "
        "Compared: `origin/main` with `working tree`."
    )
