"""`pulumi destroy`, with the rehearsal in the engine's place: everything goes, or nothing does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rehearsal.destroy.deletion import Deletion
from rehearsal.errors import RehearsalError
from rehearsal.ledger import Entry
from rehearsal.stand_up import StoodUp, as_run_of_ci


class ProtectedError(RehearsalError):
    """As the engine does, nothing was deleted."""

    def __init__(self, protected: Sequence[Entry]) -> None:
        self.protected = tuple(protected)
        names = ", ".join(sorted(entry.name for entry in protected))
        super().__init__(
            f"{len(protected)} resources are protected, so nothing was deleted: {names}; "
            "docs/destroy.md says how to go on"
        )


def destroy(stood: StoodUp) -> None:
    """All that the program made. Raises `ProtectedError`, having deleted nothing, and
    `RehearsalError` where a deletion fails.
    """
    entries = stood.ledger.entries
    deletion = Deletion(
        stood.scene.kubernetes,
        str(stood.scene.ca_file),
        {entry.urn: entry for entry in entries if entry.type.startswith("pulumi:providers:")},
    )
    with as_run_of_ci(stood.scene):
        delete_all(entries, deletion)


def delete_all(entries: Sequence[Entry], delete: Callable[[Entry], None]) -> None:
    """In an order in which nothing loses what it depends on. What is retained, and what goes along
    with another, is only forgotten.
    """
    if protected := [entry for entry in entries if entry.protect]:
        raise ProtectedError(protected)
    going = {entry.urn for entry in entries}
    for entry in reversed(entries):
        if entry.retain_on_delete or entry.deleted_with in going:
            continue
        try:
            delete(entry)
        except Exception as error:
            raise RehearsalError(f"{entry.type} {entry.name}: {error}") from error
