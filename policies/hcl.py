"""Vault ACL policy documents: render and parse. The only module that knows their syntax.

What it is: `Stanza`, one `path` block as a value; `parse`, which accepts and refuses what Vault
1.21 does, in its order and its words; `render`, which writes what `vault policy fmt` would leave as
it is; `canonical`, which is both. Tokens and tree are the business of `policies.hcl_syntax`.
What it deliberately does not do: decide requests, strip a path or class it as
exact, prefix or segment, fill in templates (only their braces are checked, as Vault does on
writing), or keep what has no effect: `name`, the `comment` attribute, second labels, and comments
other than those just above a stanza.
Units: wrapping and control group TTLs are seconds, 0 is none; a fraction of a second only where
there is one (`"1500ms"`), and never rounded: one that a float cannot keep (some of more than 48
days) is refused.
Errors: `HclError`, with line, column and Vault's reason (without its `failed to parse policy: `).
Source: vault/policy.go, hclutil, identitytpl and parseutil of Vault 1.21.0; decoder.go of HCL.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from itertools import groupby
from typing import NamedTuple, TypeAlias, TypeVar

from policies.go_text import lowered
from policies.hcl_syntax import (
    HclError,
    Kind,
    ListType,
    LiteralType,
    Node,
    ObjectItem,
    ObjectType,
    Token,
    parse_document,
    quote,
)

__all__ = [
    "ORDER",
    "Blocks",
    "Capability",
    "ControlGroup",
    "ControlGroupFactor",
    "HclError",
    "Object",
    "Parameters",
    "Stanza",
    "Value",
    "canonical",
    "in_order",
    "nanoseconds",
    "parse",
    "render",
]


# --- what a policy says --------------------------------------------------------------------------


@unique
class Capability(StrEnum):
    """What a stanza can grant, in canonical order; `deny` overrules the others."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    LIST = "list"
    SUDO = "sudo"
    PATCH = "patch"
    SUBSCRIBE = "subscribe"
    RECOVER = "recover"
    DENY = "deny"


ORDER = {capability: place for place, capability in enumerate(Capability)}


@dataclass(frozen=True, slots=True)
class Object:
    """An object among the values of a parameter: pairs, sorted by key."""

    items: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Objects directly under a key of an `Object`. Vault keeps them as a list of its own type,
    which equals no JSON value; a tuple of `Object` is the list that does.
    """

    objects: tuple[Object, ...]


Value: TypeAlias = "str | bool | int | float | tuple[Value, ...] | Object | Blocks"
Parameters: TypeAlias = tuple[tuple[str, tuple[Value, ...]], ...]


@dataclass(frozen=True, slots=True)
class ControlGroupFactor:
    """Who must approve, how many of them, and for what (no capability: for all)."""

    name: str
    group_ids: tuple[str, ...] = ()
    group_names: tuple[str, ...] = ()
    approvals: int = 1
    controlled_capabilities: tuple[Capability, ...] = ()

    def __post_init__(self) -> None:
        ordered = in_order(self.controlled_capabilities)
        object.__setattr__(self, "controlled_capabilities", ordered)


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """An Enterprise control group; other editions store and ignore it. `ttl` in seconds, 0 none."""

    factors: tuple[ControlGroupFactor, ...]
    ttl: float = 0

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.factors, key=lambda factor: factor.name))
        object.__setattr__(self, "factors", ordered)


@dataclass(frozen=True, slots=True)
class Stanza:
    """One `path` block; `path` is its label as written: leading `/`, wildcards, templates and all.

    Made canonical on creation: capabilities in `Capability`'s order and without repeats, `deny`
    alone; parameters sorted, with names in lower case (of two names that differ in case only, Vault
    keeps either, by chance; here the last). It is not validated: `render` is the judge.
    A stanza without capabilities is legal: it grants nothing and shadows less specific stanzas.
    An empty parameter map is the same as none. As everywhere in Python, `True == 1 == 1.0`.
    """

    path: str
    capabilities: tuple[Capability, ...] = ()
    comment: str = ""
    allowed_parameters: Parameters = ()
    denied_parameters: Parameters = ()
    required_parameters: tuple[str, ...] = ()
    min_wrapping_ttl: float = 0
    max_wrapping_ttl: float = 0
    subscribe_event_types: tuple[str, ...] = ()
    mfa_methods: tuple[str, ...] = ()
    control_group: ControlGroup | None = None

    def __post_init__(self) -> None:
        denied = Capability.DENY in self.capabilities
        capabilities = (Capability.DENY,) if denied else in_order(self.capabilities)
        object.__setattr__(self, "capabilities", capabilities)
        for name in ("allowed_parameters", "denied_parameters"):
            named = {lowered(key): tuple(values) for key, values in getattr(self, name)}
            object.__setattr__(self, name, tuple(sorted(named.items(), key=_key)))


def in_order(capabilities: Iterable[Capability]) -> tuple[Capability, ...]:
    """Each once, in `Capability`'s order."""
    return tuple(sorted(set(capabilities), key=ORDER.__getitem__))


def _key(pair: tuple[str, object]) -> str:
    return pair[0]


def parse(text: str) -> tuple[Stanza, ...]:
    """The stanzas of an HCL or JSON policy, in order. `HclError` if Vault would refuse it."""
    document = parse_document(text)
    _check_keys(document, _DOCUMENT_KEYS)
    _decode(_by_name(document.items), "root", "name", _string, "")
    return tuple(_stanza(item) for item in document.items if item.at.value == "path")


def render(stanzas: Iterable[Stanza], *, header: str = "") -> str:
    """The document that says `stanzas`, laid out as `vault policy fmt` does; "" for none at all.

    `header` becomes comment lines above everything. What is written is read back before it is
    returned: `HclError` if Vault would refuse it, `ValueError` if Vault would read something else
    (parameters beside `deny`, a carriage return in a comment).
    """
    given = tuple(stanzas)
    blocks = [_comment_lines(header)] if header else []
    blocks += map(_stanza_lines, given)
    text = "\n".join("".join(f"{line}\n" for line in lines) for lines in blocks)
    for wanted, read in zip(given, parse(text), strict=True):
        if wanted != read:
            raise ValueError(
                f"path {_q(wanted.path)}: Vault would read this stanza as {read}; "
                "give only what Vault keeps"
            )
    return text


def canonical(text: str) -> str:
    """The one way to write what `text` means. Loses what `parse` does not keep."""
    return render(parse(text))


# --- the rules for a document, in the order in which Vault finds faults (vault/policy.go) ---------

_DOCUMENT_KEYS = frozenset({"name", "path"})
_STANZA_KEYS = frozenset(
    {
        "comment",
        "policy",
        "capabilities",
        "allowed_parameters",
        "denied_parameters",
        "required_parameters",
        "min_wrapping_ttl",
        "max_wrapping_ttl",
        "mfa_methods",
        "control_group",
        "subscribe_event_types",
    }
)
_READ = ("read", "list")
_WRITE = ("create", "read", "update", "delete", "list")
_LEGACY = {"": (), "deny": ("deny",), "read": _READ, "write": _WRITE, "sudo": (*_WRITE, "sudo")}


def _q(text: str) -> str:
    return quote(text, literal=False)


def _stanza(item: ObjectItem) -> Stanza:
    label = item.keys[min(1, len(item.keys) - 1)]
    path = label.value
    if not _braces_balance(path):
        raise label.error("failed to validate policy templating: unbalanced templating characters")
    decoded = _decode_stanza(path, item)
    stripped = path.removeprefix("/")
    if "+*" in stripped:
        raise label.error(f"path {_q(stripped)}: invalid use of wildcards ('+*' is forbidden)")
    capabilities = _capabilities(path, decoded)
    if Capability.DENY in capabilities:
        return Stanza(path, capabilities, item.comment)
    shortest = _seconds(decoded.min_wrapping_ttl, "min_wrapping_ttl")
    longest = _seconds(decoded.max_wrapping_ttl, "max_wrapping_ttl")
    control_group = _control_group(decoded.control_group, capabilities)
    if shortest and longest and longest < shortest:
        at = decoded.max_wrapping_ttl[1]
        raise at.error("max_wrapping_ttl cannot be less than min_wrapping_ttl")
    return Stanza(
        path,
        capabilities,
        item.comment,
        allowed_parameters=tuple(decoded.allowed_parameters.items()),
        denied_parameters=tuple(decoded.denied_parameters.items()),
        required_parameters=decoded.required_parameters,
        min_wrapping_ttl=shortest,
        max_wrapping_ttl=longest,
        subscribe_event_types=decoded.subscribe_event_types,
        mfa_methods=decoded.mfa_methods,
        control_group=control_group,
    )


def _braces_balance(path: str) -> bool:
    first, *others = path.split("{{")
    return "}}" not in first and all(other.count("}}") == 1 for other in others)


def _check_keys(node: Node, valid: frozenset[str], prefix: str = "") -> ObjectType:
    if not isinstance(node, ObjectType):
        raise node.at.error(f"{prefix}cannot check HCL keys of type {_go_type(node)}")
    if wrong := [item for item in node.items if item.at.value not in valid]:
        raise wrong[0].at.error(
            "; ".join(
                f"{prefix}invalid key {_q(item.at.value)} on line {item.assign}" for item in wrong
            )
        )
    return node


def _capabilities(path: str, decoded: _Decoded) -> tuple[Capability, ...]:
    """The legacy level expanded, then each word in turn until `deny` ends it."""
    level, at = decoded.policy
    if level not in _LEGACY:
        raise at.error(f"path {_q(path)}: invalid policy {_q(level)}")
    granted = [] if level == "deny" else decoded.capabilities
    capabilities = list[Capability]()
    for word, at in [*granted, *((word, at) for word in _LEGACY[level])]:
        try:
            capabilities.append(Capability(word))
        except ValueError:
            raise at.error(f"path {_q(path)}: invalid capability {_q(word)}") from None
        if word == Capability.DENY:
            break
    return tuple(capabilities)


def _control_group(
    decoded: _DecodedGroup | None, capabilities: tuple[Capability, ...]
) -> ControlGroup | None:
    if decoded is None:
        return None
    ttl = _seconds((decoded.ttl, decoded.at), "control group max ttl")
    factors = list[ControlGroupFactor]()
    for name, factor in decoded.factors.items():
        if factor.identity is None:
            raise decoded.at.error("no control_group factor provided")
        group_ids, group_names, approvals = factor.identity
        if approvals <= 0 or not (group_ids or group_names):
            raise decoded.at.error("must provide more than one identity group and approvals > 0")
        if not set(factor.controlled_capabilities) <= set(capabilities):
            raise decoded.at.error(
                "control group factor capabilities must be a subset of the policy's capabilities"
            )
        controlled = tuple(map(Capability, factor.controlled_capabilities))
        factors.append(ControlGroupFactor(name, group_ids, group_names, approvals, controlled))
    if not factors:
        raise decoded.at.error("no control group factors provided")
    return ControlGroup(tuple(factors), ttl)


# --- durations (parseutil.ParseDurationSecond, time.ParseDuration) -------------------------------

_SECOND = 10**9
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6}  # both signs for micro
_UNITS |= {"s": _SECOND, "m": 60 * _SECOND, "h": 3600 * _SECOND}
_LIMIT = 2**63
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_DURATION_PART = re.compile(r"(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?(?P<unit>[^0-9.]*)")


def _q_bytes(text: str) -> str:
    """As Go's `time` quotes in its messages, byte by byte."""
    plain = (chr(byte) if 0x20 <= byte < 0x80 else f"\\x{byte:02x}" for byte in _utf8(text))
    return '"' + "".join("\\" + one if one in '"\\' else one for one in plain) + '"'


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _seconds(located: tuple[Value | None, Token], what: str) -> float:
    value, at = located
    try:
        length = 0 if value is None else nanoseconds(value)
    except ValueError as error:
        raise at.error(f"error parsing {what}: {error}") from None
    if not length % _SECOND:
        return length // _SECOND
    seconds = length / _SECOND
    if _in_nanoseconds(seconds) != length:
        raise at.error(f"error parsing {what}: so long and not in whole seconds is not read here")
    return seconds


def _in_nanoseconds(seconds: float) -> int:
    return round(seconds * _SECOND)


def nanoseconds(value: Value) -> int:
    """Go's `parseutil.ParseDurationSecond`; `ValueError` with its words."""
    match value:
        case bool() | tuple() | Object() | Blocks():
            raise ValueError("could not parse duration from input")
        case int() | float():
            return _multiplied(int(value), _SECOND)
        case "":
            return 0
        case str() if _DECIMAL.fullmatch(value) and -_LIMIT <= int(value) < _LIMIT:
            return _multiplied(int(value), _SECOND)
        case str() if value.endswith("d"):
            return _multiplied(_parse_int(value[:-1], base=10), 86400 * _SECOND)
        case str():
            return _go_duration(value)


def _multiplied(count: int, unit: int) -> int:
    if not -_LIMIT <= count * unit < _LIMIT:
        raise ValueError(
            "multiplication of durations resulted in overflow, one operand may be too large"
        )
    return count * unit


def _go_duration(text: str) -> int:
    """With Go's arithmetic, which takes a fraction as a float."""
    invalid = ValueError(f"time: invalid duration {_q_bytes(text)}")
    position = 1 if text.startswith(("-", "+")) else 0
    if position == len(text):
        raise invalid
    total = 0
    while position < len(text):
        part = _DURATION_PART.match(text, position)
        if not part or not (part["whole"] or part["fraction"]):
            raise invalid
        count = int(part["whole"] or "0")
        if count > _LIMIT:
            raise invalid
        if not part["unit"]:
            raise ValueError(f"time: missing unit in duration {_q_bytes(text)}")
        if part["unit"] not in _UNITS:
            names = f"{_q_bytes(part['unit'])} in duration {_q_bytes(text)}"
            raise ValueError(f"time: unknown unit {names}")
        unit = _UNITS[part["unit"]]
        numerator, scale = _leading_fraction(part["fraction"] or "")
        total += count * unit + int(float(numerator) * (float(unit) / scale))
        if total > _LIMIT:
            raise invalid
        position = part.end()
    if text[0] == "-":
        return -total
    if total == _LIMIT:
        raise invalid
    return total


def _leading_fraction(digits: str) -> tuple[int, float]:
    """As many as fit 63 bits; those behind them are dropped."""
    numerator, scale = 0, 1.0
    for digit in digits:
        longer = numerator * 10 + int(digit)
        if numerator > (_LIMIT - 1) // 10 or longer > _LIMIT:
            break
        numerator, scale = longer, scale * 10
    return numerator, scale


# --- decoding a tree into types (HCL's decoder.go) -----------------------------------------------
#
# A field can occur several times (as blocks, or in JSON): each decoder is given what came before.


@dataclass(frozen=True, slots=True)
class ObjectList:
    """The items that a field or a key was given, where the library does not say `{...}` is one."""

    at: Token
    items: tuple[ObjectItem, ...]


_Branch: TypeAlias = Node | ObjectItem | ObjectList
_Fields: TypeAlias = Mapping[str, Sequence[ObjectItem]]
_Identity: TypeAlias = tuple[tuple[str, ...], tuple[str, ...], int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _DecodedFactor:
    identity: _Identity | None = None
    controlled_capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _DecodedGroup:
    at: Token
    ttl: Value | None = None
    factors: dict[str, _DecodedFactor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A stanza of the right types, not yet of the right values; pairs say where a value stands."""

    policy: tuple[str, Token]
    capabilities: tuple[tuple[str, Token], ...]
    min_wrapping_ttl: tuple[Value | None, Token]
    max_wrapping_ttl: tuple[Value | None, Token]
    allowed_parameters: dict[str, tuple[Value, ...]]
    denied_parameters: dict[str, tuple[Value, ...]]
    required_parameters: tuple[str, ...]
    mfa_methods: tuple[str, ...]
    control_group: _DecodedGroup | None
    subscribe_event_types: tuple[str, ...]


def _decode_stanza(path: str, item: ObjectItem) -> _Decoded:
    prefix = f"path {_q(path)}: "
    fields = _by_name(_check_keys(item.value, _STANZA_KEYS, prefix).items)
    nowhere: tuple[Value | None, Token] = (None, item.at)

    def get(field: str, decode: Callable[[str, _Branch, T], T], start: T) -> T:
        return _decode(fields, "root", field, decode, start)

    try:
        return _Decoded(
            policy=get("Policy", _located_string, ("", item.at)),
            capabilities=get("Capabilities", _located_strings, ()),
            min_wrapping_ttl=get("min_wrapping_ttl", _located_value, nowhere),
            max_wrapping_ttl=get("max_wrapping_ttl", _located_value, nowhere),
            allowed_parameters=get("allowed_parameters", _parameters, {}),
            denied_parameters=get("denied_parameters", _parameters, {}),
            required_parameters=get("required_parameters", _strings, ()),
            mfa_methods=get("mfa_methods", _strings, ()),
            control_group=get("control_group", _decode_group, None),
            subscribe_event_types=get("subscribe_event_types", _strings, ()),
        )
    except HclError as error:
        raise HclError(error.line, error.column, prefix + error.reason) from None


def _decode(
    fields: _Fields,
    name: str,
    field: str,
    decode: Callable[[str, _Branch, T], T],
    start: T,
) -> T:
    """All that is said of one field of a struct, whose names are compared without case."""
    if not (found := fields.get(field.casefold())):
        return start
    value = start
    labelled = tuple(item for item in found if item.keys)
    given: list[_Branch] = [ObjectList(labelled[0].at, labelled)] if labelled else []
    for item in found:
        if not item.keys:
            inner = item.value
            given.append(
                ObjectList(inner.at, inner.items) if isinstance(inner, ObjectType) else inner
            )
    for node in given:
        value = decode(f"{name}.{field}", node, value)
    return value


def _by_name(items: Iterable[ObjectItem]) -> _Fields:
    """First key, without case -> the items that it begins, without that key."""
    fields = defaultdict[str, list[ObjectItem]](list)
    for item in items:
        if item.keys:
            rest = ObjectItem(item.keys[1:], item.value, item.assign, item.comment)
            fields[item.at.value.casefold()].append(rest)
    return fields


def _elements(name: str, node: _Branch) -> Iterator[tuple[str, _Branch]]:
    """What a field of a list type is given, one by one."""
    elements: Sequence[_Branch]
    match node:
        case ObjectType():
            elements = (node,)
        case ListType() | ObjectList():
            elements = node.items
        case _:
            raise node.at.error(f"unknown slice type: {_go_type(node)}")
    for index, element in enumerate(elements):
        yield f"{name}[{index}]", element


def _pairs(name: str, node: _Branch) -> Iterator[tuple[str, str, _Branch]]:
    """What a field of a map type is given: name for messages, key, value."""
    items = (node,) if isinstance(node, ObjectItem) else _items("map", name, node)
    done = set[str]()
    for item in items:
        if not item.keys:
            raise node.at.error(f"{name}: map must have string keys")
        key = item.at.value
        if key in done:
            continue
        if len(item.keys) == 1:
            yield f"{name}.{key}", key, item.value
        else:
            done.add(key)
            labelled = _by_name(items)[key.casefold()]
            yield f"{name}.{key}", key, ObjectList(item.at, tuple(labelled))


def _items(kind: str, name: str, node: _Branch) -> tuple[ObjectItem, ...]:
    if isinstance(node, ObjectType | ObjectList):
        return node.items
    raise node.at.error(f"{name}: not an object type for {kind} ({_go_type(node)})")


def _go_type(node: _Branch) -> str:
    return f"*ast.{type(node).__name__}"


def _string(name: str, node: _Branch, _old: str = "") -> str:
    if isinstance(node, LiteralType) and node.at.kind in (Kind.NUMBER, Kind.STRING, Kind.HEREDOC):
        return node.at.value
    raise node.at.error(f"{name}: unknown type for string {_go_type(node)}")


def _strings(name: str, node: _Branch, old: tuple[str, ...]) -> tuple[str, ...]:
    return old + tuple(_string(*element) for element in _elements(name, node))


def _located_string(name: str, node: _Branch, _old: tuple[str, Token]) -> tuple[str, Token]:
    return _string(name, node), node.at


def _located_strings(
    name: str, node: _Branch, old: tuple[tuple[str, Token], ...]
) -> tuple[tuple[str, Token], ...]:
    return old + tuple((_string(*one), one[1].at) for one in _elements(name, node))


def _integer(name: str, node: _Branch) -> int:
    if isinstance(node, LiteralType) and node.at.kind in (Kind.NUMBER, Kind.STRING):
        try:
            return _parse_int(node.at.value, base=0)
        except ValueError as error:
            raise node.at.error(str(error)) from None
    raise node.at.error(f"{name}: unknown type {_go_type(node)}")


_INTEGER = re.compile(
    r"[-+]?(?:0|[1-9](?:_?[0-9])*|0(?:_?[0-7])+"
    r"|0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)"
)


def _parse_int(text: str, *, base: int) -> int:
    """Go's `strconv.ParseInt`: base 10, or 0 for what the prefix says."""
    failed = f"strconv.ParseInt: parsing {_q(text)}: "
    if not (_INTEGER if base == 0 else _DECIMAL).fullmatch(text):
        raise ValueError(failed + "invalid syntax")
    octal = base == 0 and re.fullmatch(r"[-+]?0[0-7_]+", text)
    value = int(text, 8 if octal else base)
    if not -_LIMIT <= value < _LIMIT:
        raise ValueError(failed + "value out of range")
    return value


_FLOAT = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def _float(name: str, node: _Branch) -> float:
    if isinstance(node, LiteralType) and node.at.kind in (Kind.FLOAT, Kind.NUMBER):
        failed = f"strconv.ParseFloat: parsing {_q(node.at.text)}: "
        if not _FLOAT.fullmatch(node.at.text):
            raise node.at.error(failed + "invalid syntax")
        if math.isinf(value := float(node.at.text)):
            raise node.at.error(failed + "value out of range")
        return value
    raise node.at.error(f"{name}: unknown type {_go_type(node)}")


def _boolean(name: str, node: _Branch) -> bool:
    if isinstance(node, LiteralType) and node.at.kind is Kind.BOOL:
        return node.at.text == "true"
    raise node.at.error(f"{name}: unknown type {_go_type(node)}")


def _value(name: str, node: _Branch, old: Value | None, *, in_list: bool = False) -> Value:
    """A value of whatever type it has, or of the type that the same key had before."""
    match _empty(name, node, in_list=in_list) if old is None else old:
        case bool() | int() | float() | str() as scalar:
            return _scalar(name, node, scalar)
        case tuple() as values:
            return values + _values(name, node)
        case Blocks(objects):
            return Blocks(objects + tuple(_object(*one) for one in _elements(name, node)))
        case Object():
            return _object(name, node)


def _scalar(name: str, node: _Branch, like: str | float) -> Value:
    match like:
        case bool():
            return _boolean(name, node)
        case int():
            return _integer(name, node)
        case float():
            return _float(name, node)
        case str():
            return _string(name, node)


def _empty(name: str, node: _Branch, *, in_list: bool) -> Value:
    match node:
        case ObjectType() | ObjectList():
            return Object(()) if in_list else Blocks(())
        case ListType():
            return ()
        case LiteralType(at):
            return {Kind.BOOL: False, Kind.NUMBER: 0, Kind.FLOAT: 0.0}.get(at.kind, "")
        case ObjectItem():
            raise node.at.error(f"{name}: cannot decode into interface: {_go_type(node)}")


def _values(name: str, node: _Branch) -> tuple[Value, ...]:
    return tuple(_value(*one, None, in_list=True) for one in _elements(name, node))


def _object(name: str, node: _Branch) -> Object:
    pairs = dict[str, Value]()
    for pair_name, key, value in _pairs(name, node):
        pairs[key] = _value(pair_name, value, pairs.get(key))
    return Object(tuple(sorted(pairs.items(), key=_key)))


def _located_value(
    name: str, node: _Branch, old: tuple[Value | None, Token]
) -> tuple[Value | None, Token]:
    return _value(name, node, old[0]), node.at


def _parameters(
    name: str, node: _Branch, old: dict[str, tuple[Value, ...]]
) -> dict[str, tuple[Value, ...]]:
    parameters = dict(old)
    for pair_name, key, value in _pairs(name, node):
        parameters[key] = parameters.get(key, ()) + _values(pair_name, value)
    return parameters


def _decode_group(name: str, node: _Branch, old: _DecodedGroup | None) -> _DecodedGroup:
    fields, old = _by_name(_items("struct", name, node)), old or _DecodedGroup(node.at)
    ttl = _decode(fields, name, "ttl", _located_value, (old.ttl, node.at))[0]
    return _DecodedGroup(node.at, ttl, _decode(fields, name, "factor", _factors, old.factors))


def _factors(name: str, node: _Branch, old: dict[str, _DecodedFactor]) -> dict[str, _DecodedFactor]:
    factors = dict(old)
    for pair_name, key, value in _pairs(name, node):
        fields = _by_name(_items("struct", pair_name, value))
        factor = factors.get(key, _DecodedFactor())
        _decode(fields, pair_name, "Name", _string, "")
        factors[key] = _DecodedFactor(
            _decode(fields, pair_name, "identity", _identity, factor.identity),
            _decode(
                fields,
                pair_name,
                "controlled_capabilities",
                _strings,
                factor.controlled_capabilities,
            ),
        )
    return factors


def _identity(name: str, node: _Branch, old: _Identity | None) -> _Identity:
    fields = _by_name(_items("struct", name, node))
    group_ids, group_names, approvals = old or ((), (), 0)
    return (
        _decode(fields, name, "group_ids", _strings, group_ids),
        _decode(fields, name, "group_names", _strings, group_names),
        _decode(fields, name, "approvals", _approvals, approvals),
    )


def _approvals(name: str, node: _Branch, _old: int) -> int:
    return _integer(name, node)


# --- rendering -----------------------------------------------------------------------------------


class _Entry(NamedTuple):
    """`name = value`, or `name {...}` for a block; the value as its lines."""

    name: str
    lines: list[str]
    block: bool = False


def _comment_lines(comment: str) -> list[str]:
    return [f"# {line}" if line else "#" for line in comment.split("\n")]


def _stanza_lines(stanza: Stanza) -> list[str]:
    capabilities = _Entry("capabilities", _lines(tuple(map(str, stanza.capabilities))))
    lists_and_durations = _present(
        ("required_parameters", stanza.required_parameters),
        ("min_wrapping_ttl", _duration(stanza.min_wrapping_ttl)),
        ("max_wrapping_ttl", _duration(stanza.max_wrapping_ttl)),
        ("mfa_methods", stanza.mfa_methods),
        ("subscribe_event_types", stanza.subscribe_event_types),
    )
    objects = _present(
        ("allowed_parameters", Object(stanza.allowed_parameters)),
        ("denied_parameters", Object(stanza.denied_parameters)),
    )
    if stanza.control_group:
        objects.append(_Entry("control_group", _control_group_lines(stanza.control_group)))
    comment = _comment_lines(stanza.comment) if stanza.comment else []
    body = _braced([capabilities, *lists_and_durations, *objects])
    return [*comment, *_prefixed(f"path {quote(stanza.path)} ", body)]


def _control_group_lines(group: ControlGroup) -> list[str]:
    factors: list[_Entry] = []
    for factor in group.factors:
        identity = _present(
            ("group_ids", factor.group_ids),
            ("group_names", factor.group_names),
            ("approvals", factor.approvals),
        )
        controlled = tuple(map(str, factor.controlled_capabilities))
        body = [
            *_present(("controlled_capabilities", controlled)),
            _Entry("identity", _braced(identity), block=True),
        ]
        factors.append(_Entry(f"factor {quote(factor.name)}", _braced(body), block=True))
    return _braced([*_present(("ttl", _duration(group.ttl))), *factors])


def _present(*values: tuple[str, Value]) -> list[_Entry]:
    """The entries that say something: not zero, not empty."""
    return [_Entry(name, _lines(value)) for name, value in values if value and value != Object(())]


def _duration(seconds: float) -> str:
    """In the largest unit that divides it; "" for none."""
    if not seconds:
        return ""
    if seconds % 1:
        return f"{_in_nanoseconds(seconds)}ns"
    size, unit = next(pair for pair in ((3600, "h"), (60, "m"), (1, "s")) if not seconds % pair[0])
    return f"{seconds // size}{unit}"


def _lines(value: Value) -> list[str]:
    match value:
        case bool():
            return [str(value).lower()]
        case int() | float():
            return [repr(value)]
        case str():
            return [quote(value)]
        case tuple() if any(isinstance(one, tuple | Object) for one in value):
            items = (_indented([*lines[:-1], f"{lines[-1]},"]) for lines in map(_lines, value))
            return ["[", *(line for item in items for line in item), "]"]
        case tuple():
            return [f"[{', '.join(line for one in value for line in _lines(one))}]"]
        case Object(items):
            return _braced([entry for key, one in items for entry in _object_entries(key, one)])
        case Blocks():
            raise ValueError("Blocks can only be the value of a key of an Object")


def _object_entries(key: str, value: Value) -> list[_Entry]:
    if isinstance(value, Blocks):
        return [_Entry(quote(key), _lines(one), block=True) for one in value.objects]
    return [_Entry(quote(key), _lines(value))]


def _braced(entries: list[_Entry]) -> list[str]:
    """`{`, the entries, `}`: single lines aligned with their neighbours, others set apart."""
    if not entries:
        return ["{}"]
    paragraphs = list[list[str]]()
    for aligned, group in groupby(entries, key=_is_aligned):
        members = list(group)
        # Widths are in bytes, as `vault policy fmt` counts them.
        width = max(len(entry.name.encode()) for entry in members) if aligned else 0
        written = [_written(entry, width) for entry in members]
        paragraphs += [[line for lines in written for line in lines]] if aligned else written
    body = [line for paragraph in paragraphs for line in ("", *_indented(paragraph))]
    return ["{", *body[1:], "}"]


def _is_aligned(entry: _Entry) -> bool:
    return len(entry.lines) == 1 and not entry.block


def _written(entry: _Entry, width: int) -> list[str]:
    if entry.block:
        return _prefixed(f"{entry.name} ", entry.lines)
    return _prefixed(f"{entry.name}{' ' * (width - len(entry.name.encode()))} = ", entry.lines)


def _prefixed(prefix: str, lines: list[str]) -> list[str]:
    return [prefix + lines[0], *lines[1:]]


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]
