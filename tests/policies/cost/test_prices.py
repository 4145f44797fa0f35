"""The price table says of each price what it is, and where to look it up."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from policies.cost import AS_KNOWN, PRICES, REGION
from policies.cost import prices as table
from policies.cost.prices import OWN_NODES, Node, Price


def test_each_price_has_a_unit_and_its_page() -> None:
    for price in PRICES:
        assert price.dollars > 0
        assert price.per
        assert urlsplit(price.source).hostname == "aws.amazon.com"
        assert "pricing" in price.source
    assert Counter(price.name for price in PRICES).most_common(1)[0][1] == 1


def test_no_price_is_kept_from_the_table() -> None:
    own = [one for one in vars(table).values() if isinstance(one, Price)]
    nodes = [one.hour for one in vars(table).values() if isinstance(one, Node)]
    assert own
    assert nodes
    assert set(own) | set(nodes) <= set(PRICES)


def test_the_table_says_when_and_where() -> None:
    assert "202" in AS_KNOWN
    assert REGION == "eu-west-1"


def test_the_first_node_that_holds_a_server_is_the_cheapest() -> None:
    hours = [node.hour.dollars for node in OWN_NODES]
    assert hours == sorted(hours)
    assert [node.memory_gib for node in OWN_NODES] == sorted(node.memory_gib for node in OWN_NODES)
