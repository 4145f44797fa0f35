"""The proof of rotations fails where nothing was rotated, and where others may."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.subject import Subject, subjects_in
from rehearsal.proof import rotation
from rehearsal.proof.attempts import Bench
from rehearsal.proof.results import Outcome, Result
from rehearsal.scene import Scene
from rehearsal.vault_api import Answer
from tests.rehearsal.fakes import Answering, Call, FakeVault, answer, refusal

PLAN = compile_plan(MATRIX, Environment.DEV)
SUBJECTS = subjects_in(MATRIX, Environment.DEV)
DATABASE, AWS = "platform/rotation-kubesentiment-database", "platform/rotation-aws"
ROTATE_DATABASE, ROTATE_AWS = "database/rotate-root/kubesentiment", "aws/config/rotate-root"


class World:
    """PostgreSQL and AWS: what is looked at after a rotation."""

    def __init__(self, *, changes: bool) -> None:
        self._changes, self._looks = changes, 0

    def _looked(self) -> int:
        self._looks += self._changes
        return self._looks

    def execute(self, _: str) -> list[tuple[str]]:
        return [(f"hash {self._looked()}",)]

    def client(self, _: str) -> World:
        return self

    def list_access_keys(self, **_: str) -> dict[str, Any]:
        return {"AccessKeyMetadata": [{"AccessKeyId": f"key {self._looked()}"}]}

    def scene(self) -> Scene:
        return cast(Scene, SimpleNamespace(postgres=self, aws=self))


def tried(
    who: str, answering: Answering, attempt: Callable[[Bench, Subject], None], world: World
) -> Result:
    (subject,) = (one for one in SUBJECTS if one.label == who)
    sessions = {one.label: FakeVault(answering) for one in SUBJECTS}
    bench = Bench(world.scene(), PLAN, SUBJECTS, sessions, FakeVault())
    attempt(bench, subject)
    (result,) = bench.results
    return result


def database(bench: Bench, subject: Subject) -> None:
    rotation._database_root(bench, subject, PLAN.database_connections[0])


def works(call: Call) -> Answer:
    if call.path == ROTATE_AWS:
        return answer(data={"access_key": "key 2"})
    return answer(lease_id="lease")


def test_a_rotation_that_changes_something_is_one() -> None:
    assert tried(DATABASE, works, database, World(changes=True)).ok
    assert tried(AWS, works, rotation._aws_root, World(changes=True)).ok


@pytest.mark.parametrize(
    ("who", "attempt", "said"),
    [
        (DATABASE, database, "has the same password as before"),
        (AWS, rotation._aws_root, "AWS knows 1 keys, of which 1 are old"),
    ],
)
def test_a_rotation_that_changes_nothing_is_none(
    who: str, attempt: Callable[[Bench, Subject], None], said: str
) -> None:
    result = tried(who, works, attempt, World(changes=False))
    assert result.seen.outcome is Outcome.BROKEN
    assert said in result.seen.detail


def test_a_database_that_makes_no_user_any_more_is_broken() -> None:
    def no_users(call: Call) -> Answer:
        return answer() if call.path == ROTATE_DATABASE else refusal(500, "no connection")

    result = tried(DATABASE, no_users, database, World(changes=True))
    assert result.seen.outcome is Outcome.BROKEN
    assert "no user can be made any more: no connection" in result.seen.detail


@pytest.mark.parametrize("attempt", [database, rotation._aws_root])
@pytest.mark.parametrize("who", ["kubesentiment/api", "people/operators", "platform/rotation-pki"])
def test_nobody_else_may(who: str, attempt: Callable[[Bench, Subject], None]) -> None:
    assert tried(who, lambda _: refusal(), attempt, World(changes=True)).ok
    assert not tried(who, works, attempt, World(changes=True)).ok
