"""What is in a snapshot of Vault's, and whether all of it is there. Reads it once, as a stream, and
keeps nothing of it: what it holds of Vault is encrypted, and is not looked at.

A snapshot is what hashicorp/raft-snapshot writes: a gzipped tar of Raft's own record (`meta.json`),
the state, and the SHA-256 of both (`SHA256SUMS`). Vault adds those sums once more, encrypted by its
seal (`SHA256SUMS.sealed`), by which it knows its own snapshots again.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

META: Final = "meta.json"
STATE: Final = "state.bin"
SUMS: Final = "SHA256SUMS"
SEALED: Final = "SHA256SUMS.sealed"

_CHUNK: Final = 1 << 20
# As much as Vault itself reads of them.
_LONGEST: Final = 8192
_ORDER: Final = (META, STATE, SUMS, SEALED)


class ArchiveError(Exception):
    """It is no whole snapshot; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server of the cluster when the snapshot was taken."""

    id: str
    address: str
    voter: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a whole snapshot says of itself."""

    index: int
    """Of the last change in it; grows with every change."""
    term: int
    servers: tuple[Server, ...]
    state_bytes: int
    seal_key: str
    """Which key of the seal closed it, as the seal names it: of KMS the key's ARN; with key shares
    always the same word. Empty where the seal does not say."""
    file_bytes: int
    sha256: bytes
    """Of the file."""


def verify(path: Path, beat: Callable[[], object] = lambda: None) -> Snapshot:
    """Read all of it, and compare what is there with its own sums. `beat` is called every so often.

    Raises `ArchiveError`.
    """
    try:
        with path.open("rb") as file:
            whole = _Counted(file, beat)
            found = _read(whole)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ArchiveError(f"it is damaged, or ends too early ({error})") from None
    return _snapshot(found, whole)


class _Counted:
    """A file that is read once, from its start; counts and hashes what was read."""

    def __init__(self, file: IO[bytes], beat: Callable[[], object]) -> None:
        self._file, self._beat = file, beat
        self.size, self.digest = 0, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        self._beat()
        chunk = self._file.read(size)
        self.size += len(chunk)
        self.digest.update(chunk)
        return chunk


@dataclass(slots=True)
class _Found:
    texts: dict[str, bytes]
    sums: dict[str, str]
    state_bytes: int = 0


def _read(whole: _Counted) -> _Found:
    found = _Found({}, {})
    # gzip's own end has a checksum of all before it, so it is read to there.
    with gzip.GzipFile(fileobj=cast("IO[bytes]", whole), mode="rb") as unzipped:
        with tarfile.open(fileobj=unzipped, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member)
                if member.name not in _ORDER or content is None:
                    raise ArchiveError(f"it holds {member.name!r}, which is in no snapshot")
                if member.name in found.sums:
                    raise ArchiveError(f"it holds {member.name} twice")
                _take(found, member.name, content)
        while unzipped.read(_CHUNK):
            pass
    if missing := [name for name in _ORDER if name not in found.sums]:
        raise ArchiveError(f"it ends too early, and lacks {' and '.join(missing)}")
    return found


def _take(found: _Found, name: str, content: IO[bytes]) -> None:
    digest, size = hashlib.sha256(), 0
    kept: list[bytes] = []
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if name != STATE:
            if size > _LONGEST:
                raise ArchiveError(f"its {name} is longer than Vault reads")
            kept.append(chunk)
    found.sums[name] = digest.hexdigest()
    if name == STATE:
        found.state_bytes = size
    else:
        found.texts[name] = b"".join(kept)


def _snapshot(found: _Found, whole: _Counted) -> Snapshot:
    meta = _meta(found.texts[META])
    said = _said(found.texts[SUMS])
    for name in (META, STATE):
        if said.get(name) != found.sums[name]:
            raise ArchiveError(f"its {name} is not what {SUMS} says")
    try:
        servers = tuple(
            Server(str(one["ID"]), str(one["Address"]), voter=one["Suffrage"] == 0)
            for one in meta["Configuration"]["Servers"]
        )
        index, term, size = (int(meta[name]) for name in ("Index", "Term", "Size"))
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveError(f"its {META} is not what Raft writes ({error!r})") from None
    if size != found.state_bytes:
        raise ArchiveError(f"its {STATE} has {found.state_bytes} bytes, and not {size} as it says")
    if not found.state_bytes or index < 1 or not servers:
        raise ArchiveError("there is nothing in it: no change, or no server")
    # Whoever may write to the bucket may have named them, and a terminal would obey.
    if not all(one.id.isprintable() and one.address.isprintable() for one in servers):
        raise ArchiveError(f"its {META} is not what Raft writes: a server's name cannot be shown")
    return Snapshot(
        index,
        term,
        servers,
        found.state_bytes,
        _seal_key(found.texts[SEALED]),
        whole.size,
        whole.digest.digest(),
    )


def _meta(text: bytes) -> Mapping[str, Any]:
    try:
        meta = json.loads(text)
    except ValueError:
        meta = None
    if not isinstance(meta, dict):
        raise ArchiveError(f"its {META} is no JSON object")
    return meta


def _said(text: bytes) -> Mapping[str, str]:
    """Name -> its sum, as `sha256sum` writes it."""
    lines = [line.split("  ", 1) for line in text.decode("ascii", "replace").splitlines()]
    if any(len(line) != 2 for line in lines):
        raise ArchiveError(f"its {SUMS} is no list of sums")
    return {name: digest for digest, name in lines}


def _seal_key(sealed: bytes) -> str:
    """`key_id` in go-kms-wrapping's BlobInfo: field 5 is its KeyInfo, of which field 3 is it. What
    a terminal would obey is escaped.
    """
    try:
        info = _fields(sealed).get(5, b"")
        key = _fields(info).get(3, b"").decode("utf-8", "replace")
    except (IndexError, ValueError):
        return ""
    return key if key.isprintable() else key.encode("unicode_escape").decode()


def _fields(message: bytes) -> dict[int, bytes]:
    """Those of a protobuf message that have a length; the last where one is repeated. Raises
    `IndexError` or `ValueError` where it is none.
    """
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        match tag & 7:
            case 0:
                _, at = _number(message, at)
            case 2:
                length, at = _number(message, at)
                if at + length > len(message):
                    raise ValueError("too short")
                fields[tag >> 3] = message[at : at + length]
                at += length
            case kind:
                raise ValueError(f"kind {kind}")
    return fields


def _number(message: bytes, at: int) -> tuple[int, int]:
    """A base-128 number, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
