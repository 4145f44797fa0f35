"""What the README and the first pages tell a new user to type is there, and does what they say."""

from __future__ import annotations

import dataclasses
import re
from typing import Final

import pytest
import yaml

from policies import matrix
from policies.acl import Acl, Operation, Request
from policies.compile import compile_plan
from policies.environments import Environment
from policies.hcl import parse
from policies.model import AccessMatrix, Application
from policies.plan import Plan
from tests.recording import ROOT

README: Final = (ROOT / "README.md").read_text()
PAGES: Final = {
    "README.md": README,
    **{name: (ROOT / "docs" / name).read_text() for name in ("start.md", "environments.md")},
}
APPLICATION, POD = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def with_the_application() -> AccessMatrix:
    names = dict(vars(matrix))
    exec(APPLICATION, names)
    notes = names["NOTES"]
    assert isinstance(notes, Application)
    return dataclasses.replace(matrix.MATRIX, applications=(*matrix.MATRIX.applications, notes))


@pytest.fixture(params=list(Environment))
def plan(request: pytest.FixtureRequest) -> Plan:
    return compile_plan(with_the_application(), request.param)


def test_your_own_application_is_about_ten_lines() -> None:
    assert len([line for line in APPLICATION.splitlines() if line.strip(" ()],")]) <= 10


def test_it_compiles_and_may_what_is_said_and_no_more(plan: Plan) -> None:
    (role,) = [one for one in plan.kubernetes_roles if one.name == "notes-api"]
    assert (role.namespace.partition("-")[0], role.service_account) == ("notes", "notes-api")
    (acl,) = [one for one in plan.acl_policies if one.name in role.token.policies]
    may = Acl.of([parse(acl.hcl)])

    def allowed(operation: Operation, path: str) -> bool:
        return may.decide(Request(operation, path)).allowed

    assert allowed(Operation.READ, "secret/data/notes/session")
    assert allowed(Operation.READ, "database/creds/notes-readwrite")
    assert not allowed(Operation.UPDATE, "secret/data/notes/session")
    assert not allowed(Operation.READ, "secret/data/kubesentiment/config")


def test_what_the_pod_asks_for_is_made(plan: Plan) -> None:
    ((path, key),) = re.findall(r'get_secret\("(.+?)"\)\["(.+?)"\]', POD)
    (entry,) = [one for one in plan.kv_entries if one.name == path]
    assert key in entry.keys
    (credentials,) = re.findall(r'get_database_credentials\("(.+?)"\)', POD)
    assert credentials in [role.name for role in plan.database_roles]


@pytest.mark.parametrize("page", PAGES)
def test_every_target_is_in_the_makefile(page: str) -> None:
    code = "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", PAGES[page], re.MULTILINE | re.DOTALL))
    told = set(re.findall(r"\bmake (?!PYTHON)([a-z][a-z-]*)", code))
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert told
    assert told <= there


def test_every_setting_is_declared() -> None:
    declared = set(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"])
    page = PAGES["environments.md"]
    table = page.partition("|---|---|\n")[2].partition("\n\n")[0]
    told = set(re.findall(r"`([a-z]\w+)`(?=[^|]*\|$)", table, re.MULTILINE))
    told |= set(re.findall(r"^ *pulumi config set ([a-zA-Z]+)", page, re.MULTILINE))
    told |= set(re.findall(r"'vaultstack:(\w+)", page))
    assert len(told) > 15
    assert told <= {name.removeprefix("vaultstack:") for name in declared}
