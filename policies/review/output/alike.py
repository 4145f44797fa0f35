"""What is alike in several environments, told once: the name of the environment, which roles and
namespaces carry, does not make a difference.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, TypeVar, cast

from policies.environments import Environment
from policies.review.difference import AccessChange
from policies.review.model import CredentialLifetime, Finding, TermChange, WorkloadReview

_T = TypeVar("_T")


def alike(
    things: Iterable[tuple[Environment, _T]],
) -> Iterator[tuple[_T, tuple[Environment, ...]]]:
    """Things that are alike but for their environment's name, once. Where there are several, the
    name gives way to `<environment>`.
    """
    # By their text, as an example's data cannot be hashed.
    groups = dict[str, list[tuple[Environment, _T]]]()
    for environment, thing in things:
        groups.setdefault(repr(_nameless(thing, environment)), []).append((environment, thing))
    for same in groups.values():
        environment, thing = same[0]
        shown = _nameless(thing, environment) if _differ(one for _, one in same) else thing
        yield shown, tuple(dict.fromkeys(environment for environment, _ in same))


def _differ(things: Iterable[object]) -> bool:
    return len(set(map(repr, things))) > 1


def _nameless(thing: _T, environment: Environment) -> _T:
    """With `<environment>` wherever a text in it has the environment's name as a word."""
    return cast("_T", _replaced(thing, re.compile(rf"(?<![^\W_]){environment}(?![^\W_])")))


def _replaced(thing: Any, word: re.Pattern[str]) -> Any:
    match thing:
        case Enum():
            return thing
        case str():
            return word.sub("<environment>", thing)
        case tuple():
            return tuple(_replaced(one, word) for one in thing)
        case WorkloadReview() | AccessChange() | TermChange() | CredentialLifetime() | Finding():
            fields = (field.name for field in dataclasses.fields(thing) if field.name != "label")
            given = {name: _replaced(getattr(thing, name), word) for name in fields}
            return dataclasses.replace(thing, **given)
        case _:
            return thing
