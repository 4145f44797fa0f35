"""Decisions for other tools: a question in JSON on each line, an answer in JSON for each.

    {"policies": [HCL, ...], "operation": "read", "path": "secret/data/x"}    {"allowed": true}
    {"policies": [HCL, ...], "capabilities": "secret/data/x"}       {"capabilities": ["read"]}

A question can also have `data` (the request's parameters), `wrap_ttl` (seconds, or Vault's text for
a duration), `entity` and `groups` (as Vault's identity API writes them) for templated paths, and
`mounts` (path -> type, such as {"pki/": "pki"}) for the root-protected paths of secrets engines.
The operation `sudo` asks for that capability. A policy may be in base64, as for Vault's API.
What cannot be answered gives {"error": ...}, and the next line is answered nonetheless.
It deliberately asks no Vault, and knows no policy by its name: `root` and `default` are texts like
any other, so who holds `default` must give its text.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from policies.acl import Acl, Alias, Entity, Group, Identity, Operation, Request
from policies.acl.templates import NOBODY
from policies.go_text import trimmed
from policies.hcl import HclError, Stanza, nanoseconds, parse

_FIXES: Final = {
    "policies": "give a list of texts in HCL or JSON, without their names",
    "operation": f"give one of {', '.join(Operation)}",
    "path": "give the path of the request, such as secret/data/x",
    "data": "give an object of the request's parameters",
    "wrap_ttl": "give seconds, or a text such as 5m",
    "entity": "give what Vault answers for identity/entity/id/ID",
    "groups": "give a list of what Vault answers for identity/group/id/ID",
    "mounts": 'give the type of each mount, such as {"pki/": "pki"}',
    "capabilities": "give the path to ask about, and neither operation nor path",
}
_NO_LETTER: Final = re.compile("[\ud800-\udfff]")
"""A byte of a policy (`\\xc3`) that JSON cannot hold; Go writes it so, too."""
_BASE64: Final = re.compile("[A-Za-z0-9+/]+={0,2}")
_KEY: Final = re.compile(r" - at `\$\.(?P<key>\w+)(?P<rest>[^`]*)`")
_FIELD: Final = re.compile(r"(?P<rule>missing required|contains unknown) field `(?P<key>.*?)`")


class _Alias(msgspec.Struct, frozen=True):
    mount_accessor: str = ""
    id: str = ""
    name: str = ""
    metadata: dict[str, str] | None = None
    custom_metadata: dict[str, str] | None = None


class _Entity(msgspec.Struct, frozen=True):
    id: str = ""
    name: str = ""
    metadata: dict[str, str] | None = None
    aliases: list[_Alias] | None = None
    disabled: bool = False


class _Group(msgspec.Struct, frozen=True):
    id: str = ""
    name: str = ""
    metadata: dict[str, str] | None = None


class _Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policies: list[str]
    operation: Operation | None = None
    path: str | None = None
    data: dict[str, Any] | None = None
    wrap_ttl: float | str | None = None
    entity: _Entity | None = None
    groups: list[_Group] | None = None
    mounts: dict[str, str] | None = None
    capabilities: str | None = None


class _Allowed(msgspec.Struct, frozen=True):
    allowed: bool


class _Capabilities(msgspec.Struct, frozen=True):
    capabilities: tuple[str, ...]


class _Error(msgspec.Struct, frozen=True):
    error: str


class _QuestionError(ValueError):
    """A question that has no answer: the key, the rule and the fix."""

    def __init__(self, key: str, rule: str) -> None:
        super().__init__(f"{key}: {rule}; {_FIXES[key]}")


_decoder: Final = msgspec.json.Decoder(_Question)
_encode: Final = msgspec.json.Encoder().encode


def decide(lines: Iterable[str]) -> Iterator[str]:
    """One answer for each line, as soon as it is read; without a newline."""
    for line in lines:
        yield _encode(_answer(line)).decode()


def _answer(line: str) -> _Allowed | _Capabilities | _Error:
    try:
        question = _decoder.decode(line)
        if question.capabilities is not None:
            return _capabilities(question, question.capabilities)
        return _decision(question)
    except msgspec.ValidationError as error:
        return _Error(_explained(str(error)))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return _Error(f"the line is no JSON that can be read ({error}); give one object on a line")
    except ValueError as error:  # ours, and AclError
        return _Error(_NO_LETTER.sub("\ufffd", str(error)))


def _capabilities(question: _Question, path: str) -> _Capabilities:
    for key in ("operation", "path", "data", "wrap_ttl"):
        if getattr(question, key) is not None:
            raise _QuestionError("capabilities", f"has no use for {key}")
    acl = _acl(question)
    # As Vault does with what `sys/capabilities` is asked.
    asked = trimmed(path)
    if not asked:
        raise _QuestionError("capabilities", "missing path")
    if _is_disabled(question):
        raise _QuestionError("entity", "is disabled: Vault calls its tokens invalid")
    return _Capabilities(acl.capabilities(asked))


def _decision(question: _Question) -> _Allowed:
    if question.operation is None:
        raise _QuestionError("operation", "missing, and so is capabilities")
    if question.path is None:
        raise _QuestionError("path", "missing")
    wrap_ttl = _seconds(question.wrap_ttl)
    request = Request(question.operation, question.path, question.data or {}, wrap_ttl)
    mounts = {f"{path.strip('/')}/": kind for path, kind in (question.mounts or {}).items()}
    decision = _acl(question).decide(request, mounts)
    return _Allowed(decision.allowed and not _is_disabled(question))


def _seconds(wrap_ttl: float | str | None) -> float | None:
    """None where no wrapping is asked for, which an empty text says, too."""
    if wrap_ttl is None or wrap_ttl == "":
        return None
    try:
        seconds = nanoseconds(wrap_ttl) / 10**9 if isinstance(wrap_ttl, str) else wrap_ttl
    except ValueError as error:
        raise _QuestionError("wrap_ttl", str(error)) from None
    if seconds < 0:
        raise _QuestionError("wrap_ttl", "requested wrap ttl cannot be negative")
    return seconds


def _acl(question: _Question) -> Acl:
    policies, everyones = _known(tuple(question.policies))
    return everyones or Acl.of(policies, _holder(question))


@lru_cache(maxsize=1024)
def _known(texts: tuple[str, ...]) -> tuple[dict[str, tuple[Stanza, ...]], Acl | None]:
    """The policies, and their ACL where it is the same for everyone."""
    policies = _stanzas(texts)
    templated = any("{{" in stanza.path for policy in policies.values() for stanza in policy)
    return policies, None if templated else Acl.of(policies)


def _stanzas(texts: tuple[str, ...]) -> dict[str, tuple[Stanza, ...]]:
    """By the name that errors have for them."""
    policies = dict[str, tuple[Stanza, ...]]()
    for number, text in enumerate(texts):
        name = f"policies[{number}]"
        try:
            policies[name] = _parsed(_plain(text))
        except HclError as error:
            place = f"line {error.line}, column {error.column}"
            raise ValueError(f"{name}: failed to parse policy: {error.reason} ({place})") from None
        if not text:
            raise ValueError(f"{name}: 'policy' parameter not supplied or empty")
    return policies


def _plain(text: str) -> str:
    """The text itself, or what it is the base64 of. Go skips ends of lines in it."""
    letters = text.replace("\r", "").replace("\n", "")
    if not _BASE64.fullmatch(letters) or len(letters) % 4:
        return text
    return b64decode(letters).decode(errors="surrogateescape")


_parsed: Final = lru_cache(maxsize=8192)(parse)


def _holder(question: _Question) -> Identity:
    entity = question.entity
    if entity is None:
        return NOBODY
    return Identity(
        Entity(
            entity.id,
            entity.name,
            entity.metadata or {},
            tuple(
                Alias(
                    alias.mount_accessor,
                    alias.id,
                    alias.name,
                    alias.metadata or {},
                    alias.custom_metadata or {},
                )
                for alias in entity.aliases or ()
            ),
        ),
        tuple(Group(group.id, group.name, group.metadata or {}) for group in question.groups or ()),
    )


def _is_disabled(question: _Question) -> bool:
    return question.entity is not None and question.entity.disabled


def _explained(problem: str) -> str:
    """msgspec's message, with the key first and the fix last."""
    if found := _FIELD.search(problem):
        key, inside = found["key"], _KEY.search(problem)
        if found["rule"] == "contains unknown":
            return f"{key}: no key of a question; the keys are {', '.join(_FIXES)}"
        return f"{key}: missing; {_FIXES[inside['key'] if inside else key]}"
    if found := _KEY.search(problem):
        rule = problem[: found.start()]
        return f"{found['key']}{found['rest']}: {rule}; {_FIXES[found['key']]}"
    return f"the line is no question ({problem}); give one object on a line"
