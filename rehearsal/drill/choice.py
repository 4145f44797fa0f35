"""Which drills were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from rehearsal.errors import RehearsalError


class Named(Protocol):
    @property
    def name(self) -> str: ...


_Drill = TypeVar("_Drill", bound=Named)


def chosen(drills: Sequence[_Drill], names: Sequence[str]) -> tuple[_Drill, ...]:
    """Those of these names, in their order there; all where none is named.

    Raises RehearsalError for a name that is none.
    """
    known = [drill.name for drill in drills]
    if unknown := sorted(set(names) - set(known)):
        raise RehearsalError(
            f"--only: none is named {', '.join(unknown)}; there are: {', '.join(known)}"
        )
    return tuple(drill for drill in drills if not names or drill.name in names)
