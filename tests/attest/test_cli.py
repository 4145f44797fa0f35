"""The command: how it logs in, what it ends with, and what it says where it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from attest.__main__ import main
from attest.errors import AttestError, UsageError
from attest.kinds import Kind
from policies.environments import Environment
from tests.attest.vaults import GIVEN, Served, matching, serving, settings, without

SET = [f"--set={key}={json.dumps(value)}" for key, value in GIVEN.items()]
Run = Callable[..., int]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    for name in ("VAULT_TOKEN", "VAULT_ADDR", "VAULT_CACERT", "TERRAFORM_VAULT_AUTH_JWT"):
        monkeypatch.delenv(name, raising=False)
    return Served(matching(settings(Environment.PROD)))


@pytest.fixture
def run(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    with serving(served) as address:

        def call(*more: str, token: str = "hvs.given-hidden") -> int:
            if token:
                monkeypatch.setenv("VAULT_TOKEN", token)
            return main(["--env", "prod", "--address", address, *SET, *more])

        yield call


def test_0_the_same(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert capsys.readouterr().out.startswith("prod: Vault is what the matrix says\n")


def test_1_something_differs(run: Run, served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.live = without(served.live, Kind.AWS_ROLE, "s3-access")
    assert run() == 1
    assert "s3-access" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--output", "x.pdf"), "--output: suffix"),
        (("--set", "no-value"), "must be KEY=VALUE"),
        (("--set", "pkiRootTtl=90"), "cannot be understood"),
        (("--set", "teamStacks=[no-team]"), "teamStacks: "),
        (("--audit-log", "/nowhere/audit.log"), "--audit-log /nowhere/audit.log"),
        (("--kubernetes-token", "/nowhere/token"), "--kubernetes-token /nowhere/token"),
    ],
)
def test_2_wrong_usage(
    run: Run, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str
) -> None:
    assert run(*more) == 2
    assert said in capsys.readouterr().err


def test_2_no_login_names_the_ways(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(token="") == 2
    assert "set VAULT_TOKEN, or TERRAFORM_VAULT_AUTH_JWT" in capsys.readouterr().err


def test_3_what_could_not_be_read_is_named_and_the_rest_compared(
    run: Run, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    served.answers["GET", "sys/audit"] = (403, {"errors": ["permission denied"]})
    assert run() == 3
    said = capsys.readouterr().out
    assert "What could be read is what the matrix says" in said
    assert "sys/audit" in said


def test_3_a_sealed_vault_is_told_and_nothing_is_sent_to_it(
    run: Run, served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served.sealed = True
    monkeypatch.setenv("TERRAFORM_VAULT_AUTH_JWT", "jwt-hidden")
    assert run() == 3
    assert "is sealed" in capsys.readouterr().err
    assert served.asked == [("GET", "sys/seal-status")]


def test_an_acl_policy_that_cannot_be_read_does_not_hide_the_rest(
    run: Run, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "kubesentiment-api-prod"
    policies = {**(served.live.folders[Kind.ACL_POLICY.where] or {}), name: {"policy": "path {"}}
    folders = {**served.live.folders, Kind.ACL_POLICY.where: policies}
    folders[Kind.OIDC_ROLE.where] = {}
    served.live = replace(served.live, folders=folders)
    assert run("--format", "json") == 1
    shown = capsys.readouterr().out
    assert f"sys/policies/acl/{name}" in shown
    assert "cannot be read: line 1" in shown
    assert "auth/oidc/role/auditors" in shown


def test_a_run_of_ci_comes_in_as_who_only_looks_and_ends_its_token(
    run: Run, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERRAFORM_VAULT_AUTH_JWT", "jwt-hidden")
    assert run(token="") == 0
    writes = [path for method, path in served.asked if method == "POST"]
    assert writes[0] == "auth/ci/login"
    assert writes[-1] == "auth/token/revoke-self"


def test_a_service_account_goes_before_what_the_environment_says(
    run: Run, served: Served, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("jwt-hidden\n")
    assert run("--kubernetes-token", str(file)) == 0
    assert ("POST", "auth/kubernetes/login") in served.asked


def test_files_are_written_and_the_first_line_is_said(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / f"attest.{suffix}" for suffix in ("md", "html", "json", "txt")]
    assert run(*(f"--output={file}" for file in files)) == 0
    assert all("Vault is what the matrix says" in file.read_text() for file in files)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "prod: Vault is what the matrix says"
    assert said[1].startswith("Written: ")
    assert run("--output", str(tmp_path / "none" / "a.md")) == 2


def test_an_address_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    monkeypatch.setenv("VAULT_TOKEN", "hvs.x")
    assert main(["--env", "prod", "--set", "hostName=", *SET]) == 2


def test_a_usage_error_is_one_of_attests() -> None:
    assert issubclass(UsageError, AttestError)
