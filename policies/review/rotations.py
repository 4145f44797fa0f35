"""What rotates by schedule, before and after: the terms of each rotation, and what becomes of what
is not rotated any more.

Every value of a job's task is a term, so that none is passed over, whatever its name. A longer
time of any kind is wider, and what only differs is gained. What a job may in Vault is told as
everybody's access is; what it may in Kubernetes follows from its task, and is told as powers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from policies.escalation import Effect, held_by_job
from policies.lifetime import Duration
from policies.plan import Rotation
from policies.review.model import Finding, Severity, Topic
from policies.review.sides import Sides
from policies.review.snapshot import Snapshot
from policies.review.terms import Amount, Described, Names, Term, Text, seconds

_SECONDS: Final = "_seconds"


def described(rotation: Rotation) -> Described:
    """As a role of the plan is. Of values whose names read alike each is a term of its own."""
    terms: dict[str, Term] = {}
    for term in _terms(rotation):
        name, times = term.term, 1
        while name in terms:
            times += 1
            name = f"{term.term} ({times})"
        terms[name] = replace(term, term=name)
    return Described(f"rotations/{rotation.name}", Topic.ROTATION, tuple(terms.values()))


def _terms(rotation: Rotation) -> Iterator[Term]:
    yield Names("what", frozenset({what(rotation)}))
    yield Text("schedule", rotation.schedule)
    yield seconds("interval", rotation.interval_seconds)
    account = f"{rotation.namespace}/{rotation.service_account}"
    yield Names("runs as", frozenset({account}))
    yield Names("audience", frozenset({rotation.audience}))
    for key, value in _flat(rotation.task):
        yield _term(key, value)


def _term(key: str, value: Any) -> Term:
    words = key.removesuffix(_SECONDS).replace("_", " ")
    if isinstance(value, int) and not isinstance(value, bool):
        if key.endswith(_SECONDS):
            return Amount(words, value, str(Duration(value)) if value > 0 else "")
        return Amount(words, -value, str(value))  # a length: the shorter, the worse
    return Names(words, frozenset({str(value)} if value is not None else ()))


def _flat(task: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """`tell` that is nobody is a term, too: else a change to it would be none."""
    for key, value in task.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name} ")
        else:
            yield name, value


def what(rotation: Rotation) -> str:
    """Which thing a rotation is about, in words that are the same whatever it is called."""
    task = rotation.task
    named = [str(task[key]) for key in _NAMED.get(task.get("type", ""), ()) if key in task]
    return " ".join([str(task.get("type", "nothing")), *named])


_NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "kv-key": ("path", "key"),
    "database-root": ("connection",),
    "database-static": ("role",),
    "aws-root": (),
    "pki-intermediate": ("mount",),
    "secret-id": ("role",),
}
"""Type of a task -> which of its values say what is rotated."""


def rotation_risks(sides: Sides, security: str) -> Iterator[Finding]:
    """Of one environment."""
    before, after = _by_thing(sides.base.rotations), _by_thing(sides.head.rotations)
    for thing, olds in before.items():
        rotation = _most_often(olds)
        if thing not in after and _is_there(rotation, sides.head):
            yield Finding(
                Severity.HIGH,
                "unrotated",
                f"{thing} is not rotated any more",
                (
                    f"at the base {rotation.name} does, every {_every(rotation)}",
                    "whoever has learned it by then has it for good",
                ),
            )
    for thing, rotations in after.items():
        olds = before.get(thing, [])
        if olds:
            yield from _less(thing, _most_often(olds), _most_often(rotations))
        for rotation in rotations:
            if rotation not in olds:
                yield from _powers(olds, rotation, security)
                yield from _elsewhere(rotation, security)
                yield from _nobody(rotation, sides.head)


def _by_thing(rotations: Iterable[Rotation]) -> Mapping[str, list[Rotation]]:
    """All of a thing's: of two neither hides what the other does."""
    found: dict[str, list[Rotation]] = {}
    for one in rotations:
        found.setdefault(what(one), []).append(one)
    return found


def _most_often(rotations: Iterable[Rotation]) -> Rotation:
    return min(rotations, key=lambda one: one.interval_seconds)


def _less(thing: str, old: Rotation, rotation: Rotation) -> Iterator[Finding]:
    if rotation.interval_seconds > old.interval_seconds:
        yield Finding(
            Severity.WARNING,
            "rotated-less",
            f"{thing} is rotated every {_every(rotation)} and not every {_every(old)}",
            (f"the schedule is {rotation.schedule!r}, before {old.schedule!r}",),
        )


def _every(rotation: Rotation) -> str:
    return str(Duration(rotation.interval_seconds)) if rotation.interval_seconds > 0 else "0s"


def _powers(olds: Iterable[Rotation], rotation: Rotation, security: str) -> Iterator[Finding]:
    had = {str(one) for old in olds for one in held_by_job(old)}
    for one in held_by_job(rotation):
        if str(one) in had:
            continue
        harm = one.power.effect is Effect.HARM
        yield Finding(
            Severity.WARNING if harm else Severity.HIGH,
            "availability" if harm else "escalation",
            f"{rotation.name} gains {one.power.name} by its task",
            (f"{one.power.name} ({one.power.effect}): {one}",),
            approvers=() if harm else (security,),
        )


def _elsewhere(rotation: Rotation, security: str) -> Iterator[Finding]:
    tell = rotation.task.get("tell")
    namespace = tell.get("namespace") if isinstance(tell, Mapping) else None
    if namespace is not None and namespace != rotation.namespace:
        yield Finding(
            Severity.HIGH,
            "restarts-another",
            f"{rotation.name} may restart a Deployment in {namespace}, and runs in "
            f"{rotation.namespace}",
            ("the program gives the job the right to change that Deployment",),
            approvers=(security,),
        )


def _nobody(rotation: Rotation, head: Snapshot) -> Iterator[Finding]:
    role = next((one for one in head.kubernetes_roles if one.name == rotation.role), None)
    runs_as = (rotation.namespace, rotation.service_account)
    if role is None or (role.namespace, role.service_account) != runs_as:
        yield Finding(
            Severity.WARNING,
            "dangling-rotation",
            f"{rotation.name} logs in as {'/'.join(runs_as)} with the role {rotation.role}, which "
            + ("lets in another" if role else "does not exist"),
            ("the job fails, and nothing is rotated; fix: python -m policies render",),
        )


def _is_there(rotation: Rotation, head: Snapshot) -> bool:
    """Whether there is still something to rotate. What is not known is."""
    task = rotation.task
    match task.get("type"):
        case "kv-key":
            entries = {entry.name: entry.keys for entry in head.kv_entries}
            return task.get("key") in entries.get(str(task.get("path")), ())
        case "database-root":
            return task.get("connection") in {one.name for one in head.database_connections}
        case "aws-root":
            return bool(head.aws_roles)
        case "pki-intermediate":
            return bool(head.pki_roles)
        case "secret-id":
            return task.get("role") in {one.name for one in head.approle_roles}
        case _:
            return True
