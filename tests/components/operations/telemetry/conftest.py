"""Settings, loaded as the program does."""

from __future__ import annotations

import pytest

from tests.components.settings.loader import Loader
from tests.recording import Runner


@pytest.fixture
def loaded(run: Runner) -> Loader:
    return Loader(run)
