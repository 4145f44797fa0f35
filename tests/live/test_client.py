"""The client against real servers: how it logs in, what it is given, what it says when Vault says
no, and what becomes of tokens and leases that end.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
import pytest

from policies.compile import audience_of
from policies.environments import Environment
from policies.paths import APPROLE_AUTH
from rehearsal.binaries import Binary, Tool
from rehearsal.certificates import Authority
from rehearsal.errors import NotYet
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.proof.logins import LoginDesk
from rehearsal.scene import person_of
from rehearsal.servers import vault
from rehearsal.servers.aws import AccessKey
from rehearsal.servers.postgres import PostgresServer
from rehearsal.supervisor import Supervisor, wait_until
from rehearsal.vault_api import VaultApi
from tests.live.conftest import Stage
from vaultstack_client import (
    AppRoleLogin,
    AsyncVaultClient,
    CannotVerify,
    ClientSettings,
    DatabaseCredentials,
    KubernetesLogin,
    LeaseExpired,
    LoginFailed,
    LoginUndecided,
    MissingKey,
    NotAllowed,
    NotFound,
    Secret,
    SecretDestroyed,
    Timing,
    TokenLogin,
    Unavailable,
    VaultClient,
)

pytestmark = pytest.mark.live

HERE: Final = Environment.DEV
READ_WRITE: Final = "kubesentiment-readwrite"
EAGER: Final = Timing(
    check_every=timedelta(seconds=1),
    secret_fresh_for=timedelta(seconds=1),
    deadline=timedelta(seconds=5),
)
"""Looks often, so that a test need not wait for a minute."""

Open = Callable[..., AbstractContextManager[VaultClient]]


@pytest.fixture
def desk(stage: Stage) -> LoginDesk:
    return LoginDesk(stage.scene)


def service_account(stage: Stage, folder: Path, namespace: str, account: str) -> Path:
    """A pod's token, as a projected volume would hold it."""
    file = folder / f"{account}.jwt"
    token = stage.scene.kubernetes.request_token(namespace, account, audience_of(HERE))
    file.write_text(f"{token}\n")
    return file


@pytest.fixture
def open_as(stage: Stage, tmp_path: Path) -> Open:
    """Opens a client as a workload: its role, and its application and service account."""

    def opened(role: str, application: str, account: str = "", **changed: Any) -> VaultClient:
        file = service_account(stage, tmp_path, f"{application}-{HERE.value}", account or role)
        settings = ClientSettings(
            address=stage.scene.vault_address,
            login=KubernetesLogin(role, file),
            ca_file=stage.scene.ca_file,
        )
        return VaultClient(replace(settings, **changed))

    return opened


@pytest.fixture
def kubesentiment(open_as: Open) -> Iterator[VaultClient]:
    with open_as("kubesentiment", "kubesentiment") as client:
        yield client


@pytest.fixture
def media_catalog(open_as: Open) -> Iterator[VaultClient]:
    with open_as("media-catalog-api", "media-catalog", "media-catalog") as client:
        yield client


def test_a_secret_by_a_service_account(media_catalog: VaultClient) -> None:
    secret = media_catalog.get_secret("media-catalog/api")
    assert set(secret) == {"jwt_secret", "session_secret"}
    assert secret.version >= 1
    assert not secret.stale
    with pytest.raises(MissingKey, match=r"'media-catalog/api'.*must have the key 'tmdb_api_key'"):
        secret["tmdb_api_key"]


def wrapped_secret_id(desk: LoginDesk, folder: Path) -> tuple[str, Path]:
    operator = desk.session(desk.oidc("operators", person_of("operators", HERE)))
    role = f"auth/{APPROLE_AUTH}/role/kubesentiment-ci"
    role_id = str(operator.call("GET", f"{role}/role-id").data["role_id"])
    wrapped = operator.call("POST", f"{role}/secret-id", {}, {"X-Vault-Wrap-TTL": "5m"})
    file = folder / "wrapping-token"
    file.write_text(wrapped.body["wrap_info"]["token"])
    return role_id, file


def test_a_secret_by_a_wrapped_secret_id(stage: Stage, desk: LoginDesk, tmp_path: Path) -> None:
    role_id, file = wrapped_secret_id(desk, tmp_path)
    settings = ClientSettings(
        address=stage.scene.vault_address,
        login=AppRoleLogin(role_id, secret_id_file=file, wrapped=True),
        ca_file=stage.scene.ca_file,
    )
    with VaultClient(settings) as client:
        assert set(client.get_secret("deploy/kubesentiment/keys")) >= {"registry_token"}
        client.request("POST", "auth/token/revoke-self", {})
        client.get_secret("deploy/kubesentiment/keys", version=1)  # by the same secret ID, again
    login = AppRoleLogin(role_id, secret_id_file=file, wrapped=True)
    with (
        VaultClient(replace(settings, login=login)) as thief,
        pytest.raises(LoginFailed, match=r"wrapping token must be unused.*somebody else did"),
    ):
        thief.get_secret("deploy/kubesentiment/keys")


def test_a_secret_by_a_given_token_which_is_left_alone(
    stage: Stage, desk: LoginDesk, tmp_path: Path
) -> None:
    jwt = service_account(stage, tmp_path, "media-catalog-dev", "media-catalog").read_text().strip()
    answer = VaultApi(stage.scene.vault_address, stage.ca_file).call(
        "POST", "auth/kubernetes/login", {"role": "media-catalog-api", "jwt": jwt}
    )
    given = desk.session(answer)
    settings = ClientSettings(
        address=stage.scene.vault_address,
        login=TokenLogin(given.token),
        ca_file=stage.scene.ca_file,
    )
    with VaultClient(settings) as client:
        assert client.get_secret("media-catalog/api")["jwt_secret"]
        expires = client.status().token_expires
        assert expires is not None
        assert expires.timestamp() - time.time() == pytest.approx(3600, abs=10)
    assert given.call("GET", "auth/token/lookup-self").allowed


def test_database_credentials_open_the_database(stage: Stage, kubesentiment: VaultClient) -> None:
    user = kubesentiment.get_database_credentials(READ_WRITE)
    stage.scene.postgres.execute(
        "SELECT 1", database="kubesentiment", user=user.username, password=user.password
    )
    kubesentiment.close()

    def ended() -> None:
        """Vault ends a token's leases in its background, a moment after the token."""
        query = f"SELECT FROM pg_roles WHERE rolname = '{user.username}'"
        if stage.scene.postgres.execute(query):
            raise NotYet("PostgreSQL still has the user")

    wait_until(ended, awaited="the user to be gone", patience=timedelta(seconds=20))


def test_a_user_that_stays(stage: Stage, open_as: Open) -> None:
    with open_as("kubesentiment-batch", "kubesentiment") as client:
        user = client.get_static_database_credentials("kubesentiment-exports")
        assert user == client.get_static_database_credentials("kubesentiment-exports")
        stage.scene.postgres.execute(
            "SELECT 1", database="kubesentiment", user=user.username, password=user.password
        )


def test_aws_keys_are_known_to_aws(stage: Stage, kubesentiment: VaultClient) -> None:
    keys = kubesentiment.get_aws_credentials("s3-access")
    key = AccessKey(keys.access_key, keys.secret_key, keys.session_token)
    assert "arn:aws:" in stage.scene.aws.client("sts", key).get_caller_identity()["Arn"]
    assert kubesentiment.get_aws_credentials("s3-access") == keys


def test_a_certificate(kubesentiment: VaultClient) -> None:
    name = "api.kubesentiment.dev.example.internal"
    ttl = timedelta(hours=2)
    issued = kubesentiment.issue_certificate("kubesentiment-api", name, ttl=ttl)
    assert issued.certificate.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE KEY" in issued.private_key
    assert issued.chain
    assert issued.expires.timestamp() - time.time() == pytest.approx(7200, abs=60)
    assert kubesentiment.issue_certificate("kubesentiment-api", name, ttl=ttl) == issued
    assert "PRIVATE KEY" not in repr(issued)


@pytest.mark.parametrize(
    ("ask", "path"),
    [
        (lambda c: c.get_secret("media-catalog/api"), "secret/data/media-catalog/api"),
        (lambda c: c.get_aws_credentials("kubesentiment-admin"), "aws/creds/kubesentiment-admin"),
        (lambda c: c.get_database_credentials("other"), "database/creds/other"),
        (lambda c: c.request("GET", "sys/mounts"), "sys/mounts"),
    ],
)
def test_a_path_outside_the_grant(
    kubesentiment: VaultClient, ask: Callable[[VaultClient], object], path: str
) -> None:
    with pytest.raises(NotAllowed) as caught:
        ask(kubesentiment)
    message = str(caught.value)
    assert f"kubernetes role 'kubesentiment' must be allowed to use {path}" in message
    assert "grant it in the access matrix" in message


def test_an_unknown_role(open_as: Open) -> None:
    with (
        open_as("nobody", "kubesentiment", "kubesentiment") as client,
        pytest.raises(LoginFailed, match=r"'nobody': Vault gave no token \(400 .*invalid role"),
    ):
        client.get_secret("kubesentiment/config")


def test_another_service_account(open_as: Open) -> None:
    with (
        open_as("kubesentiment", "kubesentiment", "stranger") as client,
        pytest.raises(LoginFailed, match=r"\(403 .*bound to this pod's service account"),
    ):
        client.get_secret("kubesentiment/config")


def test_a_missing_service_account_token(stage: Stage, tmp_path: Path) -> None:
    settings = ClientSettings(
        address=stage.scene.vault_address,
        login=KubernetesLogin("kubesentiment", tmp_path / "token"),
        ca_file=stage.scene.ca_file,
    )
    with (
        VaultClient(settings) as client,
        pytest.raises(LoginFailed, match=r"/token must hold a service account's token, but No suc"),
    ):
        client.get_secret("kubesentiment/config")


def test_a_wrong_authority(open_as: Open, tmp_path: Path) -> None:
    wrong = tmp_path / "ca.crt"
    wrong.write_text(Authority.create("somebody else").certificate_pem)
    with (
        open_as("kubesentiment", "kubesentiment", ca_file=wrong) as client,
        pytest.raises(CannotVerify, match=r"must verify by ca_file .*give the authority"),
    ):
        client.get_secret("kubesentiment/config")


def test_an_authority_that_is_put_right_needs_no_restart(
    stage: Stage, open_as: Open, tmp_path: Path
) -> None:
    file = tmp_path / "ca.crt"
    file.write_text(Authority.create("somebody else").certificate_pem)
    with open_as("kubesentiment", "kubesentiment", ca_file=file) as client:
        with pytest.raises(CannotVerify):
            client.get_secret("kubesentiment/config")
        file.write_text(stage.scene.ca_file.read_text())
        assert client.get_secret("kubesentiment/config")["redis_password"]


def test_a_version_that_was_destroyed_and_a_change(open_as: Open) -> None:
    entry, told = "kubesentiment/client-test", threading.Event()
    news: list[Secret] = []

    def tell(secret: Secret) -> None:
        news.append(secret)
        told.set()

    with (
        open_as("kubesentiment-admin", "kubesentiment") as admin,
        open_as("kubesentiment", "kubesentiment", timing=EAGER) as client,
    ):
        admin.request("POST", f"secret/data/{entry}", {"data": {"key": "one", "port": 5432}})
        try:
            assert dict(client.get_secret(entry)) == {"key": "one", "port": "5432"}
            client.on_secret_change(entry, tell)
            admin.request("POST", f"secret/data/{entry}", {"data": {"key": "two"}})
            assert told.wait(10)
            assert [(secret.version, secret["key"]) for secret in news] == [(2, "two")]
            admin.request("PUT", f"secret/destroy/{entry}", {"versions": [1]})
            with pytest.raises(SecretDestroyed, match="version 1: must not be destroyed"):
                client.get_secret(entry, version=1)
            admin.request("POST", f"secret/delete/{entry}", {"versions": [2]})
            time.sleep(1.1)  # what is fresh is served
            with pytest.raises(NotFound, match=r"version 2: must not be deleted.*undelete"):
                client.get_secret(entry)
        finally:
            admin.request("DELETE", f"secret/metadata/{entry}")
        with pytest.raises(NotFound, match=r"client-test': must exist"):
            client.get_secret(entry)


def test_a_revoked_token_is_replaced_and_its_credentials_too(
    stage: Stage, kubesentiment: VaultClient
) -> None:
    first = kubesentiment.get_database_credentials(READ_WRITE)
    kubesentiment.request("POST", "auth/token/revoke-self", {})
    kubesentiment.request("GET", "auth/token/lookup-self")  # anything that asks Vault notices
    second = kubesentiment.get_database_credentials(READ_WRITE)
    assert second.username != first.username
    stage.scene.postgres.execute(
        "SELECT 1", database="kubesentiment", user=second.username, password=second.password
    )


def test_credentials_that_an_operator_ended(
    stage: Stage, desk: LoginDesk, kubesentiment: VaultClient
) -> None:
    first = kubesentiment.get_database_credentials(READ_WRITE)
    operator = desk.session(desk.oidc("operators", person_of("operators", HERE)))
    operator.write("sys/leases/revoke", {"lease_id": first.lease_id, "sync": True})
    second = kubesentiment.get_database_credentials(READ_WRITE, instead_of=first)
    stage.scene.postgres.execute(
        "SELECT 1", database="kubesentiment", user=second.username, password=second.password
    )


def test_a_service_accounts_token_that_ended(stage: Stage, tmp_path: Path) -> None:
    """Kubernetes gives none that ends while a test waits, so this one's claims are changed: Vault
    looks at the end before it has the signature looked at.
    """
    file = service_account(stage, tmp_path, "kubesentiment-dev", "kubesentiment")
    header, claims, signature = file.read_text().strip().split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    for each in ("exp", "iat", "nbf"):
        said[each] -= 7200
    ended = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    file.write_text(f"{header}.{ended}.{signature}")
    settings = ClientSettings(
        address=stage.scene.vault_address,
        login=KubernetesLogin("kubesentiment", file),
        ca_file=stage.scene.ca_file,
    )
    with (
        VaultClient(settings) as client,
        pytest.raises(LoginUndecided, match=r"403 .*token is expired, as it does while it cannot"),
    ):
        client.get_secret("kubesentiment/config")


@contextmanager
def frozen_kubernetes(stage: Stage) -> Iterator[None]:
    """The stage's API server takes requests and says nothing."""
    port = f"--secure-port={urlsplit(stage.scene.kubernetes.url).port}".encode()
    (server,) = [
        int(each.parent.name)
        for each in Path("/proc").glob("[0-9]*/cmdline")
        if port in each.read_bytes().split(b"\0")
    ]
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)


def slowest_get(client: VaultClient, path: str, seconds: float) -> float:
    """Of a stale secret, in seconds, asked for all that time."""
    taken, end = [], time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        assert client.get_secret(path).stale
        taken.append(time.monotonic() - began)
        time.sleep(0.02)
    return max(taken)


def fresh_again(client: VaultClient, path: str) -> None:
    def fresh() -> None:
        if client.get_secret(path).stale:
            raise NotYet("it is stale")

    wait_until(fresh, awaited="a fresh secret", patience=timedelta(seconds=60))


def nothing_wrong_again(client: VaultClient) -> None:
    """A try that was under way, which still fails, is followed by one that does not."""

    def well() -> None:
        if problem := client.status().last_error:
            raise NotYet(problem)

    wait_until(well, awaited="nothing wrong", patience=timedelta(seconds=60))


def test_secrets_are_served_while_kubernetes_hangs_and_a_login_is_needed(
    stage: Stage, open_as: Open
) -> None:
    """Vault waits for it for 90 s; the client does not."""
    path = "media-catalog/api"
    with open_as("media-catalog-api", "media-catalog", "media-catalog", timing=EAGER) as client:
        before = client.get_secret(path)
        with frozen_kubernetes(stage):
            client.request("POST", "auth/token/revoke-self", {})
            time.sleep(1.5)
            assert dict(client.get_secret(path)) == dict(before)
            assert slowest_get(client, path, 12) < 1
            assert client.status().vault_away
        fresh_again(client, path)
        nothing_wrong_again(client)


async def _asynchronously(settings: ClientSettings) -> tuple[Secret, DatabaseCredentials]:
    async with AsyncVaultClient(settings) as client:
        return (
            await client.get_secret("kubesentiment/config"),
            await client.get_database_credentials(READ_WRITE),
        )


def test_asyncio(stage: Stage, tmp_path: Path) -> None:
    file = service_account(stage, tmp_path, "kubesentiment-dev", "kubesentiment")
    settings = ClientSettings(
        address=stage.scene.vault_address,
        login=KubernetesLogin("kubesentiment", file),
        ca_file=stage.scene.ca_file,
    )
    secret, user = asyncio.run(_asynchronously(settings))
    assert secret["redis_password"]
    assert user.username
    assert not [t.name for t in threading.enumerate() if "vaultstack" in t.name]


@dataclass(frozen=True)
class ShortLived:
    """A Vault whose tokens and leases end while a test waits."""

    address: str
    root: VaultApi
    postgres: PostgresServer

    def settings(self, role: str, timing: Timing = EAGER) -> ClientSettings:
        role_id = self.root.call("GET", f"auth/approle/role/{role}/role-id").data["role_id"]
        made = self.root.call("POST", f"auth/approle/role/{role}/secret-id", {})
        return ClientSettings(
            address=self.address,
            login=AppRoleLogin(str(role_id), str(made.data["secret_id"])),
            timing=timing,
        )

    def works(self, user: DatabaseCredentials) -> bool:
        try:
            self.postgres.execute(
                "SELECT 1", database="postgres", user=user.username, password=user.password
            )
        except psycopg.OperationalError:
            return False
        return True


_CREATE_USER: Final = (
    "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"
)
_POLICY: Final = """
path "secret/data/*" { capabilities = ["read"] }
path "database/creds/*" { capabilities = ["read"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
"""
_RENEWS: Final = """
path "auth/token/renew-self" { capabilities = ["update"] }
path "sys/leases/renew" { capabilities = ["update"] }
"""


@pytest.fixture(scope="module")
def short_lived(tools: Mapping[Tool, Binary], stage: Stage) -> Iterator[ShortLived]:
    with Supervisor() as supervisor, _dev_server(supervisor, tools[Tool.VAULT]) as address:
        root = VaultApi(address, None, "root")
        root.write("sys/auth/approle", {"type": "approle"})
        root.write("sys/mounts/database", {"type": "database"})
        postgres = stage.scene.postgres
        root.write(
            "database/config/it",
            {
                "plugin_name": "postgresql-database-plugin",
                "allowed_roles": ["short", "brief"],
                "connection_url": "postgresql://{{username}}:{{password}}"
                f"@{postgres.host}:{postgres.port}/postgres?sslmode=disable",
                "username": postgres.admin_user,
                "password": postgres.admin_password,
            },
        )
        root.write(
            "database/roles/short",
            {
                "db_name": "it",
                "creation_statements": [_CREATE_USER],
                "default_ttl": "6s",
                "max_ttl": "15s",
            },
        )
        root.write("secret/data/app", {"data": {"key": "value"}})
        for name, policy in (("keeps", _POLICY + _RENEWS), ("replaces", _POLICY)):
            root.call("PUT", f"sys/policies/acl/{name}", {"policy": policy})
            root.write(
                f"auth/approle/role/{name}",
                {
                    "token_policies": [name],
                    "token_no_default_policy": True,
                    "token_ttl": "8s",
                    "token_max_ttl": "20s",
                },
            )
        yield ShortLived(address, root, postgres)


@contextmanager
def _dev_server(supervisor: Supervisor, binary: Binary) -> Iterator[str]:
    port = free_port()
    address = f"http://{LOOPBACK}:{port}"
    folder = supervisor.subfolder("dev-vault")
    command: list[str | Path] = [
        binary.path,
        "server",
        "-dev",
        "-dev-no-store-token",
        "-dev-root-token-id=root",
        f"-dev-listen-address={LOOPBACK}:{port}",
    ]
    vault.start_command(
        supervisor,
        command,
        address,
        env={"HOME": str(folder)},
        name="dev-vault",
        folder=folder,
        ca_file=None,
    )
    yield address


@dataclass
class Watched:
    """What one client was given over time, and told of."""

    client: VaultClient
    users: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    refused: int = 0

    def hear(self, new: DatabaseCredentials) -> None:
        self.told.add(new.username)

    def look(self, short_lived: ShortLived) -> None:
        user = self.client.get_database_credentials("short")
        self.refused += not short_lived.works(user)
        if user.username not in self.users:
            self.users.append(user.username)
        assert self.client.get_secret("app")["key"] == "value"


def test_credentials_always_work_through_every_end(short_lived: ShortLived) -> None:
    """25 seconds: tokens end after 8 (renewed: 20), leases after 6 (renewed: 15). For one that may
    renew, and one that may not.
    """
    with (
        VaultClient(short_lived.settings("keeps")) as keeps,
        VaultClient(short_lived.settings("replaces")) as replaces,
    ):
        watched = [Watched(keeps), Watched(replaces)]
        for one in watched:
            one.client.on_new_credentials("short", one.hear)
        end = time.monotonic() + 25
        while time.monotonic() < end:
            for one in watched:
                one.look(short_lived)
            time.sleep(0.1)
        assert [one.client.status().last_error for one in watched] == [None, None]
    for one, least in zip(watched, (2, 5), strict=True):
        assert one.refused == 0
        assert len(one.users) >= least
        assert one.told >= set(one.users[1:])


def test_the_old_credentials_still_work_when_the_new_ones_come(short_lived: ShortLived) -> None:
    """So that an application can change its pool without a failed query."""
    both: list[bool] = []
    with VaultClient(short_lived.settings("replaces")) as client:
        held = [client.get_database_credentials("short")]

        def change(new: DatabaseCredentials) -> None:
            both.append(short_lived.works(held[-1]) and short_lived.works(new))
            held.append(new)

        client.on_new_credentials("short", change)
        deadline = time.monotonic() + 30
        while len(both) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
    assert both[:2] == [True] * 2


def test_a_stopped_keeper_serves_nothing_that_ended(short_lived: ShortLived) -> None:
    """A callback hangs, so that nothing happens in the background; calls do it themselves."""
    release = threading.Event()
    with VaultClient(short_lived.settings("replaces")) as client:
        first = client.get_database_credentials("short")
        client.on_new_credentials("short", lambda _: release.wait(30))
        time.sleep(14)
        user = client.get_database_credentials("short")
        assert user.username != first.username
        assert short_lived.works(user)
        release.set()


def test_secrets_are_served_while_kubernetes_is_gone_and_a_login_is_needed(
    short_lived: ShortLived, stage: Stage, tmp_path: Path
) -> None:
    """Vault answers as if the service account were none; credentials end with their token."""
    kubernetes, root = stage.scene.kubernetes, short_lived.root

    def know(url: str) -> None:
        config = {
            "kubernetes_host": url,
            "kubernetes_ca_cert": kubernetes.ca_pem,
            "token_reviewer_jwt": kubernetes.admin_token,
            "disable_local_ca_jwt": True,
        }
        root.write("auth/kubernetes/config", config)

    root.write("sys/auth/kubernetes", {"type": "kubernetes"})
    know(kubernetes.url)
    root.write(
        "auth/kubernetes/role/app",
        {
            "bound_service_account_names": ["kubesentiment"],
            "bound_service_account_namespaces": ["kubesentiment-dev"],
            "audience": audience_of(HERE),
            "token_policies": ["keeps"],
            "token_no_default_policy": True,
        },
    )
    file = service_account(stage, tmp_path, "kubesentiment-dev", "kubesentiment")
    settings = ClientSettings(
        address=short_lived.address, login=KubernetesLogin("app", file), timing=EAGER
    )
    with VaultClient(settings) as client:
        client.get_secret("app")
        client.get_database_credentials("short")
        know(f"https://{LOOPBACK}:{free_port()}")
        client.request("POST", "auth/token/revoke-self", {})
        time.sleep(1.5)
        assert client.get_secret("app")["key"] == "value"
        assert slowest_get(client, "app", 5) < 1
        assert "Kubernetes must confirm" in (client.status().last_error or "")
        with pytest.raises(LeaseExpired):
            client.get_database_credentials("short")
        with pytest.raises(LoginUndecided):
            client.get_secret("other")
        know(kubernetes.url)
        fresh_again(client, "app")
        assert short_lived.works(client.get_database_credentials("short"))


def test_credentials_work_while_their_role_is_gone(short_lived: ShortLived) -> None:
    role = "database/roles/brief"
    made = {**short_lived.root.call("GET", "database/roles/short").data, "default_ttl": "12s"}
    made = {key: made[key] for key in ("db_name", "creation_statements", "default_ttl")}
    short_lived.root.write(role, made)
    with VaultClient(short_lived.settings("keeps")) as client:
        first = client.get_database_credentials("brief")
        short_lived.root.call("DELETE", role)
        noticed = None
        while noticed is None or time.monotonic() < noticed + 2:
            assert client.get_database_credentials("brief") == first
            assert short_lived.works(first)
            if noticed is None and "'brief'" in (client.status().last_error or ""):
                noticed = time.monotonic()
            time.sleep(0.1)
        short_lived.root.write(role, made)
        end = time.monotonic() + 30
        while (user := client.get_database_credentials("brief")) == first:
            assert short_lived.works(first)
            assert time.monotonic() < end
            time.sleep(0.1)
        assert short_lived.works(user)
        assert client.status().last_error is None


def test_a_sealed_vault_and_back(short_lived: ShortLived) -> None:
    """Last in this module: what is in memory is gone when a dev server is sealed and unsealed."""
    with VaultClient(short_lived.settings("keeps")) as client:
        client.get_secret("app")
        user = client.get_database_credentials("short")
        short_lived.root.call("PUT", "sys/seal")
        time.sleep(1.5)
        assert client.get_database_credentials("short") == user
        assert client.get_secret("app")["key"] == "value"
        assert client.get_secret("app").stale
        assert client.status().vault_away
        with pytest.raises(Unavailable, match=r"503.*sealed.*see whether it is unsealed"):
            client.get_secret("other")
        with pytest.raises(LeaseExpired, match=r"'short': credentials must be replaced.*ended at"):
            until_they_end(client)
        assert client.get_secret("app")["key"] == "value"


def until_they_end(client: VaultClient) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        client.get_database_credentials("short")
        time.sleep(0.1)
