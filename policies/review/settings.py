"""What a change of a stack's settings is a risk for: `Pulumi.<environment>.yaml`, and the defaults
in `Pulumi.yaml`, say which identity provider, cluster and repository are believed, and no rendered
file does.

It knows which settings are only sizes; any other may decide who logs in or where secrets go, so its
change takes an approval. What is secret in them is encrypted there, and is not shown. Deliberately
does not know what a setting means, nor read a stack's configuration outside this repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from policies.environments import Environment
from policies.review.model import Finding, Severity

RULE: Final = "stack-setting"
_SIZES: Final = frozenset(
    f"vaultstack:{key}"
    for key in (
        "auditSize",
        "bootstrapTimeout",
        "dataSize",
        "kvMaxVersions",
        "metricsInterval",
        "metricsUsageInterval",
        "priorityClass",
        "raftReconcileInterval",
        "raftStabilizationTime",
        "rateLimit",
        "serverCpu",
        "serverMemory",
        "servers",
        "snapshotRetention",
        "storageClass",
    )
)
_ABSENT: Final = "not set"
PROJECT: Final = "Pulumi.yaml"
PROJECT_NAME: Final = "vaultstack"


def file_of(environment: Environment) -> str:
    return f"Pulumi.{environment.value}.yaml"


def settings_risks(
    environment: Environment,
    before: str | None,
    after: str | None,
    security: str,
    *,
    projects: tuple[str | None, str | None] = (None, None),
) -> Iterator[Finding]:
    """`before` and `after`: the stack file's text; None where there is none. `projects`: that of
    `Pulumi.yaml` on both sides, whose defaults hold where the stack says nothing.
    """
    if before == after and projects[0] == projects[1]:
        return
    if before is None and after is None:
        return
    if before is None or after is None:
        yield Finding(
            Severity.WARNING if before is None else Severity.HIGH,
            RULE,
            f"{file_of(environment)} {'is new' if before is None else 'is not there any more'}",
            ("it decides who is believed, and where secrets go; no rendered file shows it",),
            approvers=(security,),
        )
        return
    try:
        old = {**_defaults(projects[0]), **_settings(before)}
        new = {**_defaults(projects[1]), **_settings(after)}
    except (yaml.YAMLError, ValueError, AttributeError):
        yield _finding(
            environment, "the file", "read before", "cannot be read or compared", security
        )
        return
    for key in sorted(old.keys() | new.keys()):
        was, is_ = (_shown(side[key]) if key in side else _ABSENT for side in (old, new))
        if old.get(key, _ABSENT) != new.get(key, _ABSENT):
            yield _finding(environment, key, was, is_, security)


def _finding(environment: Environment, key: str, was: str, is_: str, security: str) -> Finding:
    size = key in _SIZES
    reason = (
        "a size, which gives nobody access"
        if size
        else "it may decide who is believed, or where secrets go; no rendered file shows it"
    )
    return Finding(
        Severity.NOTE if size else Severity.HIGH,
        RULE,
        f"{file_of(environment)}: {key} becomes {is_}",
        (f"before: {was}", reason),
        approvers=() if size else (security,),
    )


def _settings(text: str) -> Mapping[str, Any]:
    """The keys below `config` by their names, others (such as the secrets' provider) by theirs."""
    given = yaml.safe_load(text) or {}
    config = given.pop("config", None) if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(config or {}, dict):
        raise ValueError("no settings")  # noqa: TRY004 - of a text, like what does not parse
    return {**{str(key): value for key, value in given.items()}, **(config or {})}


def _defaults(text: str | None) -> Mapping[str, Any]:
    """What a project says of settings that its stacks leave out."""
    declared = (yaml.safe_load(text or "") or {}).get("config") or {}
    return {
        key if ":" in key else f"{PROJECT_NAME}:{key}": one.get("value", one.get("default"))
        for key, one in declared.items()
        if isinstance(one, dict) and one.keys() & {"value", "default"}
    }


def _shown(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"secure"}:
        return "another secret"
    return json.dumps(value, default=str)
