"""All scenarios, in the order in which they are played: each finds what the ones before it left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rehearsal.engine import ending, first, lost_state, trouble
from rehearsal.engine.episode import Scenario

SCENARIOS: Final[Sequence[Scenario]] = (
    Scenario("preview", "A preview of an empty stack", first.preview),
    Scenario("up", "The first up", first.up),
    Scenario("unchanged", "A preview after it: nothing to change", first.unchanged),
    Scenario("same", "The same Vault as without the engine", first.same),
    Scenario("matrix-change", "A change of the access matrix, and back", trouble.matrix_change),
    Scenario("manual-change", "Vault changed by hand", trouble.manual_change),
    Scenario("refused", "An up that Vault refuses in the middle", trouble.refused),
    Scenario("killed", "An up that is killed in the middle", trouble.killed),
    Scenario("lost-state", "A state that is lost", lost_state.lost_state),
    Scenario("proof", "Every cell of the matrix", first.proof),
    Scenario("secrets", "Secrets in clear", ending.secrets),
    Scenario("destroy", "The end, protected and not", ending.destroy),
)
