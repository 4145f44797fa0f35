"""What became of a mutant, from what mutmut leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rehearsal.mutation.verdicts import Mutant, Verdict, read

WRITTEN = """
def x_check__mutmut_orig(number):
    if number < 1:
        raise ValueError("must be at least 1")
    return number

def x_check__mutmut_1(number):
    if number < 1:
        raise ValueError("XXmust be at least 1XX")
    return number

def x_check__mutmut_2(number):
    if number <= 1:
        raise ValueError("must be at least 1")
    return number

def x_check__mutmut_3(number):
    if number < 1:
        raise TypeError("must be at least 1")
    return number

def x_check__mutmut_4(number):
    if number < 1:
        raise ValueError(None)
    return number
"""


COMMENTED = """
def x_f__mutmut_orig(path):
    comment = "why"
    return Stanza(path=path, comment=comment, capabilities=READ)

def x_f__mutmut_1(path):
    comment = "XXwhyXX"
    return Stanza(path=path, comment=comment, capabilities=READ)

def x_f__mutmut_2(path):
    comment = "why"
    return Stanza(path=path, capabilities=READ)

def x_f__mutmut_3(path):
    comment = "why"
    return Stanza(path=path, comment=comment)
"""


def verdicts(tmp_path: Path, **statuses: int | None) -> list[Mutant]:
    written = tmp_path / "module.py"
    written.write_text(WRITTEN)
    keys = {f"policies.module.x_check__mutmut{name}": code for name, code in statuses.items()}
    written.with_suffix(".py.meta").write_text(
        json.dumps({"exit_code_by_key": keys, "durations_by_key": {}})
    )
    return list(read(written))


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (1, Verdict.KILLED),
        (3, Verdict.KILLED),
        (-24, Verdict.TIMEOUT),
        (36, Verdict.TIMEOUT),
        (33, Verdict.NO_TESTS),
        (-11, Verdict.UNKNOWN),
        (2, Verdict.KILLED),
        (None, Verdict.UNKNOWN),
    ],
)
def test_each_status_means_something(tmp_path: Path, status: int | None, verdict: Verdict) -> None:
    assert verdicts(tmp_path, _2=status) == [Mutant("x_check__mutmut_2", verdict)]


@pytest.mark.parametrize("which", ["_1", "_4"])
def test_a_survivor_that_only_words_an_error_otherwise_is_told_apart(
    tmp_path: Path, which: str
) -> None:
    (one,) = verdicts(tmp_path, **{which: 0})
    assert one.verdict is Verdict.WORDS


def test_nor_does_a_comment_decide(tmp_path: Path) -> None:
    written = tmp_path / "module.py"
    written.write_text(COMMENTED)
    keys = {f"policies.module.x_f__mutmut_{number}": 0 for number in (1, 2, 3)}
    written.with_suffix(".py.meta").write_text(json.dumps({"exit_code_by_key": keys}))
    found = [mutant.verdict for mutant in read(written)]
    assert found == [Verdict.WORDS, Verdict.WORDS, Verdict.SURVIVED]


@pytest.mark.parametrize(
    ("which", "difference"),
    [
        ("_2", "- if number < 1:\n+ if number <= 1:"),
        ("_3", "- raise ValueError('must be at least 1')\n+ raise TypeError('must be at least 1')"),
    ],
)
def test_any_other_survivor_is_shown(tmp_path: Path, which: str, difference: str) -> None:
    assert verdicts(tmp_path, **{which: 0}) == [
        Mutant(f"x_check__mutmut{which}", Verdict.SURVIVED, difference)
    ]
