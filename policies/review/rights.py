"""Rights in SQL and in IAM documents, taken out of their text as far as that is safe.

A GRANT is taken out of its SQL; what remains must be the same, piece by piece, or the SQL is told
by its lines. So nothing that is not understood is taken for narrower. Columns, memberships and
everything else than `GRANT <words> ON ... TO ...;` remain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final

from policies.plan import DatabaseRole
from policies.postgresql import DatabaseAccess, statements

_GRANT: Final = re.compile(
    r"(ALTER DEFAULT PRIVILEGES (?:.*? )??)?\bGRANT (?>([A-Z][A-Z ,]*?) ON )(?>(.+?) TO )(.+)"
)
_MOST: Final = {"GRANT": 2, "ALTER DEFAULT PRIVILEGES": 1}
"""In a statement that is looked at (`WITH GRANT OPTION` may end it): with hundreds of each it would
take for ever.
"""
_OWNER: Final = re.compile(r'FOR ROLE "([^"]*)" IN SCHEMA "([^"]*)"')
_PLAIN: Final = {"Effect", "Action", "Resource", "Sid"}


@dataclass(frozen=True, slots=True)
class Sql:
    """Some SQL as rights, each with the number of the piece of text before it, and those pieces."""

    rights: frozenset[tuple[int, str]]
    pieces: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for _, name in self.rights)


def sql(text: str) -> Sql:
    rights, pieces, between = set[tuple[int, str]](), [""], list[str]()
    parts = re.split("([;'])", text)
    for part, end in zip_longest(parts[::2], parts[1::2], fillvalue=""):
        statement = " ".join(part.split())
        grant = _grant(statement) if end == ";" else None
        if not grant:
            between += (part, end)
            continue
        between += (part[: len(part) - len(part.lstrip())], statement[: grant.start()])
        if before := " ".join("".join(between).split()):
            pieces.append(before)
        later, words, where, whom = grant.groups()
        place = f"{where} TO {whom}"
        if later:
            place += f" ({later.strip()})"
        rights |= {(len(pieces), f"{word.strip()} ON {place}") for word in words.split(",")}
        between = []
    return Sql(frozenset(rights), (*pieces, " ".join("".join(between).split())))


def _grant(statement: str) -> re.Match[str] | None:
    if any(statement.count(word) > most for word, most in _MOST.items()):
        return None
    return _GRANT.search(statement)


def only_rights_differ(before: str, after: str) -> bool:
    """Whether nothing changed but which rights are granted, each where it was before."""
    if "--" in before + after:
        return before == after  # for a comment ends where its line does, and a grant begins there
    old, new = sql(before), sql(after)
    kept = {(place, name) for place, name in new.rights if name in old.names}
    return old.pieces == new.pieces and kept <= old.rights


def own_form(role: DatabaseRole, database: str) -> str:
    """In words, where the role's SQL is what the program writes; empty where it is not."""
    found = _OWNER.search("\n".join(role.statements.creation))
    if not found:
        return ""
    owner, schema = found.groups()
    for access in DatabaseAccess:
        if role.statements == statements(
            database=database, owner=owner, schema=schema, access=access
        ):
            words = sorted(
                {
                    name.partition(" ON ")[0]
                    for name in sql("\n".join(role.statements.creation)).names
                    if " ON ALL TABLES " in name
                }
            )
            return (
                f"the program's own: {', '.join(words)} on all tables of {owner} in schema {schema}"
            )
    return ""


def changed_lines(before: str, after: str) -> tuple[str, str]:
    """The lines that only one side has."""
    old, new = before.splitlines(), after.splitlines()
    gone, come = list[str](), list[str]()
    for how, start, end, new_start, new_end in SequenceMatcher(None, old, new).get_opcodes():
        if how != "equal":
            gone += old[start:end]
            come += new[new_start:new_end]
    return "\n".join(map(str.strip, gone)), "\n".join(map(str.strip, come))


@dataclass(frozen=True, slots=True)
class Iam:
    """An IAM document: `action on resource` of what it plainly allows, and the other statements
    (denials, conditions, `NotAction`) as JSON.
    """

    allowed: frozenset[str]
    others: frozenset[str]


def iam(document: str) -> Iam:
    try:
        given = json.loads(document, object_pairs_hook=_each_once)
        listed = _listed(given["Statement"])
        plain = [one for one in listed if _is_plain(one)]
        rest = [_written(one) for one in listed if not _is_plain(one)]
        rest += [_written({key: given[key]}) for key in given.keys() - {"Version", "Statement"}]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Iam(frozenset(), frozenset({document}))
    return Iam(frozenset(pair for one in plain for pair in _pairs(one)), frozenset(rest))


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that is there twice nobody can say which AWS takes."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _is_plain(statement: Any) -> bool:
    return (
        statement.keys() <= _PLAIN
        and statement["Effect"] == "Allow"
        and all(
            isinstance(text, str)
            for key in ("Action", "Resource")
            for text in _listed(statement[key])
        )
    )


def _pairs(statement: Any) -> Iterator[str]:
    for action in _listed(statement["Action"]):
        for resource in _listed(statement["Resource"]):
            yield f"{action} on {resource}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
