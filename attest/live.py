"""What a live Vault holds, as values. Reads several things at once, and as many as there are: a
thousand roles take a few seconds.

Where a list could not be read, nothing is known of what it holds, which is not the same as empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from attest import connections
from attest.vault import Unread, Vault
from policies import inspection
from policies.inspection import LISTINGS, SETTINGS, Listing

Body: TypeAlias = Mapping[str, Any]
Progress: TypeAlias = Callable[[str], None]
AT_ONCE: Final = 16
"""Requests that are under way together."""
MOST_TOKENS: Final = 20_000
"""That are looked up; of more it is said how many were not."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """All service tokens, by their accessors. Batch tokens leave no trace that could be listed."""

    known: tuple[Body, ...]
    """What Vault says of each, without what it is."""
    total: int

    @property
    def not_looked_up(self) -> int:
        """Beyond the bound, or ended meanwhile."""
        return self.total - len(self.known)


@dataclass(frozen=True, slots=True)
class Live:
    """None stands for what could not be read."""

    version: str
    mounts: Body | None
    auth: Body | None
    audit: Body | None
    settings: Mapping[str, Body | None]
    """By path; without those that are not there."""
    folders: Mapping[str, Mapping[str, Body | None] | None]
    """Folder -> name -> what is there: empty where only the name is asked for, none where it could
    not be read."""
    tokens: Tokens | None
    unread: tuple[Unread, ...]
    requests: int


def read(vault: Vault, progress: Progress, most_tokens: int = MOST_TOKENS) -> Live:
    """Raises `AttestError` where Vault cannot be asked at all."""
    version = vault.version()
    mounts, auth = vault.read(inspection.MOUNTS), vault.read(inspection.AUTH_MOUNTS)
    audit = vault.read(inspection.AUDIT)
    listings = [one for one in LISTINGS if _is_there(one.mount, mounts, auth)]
    settings = dict(_settings(vault, mounts, auth))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        names = dict(
            zip(
                (one.folder for one in listings),
                pool.map(lambda one: vault.listed(one.folder), listings),
                strict=True,
            )
        )
        accessors = names.pop(inspection.ACCESSORS)
        wanted = [
            (one, name)
            for one in listings
            if one.folder != inspection.ACCESSORS
            for name in names[one.folder] or ()
        ]
        progress(f"reading {len(wanted)} roles, policies and other objects")
        bodies = list(pool.map(lambda one: _body(vault, *one), wanted))
        tokens = _tokens(vault, pool, accessors, progress, most_tokens)
    folders: dict[str, dict[str, Body | None] | None] = {one.folder: {} for one in LISTINGS}
    folders |= {folder: None for folder, found in names.items() if found is None}
    for (one, name), body in zip(wanted, bodies, strict=True):
        folder = folders[one.folder]
        assert folder is not None
        folder[name] = body
    return Live(
        version, mounts, auth, audit, settings, folders, tokens, vault.unread, vault.requests
    )


def _is_there(mount: str, mounts: Body | None, auth: Body | None) -> bool:
    """Whether it can be there. Where that is not known, it is tried."""
    if mount.startswith("auth/"):
        return auth is None or mount.removeprefix("auth/") in auth
    return not mount or mounts is None or mount in mounts


def _settings(
    vault: Vault, mounts: Body | None, auth: Body | None
) -> Iterator[tuple[str, Body | None]]:
    for one in SETTINGS:
        if _is_there(one.mount, mounts, auth):
            body = vault.read(one.path)
            if body is not None or any(unread.path == one.path for unread in vault.unread):
                yield one.path, body


def _body(vault: Vault, listing: Listing, name: str) -> Body | None:
    body = vault.read(listing.path(name)) if listing.reads else {}
    return connections.shown(body) if body and listing.folder == inspection.CONNECTIONS else body


def _tokens(
    vault: Vault,
    pool: ThreadPoolExecutor,
    accessors: Iterable[str] | None,
    progress: Progress,
    most: int,
) -> Tokens | None:
    if accessors is None:
        return None
    every = list(accessors)
    chosen, known = every[:most], list[Body]()
    for done, said in enumerate(pool.map(vault.look_up, chosen), 1):
        if done % 500 == 0 or done == len(chosen):
            progress(f"looked up {done} of {len(chosen)} tokens")
        if said is not None:
            known.append(said)
    if left := len(every) - len(chosen):
        vault.note(
            inspection.ACCESSORS,
            "look up all tokens",
            f"{left} of {len(every)} are beyond the bound; give a greater one with --most-tokens",
        )
    if any(one.operation == "look up tokens" for one in vault.unread):
        return None
    return Tokens(tuple(known), len(every))
