"""The real servers: each answers, refuses what it must, and shows no secret."""

import base64
import os
import platform
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import psycopg
import pytest
import requests

from rehearsal import binaries, ports
from rehearsal.binaries import Binary, Tool
from rehearsal.errors import RehearsalError
from rehearsal.servers import aws, kubernetes, oidc, postgres, vault
from rehearsal.servers.aws import AwsServer
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.servers.oidc import OidcProvider
from rehearsal.servers.postgres import PostgresServer
from rehearsal.servers.vault import VaultServer
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live

ROOT: Final = Path(binaries.__file__).resolve().parent.parent
TIMEOUT: Final = 10  # seconds
CALLBACK: Final = "http://localhost:8250/oidc/callback"


@dataclass(frozen=True)
class Servers:
    supervisor: Supervisor
    vault: VaultServer
    kubernetes: KubernetesApi
    postgres: PostgresServer
    aws: AwsServer
    oidc: OidcProvider


@pytest.fixture(scope="session")
def tools() -> dict[Tool, Binary]:
    return binaries.ensure(progress=lambda line: print(line, file=sys.stderr))


@pytest.fixture(scope="module")
def servers(tools: dict[Tool, Binary]) -> Iterator[Servers]:
    """All of them, started at the same time from different threads."""
    with Supervisor() as own, ThreadPoolExecutor(5) as pool:
        v: Future[VaultServer] = pool.submit(start_vault, own, tools[Tool.VAULT].path)
        k = pool.submit(
            kubernetes.start, own, tools[Tool.ETCD].path, tools[Tool.KUBE_APISERVER].path
        )
        p = pool.submit(postgres.start, own)
        a = pool.submit(aws.start, own)
        o = pool.submit(oidc.start, own)
        yield Servers(own, v.result(), k.result(), p.result(), a.result(), o.result())


def start_vault(own: Supervisor, binary: Path) -> VaultServer:
    port = ports.free_port()
    config = f"""
        disable_mlock = true
        storage "file" {{ path = "{own.folder}/vault/data" }}
        listener "tcp" {{
          address     = "127.0.0.1:{port}"
          tls_disable = true
        }}
    """
    return vault.start(own, binary, config, f"http://127.0.0.1:{port}")


@pytest.fixture(scope="module")
def root(servers: Servers) -> "Vault":
    """The one Vault, initialised and unsealed, as root."""
    anybody = Vault(servers.vault.address, "")
    keys = anybody("PUT", "sys/init", secret_shares=1, secret_threshold=1)
    anybody("PUT", "sys/unseal", key=keys["keys"][0])
    return Vault(servers.vault.address, keys["root_token"])


class Vault:
    """Just enough of a Vault client."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self._headers = {"X-Vault-Token": token} if token else {}

    def __call__(self, method: str, path: str, **body: Any) -> Any:
        response = requests.request(
            method,
            f"{self.address}/v1/{path}",
            headers=self._headers,
            json=body or None,
            timeout=TIMEOUT,
        )
        assert response.ok, f"{path}: {response.text}"
        return response.json() if response.content else None


def test_vault_answers_sealed_and_sees_nothing_of_the_callers_environment(
    servers: Servers,
) -> None:
    status = requests.get(f"{servers.vault.address}/v1/sys/seal-status", timeout=TIMEOUT).json()
    assert status["version"] == binaries.read_pin(Tool.VAULT).version
    environment = Path(f"/proc/{servers.vault.process.pid}/environ")
    if environment.exists():
        assert b"VAULT_" not in environment.read_bytes()


def test_vault_with_a_bad_configuration_says_what_is_wrong(tools: dict[Tool, Binary]) -> None:
    with (
        Supervisor() as own,
        pytest.raises(RehearsalError, match=r"(?s)vault ended.*object expected closing"),
    ):
        vault.start(own, tools[Tool.VAULT].path, "nonsense = {", "http://127.0.0.1:1")


def test_vault_can_be_ended_and_started_again_with_its_data(tools: dict[Tool, Binary]) -> None:
    with Supervisor() as own:
        first = start_vault(own, tools[Tool.VAULT].path)
        Vault(first.address, "")("PUT", "sys/init", secret_shares=1, secret_threshold=1)
        own.end(first.process)
        again = start_vault(own, tools[Tool.VAULT].path)
        assert Vault(again.address, "")("GET", "sys/seal-status")["initialized"] is True


def test_kubernetes_refuses_unknown_fields_kinds_and_duplicates(servers: Servers) -> None:
    api = servers.kubernetes
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "strict"}}
    with pytest.raises(RehearsalError, match='unknown field "dta"'):
        api.apply({**config_map, "dta": {}})
    api.apply(config_map)
    assert api.get("v1", "ConfigMap", "strict")["metadata"]["namespace"] == "default"
    with pytest.raises(RehearsalError, match=r"409.*already exists"):
        api.apply(config_map)
    with pytest.raises(RehearsalError, match="no kind ConfigMop in v1"):
        api.apply({**config_map, "kind": "ConfigMop"})


def test_kubernetes_serves_a_custom_kind_as_soon_as_it_is_defined(servers: Servers) -> None:
    api = servers.kubernetes
    schema = {"type": "object", "properties": {"spec": {"type": "object"}}}
    names = {"plural": "secretrotations", "singular": "secretrotation", "kind": "SecretRotation"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    api.apply(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "secretrotations.example.test"},
            "spec": {
                "group": "example.test",
                "scope": "Namespaced",
                "names": names,
                "versions": [version],
            },
        }
    )
    made = {"apiVersion": "example.test/v1", "kind": "SecretRotation", "metadata": {"name": "one"}}
    assert api.apply(made)["metadata"]["uid"]


def test_kubernetes_admits_pods_by_the_namespaces_security_level(servers: Servers) -> None:
    api = servers.kubernetes
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": "guarded", "labels": labels}
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    api.service_account("guarded", "default")
    container = {"name": "x", "image": "x", "securityContext": {"privileged": True}}
    with pytest.raises(RehearsalError, match=r"403.*violates PodSecurity"):
        api.apply(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "x", "namespace": "guarded"},
                "spec": {"containers": [container]},
            }
        )


def test_kubernetes_issues_tokens_that_it_reviews_by_audience(servers: Servers) -> None:
    api = servers.kubernetes
    api.namespace("tokens")
    api.service_account("tokens", "reader")
    token = api.request_token("tokens", "reader", "vault")
    for audience, accepted in (("vault", True), ("another", False)):
        review = api.apply(
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenReview",
                "metadata": {},
                "spec": {"token": token, "audiences": [audience]},
            }
        )
        assert review["status"].get("authenticated", False) is accepted


@pytest.mark.parametrize("who", ["nobody", "a service account without rights"])
def test_kubernetes_gives_secrets_to_nobody_without_rights(servers: Servers, who: str) -> None:
    api = servers.kubernetes
    headers = {}
    if who != "nobody":
        api.namespace("powerless")
        api.service_account("powerless", "app")
        token = api.request_token("powerless", "app", api.issuer)
        headers = {"Authorization": f"Bearer {token}"}
    with tempfile.NamedTemporaryFile("w") as ca:
        ca.write(api.ca_pem)
        ca.flush()
        path = f"{api.url}/api/v1/namespaces/kube-system/secrets"
        answered = requests.get(path, headers=headers, verify=ca.name, timeout=TIMEOUT)
    assert answered.status_code == requests.codes.forbidden


def test_vault_logs_a_service_account_in_by_a_real_token_review(
    servers: Servers, root: Vault
) -> None:
    api = servers.kubernetes
    api.namespace("apps")
    api.service_account("apps", "orders")
    root("POST", "sys/auth/kubernetes", type="kubernetes")
    root(
        "POST",
        "auth/kubernetes/config",
        kubernetes_host=api.url,
        kubernetes_ca_cert=api.ca_pem,
        token_reviewer_jwt=api.admin_token,
    )
    root(
        "POST",
        "auth/kubernetes/role/orders",
        bound_service_account_names=["orders"],
        bound_service_account_namespaces=["apps"],
        audience="vault",
    )
    jwt = api.request_token("apps", "orders", "vault")
    login = root("POST", "auth/kubernetes/login", role="orders", jwt=jwt)
    assert login["auth"]["metadata"]["service_account_name"] == "orders"


def test_postgres_knows_its_users_by_password_and_right(servers: Servers) -> None:
    server = servers.postgres
    server.execute("CREATE ROLE shop LOGIN PASSWORD 'shop-password'")
    server.create_database("shop", owner="shop")
    as_shop = {"database": "shop", "user": "shop", "password": "shop-password"}
    server.execute("CREATE TABLE orders (id int)", **as_shop)
    assert server.execute("SELECT current_user", **as_shop) == [("shop",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.execute("CREATE ROLE other", **as_shop)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        server.execute("SELECT 1", user="shop", password="wrong")
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        server.execute("SELECT 1", user="shop", password="")


def test_postgres_stores_passwords_as_scram_and_logs_none(servers: Servers) -> None:
    server = servers.postgres
    server.execute("CREATE ROLE hashed LOGIN PASSWORD 'never-in-a-log'")
    with pytest.raises(psycopg.errors.DuplicateObject):
        server.execute("CREATE ROLE hashed LOGIN PASSWORD 'never-in-a-log'")
    ((stored,),) = server.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'hashed'")
    assert stored.startswith("SCRAM-SHA-256$")
    logs = servers.supervisor.folder / "logs"
    assert "never-in-a-log" not in "".join(log.read_text() for log in logs.glob("postgres*"))


def test_aws_encrypts_and_decrypts(servers: Servers) -> None:
    own = servers.aws
    kms = boto3.client(
        "kms",
        endpoint_url=own.url,
        region_name=own.region,
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"root key")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"root key"


def test_vault_unseals_itself_with_the_awskms_seal(
    servers: Servers, tools: dict[Tool, Binary]
) -> None:
    own = servers.aws
    credentials = own.environment()
    kms = boto3.client(
        "kms",
        endpoint_url=own.url,
        region_name=own.region,
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
    )
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    port = ports.free_port()
    with Supervisor() as private:
        config = f"""
            disable_mlock = true
            storage "inmem" {{}}
            seal "awskms" {{
              region     = "{own.region}"
              kms_key_id = "{key}"
              endpoint   = "{own.url}"
            }}
            listener "tcp" {{
              address     = "127.0.0.1:{port}"
              tls_disable = true
            }}
        """
        address = f"http://127.0.0.1:{port}"
        vault.start(private, tools[Tool.VAULT].path, config, address, env=credentials)
        client = Vault(address, "")
        client("PUT", "sys/init", recovery_shares=1, recovery_threshold=1)
        assert client("GET", "sys/seal-status")["sealed"] is False


def test_oidc_signs_people_in_for_registered_clients_only(servers: Servers) -> None:
    provider = servers.oidc
    with pytest.raises(RehearsalError, match="signing in as eve ended without a code"):
        oidc.sign_in(
            f"{provider.issuer}/oauth2/authorize?client_id=unknown&response_type=code"
            f"&scope=openid&redirect_uri={CALLBACK}",
            "eve",
        )


@pytest.mark.parametrize(("groups", "allowed"), [(["platform"], True), (["sales"], False)])
def test_vault_logs_people_in_through_the_oidc_provider_by_their_groups(
    servers: Servers, root: Vault, groups: list[str], allowed: bool
) -> None:
    provider = servers.oidc
    mount = f"oidc-{groups[0]}"
    client = provider.register_client([CALLBACK])
    provider.register_user("ada", {"groups": groups})
    root("POST", f"sys/auth/{mount}", type="oidc")
    root(
        "POST",
        f"auth/{mount}/config",
        oidc_discovery_url=provider.issuer,
        oidc_client_id=client.id,
        oidc_client_secret=client.secret,
        default_role="admin",
    )
    root(
        "POST",
        f"auth/{mount}/role/admin",
        user_claim="sub",
        groups_claim="groups",
        bound_claims={"groups": ["platform"]},
        allowed_redirect_uris=[CALLBACK],
    )
    url = root("POST", f"auth/{mount}/oidc/auth_url", role="admin", redirect_uri=CALLBACK)
    signed_in = oidc.sign_in(url["data"]["auth_url"], "ada")
    assert signed_in.redirect_uri == CALLBACK
    answered = requests.get(
        f"{root.address}/v1/auth/{mount}/oidc/callback",
        params={"state": signed_in.state, "code": signed_in.code},
        timeout=TIMEOUT,
    )
    assert answered.ok is allowed, answered.text
    if allowed:
        assert answered.json()["auth"]["metadata"]["role"] == "admin"


def test_no_repr_shows_a_secret(servers: Servers) -> None:
    shown = repr(servers)
    assert servers.kubernetes.admin_token not in shown
    assert servers.postgres.admin_password not in shown
    client = servers.oidc.register_client([CALLBACK])
    assert client.secret not in repr(client)


def test_no_log_and_no_command_line_shows_a_secret(servers: Servers) -> None:
    client = servers.oidc.register_client([CALLBACK])
    secrets = [servers.kubernetes.admin_token, servers.postgres.admin_password, client.secret]
    logs = (servers.supervisor.folder / "logs").iterdir()
    text = "".join(log.read_text(errors="replace") for log in logs)
    commands = subprocess.run(
        ["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True
    ).stdout
    for secret in secrets:
        assert secret not in text
        assert secret not in commands


@pytest.mark.skipif(platform.system() != "Linux", reason="reads /proc")
def test_the_servers_listen_on_the_loopback_address_only(servers: Servers) -> None:
    inodes = set()
    for process in servers.supervisor._processes:
        for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                inodes.add(target.removeprefix("socket:[").removesuffix("]"))
    listening = [
        line.split()[1].rpartition(":")[0]
        for table in ("tcp", "tcp6")
        for line in Path("/proc/net", table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[9] in inodes
    ]
    loopback = base64.b16encode(bytes([127, 0, 0, 1])[::-1]).decode()
    assert len(listening) >= 6  # vault, etcd twice, kube-apiserver, postgres, aws, oidc
    assert set(listening) == {loopback}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as somebody else as well")
def test_postgres_also_runs_for_an_ordinary_user() -> None:
    program = (
        "from rehearsal.supervisor import Supervisor\n"
        "from rehearsal.servers import postgres\n"
        "with Supervisor() as own: print(postgres.start(own).execute('SELECT 1'))"
    )
    nobody = pwd.getpwnam("nobody")
    if subprocess.run(["test", "-x", sys.executable], user=nobody.pw_uid, check=False).returncode:
        pytest.skip("this Python is not reachable for other users")
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)},
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.strip() == "[(1,)]", ended.stderr


def test_postgres_runs_from_a_copy_where_its_files_are_closed_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres, "_reachable_by_all", lambda _: False)
    with Supervisor() as own:
        assert postgres.start(own).execute("SELECT 1") == [(1,)]
