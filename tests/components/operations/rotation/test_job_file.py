"""The job's file: what the plan says, word for word, and where this stack's Vault is. That the job
understands it, the job's own reader says.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Final

import pytest

from components.operations.rotation.job_file import job_files
from components.settings import OperationsSettings
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from tests.components.operations.rotation.rotations import CA, JWT, KV_KEY, OPERATIONS
from vaultstack_jobs import configuration

PUBLIC: Final = dataclasses.replace(OPERATIONS, ca_certificates=None)


def test_it_says_what_to_rotate_and_how_to_find_vault() -> None:
    files = job_files(JWT, OPERATIONS)
    assert json.loads(files["rotation.json"]) == {
        "name": "shop-jwt",
        "interval_seconds": 604800,
        "vault": {
            "address": "https://vault.vault.svc.cluster.local:8200",
            "ca_file": "/etc/vaultstack/ca.crt",
            "role": "shop-rotation",
            "token_file": "/var/run/secrets/vault/token",
        },
        "lease": {"namespace": "shop-dev", "name": "rotation-shop-jwt"},
        "task": KV_KEY,
    }
    assert files["ca.crt"] == CA


def test_without_a_private_ca_it_names_none() -> None:
    files = job_files(JWT, PUBLIC)
    assert files.keys() == {"rotation.json"}
    assert json.loads(files["rotation.json"])["vault"]["ca_file"] is None


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("operations", [OPERATIONS, PUBLIC], ids=["private CA", "public CAs"])
def test_the_jobs_read_every_rotation_of_the_matrix(
    environment: Environment, operations: OperationsSettings
) -> None:
    rotations = compile_plan(MATRIX, environment).rotations
    assert rotations
    for one in rotations:
        read = configuration.decode(job_files(one, operations)["rotation.json"], one.name)
        assert (read.name, read.interval_seconds) == (one.name, one.interval_seconds)
        assert read.vault.role == one.role


def test_the_same_rotation_has_the_same_file() -> None:
    """Or each `up` would show a change."""
    turned = dataclasses.replace(JWT, task=dict(reversed(list(KV_KEY.items()))))
    assert job_files(turned, OPERATIONS) == job_files(JWT, OPERATIONS)
