"""What stands in the way of moving values into an entry. Pure: it knows only what was seen.

Nothing that is there is overwritten unless `--replace` names the version that was seen. A new entry
is written whole: a template that finds half of its keys renders nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration.moving.places import Seen, Status
from policies.resources import KvEntry
from policies.texts import joined

_TAKEN = (Status.DIFFERS, Status.UNREADABLE)


def obstacles(entry: KvEntry, seen: Seen, replace: str | None) -> Iterator[str]:
    """Why nothing can be written into this entry; none where it can, or need not."""
    if not seen.to_write:
        return
    path = entry.path.text
    if replace is not None and replace != seen.version:
        there = f"version {seen.version}" if seen.version else "nothing"
        yield (
            f"{path}: --replace names version {replace}, and there is {there}; look at what "
            "changed, and name that"
        )
        return
    taken = [key for key, status in seen.statuses.items() if status in _TAKEN]
    if taken and replace is None:
        yield (
            f"{path}: {joined(taken)} would be overwritten; where that is wanted, write "
            f"--replace {path}={seen.version}"
        )
    if seen.deleted and replace is None:
        yield (
            f"{path}: its last version, {seen.version}, was deleted; undelete it, or write the "
            f"entry anew with --replace {path}={seen.version}"
        )
    missing = [key for key in entry.keys if key not in seen.statuses and key not in seen.others]
    if missing and (not seen.version or seen.deleted):
        yield f"{path}: is written whole, as it is not there yet; map {joined(missing)}, too"
