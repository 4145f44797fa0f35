"""The PromQL that is made of metrics, and what cannot be asked of one."""

from __future__ import annotations

import re

import promql_parser
import pytest

from components.operations.telemetry import metrics
from components.operations.telemetry.dashboard.queries import (
    QUANTILES,
    each,
    mean,
    of,
    on_leader,
    per_second,
    quantiles,
    rates,
    slowest,
    times,
    worst,
)

OF = 'namespace=~"$namespace", pod=~"$instance"'


def test_a_metric_is_asked_of_the_chosen_servers() -> None:
    assert of(metrics.UNSEALED) == f"vault_core_unsealed{{{OF}}}"


def test_further_matchers_are_labels_of_the_metric() -> None:
    asked = of(metrics.RESPONSES, 'code=~"5.."', 'type!="1xx"')
    assert asked == f'vault_core_response_status_code{{{OF}, code=~"5..", type!="1xx"}}'


@pytest.mark.parametrize("matcher", ['path="x"', 'path!~"x"'])
def test_a_label_that_the_metric_has_not_is_refused(matcher: str) -> None:
    with pytest.raises(ValueError, match=re.escape("has no label path: only code, type")):
        of(metrics.RESPONSES, matcher)


def test_nor_can_it_be_asked_apart_by_such() -> None:
    with pytest.raises(ValueError, match="has no label method"):
        per_second(metrics.RESPONSES, by=("method",))


def test_what_prometheus_adds_is_a_label_of_every_metric() -> None:
    assert "sum by (pod)" in per_second(metrics.RESPONSES, by=("pod",))


def test_a_counter_is_counted_by_itself_and_a_summary_by_its_count() -> None:
    assert f"rate(vault_raft_apply{{{OF}}}[$__rate_interval])" in per_second(metrics.RAFT_APPLY)
    assert f"rate(vault_core_handle_request_count{{{OF}}}[" in per_second(metrics.REQUESTS)


@pytest.mark.parametrize("ask", [per_second, times])
def test_a_gauge_counts_nothing(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(ValueError, match="vault_expire_num_leases is a gauge"):
        ask(metrics.LEASES)


def test_the_first_time_is_seen_though_the_counter_was_not_there_before() -> None:
    """`increase` would be nought: it needs two values."""
    counted = f"vault_token_create_root{{{OF}}}"
    before = f"({counted} offset $__rate_interval or {counted} * 0)"
    assert times(metrics.ROOT_TOKENS_CREATED) == f"sum (clamp_min({counted} - {before}, 0))"


def test_a_server_that_shows_a_gauge_twice_is_asked_once() -> None:
    """Under its cluster's name, once it knows that: the other gauge is not written any more."""
    named, any_ = f'vault_core_unsealed{{{OF}, cluster!=""}}', f"vault_core_unsealed{{{OF}}}"
    by = "max by (namespace, pod)"
    assert each(metrics.UNSEALED) == f"({by} ({named}) or {by} ({any_}))"
    assert each(metrics.LEASES) == f"{by} (vault_expire_num_leases{{{OF}}})"


def test_a_gauge_of_the_leaders_is_asked_of_whoever_leads() -> None:
    asked = on_leader(metrics.FOLLOWER_LAG, ("peer_id",))
    assert asked.startswith("max by (peer_id) (vault_raft_storage_follower_applied_index_delta{")
    assert asked.endswith(f"and on (namespace, pod) ({each(metrics.LEADS)} == 1))")


def test_quantiles_are_those_that_vault_exports() -> None:
    assert slowest(metrics.REQUESTS, 0.99).endswith(f'{{{OF}, quantile="0.99"}})')
    with pytest.raises(ValueError, match=re.escape("has no quantile 0.95: only summaries have")):
        slowest(metrics.REQUESTS, 0.95)
    with pytest.raises(ValueError, match="vault_raft_apply has no quantile"):
        slowest(metrics.RAFT_APPLY, 0.99)


def test_a_mean_is_of_a_summary() -> None:
    assert mean(metrics.SEAL_ENCRYPT).count("vault_seal_encrypt_time_") == 2
    with pytest.raises(ValueError, match="is no summary"):
        mean(metrics.LEASES)


def test_queries_are_named_by_what_they_show() -> None:
    assert [query.legend for query in quantiles(metrics.REQUESTS)] == ["P50", "P90", "P99"]
    assert [query.legend for query in worst(("wait", metrics.REQUESTS))] == ["wait, P99"]
    assert [query.legend for query in rates(("asked", metrics.REQUESTS))] == ["asked"]
    assert QUANTILES == (0.5, 0.9, 0.99)


@pytest.mark.parametrize(
    "expression",
    [
        per_second(metrics.RESPONSES, by=("code",)),
        times(metrics.QUOTA_VIOLATIONS, by=("name",)),
        slowest(metrics.RAFT_HEARTBEAT, 0.99, by=("peer_id",)),
        mean(metrics.SEAL_DECRYPT),
        each(metrics.LEADS),
        on_leader(metrics.LEASES),
    ],
)
def test_all_of_it_is_promql(expression: str) -> None:
    promql_parser.parse(expression.replace("$__rate_interval", "8s"))
