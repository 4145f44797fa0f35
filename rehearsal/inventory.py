"""What `python -m attest` says of a rehearsed Vault, with the identity that production has: the
platform's own service account, whose ACL policy comes from the matrix.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attest import live, stack
from attest.output import wording
from attest.report import Report, report
from attest.vault import Vault
from policies import inspection, paths
from rehearsal.stand_up import StoodUp

ROLE = f"platform-{inspection.WORKLOAD}"


def inventory(stood: StoodUp, changed: Mapping[str, Any] = MappingProxyType({})) -> Report:
    """Compared as the stack is set, with what the scene gave the program. `changed`: settings
    (without their namespace) with which it was stood up besides.

    Raises `AttestError`.
    """
    plan, scene = stood.plan, stood.scene
    settings = stack.read(plan.environment, {**changed, **scene.configuration})
    # A server's folders are not a pod's.
    settings = dataclasses.replace(settings, audit_file=scene.vaults.path(settings.audit_file))
    vault = Vault(scene.vault_address, scene.ca_file)
    try:
        vault.log_in(paths.KUBERNETES_AUTH, ROLE, stood.account_token(ROLE))
        there = live.read(vault, lambda _: None)
    finally:
        vault.close()
    return report(plan, settings, there, address=scene.vault_address)


def told(made: Report) -> str:
    """In a few lines, for whoever watches a rehearsal."""
    lines = [wording.headline(made), wording.verdict(made)]
    lines += [
        f"{one.fate.value} {one.kind.title} {one.path}: {row.what} {row.declared!r} -> {row.live!r}"
        for one in made.differences
        for row in wording.rows(one)
    ]
    lines += [f"not read: {one.operation} {one.path}: {one.reason}" for one in made.unread]
    return "\n".join(lines)
