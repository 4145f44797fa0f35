"""`vaultstack_jobs.strict`: files are read as they are meant, or refused with key, rule and fix.
What each kind of file may say is tried with that kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vaultstack_jobs.outcomes import ConfigurationError
from vaultstack_jobs.strict import Part, at_least, decode, text_of


class Thing(Part, frozen=True):
    size: int


def problems(thing: Thing) -> Iterator[str]:
    yield from at_least("size", thing.size, 3)
    yield from at_least("size", thing.size, 4)


def read(text: str) -> Thing:
    return decode(text, "file", Thing, lambda _: (), problems)


def test_what_is_right_is_read() -> None:
    assert read('{"size": 4}').size == 4


def test_every_problem_is_said_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read('{"size": 1}')
    assert str(caught.value).splitlines() == [
        "file: size: must be at least 3, not 1; fix: write 3 or more",
        "file: size: must be at least 4, not 1; fix: write 4 or more",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be one JSON object"),
        ('{"size": 4, "size": 5}', "the key 'size' is there twice"),
        ('{"size": NaN}', "NaN is no JSON number"),
        ('{"size": "4"}', "size: expected `int`, got `str`"),
        ("[]", "the file: expected `object`, got `array`"),
        ('{"size": 4, "more": 1}', "more: is not known"),
        ("{}", "size: must be there"),
    ],
)
def test_what_is_no_such_file_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^file: .*{said}.*; fix: "):
        read(text)


def test_a_file_that_is_not_there_is_said_with_its_fix(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"must be a readable UTF-8 file .*; fix: mount"):
        text_of(tmp_path / "none")
