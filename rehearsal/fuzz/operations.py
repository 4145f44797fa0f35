"""Whether `Acl.decide` allows what Vault does: real requests with parameters and wrapping, to paths
where nothing is harmed, some of them root-protected.

An answer of 403 is a refusal; whatever else Vault says came after its decision. Not compared here:
paths that HTTP rewrites (empty segments, dots), and recovery from snapshots, which this edition
does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from policies.acl import Acl, Decision, Operation, Request
from policies.acl.protected import ALWAYS_MOUNTED
from policies.hcl import HclError, parse
from rehearsal.fuzz.connection import Reply
from rehearsal.fuzz.generator import Maker
from rehearsal.fuzz.people import People
from rehearsal.fuzz.results import Difference, Round
from rehearsal.fuzz.vault import KV, PKI, Oracle, TokenType

_POLICIES, _TOKENS, _REQUESTS = 4, 3, 60
_WRAPPED: Final = 0.3
_LITERALS: Final = ("a", "b", "ab", "a b", "ä", "a+", "+a", "a*b", "A")
_ROOTS: Final = (f"{KV}/", "cubbyhole/", "nowhere/", "")
_KEEPS: Final = (f"{KV}/", "cubbyhole/")
"""Where Vault looks whether something is there, and makes a write a `create` or an `update`."""
_READ: Final = (
    *("sys/audit", "sys/auth", "sys/auth/token/tune", "sys/config/cors", "sys/config/ui/headers/a"),
    *("sys/plugins/catalog/auth", "sys/plugins/catalog", "sys/leases", "sys/leases/lookup/a"),
    *("sys/policies/acl", "sys/policies/acl/default", "sys/mounts", "sys/raw/core", "sys/raw"),
    *("auth/token/accessors", "auth/token/roles", f"{PKI}/roles", f"{PKI}/root", f"{PKI}/root/a"),
    *("identity/entity/id", "sys/internal/inspect/router/root", "sys/rotate"),
)
_WRITTEN: Final = (
    ("DELETE", f"{PKI}/root"),
    ("POST", f"{PKI}/root/sign-self-issued"),
    ("PUT", "auth/token/revoke-orphan"),
    ("POST", "auth/token/lookup"),
    ("POST", "sys/leases/lookup"),
    ("PUT", "sys/tools/hash"),
)
"""With parameters that mean nothing there."""
_METHODS: Final = ("GET", "GET", "LIST", "POST", "PUT", "PUT", "PATCH", "DELETE")
_LIFETIMES: Final = {
    "0": 0.0,
    "1": 1.0,
    "59s": 59.0,
    "60": 60.0,
    "1m": 60.0,
    "61": 61.0,
    "1m1.5s": 61.5,
    "1h": 3600.0,
    "3601s": 3601.0,
}
"""What the header says -> seconds."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An HTTP request; `query` for those whose parameters are there."""

    method: str
    path: str
    data: dict[str, Any]
    wrap_ttl: str = ""

    @property
    def in_query(self) -> bool:
        return self.method in {"GET", "LIST", "DELETE"}

    def __str__(self) -> str:
        wrapped = f", wrapped for {self.wrap_ttl!r}" if self.wrap_ttl else ""
        return f"{self.method} {self.path!r} with {self.data}{wrapped}"

    def to(self, oracle: Oracle, token: str) -> Reply:
        headers = {"X-Vault-Wrap-TTL": self.wrap_ttl} if self.wrap_ttl else {}
        if self.method == "PATCH":
            headers["Content-Type"] = "application/merge-patch+json"
        if self.in_query:
            query = urlencode(self.data)
            return oracle.connection.call(
                self.method, self.path, token, headers=headers, query=query
            )
        return oracle.connection.call(self.method, self.path, token, self.data, headers)


@dataclass(slots=True)
class _Kept:
    """What writes have left behind, by path: Vault's decision depends on it."""

    paths: set[str] = field(default_factory=set)

    def operation(self, sent: Sent) -> Operation:
        match sent.method:
            case "GET":
                return Operation.READ
            case "LIST":
                return Operation.LIST
            case "PATCH":
                return Operation.PATCH
            case "DELETE":
                return Operation.DELETE
            case _ if sent.path.startswith(_KEEPS) and sent.path not in self.paths:
                return Operation.CREATE
            case _:
                return Operation.UPDATE

    def note(self, sent: Sent, reply: Reply) -> None:
        if reply.ok and sent.path.startswith(_KEEPS):
            if sent.method in {"POST", "PUT"}:
                self.paths.add(sent.path)
            elif sent.method == "DELETE":
                self.paths.discard(sent.path)


def compare(oracle: Oracle, _people: People, random: Random) -> Round:
    """One round: a few policies, and tokens with several of them each."""
    maker = Maker(random, literals=_LITERALS, roots=_ROOTS)
    reads, writes = random.sample(_READ, 4), random.sample(_WRITTEN, 2)
    fixed = [*reads, *(path for _, path in writes)]
    labels = [*maker.labels(5), *fixed, *(maker.near(random.choice(fixed)) for _ in range(3))]
    labels += random.sample(("*", "+/*", "sys/*", f"{KV}/*", "nowhere/*", "cubbyhole/+"), 2)
    names = [f"p{number}" for number in range(_POLICIES)]
    texts = {name: _policy(maker, labels) for name in names}
    oracle.write_policies(texts)
    oracle.empty_kv()
    kept, allowed, differences = _Kept(), 0, list[Difference]()
    for _ in range(_TOKENS):
        held = {name: texts[name] for name in sorted(random.sample(names, 3))}
        token = oracle.token(list(held), kind=TokenType.SERVICE)
        acl = Acl.of({name: parse(text) for name, text in held.items()})
        kept.paths = {path for path in kept.paths if not path.startswith("cubbyhole/")}
        for _ in range(_REQUESTS):
            sent = _sent(maker, labels, reads, writes)
            ours = _decided(acl, kept.operation(sent), sent)
            reply = sent.to(oracle, token)
            kept.note(sent, reply)
            allowed += ours.allowed
            if ours.allowed is (reply.status == 403):
                said = f"{'allowed' if ours.allowed else 'refused'}: {ours.reason}"
                vaults = f"{reply.status}: {reply.errors}"
                differences.append(Difference(str(sent), said, vaults, held))
    return Round(_TOKENS * _REQUESTS, allowed, tuple(differences))


def _policy(maker: Maker, labels: list[str]) -> str:
    """One that is taken: in JSON, some lists of parameters cannot be written."""
    while True:
        text = maker.policy(labels, restricted=True)
        with suppress(HclError):
            parse(text)
            return text


def _decided(acl: Acl, operation: Operation, sent: Sent) -> Decision:
    # As it comes out of HTTP: a number, for instance, is one.
    data = msgspec.json.decode(msgspec.json.encode(sent.data))
    wrap_ttl = _LIFETIMES[sent.wrap_ttl] if sent.wrap_ttl else None
    mounts = {**ALWAYS_MOUNTED, f"{PKI}/": "pki"}
    return acl.decide(Request(operation, sent.path, data, wrap_ttl), mounts)


def _sent(
    maker: Maker, labels: list[str], reads: Sequence[str], writes: Sequence[tuple[str, str]]
) -> Sent:
    random = maker.random
    wrap_ttl = random.choice(tuple(_LIFETIMES)) if random.random() < _WRAPPED else ""
    match random.choice(("read", "written", "kept", "kept")):
        case "read":
            method, path = random.choice(("GET", "LIST")), random.choice(reads)
        case "written":
            method, path = random.choice(writes)
        case _:
            method, path = random.choice(_METHODS), _harmless(maker, labels)
    data = maker.body()
    if method in {"GET", "LIST", "DELETE"}:
        data = {name: value for name, value in data.items() if isinstance(value, str)}
    if method == "LIST":
        path = f"{path.rstrip('/')}/"
    elif method not in {"GET", "DELETE"}:
        path = path.rstrip("/")
    return Sent(method, path, data, wrap_ttl)


def _harmless(maker: Maker, labels: list[str]) -> str:
    """A path that serves no more than keeping values, and that HTTP leaves as it is."""
    own = [label for label in labels if label.lstrip("/").startswith(_ROOTS[:3])]
    path = maker.path(own).lstrip("/") if own else ""
    segments = path.removesuffix("/").split("/")
    if not path.startswith(_ROOTS[:3]) or {"", ".", ".."} & set(segments) or len(segments) < 2:
        return f"{KV}/{maker.random.choice(_LITERALS)}"
    return path
