"""What the engine did, or would do, as values made of its events. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pulumi.automation import EngineEvent, OpType, StepEventMetadata

UNCHANGED: Final = frozenset({OpType.SAME.value, OpType.READ.value, OpType.REFRESH.value})
"""Operations that change nothing."""
_PARTS_OF_REPLACE: Final = frozenset(
    {OpType.CREATE_REPLACEMENT.value, OpType.DELETE_REPLACED.value}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One resource, and what becomes of it."""

    operation: str
    """The engine's word, such as `create`."""
    urn: str
    type: str
    properties: tuple[str, ...] = ()
    """Which differ, where the engine says so."""

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    def __str__(self) -> str:
        differs = f" ({', '.join(self.properties)})" if self.properties else ""
        return f"{self.operation} {self.name}{differs}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one command of the engine came to."""

    command: str
    seconds: float
    steps: tuple[Step, ...]
    failed: tuple[Step, ...]
    errors: tuple[str, ...]
    violations: tuple[str, ...]
    """Mandatory rules of the policy pack that were broken."""
    succeeded: bool
    packs: tuple[str, ...] = ()
    """Policy packs that looked at it."""

    @property
    def changes(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.operation not in UNCHANGED)

    @property
    def counts(self) -> Mapping[str, int]:
        """Operation -> how many resources."""
        return Counter(step.operation for step in self.steps)

    def names(self, operation: str) -> frozenset[str]:
        return frozenset(step.name for step in self.steps if step.operation == operation)

    def urns(self) -> frozenset[str]:
        """Of what changes."""
        return frozenset(step.urn for step in self.changes)

    def with_error(self, error: str) -> Outcome:
        return replace(self, errors=(*self.errors, error))

    def __str__(self) -> str:
        counted = ", ".join(f"{number} {what}" for what, number in sorted(self.counts.items()))
        ended = "" if self.succeeded else ", failed"
        return f"{self.command}: {counted or 'nothing'}, {self.seconds:.1f} s{ended}"


def outcome(
    command: str, seconds: float, events: Iterable[EngineEvent], *, succeeded: bool
) -> Outcome:
    """Of all events of one command."""
    steps: dict[tuple[str, str], Step] = {}
    failed: list[Step] = []
    errors: list[str] = []
    violations: list[str] = []
    packs: tuple[str, ...] = ()
    for event in events:
        if event.res_outputs_event:
            step = _step(event.res_outputs_event.metadata)
            steps[step.urn, _kind(step.operation)] = step
        if event.res_op_failed_event:
            failed.append(_step(event.res_op_failed_event.metadata))
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            errors.append(event.diagnostic_event.message.strip())
        if event.policy_event and event.policy_event.enforcement_level == "mandatory":
            violations.append(f"{event.policy_event.policy_name}: {event.policy_event.message}")
        if event.summary_event:
            packs = tuple(sorted(event.summary_event.policy_packs or {}))
    return Outcome(
        command,
        seconds,
        tuple(steps.values()),
        tuple(failed),
        tuple(errors),
        tuple(violations),
        succeeded,
        packs,
    )


def _step(metadata: StepEventMetadata) -> Step:
    differing: Sequence[str] = tuple(metadata.detailed_diff or ()) or metadata.diffs or ()
    # An enum of the automation's, or the plain word where it knows none.
    operation = getattr(metadata.op, "value", metadata.op)
    return Step(str(operation), metadata.urn, metadata.type, tuple(sorted(differing)))


def _kind(operation: str) -> str:
    """A replacement is told in three steps; what replaces is told once."""
    return "replace" if operation in {*_PARTS_OF_REPLACE, OpType.REPLACE.value} else "one"
