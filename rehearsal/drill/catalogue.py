"""All drills, in the order in which they are run."""

from __future__ import annotations

from typing import Final

from rehearsal.drill.dependencies import DEPENDENCIES
from rehearsal.drill.failures import FAILURES
from rehearsal.drill.strangers import STRANGER_DRILLS

DRILLS: Final = (*FAILURES, *DEPENDENCIES, *STRANGER_DRILLS)
