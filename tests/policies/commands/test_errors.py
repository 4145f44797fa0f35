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


def test_what_just_fits_is_named_whole_and_the_three_closest_are_offered() -> None:
    fifty = [f"app-{number}/api" for number in range(50)]
    assert unknown("workload", "x", fifty).endswith("app-48/api, app-49/api")
    assert unknown("workload", "x", [*fifty, "zoo/x"]).endswith(
        "app-49/api and 1 more, which `python -m policies matrix` shows"
    )
    close = ["shop/api1", "shop/api2", "shop/api3", "shop/api4"]
    meant = unknown("workload", "shop/api", close).partition("; ")[2].partition("?")[0]
    assert meant.count("shop/api") == 3
    assert meant.startswith("did you mean 'shop/api")
    assert meant.count(" or ") == 2


def test_no_verdict_and_no_answer_has_the_status_of_an_error() -> None:
    assert ERROR not in (0, 1, 2)
