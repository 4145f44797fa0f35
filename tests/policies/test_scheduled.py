"""The matrix' own rotations: each has its name, its runner, and somewhere that it runs."""

from __future__ import annotations

from collections import Counter

from policies.matrix import MATRIX
from policies.rotation import RotateKey
from policies.scheduled import Scheduled, scheduled

EVERY = scheduled(MATRIX.applications, MATRIX.platform)


def test_none_is_forgotten() -> None:
    theirs = sum(len(application.rotations) for application in MATRIX.applications)
    assert len(EVERY) == theirs + len(MATRIX.platform.rotations) > 3
    assert Counter(one.name for one in EVERY).most_common(1)[0][1] == 1


def test_an_applications_is_named_with_it() -> None:
    for one in EVERY:
        prefix = f"{one.application.name}-" if one.application else ""
        assert one.name == f"{prefix}{one.rotation.name}"


def test_only_keys_are_rotated_by_the_applications_own_workload() -> None:
    for one in EVERY:
        own = one.application is not None and one.by in one.application.workloads
        assert own is isinstance(one.rotation, RotateKey)


def test_each_runs_where_its_workload_is_granted_what_it_needs() -> None:
    for one in EVERY:
        assert one.environments
        (grant,) = one.by.grants
        assert str(grant) == str(one.needed)
        assert one.environments == grant.environments


def test_it_is_a_value() -> None:
    assert scheduled(MATRIX.applications, MATRIX.platform) == EVERY
    assert isinstance(EVERY[0], Scheduled)
