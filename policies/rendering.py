"""Plan -> files, checked in under `rendered/<environment>/`, so that a pull request shows what
really changes: one HCL file per ACL policy, one JSON file per kind of role.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from policies.plan import Plan

RENDERED = Path(__file__).parent / "rendered"


def files_of(plan: Plan) -> Mapping[str, str]:
    """File name, relative to `rendered/`, -> text."""
    return dict(_files(plan))


def _files(plan: Plan) -> Iterator[tuple[str, str]]:
    folder = plan.environment.value
    for policy in plan.acl_policies:
        yield f"{folder}/acl/{policy.name}.hcl", policy.hcl
    for field in dataclasses.fields(plan):
        if field.name not in ("environment", "acl_policies"):
            things = [dataclasses.asdict(thing) for thing in getattr(plan, field.name)]
            if things:
                text = json.dumps(things, indent=2, ensure_ascii=False) + "\n"
                yield f"{folder}/{field.name}.json", text


def stale(plan: Plan, root: Path = RENDERED) -> tuple[str, ...]:
    """The files that are missing, differ from the plan, or belong to nothing in it."""
    wanted = {name: text.encode() for name, text in files_of(plan).items()}
    there = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in (root / plan.environment.value).rglob("*")
        if path.is_file()
    }
    return tuple(
        sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    )


def write(plan: Plan, root: Path = RENDERED) -> tuple[str, ...]:
    """Make the files of one environment equal to the plan; returns the names that changed."""
    wanted, changed = files_of(plan), stale(plan, root)
    for name in changed:
        path = root / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[name].encode())
        else:
            path.unlink()
    return changed
