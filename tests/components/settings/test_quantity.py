"""`components.settings.quantity`: an amount always has a unit, and reads back as it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.settings.quantity import Bytes, Cpu

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40
AMOUNTS = st.builds(
    lambda number, unit: Bytes(number * unit),
    st.integers(min_value=1, max_value=5000),
    st.sampled_from([KIB, MIB, GIB, TIB]),
)
CPUS = st.integers(min_value=1, max_value=10**6).map(Cpu)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1Ki", KIB),
        ("512Mi", 512 * MIB),
        ("10Gi", 10 * GIB),
        ("2Ti", 2 * TIB),
        ("1024Mi", GIB),
        ("1000Mi", 1000 * MIB),
    ],
)
def test_memory_is_a_number_with_its_unit(text: str, count: int) -> None:
    assert Bytes.parse(text) == Bytes(count)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "1", "1024", "1e9"),  # a bare number
        *("10G", "10M", "10K", "10k", "10g", "10gi", "10GI", "10GB", "10GiB", "500m", "1Pi"),
        *("0Gi", "00Gi", "01Gi", "-1Gi", "+1Gi", "1.5Gi", "1,5Gi", "Gi", "ten", "tenGi"),
        *(" 1Gi", "1Gi ", "1 Gi", "1Gi\n", "1Gi1Mi"),
    ],
)
def test_memory_in_another_form_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?s)^amount .*: must be a number with Ki, Mi, Gi or Ti"):
        Bytes.parse(text)


@pytest.mark.parametrize(("text", "millicores"), [("1m", 1), ("500m", 500), ("2", 2000)])
def test_computing_is_cores_or_thousandths(text: str, millicores: int) -> None:
    assert Cpu.parse(text) == Cpu(millicores)


@pytest.mark.parametrize(
    "text",
    ["", "0", "0m", "01", "0.5", "1.5", "-1", "m", "500M", "500mi", "1Gi", " 1", "1\n", "one"],
)
def test_computing_in_another_form_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?s)^amount .*: must be cores or thousandths"):
        Cpu.parse(text)


def test_what_is_refused_is_quoted() -> None:
    with pytest.raises(ValueError, match=r"^amount '10G':"):
        Bytes.parse("10G")
    with pytest.raises(ValueError, match=r"^amount '0\.5':"):
        Cpu.parse("0.5")


@pytest.mark.parametrize("count", [0, -KIB, 1, 1000, KIB + 1])
def test_what_cannot_be_shown_exactly_is_no_amount(count: int) -> None:
    with pytest.raises(ValueError, match=rf"{count} bytes: must be whole KiB, more than none"):
        Bytes(count)


@pytest.mark.parametrize("millicores", [0, -1])
def test_no_computing_is_no_amount(millicores: int) -> None:
    with pytest.raises(ValueError, match=rf"{millicores}m CPU: must be more than none"):
        Cpu(millicores)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1024Ki", "1Mi"), ("1025Ki", "1025Ki"), ("2048Gi", "2Ti"), ("1536Mi", "1536Mi")],
)
def test_memory_is_shown_in_its_largest_whole_unit(text: str, shown: str) -> None:
    assert str(Bytes.parse(text)) == shown


@pytest.mark.parametrize(("text", "shown"), [("1000m", "1"), ("1500m", "1500m"), ("2", "2")])
def test_computing_is_shown_in_cores_where_they_are_whole(text: str, shown: str) -> None:
    assert str(Cpu.parse(text)) == shown


@given(AMOUNTS)
def test_shown_memory_reads_back_as_itself(amount: Bytes) -> None:
    assert Bytes.parse(str(amount)) == amount


@given(CPUS)
def test_shown_computing_reads_back_as_itself(cpu: Cpu) -> None:
    assert Cpu.parse(str(cpu)) == cpu


@given(AMOUNTS, AMOUNTS)
def test_memory_is_ordered_by_how_much_it_is(one: Bytes, other: Bytes) -> None:
    assert (one < other) == (one.count < other.count)
    assert (one <= other) == (one.count <= other.count)
    assert (one == other) == (str(one) == str(other))


@given(CPUS, CPUS)
def test_computing_is_ordered_by_how_much_it_is(one: Cpu, other: Cpu) -> None:
    assert (one < other) == (one.millicores < other.millicores)
    assert (one >= other) == (one.millicores >= other.millicores)


def test_the_unit_counts_and_not_the_number() -> None:
    assert Bytes.parse("1Gi") > Bytes.parse("1023Mi")
    assert Bytes.parse("2Ti") > Bytes.parse("999Gi")
    assert Cpu.parse("1") > Cpu.parse("999m")


@given(AMOUNTS, st.integers(min_value=1, max_value=100))
def test_a_share_is_whole_and_never_more_than_it_says(amount: Bytes, percent: int) -> None:
    share = amount.share(percent)
    assert share.count % MIB == 0
    exact = amount.count * percent / 100
    assert share.count == MIB or exact - MIB < share.count <= exact


@pytest.mark.parametrize(
    ("text", "percent", "share"),
    [
        ("512Mi", 80, "409Mi"),
        ("1Gi", 50, "512Mi"),
        ("2Gi", 100, "2Gi"),
        ("3Mi", 10, "1Mi"),
        ("1Ki", 100, "1Mi"),
    ],
)
def test_a_share_is_at_least_one_mib(text: str, percent: int, share: str) -> None:
    assert str(Bytes.parse(text).share(percent)) == share


def test_an_amount_in_gib() -> None:
    assert Bytes.parse("10Gi").gib == 10
    assert Bytes.parse("512Mi").gib == 0.5
