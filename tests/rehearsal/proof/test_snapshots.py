"""The proof of snapshots fails where what comes is none, and where others may."""

from __future__ import annotations

import io
import tarfile
from types import SimpleNamespace
from typing import Final, cast

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.subject import subjects_in
from rehearsal.proof import snapshots
from rehearsal.proof.attempts import Bench
from rehearsal.proof.results import Outcome, Result
from rehearsal.scene import Scene
from tests.rehearsal.fakes import Answering, Call, FakeVault, answer, refusal

PLAN: Final = compile_plan(MATRIX, Environment.STAGING)
SUBJECTS: Final = subjects_in(MATRIX, Environment.STAGING)
JOB: Final = "platform/snapshots"


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return made.getvalue()


WHOLE: Final = archive("meta.json", "state.bin", "SHA256SUMS", "SHA256SUMS.sealed")


def tried(who: str, answering: Answering) -> list[Result]:
    mine = [one for one in SUBJECTS if one.label == who]
    sessions = {one.label: FakeVault(answering) for one in mine}
    bench = Bench(cast(Scene, SimpleNamespace()), PLAN, tuple(mine), sessions, FakeVault())
    snapshots.prove(bench)
    return list(bench.results)


def sends(content: bytes) -> Answering:
    return lambda call: answer(content=content) if call.method == "GET" else refusal()


def test_who_may_gets_a_whole_one_and_puts_none_back() -> None:
    assert all(one.ok for one in tried(JOB, sends(WHOLE)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no snapshot"),
        (WHOLE[:-40], "no snapshot"),
        (archive("meta.json", "state.bin"), "the snapshot holds meta.json, state.bin"),
    ],
)
def test_what_is_none_is_broken(content: bytes, said: str) -> None:
    first, *others = tried(JOB, sends(content))
    assert first.seen.outcome is Outcome.BROKEN
    assert said in first.seen.detail
    assert all(one.ok for one in others)


@pytest.mark.parametrize("who", ["kubesentiment/api", "people/operators", "platform/rotation-pki"])
def test_nobody_else_may(who: str) -> None:
    assert all(one.ok for one in tried(who, lambda _: refusal()))
    assert not tried(who, sends(WHOLE))[0].ok


@pytest.mark.parametrize("path", ["sys/storage/raft/snapshot", "sys/storage/raft/snapshot-force"])
def test_nobody_may_restore(path: str) -> None:
    def let_in(call: Call) -> object:
        if call.method == "POST" and call.path == path:
            return refusal(400, "failed to parse")
        return answer(content=WHOLE) if call.method == "GET" else refusal()

    assert [one.resource for one in tried(JOB, cast(Answering, let_in)) if not one.ok] == [path]
