from __future__ import annotations

import dataclasses
from pathlib import Path

from migration.scanning.findings import Finding, findings_of, fingerprint, only_in_history
from migration.scanning.kingfisher import Match
from tests.migration.planted import word

ROOT = Path("/app")


def match(path: str = "/app/a.py", line: int = 1, rule: str = "x.rule", value: str = "") -> Match:
    return Match(path, line, 5, rule, value or word())


def test_one_place_is_one_finding_whatever_rules_saw_it() -> None:
    value = word(30)
    (one,) = findings_of([match(value=value, rule="b"), match(value=value, rule="a")], ROOT)
    assert (one.path, one.line, one.rules, one.characters) == ("a.py", 1, ("a", "b"), 30)


def test_two_lines_are_two_in_order() -> None:
    found = findings_of([match(line=9), match(line=2)], ROOT)
    assert [one.line for one in found] == [2, 9]


def test_placeholders_are_left_out() -> None:
    assert findings_of([match(rule="custom.x", value="DB_PASSWORD")], ROOT) == ()


def test_an_archive_is_the_file() -> None:
    (one,) = findings_of([match(path="/app/lib/a.tgz!inner/b.py")], ROOT)
    assert (one.path, one.file) == ("lib/a.tgz!inner/b.py", "lib/a.tgz")


def test_a_fingerprint_knows_the_value_again_and_does_not_hold_it() -> None:
    value = word()
    assert fingerprint(value) == fingerprint(value) != fingerprint(word())
    assert len(fingerprint(value)) == 12
    (one,) = findings_of([match(value=value)], ROOT)
    assert value not in repr(one)


def test_the_history_tells_only_what_is_gone_and_once() -> None:
    kept = Finding("a.py", 1, 1, None, ("x",), 9, "f1")
    past = dataclasses.replace(kept, commit="c1", line=7)
    gone = dataclasses.replace(past, fingerprint="f2")
    again = dataclasses.replace(gone, commit="c2")
    elsewhere = dataclasses.replace(gone, path="b.py")
    assert only_in_history([past, gone, again, elsewhere], [kept]) == (gone, elsewhere)
