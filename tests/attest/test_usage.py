"""Which grants an audit log shows in use."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from attest.errors import UsageError
from attest.output import wording
from attest.usage import usage
from policies.environments import Environment
from tests.attest.vaults import whole_plan

PLAN = whole_plan(Environment.PROD)
OWN = ("provisioner", "provisioner-media-team")
BATCH = "kubesentiment-batch-prod"


def entry(number: int, path: str, *policies: str, **more: Any) -> str:
    return json.dumps(
        {
            "time": f"2026-11-22T14:{number:02}:00.5Z",
            "type": more.get("type", "request"),
            "auth": {
                "client_token": "hmac-sha256:x",
                "policy_results": {
                    "allowed": more.get("allowed", True),
                    "granting_policies": [{"name": name, "type": "acl"} for name in policies],
                },
            },
            "request": {
                "id": str(number),
                "client_token": "hmac-sha256:x",
                "operation": more.get("operation", "read"),
                "path": path,
                "mount_class": "secret",
            },
        }
    )


def log(folder: Path, *entries: str) -> Path:
    file = folder / "audit.log"
    file.write_text("".join(f"{one}\n" for one in entries))
    return file


def test_a_grant_that_was_used_is_not_told_and_any_other_is(tmp_path: Path) -> None:
    none = usage(PLAN, OWN, [log(tmp_path)])
    rules = {one.path for one in none.unused if one.workload == "kubesentiment/batch"}
    assert {"secret/data/kubesentiment/*", "database/creds/kubesentiment-readonly"} <= rules
    assert not any(one.path == "auth/token/lookup-self" for one in none.unused)
    read = entry(1, "secret/data/kubesentiment/config", BATCH)
    found = usage(PLAN, OWN, [log(tmp_path, read)])
    assert (found.entries, found.used) == (1, 1)
    left = {one.path for one in found.unused if one.workload == "kubesentiment/batch"}
    assert rules - left == {"secret/data/kubesentiment/*"}


def test_who_may_have_used_it_too_has_not(tmp_path: Path) -> None:
    """The same path is another's rule as well; only the one that allowed it counts."""
    read = entry(1, "secret/data/kubesentiment/config", BATCH)
    found = usage(PLAN, OWN, [log(tmp_path, read)])
    paths = [one.path for one in found.unused if one.workload == "kubesentiment/api"]
    assert "secret/data/kubesentiment/*" in paths


def test_a_list_is_decided_as_vault_does(tmp_path: Path) -> None:
    policy = "people-auditors-prod"
    looked = entry(1, "auth/kubernetes/role/", policy, operation="list")
    found = usage(PLAN, OWN, [log(tmp_path, looked)])
    left = {one.path for one in found.unused if one.workload == "people/auditors"}
    assert "auth/kubernetes/role" not in left
    assert "auth/kubernetes/role/+" in left


def test_what_was_refused_is_no_use_and_an_answer_counts_once(tmp_path: Path) -> None:
    path = "secret/data/kubesentiment/config"
    refused = entry(1, path, BATCH, allowed=False)
    twice = (entry(2, path, BATCH), entry(2, path, BATCH, type="response"))
    assert usage(PLAN, OWN, [log(tmp_path, refused)]).used == 0
    assert usage(PLAN, OWN, [log(tmp_path, *twice)]).entries == 1


def test_a_policy_that_the_matrix_lacks_is_told_with_how_often(tmp_path: Path) -> None:
    entries = [entry(n, f"secret/data/x{n}", "backdoor") for n in range(3)]
    known = [entry(n, "sys/mounts", name) for n, name in enumerate(("root", *OWN), 9)]
    (foreign,) = usage(PLAN, OWN, [log(tmp_path, *entries, *known)]).foreign
    assert (foreign.policy, foreign.path, foreign.entries) == ("backdoor", "secret/data/x0", 3)


def test_the_time_span_stands_beside_it(tmp_path: Path) -> None:
    found = usage(PLAN, OWN, [log(tmp_path, entry(5, "a", "x"), entry(3, "b", "x"))])
    assert wording.span(found) == (
        "audit.log: 2 accesses that were allowed, from 2026-11-22 14:03 to 2026-11-22 14:05 UTC. "
        "No rule was used. What was needed before, the log does not say."
    )
    assert wording.span(usage(PLAN, OWN, [log(tmp_path)])) == "audit.log has no entry."


def test_what_is_no_audit_log_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--audit-log .*audit\.log: line 1 is no entry"):
        usage(PLAN, OWN, [log(tmp_path, "no")])
    with pytest.raises(UsageError, match="No such file"):
        usage(PLAN, OWN, [tmp_path / "none.log"])


def test_every_question_for_help_counts_though_it_has_no_id(tmp_path: Path) -> None:
    both = [
        entry(number, path, policy, operation="help", type=kind).replace('"id"', '"no id"')
        for number, (path, policy) in enumerate([("sys/mounts", BATCH), ("sys/raw", "backdoor")])
        for kind in ("request", "response")
    ]
    found = usage(PLAN, OWN, [log(tmp_path, *both)])
    assert found.entries == 2
    assert [(one.policy, one.entries) for one in found.foreign] == [("backdoor", 1)]


def test_a_log_that_is_compressed_is_refused_with_the_fix(tmp_path: Path) -> None:
    file = tmp_path / "audit.log.gz"
    file.write_bytes(gzip.compress(entry(1, "x").encode()))
    with pytest.raises(UsageError, match=r"audit\.log\.gz: is no text; .*\(gunzip\)"):
        usage(PLAN, OWN, [file])
