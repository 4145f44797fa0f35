"""That nothing is known is only said where everything was asked about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from supply import python_advisories
from supply.pins import Pin
from supply.step import NotAsked, Outcome

LOCKED = (Pin("a", "1"), Pin("numpy", "2.3"), Pin("numpy", "2.5"))
KNOWN = {"id": "GHSA-1", "fix_versions": ["2.6"], "aliases": ["CVE-1"], "description": "long"}


class Source:
    """Answers as pip-audit does."""

    def __init__(self, **known: Sequence[dict[str, Any]]) -> None:
        self.asked = list[list[Pin]]()
        self.known = known

    def __call__(self, asked: Sequence[Pin]) -> bytes:
        self.asked.append(list(asked))
        return report(
            *({"name": pin.name, "version": pin.version, "vulns": self.of(pin)} for pin in asked)
        )

    def of(self, pin: Pin) -> list[dict[str, Any]]:
        return [*self.known.get(f"{pin.name}_{pin.version.replace('.', '_')}", ())]


def report(*dependencies: dict[str, Any]) -> bytes:
    return json.dumps({"dependencies": dependencies, "fixes": []}).encode()


def test_every_version_is_asked_about_and_none_twice_at_once() -> None:
    source = Source()
    answer = python_advisories.judged(LOCKED, source, ())
    assert answer.outcome is Outcome.CLEAN
    assert source.asked == [[LOCKED[0]], [LOCKED[0], LOCKED[1]], [LOCKED[2]]]
    assert "0 of 3 locked versions" in answer.summary


def test_what_is_known_is_told_with_its_version() -> None:
    answer = python_advisories.judged(LOCKED, Source(numpy_2_5=[KNOWN]), ())
    assert answer.outcome is Outcome.FOUND
    assert answer.findings == ("numpy 2.5: GHSA-1 (fixed in 2.6)",)


def test_a_version_that_was_skipped_was_not_asked_about() -> None:
    skipped = {"name": "a", "skip_reason": "Dependency not found on PyPI and could not be audited"}
    with pytest.raises(NotAsked, match="does not know a; is a mirror in its place"):
        python_advisories.read(report(skipped))


def test_who_does_not_answer_is_asked_once() -> None:
    asked = list[Sequence[Pin]]()

    def silent(pins: Sequence[Pin]) -> bytes:
        asked.append(pins)
        raise NotAsked("no such host")

    with pytest.raises(NotAsked):
        python_advisories.judged(LOCKED, silent, ())
    assert asked == [LOCKED[:1]]
