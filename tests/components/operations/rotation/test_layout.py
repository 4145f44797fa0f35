"""Names: one for all objects of a rotation, and short enough for all of them."""

from __future__ import annotations

import pytest

from components.operations.rotation import layout
from tests.components.operations.rotation.rotations import JWT, KV_KEY, rotation


def test_objects_are_called_as_their_rotation() -> None:
    assert layout.object_name(JWT) == "rotation-shop-jwt"
    assert layout.labels(JWT).items() >= layout.LABELS.items()
    assert layout.labels(JWT)["vaultstack/rotation"] == "shop-jwt"


def test_a_name_that_kubernetes_refuses_for_a_cron_job_is_refused_here() -> None:
    longest = "a" * 43
    assert len(layout.object_name(rotation(KV_KEY, name=longest))) == 52
    with pytest.raises(ValueError, match="at most 43 characters") as refused:
        layout.object_name(rotation(KV_KEY, name=longest + "a"))
    assert "shorten it in the matrix" in str(refused.value)
