"""A real Vault answers as `python -m policies` does, for every workload of every environment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from policies.__main__ import main
from policies.acl import Pattern
from policies.commands import can
from policies.commands.plans import Asked, everyone, plans
from policies.commands.reach import listed_as, reaches
from policies.environments import Environment
from policies.hcl import Capability
from rehearsal.binaries import Binary, Tool
from rehearsal.fuzz import vault
from rehearsal.fuzz.vault import Oracle
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live

EVERYWHERE = Pattern.of("*")


@pytest.fixture(scope="module")
def oracle(tools: Mapping[Tool, Binary]) -> Iterator[Oracle]:
    with Supervisor() as supervisor, vault.started(supervisor, tools[Tool.VAULT].path) as oracle:
        yield oracle


@pytest.fixture(params=Environment, scope="module")
def holders(request: pytest.FixtureRequest, oracle: Oracle) -> dict[str, tuple[Asked, str]]:
    """Each workload of one environment, with a token that carries its ACL policies."""
    asked = everyone(plans(None, request.param))
    for one in asked:
        oracle.write_policies(
            {name: one.snapshot.policies[name] for name in one.workload.token.policies}
        )
    return {one.workload.label: (one, oracle.token(one.workload.token.policies)) for one in asked}


def witnesses(holders: Mapping[str, tuple[Asked, str]]) -> list[str]:
    """A path for each rule of anybody, and one beside it."""
    found = {
        path
        for one, _ in holders.values()
        for reach in reaches(one.acl, EVERYWHERE)
        for path in (reach.witness, reach.folder.rstrip("/"))
        if path
    }
    return sorted(found | {f"{path}x" for path in found} | {f"{path}/x" for path in found})


def test_who_can_says_what_vault_says(
    oracle: Oracle, holders: dict[str, tuple[Asked, str]]
) -> None:
    compared = granted = 0
    for path in witnesses(holders):
        for label, (one, token) in holders.items():
            ours = {c for reach in reaches(one.acl, Pattern.of(path)) for c in reach.capabilities}
            plain = set(capabilities(oracle, token, path)) - {"list", "deny"}
            listing = set(capabilities(oracle, token, listed_as(path))) & {"list"}
            assert {c.value for c in ours} == plain | listing, (label, path)
            compared += 1
            granted += bool(ours)
    print(f"{compared} answers of sys/capabilities are ours")
    assert granted > 50
    assert compared > 10 * granted


def test_what_can_says_is_what_a_request_gets(
    oracle: Oracle,
    holders: dict[str, tuple[Asked, str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reading and listing: all that can be asked of a Vault without changing it."""
    monkeypatch.setattr(can, "plans", cache(plans))  # compiled once, not for each question
    compared = allowed = 0
    for path in witnesses(holders)[::3]:
        for label, (one, token) in holders.items():
            for capability, method in ((Capability.READ, "GET"), (Capability.LIST, "LIST")):
                asked = ("can", label, capability.value, path, "--format", "json")
                status = main([*asked, "--env", one.environment.value])
                (answer,) = json.loads(capsys.readouterr().out)["answers"]
                reply = oracle.connection.call(method, path, token)
                assert (reply.status == 403) is (status == 1), (asked, reply)
                assert answer["allowed"] is (status == 0)
                compared += 1
                allowed += status == 0
    print(f"{compared} requests end as we say")
    assert allowed > 10
    assert compared > 100


def capabilities(oracle: Oracle, token: str, path: str) -> list[str]:
    body = {"paths": [path], "token": token}
    reply = oracle.connection.call("PUT", "sys/capabilities", oracle.root, body)
    found: list[str] = reply.require(path)["data"][path]
    return found
