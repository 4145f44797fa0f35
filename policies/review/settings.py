"""What a change of a stack's settings is a risk for: `Pulumi.<environment>.yaml`, and the defaults
in `Pulumi.yaml`, say which identity provider, cluster and repository are believed, and no rendered
file does.

It knows which settings are only sizes; any other may decide who logs in or where secrets go, so its
change takes an approval. What is secret in them is encrypted there, and is not shown. Deliberately
does not know what a setting means, nor read a stack's configuration outside this repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final

from policies.environments import Environment
from policies.review.model import Finding, Severity
from policies.review.stack_yaml import loaded, text_of

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
# What `Pulumi.yaml` says for people, and what is compared as each stack's defaults. Anything else
# there says what is run, with which plugins, and where a stack's settings are.
_NOT_OBEYED: Final = frozenset({"author", "config", "description", "license", "website"})


def file_of(environment: Environment) -> str:
    return f"Pulumi.{environment.value}.yaml"


def uncompared_risks(
    environment: Environment, before: Mapping[str, str], after: Mapping[str, str], security: str
) -> Iterator[Finding]:
    """Of files that Pulumi obeys and `settings_risks` does not compare: a project elsewhere, a
    policy pack, settings of a stack with another name, and any JSON, which Pulumi reads in place of
    the YAML beside it. Told for the environment that the file names, or for each where it names
    none. `before` and `after`: file -> text, of those that are there.
    """
    compared = {PROJECT, *map(file_of, Environment)}
    for file in sorted((before.keys() | after.keys()) - compared):
        was, is_ = before.get(file), after.get(file)
        if was == is_ or environment not in _environments(file, was, is_):
            continue
        became = "changes" if was is not None else "is new"
        yield Finding(
            Severity.HIGH,
            RULE,
            f"{file} {became if is_ is not None else 'is not there any more'}",
            (_instead_of(file) or "Pulumi obeys it, and no review compares what it says",),
            approvers=(security,),
        )


def _environments(file: str, *contents: str | None) -> Iterable[Environment]:
    """Those that a file's name or content says, as words; all where there are none. What YAML makes
    of a content counts, too: a word can be written so that it is not seen.
    """
    try:
        meant = [repr(loaded(text or "")) for text in contents]
    except ValueError:
        return list(Environment)
    said = (file, *contents, *meant)
    words = {word for text in said for word in re.split(r"[^a-z]+", text or "")}
    return [one for one in Environment if one.value in words] or list(Environment)


def _instead_of(file: str) -> str | None:
    path = PurePath(file)
    if path.suffix != ".json":
        return None
    shown = path.with_suffix(".yaml")
    return f"Pulumi reads it in place of {shown}, and no review compares what it says"


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
        changes = list(_changes(environment, (before, after), projects))
    except (ValueError, TypeError):  # the latter of keys that are not all texts
        file = PROJECT if before == after else file_of(environment)
        changes = [(file, "the file", "read before", "what cannot be read or compared")]
    for change in changes:
        yield _finding(*change, security)


def _changes(
    environment: Environment, stacks: tuple[str, str], projects: tuple[str | None, str | None]
) -> Iterator[tuple[str, str, str, str]]:
    """File, key, and what it was and is in words. Raises `ValueError` or `TypeError` of what
    cannot be read or compared.
    """
    parsed = [_parsed(text or "") for text in projects]
    given = [_settings(text) for text in stacks]
    stack = [{**_defaults(one), **own} for one, own in zip(parsed, given, strict=True)]
    project = [{key: one[key] for key in one.keys() - _NOT_OBEYED} for one in parsed]
    for file, (old, new) in ((PROJECT, project), (file_of(environment), stack)):
        for key in sorted(old.keys() | new.keys()):
            if _compared(old, key) != _compared(new, key):
                was, is_ = (_shown(side[key]) if key in side else _ABSENT for side in (old, new))
                yield file, key, was, is_


def _finding(file: str, key: str, was: str, is_: str, security: str) -> Finding:
    size = key in _SIZES
    reason = (
        "a size, which gives nobody access"
        if size
        else "it may decide who is believed, or where secrets go; no rendered file shows it"
    )
    return Finding(
        Severity.NOTE if size else Severity.HIGH,
        RULE,
        f"{file}: {key} becomes {is_}",
        (f"before: {was}", reason),
        approvers=() if size else (security,),
    )


def _mapping(given: Any) -> dict[Any, Any]:
    """Nothing is one without keys."""
    if not isinstance(given or {}, dict):
        raise ValueError("no settings")  # noqa: TRY004 - of a text, like what does not parse
    return given or {}


def _parsed(text: str) -> dict[str, Any]:
    return {str(key): value for key, value in _mapping(loaded(text)).items()}


def _settings(text: str) -> dict[str, Any]:
    """The keys below `config` by their names, others (such as the secrets' provider) by theirs."""
    given = _parsed(text)
    config = _mapping(given.pop("config", None))
    return {**given, **config}


def _defaults(project: Mapping[str, Any]) -> dict[str, Any]:
    """What a project says of settings that its stacks leave out: `key: {default: ...}` with a type
    and a description, or in short `key: ...`.
    """
    found = dict[str, Any]()
    for key, declared in _mapping(project.get("config")).items():
        name = key if ":" in key else f"{PROJECT_NAME}:{key}"
        if name in found:
            raise ValueError("a setting under two names")
        if not isinstance(declared, dict):
            found[name] = declared
        elif declared.keys() & {"value", "default"}:
            found[name] = declared.get("value", declared.get("default"))
    return found


def _compared(side: Mapping[str, Any], key: str) -> tuple[bool, str] | None:
    """As the program gets it. A scalar is a text; within an object and a list, which are JSON, true
    and `"true"` differ, and so do 1 and true, which are equal in Python.
    """
    if key not in side:
        return None
    text = text_of(side[key])
    if text is not None:
        return True, text
    return False, json.dumps(side[key], sort_keys=True, default=str)


def _shown(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"secure"}:
        return "another secret"
    return json.dumps(value, default=str)
