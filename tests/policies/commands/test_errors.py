"""An unknown name is told the close ones and all."""

from __future__ import annotations

from policies.commands.errors import ERROR, unknown


def test_close_names_and_all() -> None:
    assert unknown("workload", "shop/apy", ["shop/api", "depot/batch", "zoo/x"]) == (
        "workload 'shop/apy': there is none of this name; did you mean 'shop/api'? "
        "there are shop/api, depot/batch, zoo/x"
    )


def test_nothing_close() -> None:
    assert unknown("environment", "x", ["dev", "prod"]) == (
        "environment 'x': there is none of this name; there are dev, prod"
    )
    assert unknown("workload", "x", []).endswith("there are none")


def test_of_very_many_it_says_where_they_are() -> None:
    told = unknown("workload", "x", [f"app-{number}/api" for number in range(1_000)])
    assert told.endswith("app-49/api and 950 more, which `python -m policies matrix` shows")


def test_no_verdict_and_no_answer_has_the_status_of_an_error() -> None:
    assert ERROR not in (0, 1, 2)
