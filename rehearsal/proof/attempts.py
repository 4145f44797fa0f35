"""The workbench of the proof: sessions, the provisioner's eyes, and a record of what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from policies.plan import Plan
from policies.subject import Subject
from rehearsal.proof.results import Figure, Outcome, Result, Seen, expected
from rehearsal.scene import Scene
from rehearsal.vault_api import Answer, VaultApi


class Mismatch(Exception):  # noqa: N818 - a finding, not a failure of the rehearsal
    """What was allowed does not work as it should; the text says how."""


@dataclass
class Bench:
    """Everything an attempt may need."""

    scene: Scene
    plan: Plan
    subjects: tuple[Subject, ...]
    sessions: Mapping[str, VaultApi]
    provisioner: VaultApi
    results: list[Result] = field(default_factory=list)
    area: str = ""
    """The chapter of the proof that is being written."""

    def session(self, subject: Subject) -> VaultApi:
        return self.sessions[subject.label]

    def try_call(
        self,
        subject: Subject,
        operation: str,
        resource: str,
        *,
        allowed: bool,
        call: Callable[[], Answer],
        check: Callable[[Answer], None] | None = None,
        figure: Figure | None = None,
    ) -> Answer:
        """Make a call as the subject and record it. 403 is a refusal, 2xx is success, anything
        else is neither. `check` looks at an answer that was allowed, and raises `Mismatch`.
        """
        answer = call()
        self._record(subject, operation, resource, allowed, _judge(answer, check), figure)
        return answer

    def try_passage(
        self, subject: Subject, operation: str, resource: str, *, allowed: bool, answer: Answer
    ) -> None:
        """Record whether the ACL let a request pass, whatever came of it then."""
        self._record(subject, operation, resource, allowed, passage(answer), None)

    def note(
        self, subject: Subject, operation: str, resource: str, *, allowed: bool, seen: Seen
    ) -> None:
        """Record what was seen outside Vault."""
        self._record(subject, operation, resource, allowed, seen, None)

    def _record(
        self,
        subject: Subject,
        operation: str,
        resource: str,
        allowed: bool,
        seen: Seen,
        figure: Figure | None,
    ) -> None:
        self.results.append(
            Result(subject.label, operation, resource, expected(allowed), seen, figure, self.area)
        )


def passage(answer: Answer) -> Seen:
    """403 is a refusal of the ACL; with anything else it let the request pass."""
    outcome = Outcome.DENIED if answer.forbidden else Outcome.ALLOWED
    detail = "" if answer.allowed else f"{answer.status} {answer.errors}"
    return Seen(outcome, answer.milliseconds, detail)


def _judge(answer: Answer, check: Callable[[Answer], None] | None) -> Seen:
    if answer.forbidden:
        return Seen(Outcome.DENIED, answer.milliseconds)
    if not answer.allowed:
        return Seen(Outcome.BROKEN, answer.milliseconds, f"{answer.status} {answer.errors}")
    try:
        if check:
            check(answer)
    except Mismatch as mismatch:
        return Seen(Outcome.BROKEN, answer.milliseconds, str(mismatch))
    return Seen(Outcome.ALLOWED, answer.milliseconds)
