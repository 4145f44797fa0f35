"""Vault has two audit devices of different kinds, protected, which nobody else reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest
from pulumi_policy import EnforcementLevel

from policies.environments import Environment
from policies.guardrails.audit import ENOUGH, KEPT, PRIVATE, RULES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Seed, check, names, said

FILE, STDOUT = "audit-file", "audit-stdout"
SEEDS: Final = (
    Seed(KEPT.name, FILE, "local", True, "local keeps it from the servers of other clusters"),
    Seed(PRIVATE.name, FILE, "options.mode", "0640", "options.mode '0640' lets others than Vault"),
    Seed(PRIVATE.name, FILE, "options.mode", "private", "options.mode is 'private', which is no"),
)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) | {ENOUGH.name} == {rule.name for rule in RULES}


def test_the_program_has_two_kinds(prod: Mapping[str, Declared]) -> None:
    assert said(ENOUGH.name, *prod.values()) == []


@pytest.mark.parametrize(
    ("file", "stdout", "shown"),
    [
        (None, {}, "1 kinds (stdout)"),
        ({}, None, "1 kinds (file)"),
        (None, None, "0 kinds (-)"),
        ({"options.file_path": "STDOUT"}, {}, "1 kinds (stdout)"),
        ({}, {"options.file_path": "/var/log/vault/second.log"}, "1 kinds (file)"),
        ({}, {"options.file_path": "discard"}, "1 kinds (file)"),
    ],
)
def test_two_that_fail_together_are_one(
    file: Mapping[str, str] | None,
    stdout: Mapping[str, str] | None,
    shown: str,
    prod: Mapping[str, Declared],
) -> None:
    declared = dict(prod)
    for name, changed in ((FILE, file), (STDOUT, stdout)):
        device = declared.pop(name)
        for path, value in (changed or {}).items():
            device = device.changed(path, value)
        if changed is not None:
            declared[name] = device
    (message,) = said(ENOUGH.name, *declared.values())
    assert message == f"Vault has audit devices of {shown}. {ENOUGH.repair}"


def test_a_socket_and_a_file_are_two(prod: Mapping[str, Declared]) -> None:
    other = prod[STDOUT].changed("type", "socket").changed("options.file_path", None)
    assert said(ENOUGH.name, *({**prod, STDOUT: other}).values()) == []


def test_without_a_vault_there_is_nothing_to_write_down() -> None:
    bucket = Declared("aws:s3/bucket:Bucket", "bucket", {}, protect=True)
    assert said(ENOUGH.name, bucket) == []


def test_a_teams_stack_has_none_and_whoever_mounts_anything_has(
    prod: Mapping[str, Declared],
) -> None:
    slices = ("vault:index/policy:", "vault:kubernetes/authBackendRole:", "vault:kv/secretV2:")
    part = [one for one in prod.values() if one.type.startswith(slices)]
    assert {one.type.partition("/")[0] for one in part} > {"vault:index", "vault:kv"}
    assert said(ENOUGH.name, *part) == []
    (mount, *_) = (one for one in prod.values() if one.type == "vault:index/mount:Mount")
    assert said(ENOUGH.name, *part, mount) != []


def test_an_unprotected_device_is_refused(prod: Mapping[str, Declared]) -> None:
    (message,) = said(KEPT.name, replace(prod[FILE], protect=False))
    assert message.startswith(f"{FILE}: is not protected, and with it goes what was done in Vault")


def test_dev_may_have_one_and_end_it() -> None:
    for rule in (ENOUGH, KEPT):
        assert rule.levels.of(Environment.DEV) is EnforcementLevel.DISABLED
        assert rule.levels.of(Environment.STAGING) is EnforcementLevel.MANDATORY
    assert PRIVATE.levels.of(Environment.DEV) is EnforcementLevel.MANDATORY


def test_of_a_vault_that_is_not_there_yet_nothing_is_said(prod: Mapping[str, Declared]) -> None:
    """In its preview the engine tells of each device only that there is one."""
    declared = dict(prod)
    for name in (FILE, STDOUT):
        declared[name] = replace(declared[name], inputs={})

    assert said(ENOUGH.name, *declared.values()) == []
