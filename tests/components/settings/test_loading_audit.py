"""Where the audit log is written, and that it always is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from components.settings import NAMESPACE, AuditCollector, AuditSettings
from components.settings.loading_audit import read_audit
from components.settings.reader import ConfigReader
from policies.audit_devices import AuditDevice
from policies.environments import Environment
from tests.components.settings.loader import (
    AUDIT_FILE,
    ENVIRONMENTS,
    SET,
    Loader,
    Rule,
    deploying,
    of_existing,
    sentence,
)
from tests.recording import Runner

FILE, STDOUT = AuditDevice.FILE, AuditDevice.STDOUT
FIRST: Final = "pulumi config set --path 'vaultstack:auditDevices[0]' file"
ELSEWHERE: Final = "must be empty with target 'kubernetes', whose servers have a volume of their "


def not_a_file(path: str) -> Rule:
    return (
        "prod",
        {"auditFile": path},
        "auditFile",
        (
            "must be a file's absolute path, in a folder that is there and that Vault may write "
            f"to, is {path!r}"
        ),
        f"{SET}:auditFile {AUDIT_FILE}",
    )


def alone(environment: str, device: str) -> Rule:
    return (
        environment,
        {"auditDevices": [device]},
        "auditDevices",
        (
            f"must be two in {environment}, are ['{device}']: Vault answers nothing while no "
            "device takes its entries, and one may fail"
        ),
        "pulumi config rm vaultstack:auditDevices, which is file and stdout",
    )


# Of a Vault that is there already.
RULES: Final[Mapping[str, Rule]] = {
    "a device that there is not": (
        "prod",
        {"auditDevices": ["file", "syslog"]},
        "auditDevices",
        "must be of file, stdout, holds 'syslog'",
        FIRST,
    ),
    "a device twice": (
        "prod",
        {"auditDevices": ["file", "file"]},
        "auditDevices",
        "must name each device once, is ['file', 'file']",
        FIRST,
    ),
    "one of two in prod": alone("prod", "file"),
    "one of two in staging": alone("staging", "stdout"),
    "no place for the file": (
        "staging",
        {"auditFile": ""},
        "auditFile",
        (
            "is needed for the audit device 'file' with target 'existing': only who runs those "
            "servers knows where there is room"
        ),
        f"{SET}:auditFile {AUDIT_FILE}",
    ),
    "a relative path": not_a_file("audit.log"),
    "a folder": not_a_file("/var/log/vault/"),
    "standard output by its file": not_a_file("/dev/stdout"),
    "a path that goes back": not_a_file("/var/log/../../etc/passwd"),
    "a collector for servers elsewhere": (
        "prod",
        {"auditCollector": "vector"},
        "auditCollector",
        (
            "must be none with target 'existing', is 'vector': it is for the pods of servers that "
            "this program deploys"
        ),
        f"{SET}:auditCollector none; docs/audit.md says what to take instead",
    ),
    "a namespace with capitals": (
        "prod",
        {"auditCollectorNamespace": "Vector"},
        "auditCollectorNamespace",
        "must be a namespace's name, is 'Vector'",
        f"{SET}:auditCollectorNamespace vector",
    ),
    "a collector that there is not": (
        "prod",
        {"auditCollector": "fluentd"},
        "auditCollector",
        "must be one of none, vector, is 'fluentd'",
        f"{SET}:auditCollector none",
    ),
}
# Of deployed servers.
DEPLOYED: Final[Mapping[str, Rule]] = {
    "another place for the file": (
        "prod",
        {"auditFile": AUDIT_FILE},
        "auditFile",
        f"{ELSEWHERE}own for it; is {AUDIT_FILE!r}",
        "pulumi config rm vaultstack:auditFile",
    ),
    "nothing to collect": (
        "dev",
        {"auditDevices": ["file"], "auditCollector": "vector"},
        "auditCollector",
        (
            "'vector' collects what servers write to standard output, and vaultstack:auditDevices "
            "does not name it"
        ),
        "add stdout to vaultstack:auditDevices, or set vaultstack:auditCollector none",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_one_problem_with_its_key_and_fix(loaded: Loader, name: str) -> None:
    environment, changed, *_ = RULES[name]
    assert loaded.problems_of(of_existing(environment, **changed)) == (sentence(RULES[name]),)


@pytest.mark.parametrize("name", DEPLOYED)
def test_and_so_is_each_of_deployed_servers(loaded: Loader, name: str) -> None:
    environment, changed, *_ = DEPLOYED[name]
    assert loaded.problems_of(deploying(environment, **changed)) == (sentence(DEPLOYED[name]),)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_one_device_in_dev_and_two_elsewhere(loaded: Loader, environment: str) -> None:
    devices = (STDOUT,) if environment == "dev" else (FILE, STDOUT)
    found = loaded.of(deploying(environment)).audit
    assert found == AuditSettings(devices, None, AuditCollector.NONE, "vector")
    there = loaded.of(of_existing(environment)).audit
    assert there == AuditSettings(devices, AUDIT_FILE, AuditCollector.NONE, "vector")


def test_a_laptops_vault_needs_no_place_for_a_file(loaded: Loader) -> None:
    assert loaded("dev", auditFile="").audit.file is None


@pytest.mark.parametrize("given", [["file"], ["stdout"], ["stdout", "file"]])
def test_dev_may_have_either_or_both_in_one_order(loaded: Loader, given: list[str]) -> None:
    found = loaded("dev", auditDevices=given).audit.devices
    assert [device.value for device in found] == sorted(given)


def test_vector_is_set_up_where_there_is_something_to_collect(loaded: Loader) -> None:
    found = loaded.of(deploying("dev", auditCollector="vector")).audit
    assert found.collector is AuditCollector.VECTOR


def test_a_wrong_device_is_noted_and_the_environments_own_stand_in(run: Runner) -> None:
    """So that reading goes on, and nothing is ever made of an empty list."""
    found: list[AuditSettings] = []

    def program() -> None:
        read = ConfigReader(NAMESPACE)
        found.append(read_audit(read, Environment.PROD, deploys=True))
        assert not read.sound("auditDevices")

    run(program, config=deploying("prod", auditDevices=["nothing"]))
    assert found == [AuditSettings((FILE, STDOUT), None, AuditCollector.NONE, "vector")]
