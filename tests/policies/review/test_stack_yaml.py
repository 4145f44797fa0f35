"""`policies.review.stack_yaml`: what `pulumi config` 3.255 says of each was looked up."""

from __future__ import annotations

import datetime as dt

import pytest

from policies.review.stack_yaml import loaded, text_of

NUMBERS = {
    "3": "3",
    "+3": "3",
    "-3": "-3",
    "-0": "0",
    "00": "0",
    "017": "15",
    "-017": "-15",
    "08": "8",
    "0_8": "8",
    "0o17": "15",
    "0O17": "15",
    "-0o17": "-15",
    "0x1_F": "31",
    "-0X10": "-16",
    "0b101": "5",
    "1_000": "1000",
    "1_0.5": "10.5",
    "18446744073709551615": "18446744073709551615",
    "-9223372036854775808": "-9223372036854775808",
    "-9223372036854775809": "-9223372036854776000",
    "123456789012345678901": "123456789012345680000",
    "012345678901234567890123": "1.2345678901234568e+22",
    "1.50": "1.5",
    "3.0": "3",
    "-0.0": "0",
    "1.": "1",
    "+.5": "0.5",
    "-.5": "-0.5",
    "1e3": "1000",
    "1E+3": "1000",
    "1.5e3": "1500",
    "1e20": "100000000000000000000",
    "1e21": "1e+21",
    "1e-5": "0.00001",
    "1e-6": "0.000001",
    "1e-7": "1e-7",
    "!!int '3'": "3",
    "!!float 3": "3",
}
TRUTHS = {"true": "true", "True": "true", "TRUE": "true", "False": "false", "!!bool 'true'": "true"}
TEXTS = (
    *("yes", "on", "off", "no", "y", "1:30", "190:20:30.15", "_1", "0b2", "0x", ".", "="),
    *("10.0.0.0/16", "1.2.3", "90d", "true or false", "untrue", "3 4", "3e"),
)


@pytest.mark.parametrize(("written", "text"), [*NUMBERS.items(), *TRUTHS.items()])
def test_the_program_gets_a_text_of_a_number_and_of_a_truth(written: str, text: str) -> None:
    value = loaded(f"a: {written}\n")["a"]
    assert not isinstance(value, str)
    assert text_of(value) == text


@pytest.mark.parametrize("written", TEXTS)
def test_what_pulumi_takes_for_a_text_is_one(written: str) -> None:
    assert loaded(f"a: {written}\n") == {"a": written}
    assert text_of(written) == written


@pytest.mark.parametrize("written", [*NUMBERS, *TRUTHS, "null", "2026-01-02"])
def test_what_is_quoted_is_a_text(written: str) -> None:
    assert loaded(f'a: "{written}"\n') == {"a": written}


def test_of_what_is_no_scalar_there_is_no_text() -> None:
    for value in (None, [], {}, ["a"], {"a": "b"}, dt.date(2026, 1, 2), b"3"):
        assert text_of(value) is None
    assert loaded("a: 2026-01-02\nb: ~\nc:\n") == {
        "a": dt.date(2026, 1, 2),
        "b": None,
        "c": None,
    }


@pytest.mark.parametrize(
    "written", ["&x 1\nb: *x", "1e400", f"0x{'f' * 17}", "1" * 5000, "!!int ''", "!mine 3", "["]
)
def test_what_cannot_be_read_or_is_too_large_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="no YAML of settings"):
        loaded(f"a: {written}")
