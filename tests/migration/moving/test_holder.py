from __future__ import annotations

import pytest

from migration.errors import MigrationError
from migration.moving.holder import may, refuse_strangers
from policies.environments import Environment
from policies.hcl import Capability
from policies.matrix import MATRIX

DEV = Environment.DEV
API = "secret/data/media-catalog/api"


def test_a_token_of_another_environment_is_refused() -> None:
    with pytest.raises(MigrationError, match="so this is prod, not dev; log in to dev"):
        refuse_strangers(["kubesentiment-admin-prod"], MATRIX, DEV)


@pytest.mark.parametrize("policies", [["kubesentiment-admin-dev"], ["root"], []])
def test_others_are_not(policies: list[str]) -> None:
    refuse_strangers(policies, MATRIX, DEV)


@pytest.mark.parametrize(
    ("policies", "capability", "allowed"),
    [
        (["media-catalog-rotation-dev"], Capability.PATCH, True),
        (["media-catalog-rotation-dev"], Capability.CREATE, False),
        (["media-catalog-api-dev"], Capability.PATCH, False),
        (["root"], Capability.PATCH, None),
        (["media-catalog-api-dev", "an-administrators"], Capability.PATCH, None),
        ([], Capability.PATCH, None),
    ],
)
def test_what_vault_will_decide(
    policies: list[str], capability: Capability, allowed: bool | None
) -> None:
    assert may(policies, MATRIX, DEV, capability, API) is allowed
