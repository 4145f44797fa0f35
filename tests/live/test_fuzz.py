"""`policies.acl` and a real Vault answer alike; and where ours is broken, that is found."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, Final

import pytest

from policies.acl import Acl, Identity, decision, parameters, protected
from policies.acl.templates import filled_in
from policies.decide import decide
from policies.hcl import parse
from rehearsal.binaries import Binary, Tool
from rehearsal.fuzz import operations, pace, people, run, texts, vault
from rehearsal.fuzz.people import People
from rehearsal.fuzz.results import Kind
from rehearsal.fuzz.run import Enough
from rehearsal.fuzz.vault import Oracle
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live

ANSWERS: Final = 20_000
SEED: Final = 1_000
"""Of the broken ones, so that they are always found; the true one has another every time."""


@pytest.fixture(scope="module")
def oracle(tools: Mapping[Tool, Binary]) -> Iterator[Oracle]:
    with Supervisor() as supervisor, vault.started(supervisor, tools[Tool.VAULT].path) as oracle:
        yield oracle


@pytest.fixture(scope="module")
def settled(oracle: Oracle) -> People:
    return people.settle(oracle)


def test_twenty_thousand_answers_are_those_of_a_real_vault(oracle: Oracle, settled: People) -> None:
    seed = time.time_ns() // 10**6
    results = run.fuzz(oracle, settled, seed, Enough(answers=ANSWERS), lambda _: None)
    found = [pair for tally in results.tallies.values() for pair in tally.differences]
    assert not found, f"python -m rehearsal.fuzz --rounds 1 --seed {found[0][0]}: {found[0][1]}"
    assert results.compared >= ANSWERS
    # Not of differences: of few pairs, none may have any.
    for kind in (Kind.CAPABILITIES, Kind.TEXTS, Kind.OPERATIONS):
        assert 0 < results.tallies[kind].granted < results.tallies[kind].compared


def _nobody_is_root_protected(_path: str, _mounts: Mapping[str, str]) -> bool:
    return False


def _the_first_stays(old: Any, _new: Any) -> Any:
    return old


def _all_is_filled_in(label: str, _holder: Any) -> str:
    return label


def _all_is_allowed(_rule: Any, _data: Any) -> None:
    return None


def _everything_parses(_text: str) -> tuple[()]:
    return ()


BROKEN: Final[list[tuple[Kind, Any, str, Callable[..., Any]]]] = [
    (Kind.CAPABILITIES, decision, "merged", _the_first_stays),
    (Kind.CAPABILITIES, decision, "filled_in", _all_is_filled_in),
    (Kind.CAPABILITIES, Acl, "_not_exact", lambda own, path: own._longest_prefix(path)),
    (Kind.CAPABILITIES, Acl, "_longest_prefix", lambda _own, _path: None),
    (Kind.TEXTS, texts, "parse", _everything_parses),
    (Kind.OPERATIONS, parameters, "refusal", _all_is_allowed),
    (Kind.OPERATIONS, decision, "_wrapping_refusal", _all_is_allowed),
    (Kind.OPERATIONS, protected, "is_protected", _nobody_is_root_protected),
]


@pytest.mark.parametrize(
    ("kind", "owner", "name", "broken"), BROKEN, ids=[one[2] for one in BROKEN]
)
def test_what_is_broken_here_is_found(
    oracle: Oracle,
    settled: People,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    owner: Any,
    name: str,
    broken: Callable[..., Any],
) -> None:
    assert hasattr(owner, name)
    monkeypatch.setattr(owner, name, broken)
    results = run.fuzz(oracle, settled, SEED, Enough(rounds=24), lambda _: None)
    assert results.tallies[kind].differences


def test_the_same_seed_asks_the_same(oracle: Oracle, settled: People) -> None:
    first, second = (
        run.fuzz(oracle, settled, SEED, Enough(rounds=8), lambda _: None) for _ in range(2)
    )
    for kind in Kind:
        assert first.tallies[kind].compared == second.tallies[kind].compared
        assert first.tallies[kind].granted == second.tallies[kind].granted


def test_what_is_left_behind_changes_no_round(oracle: Oracle, settled: People) -> None:
    """A write to what is there is an update."""
    for seed in range(SEED, SEED + 6):
        for name in operations._LITERALS:
            oracle.connection.call("PUT", f"kv/{name}", oracle.root, {"a": 1}).require(name)
        assert not operations.compare(oracle, settled, Random(seed)).differences


def test_the_time_is_the_clocks(oracle: Oracle) -> None:
    """Not among the random ones: the two clocks would have to be read in the same second."""
    policies = {"hourly": 'path "at/{{time.now.plus.1h}}" { capabilities = ["read"] }'}
    oracle.write_policies(policies)
    token = oracle.token(["hourly"])
    before = int(time.time())
    paths = [f"at/{second + 3600}" for second in range(before - 2, before + 30)]
    answers = oracle.capabilities(token, paths).require("capabilities")["data"]
    (granted,) = (path for path, answer in answers.items() if answer == ["read"])
    now = int(granted.removeprefix("at/")) - 3600
    assert before <= now <= time.time()
    acl = Acl.of([parse(policies["hourly"])], Identity(now=now))
    assert {path: list(acl.capabilities(path)) for path in paths} == answers


def test_it_is_faster_than_asking(oracle: Oracle) -> None:
    measured = pace.measure(oracle, Random(SEED))
    assert measured.ratio > 5


def test_the_batch_form_takes_entities_and_groups_as_vault_writes_them(
    oracle: Oracle, settled: People
) -> None:
    def get(path: str) -> Any:
        return oracle.connection.call("GET", path, oracle.root).require(path)["data"]

    granted = 0
    for person in settled.everyone:
        assert person.identity.entity
        entity = get(f"identity/entity/id/{person.identity.entity.id}")
        groups = [get(f"identity/group/id/{group}") for group in entity["group_ids"]]
        for directive in settled.directives:
            text = f'path "own/{{{{{directive}}}}}" {{ capabilities = ["read"] }}'
            oracle.write_policies({"own": text})
            token = oracle.token(["own"], alias=person.alias)
            path = filled_in("own/{{" + directive + "}}", person.identity) or "own/"
            question = {
                "policies": [text, *(people.BOUND[name] for name in person.policies)],
                "capabilities": path,
                "entity": entity,
                "groups": groups,
            }
            answers = oracle.capabilities(token, [path]).require("capabilities")["data"]
            (answer,) = map(json.loads, decide([json.dumps(question)]))
            assert answer == {"capabilities": answers[path]}, directive
            granted += answers[path] == ["read"]
    assert granted > 20
