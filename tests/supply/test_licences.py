"""A licence that nobody allowed is told, whatever way a package tells it."""

from __future__ import annotations

import pytest

from supply import licences, lists
from supply.licences import FILE, Allowed, Installed, Package

ALLOWED = Allowed(
    allowed=frozenset({"MIT", "Apache-2.0", "ISC"}),
    same_as={"MIT License": "MIT", "ISC License (ISCL)": "ISC"},
    package=[Package("Own_one", "GPL-3.0-only", "only builds")],
    program=[],
)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("MIT License", True),
        ("ISC License (ISCL)", True),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only OR MIT AND Apache-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT AND Other", False),
        ("MIT License; GNU General Public License (GPL)", False),
        ("(GPL-3.0-only OR MIT) AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_of_alternatives_one_and_of_all_all(licence: str, allowed: bool) -> None:
    assert licences.is_allowed(licence, ALLOWED) is allowed


def test_a_package_is_told_with_its_name_and_what_to_do() -> None:
    own = Installed("own-one", "GPL-3.0-only")
    (told,) = licences.judged([own, Installed("bad", "UNKNOWN")], ALLOWED)
    assert told.startswith("bad: UNKNOWN is not allowed; use another package, or add it to")


def test_an_entry_is_for_the_licence_that_it_names() -> None:
    (told,) = licences.judged([Installed("own-one", "AGPL-3.0-only")], ALLOWED)
    assert told.startswith("own-one: AGPL-3.0-only is not allowed")


@pytest.mark.parametrize(
    ("installed", "says"),
    [([], "is not installed"), ([Installed("own-one", "MIT")], "needs no entry any more")],
)
def test_an_entry_without_a_use_is_told(installed: list[Installed], says: str) -> None:
    (told,) = licences.judged(installed, ALLOWED)
    assert says in told


def test_the_list_of_this_repository_allows_what_is_installed() -> None:
    assert licences.audit().findings == ()


def test_a_program_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = lists.read(FILE, Allowed)
    fewer.program.pop(0)
    monkeypatch.setattr(lists, "read", lambda *_: fewer)
    (told,) = licences.audit().findings
    assert told.startswith("tools/vault: say in licences.toml what it is under")
