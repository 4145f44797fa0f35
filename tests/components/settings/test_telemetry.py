"""How long Vault remembers what it counts rarely."""

from __future__ import annotations

import dataclasses

import pytest

from policies.lifetime import Duration
from tests.components.telemetry import TELEMETRY


@pytest.mark.parametrize(("counted", "kept"), [("10m", "30m"), ("1s", "30m"), ("1h", "3h")])
def test_nothing_is_forgotten_between_two_counts(counted: str, kept: str) -> None:
    """Nor what the KMS is asked every ten minutes."""
    settings = dataclasses.replace(TELEMETRY, usage_interval=Duration.parse(counted))
    assert settings.retention == Duration.parse(kept)
