"""A report with one of everything, whose names try to be more than names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from attest.kinds import Kind
from attest.live import Tokens
from attest.report import Report, report
from attest.usage import Foreign, Unused, Usage
from attest.vault import Unread
from policies.environments import Environment
from tests.attest.vaults import matching, settings, whole_plan, with_object, without

NOW: Final = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NASTY: Final = "x`|</td><script>@all\x1b[31m"


@cache
def same() -> Report:
    return report(
        whole_plan(Environment.PROD),
        settings(),
        matching(settings()),
        address="https://vault.example",
        now=NOW,
    )


@cache
def full() -> Report:
    live = without(matching(settings()), Kind.PKI_ROLE, "kubesentiment-api")
    live = with_object(live, Kind.TOKEN_ROLE, NASTY, {"allowed_policies": [NASTY]})
    widened = 'path "sys/policies/acl/*" { capabilities = ["update"] }'
    live = with_object(live, Kind.ACL_POLICY, "kubesentiment-batch-prod", {"policy": widened})
    root = {
        "accessor": "acc-root",
        "policies": ["root"],
        "path": "auth/token/root",
        "display_name": "root",
        "creation_time": 1795356451,
    }
    live = replace(
        live,
        version="9.9.9",
        tokens=Tokens((root,), 1),
        unread=(Unread("sys/audit", "read", "permission denied"),),
        audit=None,
    )
    used = Usage(
        ("audit.log",),
        3,
        NOW,
        NOW,
        1,
        (Unused("people/auditors", "control sys/audit (why)", "sys/audit", ("read",)),),
        (Foreign("backdoor", "secret/data/x", 3),),
    )
    return report(
        whole_plan(Environment.PROD),
        settings(),
        live,
        address="https://vault.example",
        usage=used,
        now=NOW,
    )
