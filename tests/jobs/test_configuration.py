"""`vaultstack_jobs.configuration`: what is wrong is named, with rule and fix; what the program
writes is taken.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from vaultstack_jobs.configuration import ByAgent, KvKey, Restart, Rotation, decode, read
from vaultstack_jobs.outcomes import ConfigurationError

Json = dict[str, Any]

RESTART = {
    "type": "restart",
    "namespace": "media-catalog",
    "deployment": "media-catalog",
    "ready_within_seconds": 600,
}
KV_KEY: Json = {
    "type": "kv-key",
    "path": "media-catalog/api",
    "key": "jwt_secret",
    "length": 48,
    "overlap_seconds": 86400,
    "tell": RESTART,
}
PKI = {
    "type": "pki-intermediate",
    "common_name": "Example intermediate CA",
    "ttl_seconds": 3 * 604800,
    "root_mount": "pki-root",
    "mount": "pki",
}
SECRET_ID = {
    "type": "secret-id",
    "role": "kubesentiment-ci",
    "wrap_ttl_seconds": 300,
    "secret": {"namespace": "kubesentiment", "name": "vault-ci", "key": "wrapped-secret-id"},
    "overlap_seconds": 3600,
}
TASKS = [
    KV_KEY,
    {**KV_KEY, "tell": {"type": "agent"}},
    {**KV_KEY, "tell": None, "overlap_seconds": 0},
    {"type": "database-root", "connection": "kubesentiment"},
    {"type": "database-static", "role": "kubesentiment-batch"},
    {"type": "aws-root"},
    PKI,
    SECRET_ID,
]


def rotation(**changes: Any) -> Json:
    return {
        "name": "media-catalog-jwt-secret",
        "interval_seconds": 604800,
        "vault": {
            "address": "https://vault.example.internal:8200",
            "ca_file": "/vault/tls/ca.crt",
            "role": "media-catalog-rotation",
            "token_file": "/var/run/secrets/vault/token",
        },
        "lease": {"namespace": "vault", "name": "rotation-media-catalog-jwt-secret"},
        "task": KV_KEY,
        **changes,
    }


def decoded(content: Json) -> Rotation:
    return decode(json.dumps(content), "rotation.json")


@pytest.mark.parametrize("task", TASKS, ids=lambda task: str(task["type"]))
def test_every_kind_of_task_is_taken(task: Json) -> None:
    assert decoded(rotation(task=task)).name == "media-catalog-jwt-secret"


def test_what_the_file_says_is_what_is_done() -> None:
    found = decoded(rotation())
    assert found.task == KvKey(
        path="media-catalog/api",
        key="jwt_secret",
        length=48,
        overlap_seconds=86400,
        tell=Restart(
            namespace="media-catalog", deployment="media-catalog", ready_within_seconds=600
        ),
    )
    assert found.vault.ca_file == "/vault/tls/ca.crt"


@pytest.mark.parametrize("environment", Environment)
def test_every_rotation_of_the_matrix_is_taken(environment: Environment) -> None:
    """Word for word as it is compiled; the stack adds where Vault is."""
    rotations = compile_plan(MATRIX, environment).rotations
    assert rotations
    for one in rotations:
        task = json.loads(json.dumps(one.task))
        content = rotation(name=one.name, interval_seconds=one.interval_seconds, task=task)
        assert decoded(content).interval_seconds == one.interval_seconds


@pytest.mark.parametrize(
    ("overlap", "tell", "reads"),
    [(0, None, False), (0, ByAgent(), False), (60, None, True), (60, ByAgent(), True)],
)
def test_what_is_kept_must_be_read(overlap: int, tell: ByAgent | None, reads: bool) -> None:
    task = KvKey(path="a/b", key="k", length=48, overlap_seconds=overlap, tell=tell)
    assert task.reads is reads


def test_what_may_be_brought_back_must_be_read() -> None:
    tell = Restart(namespace="a", deployment="b", ready_within_seconds=60)
    assert KvKey(path="a/b", key="k", length=48, overlap_seconds=0, tell=tell).reads


def without(content: Json, name: str) -> Json:
    return {key: value for key, value in content.items() if key != name}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (without(rotation(), "lease"), "lease: must be there; fix: add it"),
        (rotation(when="now"), "when: is not known; fix: remove it"),
        (rotation(task={**KV_KEY, "keys": []}), "task.keys: is not known"),
        (rotation(task=without(KV_KEY, "tell")), "task.tell: must be there"),
        (rotation(task={}), "task.type: must be there"),
        (
            rotation(task={"type": "kv"}),
            "task.type: 'kv' is no such kind; fix: write one of kv-key",
        ),
        (rotation(task={**KV_KEY, "tell": {"type": "mail"}}), "fix: write one of restart, agent"),
        (rotation(interval_seconds="604800"), "interval_seconds: expected `int`, got `str`"),
        (rotation(interval_seconds=604800.0), "interval_seconds: expected `int`, got `float`"),
        (rotation(interval_seconds=True), "interval_seconds: expected `int`, got `bool`"),
        (rotation(interval_seconds=1), "interval_seconds: must be at least 60, not 1"),
        (rotation(name="JWT"), "name: must be written like 'media-catalog', not 'JWT'"),
        (rotation(task={**KV_KEY, "length": 8}), "task.length: must be at least 32, not 8"),
        (rotation(task={**KV_KEY, "path": "/api"}), "task.path: must be written like"),
        (rotation(task={**KV_KEY, "path": "a/../b"}), "task.path: must be written like"),
        (rotation(task={**KV_KEY, "key": ""}), "task.key: must be written like"),
        (
            rotation(task={**KV_KEY, "overlap_seconds": 302401}),
            "task.overlap_seconds: must be at most half of interval_seconds, 302400, not 302401",
        ),
        (
            rotation(task={**KV_KEY, "overlap_seconds": -1}),
            "task.overlap_seconds: must be at least",
        ),
        (
            rotation(task={**KV_KEY, "tell": {**RESTART, "ready_within_seconds": 0}}),
            "task.tell.ready_within_seconds: must be at least 1, not 0",
        ),
        (
            rotation(task={**PKI, "ttl_seconds": 604800}),
            "task.ttl_seconds: must be at least 1209600",
        ),
        (rotation(task={**PKI, "mount": "pki-root"}), "task.mount: must not be the root's own"),
        (rotation(task={**PKI, "common_name": " "}), "task.common_name: must not be empty"),
        (rotation(task={**SECRET_ID, "wrap_ttl_seconds": 0}), "task.wrap_ttl_seconds: must be at"),
        (rotation(task={"type": "database-root", "connection": "a b"}), "task.connection: must be"),
        (
            rotation(vault={**rotation()["vault"], "address": "vault:8200"}),
            "vault.address: must be a URL without a path, not 'vault:8200'",
        ),
        (
            rotation(vault={**rotation()["vault"], "ca_file": "ca.crt"}),
            "vault.ca_file: must be an absolute path, not 'ca.crt'; fix: start it with /",
        ),
        (
            rotation(lease={"namespace": "Vault", "name": "x"}),
            "lease.namespace: must be written like",
        ),
    ],
)
def test_what_is_wrong_is_named_with_rule_and_fix(content: Json, told: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        decoded(content)
    message = str(raised.value)
    assert message.startswith("rotation.json: ")
    assert told in message
    assert "; fix: " in message


@pytest.mark.parametrize("content", ["", "[]", "{", '{"name": NaN}', '{"name": "a", "name": "b"}'])
def test_what_is_no_json_object_is_said_to_be_none(content: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^rotation\.json: .*; fix: "):
        decode(content, "rotation.json")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        decoded(rotation(name="A", interval_seconds=0))
    assert len(str(raised.value).splitlines()) == 3  # an overlap depends on the interval


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no-such-file: must be a readable UTF-8 file"):
        read(tmp_path / "no-such-file")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="binary: must be a readable UTF-8 file"):
        read(tmp_path / "binary")


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "rotation.json"
    file.write_text(json.dumps(rotation()))
    assert read(file) == decoded(rotation())
