"""Each package stands above what it imports, and no two at one place."""

from __future__ import annotations

from itertools import pairwise

from docs._ext.imports import Graph, graph
from docs._ext.layout import WIDTH, Place, layout
from tests.recording import ROOT

GRAPH = Graph(
    dict.fromkeys(("a", "b", "c", "top"), ""),
    frozenset({("b", "a"), ("c", "b"), ("top", "c"), ("top", "a")}),
)


def test_an_arrow_has_a_place_in_each_row_that_it_passes() -> None:
    made = layout(GRAPH)
    assert [{*row} for row in made.rows] == [
        {Place("a", 0)},
        {Place("b", 1), Place("top", 1, "a")},
        {Place("c", 2), Place("top", 2, "a")},
        {Place("top", 3)},
    ]


def test_the_pieces_of_each_arrow_lead_a_row_down() -> None:
    for packages in (GRAPH, graph(ROOT)):
        made = layout(packages)
        assert len(made.ways) >= len(packages.imports)
        assert all(above.row == below.row + 1 for above, below in made.ways)
        assert {below for _, below in made.ways} | {
            above for above, _ in made.ways
        } <= made.centres.keys()


def test_neighbours_do_not_overlap() -> None:
    made = layout(graph(ROOT))
    for row in made.rows:
        for one, other in pairwise(row):
            assert made.centres[other] - made.centres[one] > (one.width + other.width) / 2


def test_what_has_one_neighbour_stands_over_it() -> None:
    chain = Graph({"a": "", "b": ""}, frozenset({("b", "a")}))
    made = layout(chain)
    assert made.centres[Place("a", 0)] == made.centres[Place("b", 1)]
    assert Place("a", 0).width == WIDTH > Place("b", 1, "a").width
