"""What a stack's configuration may say: every rule with its message, and that Pulumi.yaml, the
stack files and the settings agree. What the engines and the logins are told has files of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import pytest
from pysequoia import Tsk

from components.settings import LimitSettings, Seal
from components.settings.reader import ConfigReader
from policies.environments import Environment
from policies.lifetime import Duration
from tests.components.settings.keys import encoded, public_keys
from tests.components.settings.loader import (
    ENVIRONMENTS,
    SECRET_KEYS,
    Gist,
    Loader,
    deploying,
    existing,
    text_of,
)
from tests.recording import PROJECT, Runner, configuration, declared, stack_file


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_stack_file_gives_settings(loaded: Loader, environment: str) -> None:
    made = loaded.of(configuration(environment))
    assert made.environment is Environment(environment)
    assert made.target.value == stack_file(environment)[f"{PROJECT}:target"]
    assert made.protect == (environment != "dev")
    assert made.bootstrap.seal is (Seal.SHAMIR if environment == "dev" else Seal.AWSKMS)
    assert (made.bootstrap.shares, made.bootstrap.threshold) == (5, 3)
    assert made.bootstrap.adopted is None
    assert made.aws is not None
    assert made.gcp is None
    assert made.azure is None
    assert made.database is not None
    assert made.pki.url == made.vault.address


# --- rules ------------------------------------------------------------------------------------

RULES: Final[Mapping[str, Gist]] = {
    "an unknown environment": ("dev", {"environment": "qa"}, "environment", "one of dev, staging"),
    "an empty environment": ("dev", {"environment": ""}, "environment", "one of dev, staging"),
    "no environment": ("dev", {"environment": None}, "environment", "is missing"),
    "an unknown target": ("dev", {"target": "nomad"}, "target", "one of existing, kubernetes"),
    "no address": ("dev", {"vaultAddress": ""}, "vaultAddress", "is needed to reach Vault"),
    "an address without a scheme": ("dev", {"vaultAddress": "a:8200"}, "vaultAddress", "be a URL"),
    "http over a network in dev": (
        "dev",
        {"vaultAddress": "http://vault.dev.example.internal:8200"},
        "vaultAddress",
        "must be https in dev, but for this machine's own address, is 'http://vault.dev.",
    ),
    "http in staging": (
        "staging",
        {"vaultAddress": "http://a:8200"},
        "vaultAddress",
        "must be https in staging, is 'http://a:8200': tokens travel over it",
    ),
    "http in prod": (
        "prod",
        {"vaultAddress": "http://a:8200"},
        "vaultAddress",
        "must be https in prod",
    ),
    "protection neither on nor off": ("dev", {"protectData": ""}, "protectData", "true or false"),
    "an unknown seal": ("dev", {"seal": "gcpkms"}, "seal", "one of shamir, awskms"),
    "no share": ("dev", {"shares": 0}, "shares", "from 1 to 255, is 0"),
    "too many shares": ("dev", {"shares": 256}, "shares", "from 1 to 255"),
    "shares in words": ("dev", {"shares": "five"}, "shares", "must be a whole number, is 'five'"),
    "more needed than there are": (
        "dev",
        {"shareThreshold": 6},
        "shareThreshold",
        "must not be above vaultstack:shares (5), is 6",
    ),
    "one share of several": (
        "dev",
        {"shareThreshold": 1},
        "shareThreshold",
        "must be at least 2 where there are several shares",
    ),
    "threshold in words": ("dev", {"shareThreshold": "x"}, "shareThreshold", "a whole number"),
    "too few PGP keys": (
        "dev",
        {"sharePgpKeys": public_keys(2), "seal": "awskms"},
        "sharePgpKeys",
        "must be one key for each of the 5 shares, are 2",
    ),
    "shares that nobody here can read, to unseal with": (
        "dev",
        {"sharePgpKeys": public_keys()},
        "sharePgpKeys",
        (
            "needs a KMS seal: this program cannot unseal a Vault with shares that it cannot read; "
            "fix: pulumi config set vaultstack:seal awskms, or leave sharePgpKeys empty"
        ),
    ),
    "an unknown seal, with shares that nobody here can read": (
        "dev",
        {"sharePgpKeys": public_keys(), "seal": "gcpkms"},
        "seal",
        "one of shamir, awskms",
    ),
    "a PGP key that does not parse": (
        "staging",
        {"sharePgpKeys": [*public_keys(4), "bm8ga2V5"]},
        "sharePgpKeys",
        "key 5 cannot be used (",
    ),
    "a PGP key that is a number": ("dev", {"sharePgpKeys": [1]}, "sharePgpKeys", "of strings"),
    "a timeout without a unit": ("dev", {"bootstrapTimeout": "30"}, "bootstrapTimeout", "is '30'"),
    "a secret ID for ever": (
        "dev",
        {"provisionerSecretIdTtl": ""},
        "provisionerSecretIdTtl",
        "must be a duration with its unit",
    ),
    "a role ID alone": (
        "dev",
        {"provisionerRoleId": "r"},
        "provisionerSecretId",
        "is missing while the other half of the provisioner's credential is given",
    ),
    "an even number of servers": (
        "prod",
        {"servers": 4},
        "servers",
        "must be odd, is 4: an even number survives no more failures than one less",
    ),
    "more servers than Raft likes": (
        "prod",
        {"servers": 7},
        "servers",
        "must be from 1 to 5, is 7",
    ),
    "one server in prod": ("prod", {"servers": 1}, "servers", "must be 3 or 5 in prod"),
    "one server in staging": ("staging", {"servers": 1}, "servers", "must be 3 or 5 in staging"),
    "no KMS in prod": (
        "prod",
        {"seal": "shamir"},
        "seal",
        "must be a KMS in prod: after a restart nobody is there to unseal",
    ),
    "no KMS in staging": ("staging", {"seal": "shamir"}, "seal", "must be a KMS in staging"),
    "a seal that is none": ("prod", {"seal": "wax"}, "seal", "must be one of shamir, awskms"),
    "a stabilization without a unit": (
        "prod",
        {"raftStabilizationTime": "10"},
        "raftStabilizationTime",
        "must be a duration with its unit",
    ),
    "a misspelt key": (
        "dev",
        {"vaultAdress": "http://a"},
        "vaultAdress",
        "is not a known key; fix: rename it to vaultstack:vaultAddress",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_one_problem_with_its_key_and_fix(loaded: Loader, name: str) -> None:
    environment, changed, key, rule = RULES[name]
    (problem,) = loaded.problems(environment, None, **changed)
    assert problem.startswith(f"vaultstack:{key}: ")
    assert rule in problem
    assert re.search(r"; fix: .+", problem)


def test_the_secret_half_of_the_provisioners_credential_alone_is_refused(loaded: Loader) -> None:
    (problem,) = loaded.problems("dev", {"provisionerSecretId": "hidden-value"})
    assert problem.startswith("vaultstack:provisionerRoleId: ")
    assert "is missing while the other half of the provisioner's credential is given" in problem
    assert "hidden-value" not in problem


def test_problems_are_told_together(loaded: Loader) -> None:
    found = loaded.problems(
        "prod",
        vaultAddress="http://vault",
        shareThreshold=9,
        databaseTls="disable",
        kvMaxVersions=None,
        unknownKey="x",
    )
    assert {problem.split(": ")[0] for problem in found} == {
        "vaultstack:vaultAddress",
        "vaultstack:shareThreshold",
        "vaultstack:databaseTls",
        "vaultstack:kvMaxVersions",
        "vaultstack:unknownKey",
    }


EXAMPLES: Mapping[str, object] = {
    "databasePasswords": {"kubesentiment": "hidden-value"},
    "kvValues": {"kubesentiment/config": {"redis_password": "hidden-value"}},
}


@pytest.mark.parametrize("key", sorted(SECRET_KEYS))
def test_a_secret_in_clear_is_refused_and_not_repeated(loaded: Loader, key: str) -> None:
    found = loaded.problems("prod", None, **{key: EXAMPLES.get(key, "hidden-value")})
    (problem,) = (line for line in found if "must be encrypted" in line)
    assert problem.startswith(f"vaultstack:{key}: ")
    assert f"pulumi config set --secret vaultstack:{key}" in problem
    assert "change the value that stood there in clear" in problem
    assert not any("hidden-value" in line for line in found)


# --- what the right values become -------------------------------------------------------------


def test_given_credentials_adopt_a_vault(run: Runner, loaded: Loader) -> None:
    made = loaded("dev", {"provisionerSecretId": "hidden-value"}, provisionerRoleId="role")
    assert made.bootstrap.adopted is not None
    assert made.bootstrap.adopted.role_id == "role"
    assert text_of(run, made.bootstrap.adopted.secret_id) == ("hidden-value", True)
    assert "hidden-value" not in repr(made)


def test_dev_may_speak_http(loaded: Loader) -> None:
    made = loaded(vaultAddress="http://127.0.0.1:8200/")
    assert made.vault.address == "http://127.0.0.1:8200"


def test_recovery_shares_that_the_state_would_hold_are_warned_of_in_prod(loaded: Loader) -> None:
    def warned() -> list[str]:
        return [line for line in loaded.warnings if "sharePgpKeys" in line]

    loaded("prod")
    assert warned() == [
        (
            "whoever can decrypt this stack's state can read the recovery shares: give the public "
            "keys of their holders before the first `up` (vaultstack:sharePgpKeys)"
        )
    ]
    loaded("prod", sharePgpKeys=public_keys())
    assert warned() == []
    for environment in ("dev", "staging"):
        loaded(environment)
        assert warned() == []


def test_an_expired_key_is_warned_of_and_does_not_stop_a_stack_that_is_up(loaded: Loader) -> None:
    """What Vault was initialised with cannot be changed, so that it may not become wrong."""
    over = Tsk.generate("Holder", validity_seconds=1).extract_certificate()
    assert over.expiration is not None
    assert over.expiration < datetime.now(UTC), "keys are made in the past"
    keys = [*public_keys(4), encoded(bytes(over))]
    assert loaded("prod", sharePgpKeys=keys).bootstrap.pgp_keys == tuple(keys)
    (warning,) = (line for line in loaded.warnings if "sharePgpKeys" in line)
    assert warning == (
        "key 5 of vaultstack:sharePgpKeys has expired: Vault would stop half-way through its "
        "initialisation; give a newer one before the first `up`"
    )


def test_leases_may_be_as_long_as_the_longest(loaded: Loader) -> None:
    made = loaded(defaultLeaseTtl="1h", maxLeaseTtl="60m", rateLimit=0).limits
    assert made == LimitSettings(Duration(3600), Duration(3600), 0)


def test_a_single_share_needs_no_second(loaded: Loader) -> None:
    made = loaded(shares=1, shareThreshold=1)
    assert (made.bootstrap.shares, made.bootstrap.threshold) == (1, 1)


def test_a_kms_unseals_where_nobody_here_can_read_the_shares(loaded: Loader) -> None:
    keys = public_keys(2)
    made = loaded(shares=2, shareThreshold=2, sharePgpKeys=keys, seal="awskms")
    assert made.bootstrap.pgp_keys == tuple(keys)
    assert made.bootstrap.seal is Seal.AWSKMS


# --- Pulumi.yaml, the stack files and the settings agree ---------------------------------------


BOTH: Mapping[str, Callable[..., dict[str, object]]] = {
    "existing": existing,
    "kubernetes": deploying,
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("target", BOTH)
def test_every_key_declared_is_read_and_every_key_read_is_declared(
    loaded: Loader, monkeypatch: pytest.MonkeyPatch, target: str, environment: str
) -> None:
    readers: list[ConfigReader] = []

    class Watched(ConfigReader):
        def __init__(self, namespace: str) -> None:
            super().__init__(namespace)
            readers.append(self)

    monkeypatch.setattr("components.settings.loading.ConfigReader", Watched)
    loaded.of(BOTH[target](environment))
    (reader,) = readers
    assert reader._read == set(declared())


def test_every_key_says_what_it_is() -> None:
    for key, item in declared().items():
        assert set(item) <= {"type", "items", "default", "description"}, key
        assert item["type"] in ("string", "integer", "boolean", "array", "object"), key
        assert item["description"].endswith("."), key
        assert ("items" in item) == (item["type"] == "array"), key
        assert ("default" in item) == (key != "environment"), key


def test_every_default_is_of_its_type() -> None:
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    for key, item in declared().items():
        if "default" in item:
            assert type(item["default"]) is kinds[item["type"]], key


@pytest.mark.parametrize("target", BOTH)
def test_what_is_described_as_secret_is_what_must_be_encrypted(
    loaded: Loader, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    required: set[str] = set()

    class Watched(ConfigReader):
        def secret(self, key: str) -> str:
            required.add(key)
            return super().secret(key)

        def secret_mapping(self, key: str) -> Mapping[str, str]:
            required.add(key)
            return super().secret_mapping(key)

        def secret_mappings(self, key: str) -> Mapping[str, Mapping[str, str]]:
            required.add(key)
            return super().secret_mappings(key)

    monkeypatch.setattr("components.settings.loading.ConfigReader", Watched)
    loaded.of(BOTH[target]("dev"))
    assert required == SECRET_KEYS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_stack_file_holds_known_keys_and_no_secret_in_clear(environment: str) -> None:
    for full_key, value in stack_file(environment).items():
        namespace, _, key = full_key.partition(":")
        assert namespace == PROJECT
        assert key in declared(), full_key
        if key in SECRET_KEYS:
            assert set(value) == {"secure"}, f"{full_key} is in clear"


def test_the_environment_of_a_stack_file_is_its_own() -> None:
    for environment in ENVIRONMENTS:
        assert stack_file(environment)[f"{PROJECT}:environment"] == environment
