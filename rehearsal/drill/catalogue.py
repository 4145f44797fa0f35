"""All drills, in the order in which they are run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rehearsal.drill.dependencies import DEPENDENCIES
from rehearsal.drill.episode import Drill
from rehearsal.drill.failures import FAILURES
from rehearsal.drill.strangers import STRANGER_DRILLS
from rehearsal.errors import RehearsalError

DRILLS: Final = (*FAILURES, *DEPENDENCIES, *STRANGER_DRILLS)


def chosen(names: Sequence[str]) -> tuple[Drill, ...]:
    """The drills of these names, in their order here; all where none is named.

    Raises RehearsalError for a name that is none.
    """
    known = [drill.name for drill in DRILLS]
    if unknown := sorted(set(names) - set(known)):
        raise RehearsalError(
            f"no drill is named {', '.join(unknown)}; there are: {', '.join(known)}"
        )
    return tuple(drill for drill in DRILLS if not names or drill.name in names)
