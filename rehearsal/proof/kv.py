"""Static secrets: read, write, rotate, list, and manage versions, of every entry, as everyone."""

from __future__ import annotations

import secrets
from typing import Any

from policies.hcl import Capability
from policies.paths import KV, SecretPath
from policies.plan import KvSecret
from policies.subject import Subject
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.proof.results import Figure
from rehearsal.vault_api import Answer, VaultApi

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
_NO_VERSION = 1_000_000
"""A version that no entry has: what is denied must be harmless were it allowed."""


def prove(bench: Bench) -> None:
    for subject in bench.subjects:
        for entry in bench.plan.kv_entries:
            _read(bench, subject, entry)
            _write(bench, subject, entry)
            _change_one_key(bench, subject, entry)
            _see_versions(bench, subject, entry)
            _manage_versions(bench, subject, entry)
            _change_metadata(bench, subject, entry)
        for folder in sorted({entry.name.rpartition("/")[0] for entry in bench.plan.kv_entries}):
            _list(bench, subject, folder)
            _delete(bench, subject, folder)


def _read(bench: Bench, subject: Subject, entry: KvSecret) -> None:
    def has_its_keys(answer: Answer) -> None:
        keys = set(answer.data["data"])
        if not set(entry.keys) <= keys <= {*entry.keys, *entry.kept_keys}:
            raise Mismatch(f"holds the keys {sorted(keys)}")

    bench.try_call(
        subject,
        "kv read",
        entry.name,
        allowed=expectations.kv(subject, entry.name, expectations.READS),
        call=lambda: bench.session(subject).call("GET", SecretPath(entry.name).data),
        check=has_its_keys,
        figure=Figure.STATIC_SECRET,
    )


def _write(bench: Bench, subject: Subject, entry: KvSecret) -> None:
    """Who may, writes the same values as a new version; who may not, tries to create."""
    allowed = expectations.kv(subject, entry.name, expectations.WRITES)
    vault, path = bench.session(subject), SecretPath(entry.name).data
    body: dict[str, Any] = {"options": {"cas": 0}, "data": {"nothing": "of value"}}
    if allowed:
        values, version = _values(vault, path), _version(bench, entry)
        body = {"options": {"cas": version}, "data": values}
    bench.try_call(
        subject,
        "kv write",
        entry.name,
        allowed=allowed,
        call=lambda: vault.call("POST", path, body),
    )


def _change_one_key(bench: Bench, subject: Subject, entry: KvSecret) -> None:
    """A merge patch with check-and-set, as a rotation does it: the other keys stay as they are."""
    allowed = expectations.kv(subject, entry.name, expectations.PATCHES)
    path, reader = SecretPath(entry.name).data, _reader(bench, entry)
    before = _values(reader, path) if allowed else {}
    changed, value = entry.keys[0], secrets.token_urlsafe(36)
    version = _version(bench, entry) if allowed else _NO_VERSION

    def only_that_key_changed(_: Answer) -> None:
        if _values(reader, path) != {**before, changed: value}:
            raise Mismatch("changed more, or less, than one key")

    bench.try_call(
        subject,
        "kv change a key",
        entry.name,
        allowed=allowed,
        call=lambda: bench.session(subject).call(
            "PATCH", path, {"options": {"cas": version}, "data": {changed: value}}, MERGE_PATCH
        ),
        check=only_that_key_changed if reader else None,
    )


def _see_versions(bench: Bench, subject: Subject, entry: KvSecret) -> None:
    path = SecretPath(entry.name).metadata
    bench.try_call(
        subject,
        "kv see versions",
        entry.name,
        allowed=expectations.kv(subject, entry.name, expectations.PATCHES)
        or expectations.control(subject, path, Capability.READ),
        call=lambda: bench.session(subject).call("GET", path),
    )


def _manage_versions(bench: Bench, subject: Subject, entry: KvSecret) -> None:
    """Delete, bring back and destroy the version before the current one."""
    allowed = expectations.kv(subject, entry.name, expectations.WRITES)
    version = _version(bench, entry) - 1 if allowed else _NO_VERSION
    for path in SecretPath(entry.name).version_operations:
        operation = path.removeprefix(f"{KV}/").partition("/")[0]
        bench.try_call(
            subject,
            f"kv {operation} a version",
            entry.name,
            allowed=allowed,
            call=lambda path=path: bench.session(subject).call(  # type: ignore[misc]
                "POST", path, {"versions": [version]}
            ),
        )


def _change_metadata(bench: Bench, subject: Subject, entry: KvSecret) -> None:
    """With no field: nothing is changed."""
    path = SecretPath(entry.name).metadata
    for operation, method, headers in (
        ("kv write metadata", "POST", None),
        ("kv patch metadata", "PATCH", MERGE_PATCH),
    ):
        answer = bench.session(subject).call(method, path, {}, headers)
        bench.try_passage(
            subject,
            operation,
            entry.name,
            allowed=expectations.kv(subject, entry.name, expectations.WRITES),
            answer=answer,
        )


def _list(bench: Bench, subject: Subject, folder: str) -> None:
    path = f"{SecretPath(folder).metadata}/"
    bench.try_call(
        subject,
        "kv list",
        f"{folder}/",
        allowed=expectations.kv_list(subject, folder)
        or expectations.control(subject, path, Capability.LIST),
        call=lambda: bench.session(subject).call("LIST", path),
    )


def _delete(bench: Bench, subject: Subject, folder: str) -> None:
    entry = SecretPath(f"{folder}/not-there")
    for operation, path in (
        ("kv delete", entry.data),
        ("kv delete for good", entry.metadata),
    ):
        bench.try_call(
            subject,
            operation,
            f"{folder}/*",
            allowed=expectations.kv(subject, entry.text, expectations.WRITES),
            call=lambda path=path: bench.session(subject).call("DELETE", path),  # type: ignore[misc]
        )


def _reader(bench: Bench, entry: KvSecret) -> VaultApi | None:
    """Somebody who may read the entry: who rotates it may not."""
    for subject in bench.subjects:
        if expectations.kv(subject, entry.name, expectations.READS):
            return bench.session(subject)
    return None


def _values(reader: VaultApi | None, path: str) -> dict[str, Any]:
    """Empty where it cannot be read: that is another cell's finding."""
    return dict(reader.call("GET", path).data.get("data") or {}) if reader else {}


def _version(bench: Bench, entry: KvSecret) -> int:
    answer = bench.provisioner.call("GET", SecretPath(entry.name).metadata)
    return int(answer.data["current_version"])
