"""From calls to figures."""

from __future__ import annotations

import pytest

from rehearsal.client_drill.samples import Call, Calls, Latency, Sample, recovered


def secret(ended: float, seconds: float = 0.001, error: str = "", *, stale: bool = False) -> Sample:
    return Sample(Call.SECRET, ended, seconds, error, stale=stale)


def test_calls_are_counted_by_kind() -> None:
    samples = [secret(1), secret(2, stale=True), secret(3, error="Unavailable")]
    samples.append(Sample(Call.SQL, 3, 0.1, "OperationalError"))
    calls = Calls.of(samples, Call.SECRET)
    assert (calls.made, calls.failed, calls.stale) == (3, 1, 1)
    assert calls.errors == {"Unavailable": 1}
    assert Calls.of(samples, Call.PLAIN) == Calls(0, 0, 0, {}, None)


def test_a_share_is_the_smallest_value_that_it_does_not_exceed() -> None:
    latency = Latency.of([secret(n, n / 1000) for n in range(1, 101)])
    assert latency == Latency(0.05, 0.095, 0.099, 0.1)
    assert Latency.of([secret(1, 0.5)]) == Latency(0.5, 0.5, 0.5, 0.5)


def test_what_failed_took_no_time_that_counts() -> None:
    assert Latency.of([secret(1, 9.0, "Unavailable")]) is None
    assert Latency.of([secret(1, 9.0, "Unavailable"), secret(2, 0.5)]) == Latency(
        0.5, 0.5, 0.5, 0.5
    )


@pytest.mark.parametrize(
    ("samples", "after"),
    [
        ([secret(9, error="Unavailable"), secret(11)], 0.0),
        ([secret(12, stale=True), secret(13)], 2.0),
        ([secret(12, error="Unavailable"), secret(13, stale=True), secret(14)], 3.0),
        ([Sample(Call.SQL, 15, 0.1, "OperationalError")], 5.0),
        ([Sample(Call.PLAIN, 15, 0.1, "VaultDown")], 0.0),
        ([], 0.0),
    ],
)
def test_it_is_as_before_after_the_last_that_was_not(samples: list[Sample], after: float) -> None:
    assert recovered(samples, since=10) == after
