"""A comparison for machines."""

from __future__ import annotations

import json
from typing import Any

from attest.output.as_json import render
from tests.attest.output.reports import NASTY, full, same


def document(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_same_is_empty() -> None:
    said = document(render(same()))
    assert (said["schema"], said["version"], said["exit_status"]) == ("vaultstack.attest", 1, 0)
    assert said["summary"] == "prod: Vault is what the matrix says"
    assert (said["environment"], said["vault_version"]) == ("prod", "1.21.0")
    assert said["differences"] == said["unread"] == said["notes"] == []
    assert said["usage"] is None
    assert said["read_at"] == "2026-11-22T15:00:00+00:00"


def test_everything_is_there() -> None:
    said = document(render(full()))
    assert said["exit_status"] == 1
    found = {one["path"]: one for one in said["differences"]}
    assert found["pki/roles/kubesentiment-api"]["fate"] == "missing"
    assert found[f"auth/token/roles/{NASTY}"]["kind"] == "token role"
    assert found["auth/token/accessors/acc-root"]["details"][0]["live"].startswith("root")
    (environment,) = said["access"]["environments"]
    assert "kubesentiment/batch" in {one["label"] for one in environment["workloads"]}
    assert said["unread"] == [
        {"path": "sys/audit", "operation": "read", "reason": "permission denied"}
    ]
    assert said["usage"]["unused"][0]["path"] == "sys/audit"
