"""The audit log, held against what the proof asked: each call is there, with who it was, where it
went and what was decided; and no secret is, in clear or as base64.

A call is found by its correlation ID, so that none stands for another. What others asked meanwhile
(agents, jobs, the program) is in the log, too, and looked through for secrets.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final
from urllib.parse import unquote

from policies import provisioner
from policies.audit_log import Entry, EntryType, read
from rehearsal.audit import devices_of, lines_of
from rehearsal.journal import CORRELATION, Call, Journal
from rehearsal.proof.attempts import Bench
from rehearsal.proof.provisioner import SUBJECT as PROVISIONER
from rehearsal.proof.results import Outcome, Result, Seen

# In the overview it is control's: a column of its own would not fit beside the others.
_AREA: Final = "control"
_EVERYBODY: Final = "vaultstack"
_ANONYMOUS: Final = "nobody yet"
# Vault answers these before it looks who asks, and writes nothing down.
_UNRECORDED: Final = frozenset({"sys/health", "sys/leader", "sys/seal-status"})
_HASH: Final = re.compile("hmac-sha256:[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Log:
    """What one device holds."""

    device: str
    entries: Mapping[str, tuple[Entry, ...]]
    """Correlation ID -> its entries, in order; those without one under the empty text."""
    texts: frozenset[str]
    """All that is written anywhere in it, once, but for hashes."""

    @classmethod
    def of(cls, device: str, lines: Sequence[str]) -> Log:
        """Raises `AuditLogError` where a line is no entry."""
        entries: dict[str, list[Entry]] = {}
        texts: set[str] = set()
        for line, entry in zip(lines, read(lines), strict=True):
            body = json.loads(line)
            headers = body["request"].get("headers") or {}
            (identity,) = headers.get(CORRELATION.lower(), ("",))
            entries.setdefault(identity, []).append(entry)
            texts |= {text for text in _texts(body) if not _HASH.fullmatch(text)}
        return cls(device, {key: tuple(found) for key, found in entries.items()}, frozenset(texts))

    @property
    def size(self) -> int:
        """Entries in it."""
        return sum(map(len, self.entries.values()))


def prove(bench: Bench, say: Callable[[str], None]) -> None:
    """After everything else: what is asked later is not looked at."""
    journal = bench.scene.journal
    devices = devices_of(bench.provisioner)
    calls = [call for call in journal.calls if call.path not in _UNRECORDED]
    for device, path in sorted(devices.items()):
        log = Log.of(device, list(lines_of(bench.scene.vaults, path)))
        bench.results.extend(_recorded(bench, log, calls, journal))
        found = secrets_in(log.texts, journal.secrets)
        bench.results.append(
            Result(
                _EVERYBODY,
                "secret in clear",
                f"in {device}",
                Outcome.DENIED,
                Seen(Outcome.ALLOWED if found else Outcome.DENIED, None, "; ".join(found)),
                area=_AREA,
            )
        )
        say(
            f"audit: {device} has {log.size:,} entries; {len(calls):,} calls and "
            f"{len(journal.secrets):,} secrets looked for"
        )


def _recorded(bench: Bench, log: Log, calls: Sequence[Call], journal: Journal) -> Iterator[Result]:
    """One result for each who asked."""
    names = {subject.acl_policy: subject.label for subject in bench.subjects}
    names[provisioner.NAME] = PROVISIONER
    by_subject: dict[str, list[Call]] = {}
    for call in calls:
        policies = journal.policies_of(call.token)
        name = names.get(policies[0], _EVERYBODY) if policies else _ANONYMOUS
        by_subject.setdefault(name, []).append(call)
    for name, theirs in by_subject.items():
        faults = [fault for call in theirs if (fault := fault_of(call, log, journal))]
        detail = f"{len(faults)} of {len(theirs)} calls: {faults[0]}" if faults else ""
        yield Result(
            _EVERYBODY if name == _ANONYMOUS else name,
            "written down" if name != _ANONYMOUS else "written down without a token",
            f"in {log.device}, {len(theirs):,} calls",
            Outcome.ALLOWED,
            Seen(Outcome.BROKEN if faults else Outcome.ALLOWED, None, detail),
            area=_AREA,
        )


def fault_of(call: Call, log: Log, journal: Journal) -> str:
    """What is wrong with what the log has of a call; empty where nothing is."""
    what = f"{call.method} {call.path} ({call.status})"
    found = log.entries.get(call.id, ())
    kinds = [entry.type for entry in found]
    # What Vault refuses before it looks where it goes, such as a wrapping token that was used, has
    # one entry that says so, and of nobody. Whom an ACL denies something it knows.
    at_once = kinds == [EntryType.REQUEST] and found[0].error and not found[0].token_policies
    refused = call.status >= 400 and at_once
    if kinds != [EntryType.REQUEST, EntryType.RESPONSE] and not refused:
        return f"{what} has not a request and its response but {', '.join(kinds) or 'nothing'}"
    path = unquote(call.path.partition("?")[0]).strip("/")
    policies, allowed = journal.policies_of(call.token), False if refused else _decided(call)
    for entry in found:
        if entry.path.strip("/") != path:
            return f"{what} is written down as {entry.path}"
        if policies and entry.token_policies != policies:
            return f"{what} is written down as of {', '.join(entry.token_policies) or 'nobody'}"
    if allowed is not None and found[-1].allowed != allowed:
        return f"{what} is written down as {'allowed' if found[-1].allowed else 'denied'}"
    return ""


def _decided(call: Call) -> bool | None:
    """What the client learned of the decision; None where the status does not tell it, as with a
    login that failed.
    """
    if call.status == 403:
        return False
    return True if call.status < 300 or call.token else None


def secrets_in(texts: Iterable[str], secrets: Iterable[str]) -> list[str]:
    """Where a secret is, never which. Each is looked for as it is, line by line where it has
    several, and as base64 wherever it may begin in what was encoded.
    """
    together = "\n".join(texts)
    wanted = set(chain.from_iterable(map(_forms, secrets)))
    return [_place(together, form) for form in wanted if form in together][:3]


def _forms(secret: str) -> Iterator[str]:
    for line in secret.splitlines():
        if len(line) < _SHORTEST or line.startswith("-----"):
            continue
        yield line
        for offset in range(3):
            encoded = base64.b64encode(b"\0" * offset + line.encode()).decode()
            # Characters at both ends depend on what stands beside it.
            yield encoded[4 if offset else 0 : len(encoded) // 4 * 4 - 4]


_SHORTEST: Final = 12


def _place(text: str, form: str) -> str:
    start = text.index(form)
    beginning = text[text.rfind("\n", 0, start) + 1 : start][:40]
    return f"a value of {len(form)} characters, in a text that begins with {beginning!r}"


def _texts(value: Any) -> Iterator[str]:
    """Every name and every value."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)
