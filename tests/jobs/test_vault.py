"""`vaultstack_jobs.vault`."""

from __future__ import annotations

import pytest

from tests.jobs.fakes import Fakes
from vaultstack_jobs.vault import Vault, data_of


@pytest.mark.parametrize(
    ("answer", "data"), [({"data": {"a": 1}}, {"a": 1}), ({"data": None}, {}), ({}, {})]
)
def test_the_data_of_an_answer_may_be_missing(answer: dict[str, object], data: object) -> None:
    assert data_of(answer) == data


def test_the_fake_is_one(fakes: Fakes) -> None:
    vault: Vault = fakes.vault
    assert vault.who()
