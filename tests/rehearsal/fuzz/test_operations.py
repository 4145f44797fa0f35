"""Requests that harm nothing, and what they leave behind."""

from __future__ import annotations

from random import Random

from policies.acl import Operation
from rehearsal.fuzz import operations
from rehearsal.fuzz.connection import Reply
from rehearsal.fuzz.generator import Maker
from rehearsal.fuzz.operations import Sent

HARMLESS = ("kv/", "cubbyhole/", "nowhere/")


def sent(seed: int) -> Sent:
    random = Random(seed)
    maker = Maker(random, literals=operations._LITERALS, roots=operations._ROOTS)
    reads, writes = random.sample(operations._READ, 4), random.sample(operations._WRITTEN, 2)
    return operations._sent(maker, maker.labels(5), reads, writes)


def test_what_writes_goes_only_where_it_changes_nothing_of_vaults() -> None:
    written = {path: method for method, path in operations._WRITTEN}
    methods = set[str]()
    for seed in range(2000):
        one = sent(seed)
        methods.add(one.method)
        if one.method in {"GET", "LIST"} and one.path.rstrip("/") in operations._READ:
            continue
        if written.get(one.path) == one.method:
            continue
        assert one.path.startswith(HARMLESS), one
    assert methods == {"GET", "LIST", "POST", "PUT", "PATCH", "DELETE"}


def test_http_leaves_the_paths_as_they_are() -> None:
    for seed in range(2000):
        one = sent(seed)
        segments = one.path.removesuffix("/").split("/")
        assert not {"", ".", ".."} & set(segments), one
        # Vault refuses to write to a folder before it decides, and lists nothing else.
        if one.method in {"POST", "PUT", "PATCH"}:
            assert not one.path.endswith("/")
        if one.method == "LIST":
            assert one.path.endswith("/")


def test_parameters_in_a_query_are_texts() -> None:
    found = [one for one in map(sent, range(500)) if one.in_query]
    assert any(one.data for one in found)
    assert all(isinstance(value, str) for one in found for value in one.data.values())


def test_a_write_creates_what_is_not_there_and_updates_what_is() -> None:
    kept, put = operations._Kept(), Sent("PUT", "kv/a", {"a": 1})
    assert kept.operation(put) is Operation.CREATE
    kept.note(put, Reply(403, b""))
    assert kept.operation(put) is Operation.CREATE
    kept.note(put, Reply(204, b""))
    assert kept.operation(put) is Operation.UPDATE
    kept.note(Sent("DELETE", "kv/a", {}), Reply(204, b""))
    assert kept.operation(put) is Operation.CREATE


def test_elsewhere_every_write_is_an_update() -> None:
    kept = operations._Kept()
    for path in ("nowhere/a", "sys/tools/hash"):
        kept.note(Sent("POST", path, {}), Reply(204, b""))
        assert kept.operation(Sent("POST", path, {})) is Operation.UPDATE
    assert not kept.paths


def test_a_request_says_what_it_is() -> None:
    assert str(Sent("PUT", "kv/a", {"b": 1}, "1m")) == "PUT 'kv/a' with {'b': 1}, wrapped for '1m'"
