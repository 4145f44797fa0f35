"""Values of a .env file arrive in a real Vault, by the matrix' own workloads and no others."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from policies.compile import audience_of
from policies.environments import Environment
from rehearsal.proof.logins import LoginDesk
from rehearsal.vault_api import VaultApi
from tests.live.conftest import Stage
from tests.migration.conftest import Ended, call  # noqa: F401 - a fixture

pytestmark = pytest.mark.live

API, CONFIG = "media-catalog/api", "kubesentiment/config"
JWT = secrets.token_hex(24)
REDIS = secrets.token_hex(24)
OTHER = secrets.token_hex(24)

Importer = Callable[..., Ended]


def workload(stage: Stage, role: str, namespace: str, account: str) -> VaultApi:
    """Logged in as its pod would."""
    desk = LoginDesk(stage.scene)
    audience = audience_of(Environment.DEV)
    return desk.session(desk.kubernetes(role, f"{namespace}-dev", account, audience))


@pytest.fixture(scope="module")
def rotation(stage: Stage) -> VaultApi:
    return workload(stage, "media-catalog-rotation", "media-catalog", "media-catalog-rotation")


@pytest.fixture(scope="module")
def admin(stage: Stage) -> VaultApi:
    return workload(stage, "kubesentiment-admin", "kubesentiment", "kubesentiment-admin")


@pytest.fixture(scope="module")
def reader(stage: Stage) -> VaultApi:
    return workload(stage, "media-catalog-api", "media-catalog", "media-catalog")


@pytest.fixture(scope="module", autouse=True)
def _put_back(admin: VaultApi, reader: VaultApi, rotation: VaultApi) -> Iterator[None]:
    """What the other tests find there."""
    api, config = values(reader, API), values(admin, CONFIG)
    yield
    patch = {"Content-Type": "application/merge-patch+json"}
    for vault, path, before in ((rotation, API, api), (admin, CONFIG, config)):
        version = vault.call("GET", f"secret/metadata/{path}").data["current_version"]
        body = {"options": {"cas": version}, "data": before}
        assert vault.call("PATCH", f"secret/data/{path}", body, patch).allowed


def values(vault: VaultApi, path: str) -> dict[str, str]:
    return dict(vault.call("GET", f"secret/data/{path}").data["data"])


def version(vault: VaultApi, path: str) -> int:
    return int(vault.call("GET", f"secret/metadata/{path}").data["current_version"])


@pytest.fixture
def run(
    stage: Stage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[..., Ended],  # noqa: F811 - the fixture
) -> Importer:
    """Imports as somebody; whatever comes of it, no value and no token is shown."""
    file = tmp_path / ".env"
    file.write_text(f"JWT_SECRET={JWT}\nREDIS_PASSWORD={REDIS}\nKAFKA_PASSWORD={OTHER}\n")
    monkeypatch.setenv("VAULT_ADDR", stage.scene.vault_address)
    monkeypatch.setenv("VAULT_CACERT", stage.ca_file)

    def started(who: VaultApi, application: str, *arguments: str, env: str = "dev") -> Ended:
        token = tmp_path / "token"
        token.write_text(who.token)
        common = ("--application", application, "--environment", env, "--token-file", token)
        ended = call("import", file, *common, *arguments)
        for hidden in (JWT, REDIS, OTHER, who.token):
            assert hidden not in ended.out + ended.err
        return ended

    return started


def test_a_rotation_brings_the_jwt_secret_over_and_keeps_the_rest(
    run: Importer, rotation: VaultApi, reader: VaultApi
) -> None:
    """So that tokens that were signed before the move are still good after it."""
    before, kept = version(rotation, API), values(reader, API)
    target = ("--map", f"JWT_SECRET={API}:jwt_secret")
    asked = run(rotation, "media-catalog", *target)
    assert asked.status == 1
    assert f"write --replace {API}={before}" in asked.err
    ended = run(rotation, "media-catalog", *target, "--apply", "--replace", f"{API}={before}")
    assert ended.status == 0, ended.err
    assert values(reader, API) == kept | {"jwt_secret": JWT}
    assert version(rotation, API) == before + 1
    another = ("--map", f"REDIS_PASSWORD={API}:jwt_secret", "--apply")
    late = run(rotation, "media-catalog", *another, "--replace", f"{API}={before}")
    assert late.status == 1
    assert f"names version {before}, and there is version {before + 1}" in late.err
    assert values(reader, API)["jwt_secret"] == JWT


def test_an_administrator_changes_one_key_and_finds_it_there(
    run: Importer, admin: VaultApi
) -> None:
    before, kept = version(admin, CONFIG), values(admin, CONFIG)
    words = ("--map", f"REDIS_PASSWORD={CONFIG}:redis_password", "--given-into", "vault", "--apply")
    replace = ("--replace", f"{CONFIG}={before}")
    assert run(admin, "kubesentiment", *words).status == 1
    assert run(admin, "kubesentiment", *words, *replace).status == 0
    assert values(admin, CONFIG) == kept | {"redis_password": REDIS}
    again = run(admin, "kubesentiment", *words)
    assert (again.status, again.out.splitlines()[-1]) == (0, "all of it was already there")
    assert version(admin, CONFIG) == before + 1


def test_a_deleted_entry_is_made_anew_whole_and_only_when_asked(
    run: Importer, admin: VaultApi
) -> None:
    before = values(admin, CONFIG)
    assert admin.call("DELETE", f"secret/data/{CONFIG}").allowed
    gone = version(admin, CONFIG)
    one = ("--map", f"REDIS_PASSWORD={CONFIG}:redis_password")
    all_ = (
        *one,
        *("--map", f"KAFKA_PASSWORD={CONFIG}:kafka_password"),
        *("--map", f"JWT_SECRET={CONFIG}:model_api_key"),
    )
    words = ("--given-into", "vault", "--apply")
    replace = ("--replace", f"{CONFIG}={gone}")
    assert (
        f"its last version, {gone}, was deleted" in run(admin, "kubesentiment", *all_, *words).err
    )
    part = run(admin, "kubesentiment", *one, *words, *replace)
    assert "map kafka_password and model_api_key, too" in part.err
    assert version(admin, CONFIG) == gone
    assert run(admin, "kubesentiment", *all_, *words, *replace).status == 0
    assert values(admin, CONFIG).keys() == before.keys()


def test_who_may_only_read_is_told_before_and_by_vault(
    run: Importer, reader: VaultApi, admin: VaultApi
) -> None:
    target = ("--map", f"KAFKA_PASSWORD={API}:session_secret", "--apply")
    now = reader.call("GET", f"secret/data/{API}").data["metadata"]["version"]
    ended = run(reader, "media-catalog", *target, "--replace", f"{API}={now}")
    assert ended.status == 1
    assert "a token with media-catalog-api-dev may not patch it" in ended.err
    stranger = run(admin, "media-catalog", *target)
    assert stranger.status == 3
    assert "this token may see neither the values nor the versions" in stranger.err


def test_a_token_of_dev_is_none_of_prod(run: Importer, rotation: VaultApi) -> None:
    target = ("--map", f"JWT_SECRET={API}:jwt_secret")
    ended = run(rotation, "media-catalog", *target, env="prod")
    assert ended.status == 3
    assert "so this is dev, not prod" in ended.err


def test_a_wrong_ca_and_a_wrong_token(
    run: Importer, rotation: VaultApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = ("--map", f"JWT_SECRET={API}:jwt_secret", "--apply")
    stranger = rotation.with_token("hvs." + secrets.token_hex(16))
    assert "refuses the token; log in again" in run(stranger, "media-catalog", *target).err
    monkeypatch.delenv("VAULT_CACERT")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    ended = run(rotation, "media-catalog", *target)
    assert (ended.status, ended.out) == (3, "")
    assert "its certificate is not from the CA in VAULT_CACERT" in ended.err
