"""What all jobs have alike, and what tells one kind from another."""

from __future__ import annotations

from components.namespace import MANAGED
from components.operations import layout


def test_pods_of_one_kind_are_told_from_those_of_another() -> None:
    """By which a network policy selects them."""
    rotation, snapshots = layout.selector("rotation"), layout.selector("snapshots")
    assert rotation != snapshots
    assert rotation["app.kubernetes.io/name"] == snapshots["app.kubernetes.io/name"]


def test_objects_say_whose_they_are_and_of_which_kind() -> None:
    assert layout.labels("snapshots") == {**MANAGED, **layout.selector("snapshots")}
