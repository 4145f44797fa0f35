"""A fake Vault for each test, and a client of it; no test may leave a thread behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.client.fake_vault import FakeVault, serving, settings_for
from vaultstack_client import VaultClient


@pytest.fixture
def vault() -> Iterator[FakeVault]:
    vault = FakeVault()
    vault.write("media-catalog/api", jwt_secret="hidden-1", session_secret="hidden-2")
    with serving(vault) as running:
        yield running


@pytest.fixture
def client(vault: FakeVault) -> Iterator[VaultClient]:
    with VaultClient(settings_for(vault), clock=vault.clock) as client:
        yield client
    left = [thread.name for thread in threading.enumerate() if "vaultstack" in thread.name]
    assert left == []
