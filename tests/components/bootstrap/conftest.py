"""A fake Vault for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.components.bootstrap.fake_vault import FakeVault, serving


@pytest.fixture
def vault() -> Iterator[FakeVault]:
    with serving(FakeVault()) as running:
        yield running
