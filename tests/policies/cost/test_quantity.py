"""Amounts as Kubernetes reads them."""

from __future__ import annotations

import pytest

from policies.cost.quantity import cores, gib


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("500m", 0.5), ("2", 2), (2, 2), ("1.5", 1.5), (".25", 0.25), (0, 0), (0.1, 0.1)],
)
def test_cpus(amount: str | float, expected: float) -> None:
    assert cores(amount) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("10Gi", 10),
        ("512Mi", 0.5),
        ("1Ti", 1024),
        ("1048576Ki", 1),
        ("10G", 10e9 / 2**30),
        ("1000M", 1e9 / 2**30),
        (2**30, 1),
        ("0", 0),
    ],
)
def test_memory_and_storage(amount: str | float, expected: float) -> None:
    assert gib(amount) == pytest.approx(expected)


@pytest.mark.parametrize("amount", ["", "Gi", "10gi", "-1", "1e", "10 Gi", "ten"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="must be one as Kubernetes writes it"):
        gib(amount)
