"""The page, read back as a browser and a screen reader would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Final

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import KubernetesRole, Member, Owner, TokenSettings
from policies.review.model import Review
from policies.review.output import page
from policies.review.snapshot import Snapshot, of_plan
from tests.policies.review.made import (
    ACCOUNT,
    DEV,
    ESCALATION,
    FULL,
    LONGER,
    PROD,
    READS,
    WARNING,
    environment,
    hostile,
    review,
    workload,
)

VOID: Final = {"meta", "input", "wbr", "br"}


class Tree(HTMLParser):
    """Checks that tags close, and keeps what the tests look for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags = list[str](), list[tuple[str, dict[str, str | None]]]()
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def sides() -> Mapping[Environment, Snapshot]:
    return {one: of_plan(compile_plan(MATRIX, one), "side") for one in Environment}


@pytest.fixture(scope="module")
def changed(sides: Mapping[Environment, Snapshot]) -> Mapping[Environment, Snapshot]:
    prod = sides[PROD]
    name = "kubesentiment-api-prod"
    text = prod.policies[name].replace("secret/data/kubesentiment/*", "secret/data/*")
    return {**sides, PROD: replace(prod, policies={**prod.policies, name: text})}


@pytest.fixture(scope="module")
def shown(sides: Mapping[Environment, Snapshot], changed: Mapping[Environment, Snapshot]) -> str:
    return page.render(FULL, sides, changed)


def test_it_is_whole_and_refers_to_nothing(shown: str) -> None:
    tree = Tree(shown)
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in tree.tags}
    for _, attributes in tree.tags:
        assert not {name for name in attributes if name.startswith("on")}
        assert not {"src", "href", "action"} & attributes.keys()
    assert "url(" not in shown
    assert "@import" not in shown
    assert re.search(r"default-src 'none'", shown)


def test_the_summary_and_the_findings_come_first(shown: str) -> None:
    text = Tree(shown).text
    places = [
        text.index(part)
        for part in (
            "Needs the approval of security-team and shop-team, because",
            "an escalation needs the approval of security-team",
            "It can give itself any rule, and log in again.",
            "Who may do what",
            "What changes, exactly",
            "shop-two",
            "2h (role), at most 24h (mount)",
        )
    ]
    assert places == sorted(places)


def test_what_a_change_leaves_out_is_told(shown: str) -> None:
    text = " ".join(Tree(shown).text.split())
    assert "pki/issue/+ besides pki/issue/shop, pki/issue/web" in text


def test_tables_can_be_read_without_seeing_them(shown: str) -> None:
    tree = Tree(shown)
    assert len(tree.of("caption")) == len(tree.of("table")) > 15
    assert all(attributes.get("scope") for attributes in tree.of("th"))
    regions = [one for one in tree.of("div") if one.get("role") == "region"]
    assert regions
    assert all(one["aria-label"] and one["tabindex"] == "0" for one in regions)
    inputs, labels = tree.of("input"), tree.of("label")
    assert {one["id"] for one in inputs} == {one["for"] for one in labels}


def test_a_change_is_told_by_sign_and_by_word(shown: str) -> None:
    assert (
        'title="kubesentiment/api, secret/data/media-catalog/api: gained: read">'
        '<span class="words">gained: read</span>' in shown
    )
    assert '<span class="letter gained"><span class="sign">+</span>' in shown


def test_every_row_has_as_many_cells_as_columns(shown: str) -> None:
    for table in re.findall(r'<table class="matrix">.*?</table>', shown, re.DOTALL):
        columns = len(re.findall(r'<th scope="col" ', table))
        spans = sum(map(int, re.findall(r'<th scope="colgroup" colspan="(\d+)"', table)))
        rows = re.findall(r'<tr class="[a-z]*">\n<th scope="row">.*?</tr>', table, re.DOTALL)
        assert spans == columns
        assert rows
        assert {len(re.findall("<td", row)) for row in rows} == {columns}


def test_who_may_do_nothing_is_named(shown: str, sides: Mapping[Environment, Snapshot]) -> None:
    tables = shown.split('<table class="matrix">')[1:]
    assert len(tables) == 15
    everybody = [len(side.workloads) for side in sides.values() for _ in range(5)]
    for table, workloads in zip(tables, everybody, strict=True):
        bands = len(re.findall('<th scope="row">', table))
        named = re.search(r"Nothing of this: (.*?)\.</p>", table)
        assert bands + (len(re.split(", | and ", named[1])) if named else 0) == workloads


def test_environments_that_change_are_open(shown: str) -> None:
    environments = re.findall(r'<details class="environment" (open)?\s*>', shown)
    assert environments == ["open", "", "open"]


@pytest.mark.parametrize(
    "text",
    [
        "</style></title><script>alert(1)</script>",
        '" onmouseover="alert(1)',
        "{{ 7 * 7 }}{% raw %}",
        "\u202ereversed\u200b\x00",
    ],
)
def test_nothing_of_a_pull_request_is_taken_as_html(text: str) -> None:
    sides = {PROD: _side(text)}
    tree = Tree(page.render(hostile(text), sides, sides))
    assert "script" not in {tag for tag, _ in tree.tags}
    assert not any(name.startswith("on") for _, given in tree.tags for name in given)
    values = "".join(value or "" for _, given in tree.tags for value in given.values())
    assert all(one.isprintable() or one == "\n" for one in tree.text + values)
    if text.isprintable():
        assert text in tree.text


def _side(text: str, workloads: int = 1) -> Snapshot:
    names = [f"{text}{number or ''}" for number in range(workloads)]
    hcl = 'path "secret/data/shop/db" { capabilities = ["read"] }'
    return Snapshot(
        text,
        PROD,
        {text: hcl},
        owners=(Owner(text, text, tuple(Member(name, name) for name in names), (text,)),),
        kubernetes_roles=tuple(
            KubernetesRole(name, text, text, text, TokenSettings((text,), 1, 1)) for name in names
        ),
    )


def test_of_a_thousand_workloads_the_changed_are_shown_and_the_rest_counted() -> None:
    sides = {PROD: _side("shop", 1000)}
    one = workload(READS, label="shop7")
    shown = page.render(review(environment(PROD, one)), sides, sides)
    assert "940 more workloads of prod left out of the picture" in shown
    assert shown.count('<th scope="row">shop') == page.MOST_ROWS
    assert len(shown) < 200_000


def test_of_a_thousand_details_the_first_are_shown_and_the_rest_counted() -> None:
    sides = {PROD: _side("shop", 1000)}
    every = [workload(READS, label=f"shop{number or ''}") for number in range(1000)]
    shown = page.render(review(environment(PROD, *every)), sides, sides)
    assert shown.count('<details class="workload"') == page.MOST_DETAILS
    assert "The details of 800 more workloads are left out" in shown


def test_long_lists_are_cut_and_say_so() -> None:
    sides = {PROD: _side("shop")}
    terms = [replace(ACCOUNT, after=f"account-{number:03}") for number in range(300)]
    finding = replace(ESCALATION, reasons=tuple(f"reason {number}" for number in range(50)))
    many = [replace(WARNING, rule=str(number)) for number in range(page.MOST_DETAILS)]
    one = workload(*terms, label="shop", findings=(finding, *many))
    limits = tuple(f"limit {number}" for number in range(30))
    text = Tree(page.render(review(environment(PROD, one), over_limit=limits), sides, sides)).text
    for left in (
        "reason 19\n\nand 30 more, which the JSON has",
        "and 200 more, which the JSON has",
        "limit 19\nand 10 more, which the JSON has",
        "and 1 more, which the JSON has",
    ):
        assert left in text
    assert "account-099" in text
    assert "account-100" not in text


def test_findings_beyond_the_first_are_folded() -> None:
    sides = {PROD: _side("shop")}
    many = tuple(replace(WARNING, rule=str(number)) for number in range(30))
    shown = page.render(
        review(environment(PROD, workload(READS, label="shop", findings=many))), sides, sides
    )
    first, more = shown.split('<details class="more">')
    assert first.count('<li class="finding warning">') == page.OPEN_FINDINGS
    assert more.count('<li class="finding warning">') == 10
    assert "10 findings more, none graver than these" in more
    few = page.render(
        review(environment(PROD, workload(READS, label="shop", findings=many[:20]))), sides, sides
    )
    assert '<details class="more">' not in few


def test_an_environment_on_one_side_only_is_shown() -> None:
    one = review(environment(DEV), environment(PROD, workload(READS, LONGER_ONLY)))
    assert "added" in page.render(one, {}, {PROD: _side("shop")})


LONGER_ONLY: Final = replace(READS, paths="secret/data/other", conditions="with ttl")


def test_where_nothing_changes_the_matrix_is_still_there(
    sides: Mapping[Environment, Snapshot],
) -> None:
    nothing: Review = review(*(environment(one) for one in Environment))
    shown = page.render(nothing, sides, sides)
    assert "No access is gained or lost" in shown
    assert "What changes, exactly" not in shown
    assert shown.count('<table class="matrix">') > 10


def test_lifetimes_are_shown(sides: Mapping[Environment, Snapshot]) -> None:
    one = review(environment(PROD, workload(READS, lifetimes=(LONGER,))))
    assert "How long credentials live" in page.render(one, sides, sides)
