"""Reads Vault's audit log: who did what, where, and what Vault decided. Pure.

The part of an entry that says who had access, as Vault 1.21 writes it. Values are left out: they
are hashes, with a key that only Vault has. Vault writes an entry when a request comes and one when
it is answered, with the same `id`; what comes of a login only the second one says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Any


class AuditLogError(ValueError):
    """A line that is no audit entry; says which one. An entry is never skipped in silence."""


@unique
class EntryType(StrEnum):
    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. What Vault left out is empty."""

    time: datetime
    type: EntryType
    id: str
    """The request's: it and its response have the same. A question for help has none."""
    role: str
    """The auth role by which the token was issued; of a login's response, will be."""
    display_name: str
    """What the auth mount made of who it is, such as `kubernetes-<namespace>-<account>`."""
    entity_id: str
    token_policies: tuple[str, ...]
    operation: str
    """Vault's own word: create, read, update, patch, delete, list, ..."""
    path: str
    """Without `/v1/`; of a list it may end with a slash."""
    allowed: bool
    """What the ACL decided. Where none was asked, as in a login, whether it went well."""
    granting_policies: tuple[str, ...]
    """The ACL policies whose rules allowed it."""
    error: str
    """Of one that was allowed: why it failed all the same."""
    remote_address: str


def read(lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of an audit log in order; empty lines are none. Raises `AuditLogError` for
    anything else, such as a line that was cut off.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _entry(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise AuditLogError(
                    f"line {number} is no entry of Vault's audit log ({type(error).__name__}: "
                    f"{error}): give the file of a device of type 'file', from its beginning to "
                    "the end of a line"
                ) from None


def _entry(body: Mapping[str, Any]) -> Entry:
    request = body["request"]
    auth: Mapping[str, Any] = body.get("auth") or {}
    results: Mapping[str, Any] = auth.get("policy_results") or {}
    metadata: Mapping[str, Any] = auth.get("metadata") or {}
    error = _text(body, "error")
    # Some refusals are answers, with nothing in them but the text, which is a hash.
    answer: Mapping[str, Any] = (body.get("response") or {}).get("data") or {}
    refused = bool(error) or answer.keys() == {"error"}
    # An auth mount lets anybody log in who can, whatever token comes with it: no policy granted
    # that, and whether one could, no ACL says.
    granted = results.get("granting_policies") or ()
    asks_an_acl = results and (
        granted or not results["allowed"] or request.get("mount_class") != "auth"
    )
    return Entry(
        time=_time(body),
        type=EntryType(body["type"]),
        id=_text(request, "id"),
        # AppRole has a word of its own for it.
        role=_text(metadata, "role") or _text(metadata, "role_name"),
        display_name=_text(auth, "display_name"),
        entity_id=_text(auth, "entity_id"),
        token_policies=_texts(auth, "token_policies"),
        operation=_text(request, "operation", needed=True),
        path=_text(request, "path", needed=True),
        allowed=bool(results["allowed"]) if asks_an_acl else not refused,
        # Vault puts one without a name before the others.
        granting_policies=tuple(filter(None, (_text(one, "name") for one in granted))),
        error=" ".join(error.split()),
        remote_address=_text(request, "remote_address"),
    )


def _time(body: Mapping[str, Any]) -> datetime:
    time = datetime.fromisoformat(body["time"])
    if time.tzinfo is None:
        raise ValueError("time: has no time zone")
    return time


def _text(body: Mapping[str, Any], key: str, *, needed: bool = False) -> str:
    """Empty where it is not there, unless it is `needed`."""
    value = body[key] if needed else body.get(key, "")
    if not isinstance(value, str):
        raise TypeError(f"{key}: is no text")
    return value


def _texts(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = body.get(key) or []
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise TypeError(f"{key}: is no list of texts")
    return tuple(values)
