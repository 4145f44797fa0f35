"""What goes wrong with real servers ends in an error that names the thing, the rule and the fix,
and changes nothing. Adoption, which is the fix of most, is tried as well.
"""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pulumi.runtime import mocks

from components.bootstrap import ceremony
from components.cluster.server_config import FileStorage, Listener, ServerConfig, render
from policies import paths, provisioner
from policies.plan import KvSecret
from rehearsal import program
from rehearsal.binaries import Binary, Tool
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.monitor import LiveMonitor
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.resources import vault as vault_resources
from rehearsal.servers import vault
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Supervisor, wait_until
from rehearsal.vault_api import VaultApi
from tests.live.conftest import Stage

pytestmark = pytest.mark.live

ALREADY: Final = (
    r"is already initialised, but not by this stack.*Nothing was changed.*adopt it.*VAULT_TOKEN.*"
    r"python -m components\.bootstrap --address "
)
REFUSED: Final = (
    r"refused the provisioner's credential: it is wrong, has expired.*Nothing was changed.*"
    r"python -m components\.bootstrap --address "
)
ENTRY: Final = "media-catalog/api"

# No server but Vault: what another one is needed for is off, or not looked at when it is written.
ALONE: Final[Mapping[str, Any]] = {
    "vaultCaCertFile": "",
    "kubernetesReviewer": "given",
    "databaseHost": "",
    "awsEngine": False,
}
SECRETS: Final = frozenset(
    {"provisionerSecretId", "databasePasswords", "gcpCredentials", "azureClientSecret"}
)


def run_program(monitor: mocks.Mocks, **overlay: Any) -> None:
    configuration = program.stack_configuration("dev", {**ALONE, **overlay})
    program.run("dev", configuration, SECRETS & overlay.keys(), monitor)


def live_monitor(ca_file: str | None = None) -> LiveMonitor:
    """Without Kubernetes: nothing may ask for it."""
    return LiveMonitor(cast(KubernetesApi, None), cast(str, ca_file), lambda _kind, _name: None)


@dataclass(frozen=True)
class Foreign:
    """A Vault that somebody else initialised."""

    address: str
    root: VaultApi
    shares: Sequence[str] = field(repr=False)


@pytest.fixture(scope="module")
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as own:
        yield own


NewVault = Callable[[str], str]


@pytest.fixture(scope="module")
def new_vault(supervisor: Supervisor, tools: Mapping[Tool, Binary]) -> NewVault:
    """Starts a Vault that was never initialised; its address."""

    def start(name: str) -> str:
        listens_on = f"{LOOPBACK}:{free_port()}"
        address = f"http://{listens_on}"
        storage = FileStorage(str(supervisor.subfolder(f"{name}-data")))
        config = ServerConfig(Listener(listens_on, None), storage, api_addr=address)
        vault.start(supervisor, tools[Tool.VAULT].path, render(config), address, name=name)
        return address

    return start


@pytest.fixture(scope="module")
def foreign(new_vault: NewVault) -> Foreign:
    """Its first root token is gone, as it should be; another is made from the shares."""
    address = new_vault("foreign")
    client = ceremony.connect(address, None)
    initialised = ceremony.initialise(client, auto_unseal=False, shares=5, threshold=3, pgp_keys=())
    ceremony.unseal(client, initialised.shares)
    ceremony.wait_until_active(client, 10)
    client.token = initialised.root_token
    ceremony.revoke_self(client)
    root = ceremony.regain_root(client, initialised.shares)
    return Foreign(address, VaultApi(address, None, root), initialised.shares)


@dataclass(frozen=True)
class Adoption:
    printed: str
    role_id: str
    secret_id: str = field(repr=False)
    file_mode: int

    @property
    def overlay(self) -> dict[str, str]:
        return {"provisionerRoleId": self.role_id, "provisionerSecretId": self.secret_id}


def adopt(foreign: Foreign, folder: Path, *options: str) -> Adoption:
    """As the error says: `python -m components.bootstrap`, and what it printed."""
    ended = subprocess.run(
        [sys.executable, "-m", "components.bootstrap", "--address", foreign.address, *options],
        cwd=program.ROOT,
        env={
            "PATH": os.environ["PATH"],
            "VAULT_TOKEN": foreign.root.token,
            "TMPDIR": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    role_id = re.search(r"provisionerRoleId (\S+)", ended.stdout)
    file = re.search(r"provisionerSecretId < (\S+) ", ended.stdout)
    assert role_id is not None
    assert file is not None
    path = Path(file[1])
    assert path.parent == folder
    mode = stat.S_IMODE(path.stat().st_mode)
    return Adoption(ended.stdout, role_id[1], path.read_text(), mode)


@dataclass(frozen=True)
class Adopted:
    """The foreign Vault after adoption and one run of the program with every engine on."""

    adoption: Adoption
    monitor: LiveMonitor
    service_account: str = field(repr=False)


@pytest.fixture(scope="module")
def adopted(foreign: Foreign, tmp_path_factory: pytest.TempPathFactory) -> Adopted:
    adoption = adopt(foreign, tmp_path_factory.mktemp("adoption"))
    monitor, service_account = live_monitor(), json.dumps(service_account_key())
    run_program(
        monitor,
        vaultAddress=foreign.address,
        **adoption.overlay,
        gcpEngine=True,
        gcpCredentials=service_account,
        azureSubscriptionId="11111111-1111-1111-1111-111111111111",
        azureTenantId="22222222-2222-2222-2222-222222222222",
        azureClientId="33333333-3333-3333-3333-333333333333",
        azureClientSecret="azure-hidden",
    )
    return Adopted(adoption, monitor, service_account)


def service_account_key() -> dict[str, str]:
    """A key as Google issues them: Vault looks at it when it is written."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "type": "service_account",
        "project_id": "rehearsal",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "vault@rehearsal.iam.gserviceaccount.com",
        "client_id": "1",
    }


# --- a Vault that is initialised already ---------------------------------------------------------


def test_a_second_run_without_state_says_how_to_adopt_and_changes_nothing(stage: Stage) -> None:
    before = state_of(stage.provisioner)
    with pytest.raises(RehearsalError, match=ALREADY + re.escape(stage.scene.vault_address)):
        run_program(
            live_monitor(stage.ca_file),
            vaultAddress=stage.scene.vault_address,
            vaultCaCertFile=stage.ca_file,
        )
    assert state_of(stage.provisioner) == before


def state_of(api: VaultApi) -> dict[str, Any]:
    """Everything that first contact or the program writes, as far as the provisioner sees it."""
    read = {path: api.call("GET", path) for path in ("sys/mounts", "sys/auth")}
    listed = {
        path: api.call("LIST", path)
        for path in ("sys/policies/acl", "auth/kubernetes/role", "pki/roles", "secret/metadata")
    }
    assert all(answer.allowed for answer in (*read.values(), *listed.values()))
    return {path: answer.data for path, answer in (read | listed).items()}


def test_adoption_prints_how_to_go_on_and_no_secret(adopted: Adopted, foreign: Foreign) -> None:
    adoption = adopted.adoption
    assert adoption.file_mode == 0o600
    assert "pulumi config set --secret vaultstack:provisionerSecretId < " in adoption.printed
    assert len(adoption.secret_id) > 30
    for secret in (adoption.secret_id, foreign.root.token, *foreign.shares):
        assert secret not in adoption.printed


def test_after_adoption_the_program_configures_the_vault(
    adopted: Adopted, foreign: Foreign
) -> None:
    assert adopted.monitor.provisioner.call("GET", "sys/mounts").allowed
    mounts = foreign.root.call("GET", "sys/mounts").data
    assert {f"{mount}/" for mount in paths.ENGINE_MOUNTS} - mounts.keys() == {"database/", "aws/"}


def test_adoption_again_gives_another_credential_and_leaves_the_first_alone(
    adopted: Adopted, foreign: Foreign, tmp_path: Path
) -> None:
    again = adopt(foreign, tmp_path)
    assert again.role_id == adopted.adoption.role_id
    assert again.secret_id != adopted.adoption.secret_id
    for one in (again, adopted.adoption):
        credentials = ceremony.Credentials(one.role_id, one.secret_id)
        client = ceremony.connect(foreign.address, None)
        ceremony.log_in(client, credentials)
        ceremony.revoke_self(client)


# --- engines of clouds that are not here ---------------------------------------------------------


def test_the_google_engine_is_mounted_and_has_its_credentials(
    adopted: Adopted, foreign: Foreign
) -> None:
    """A role is checked against Google's API, so that none can be made without the cloud; that its
    fields are Vault's is shown below.
    """
    mount = foreign.root.call("GET", "sys/mounts/gcp").data
    assert (mount["type"], mount["description"]) == (
        "gcp",
        "Google Cloud tokens that end with their lease",
    )
    config = foreign.root.call("GET", "gcp/config")
    assert config.allowed
    assert json.loads(adopted.service_account)["private_key"] not in json.dumps(config.body)


@pytest.mark.usefixtures("adopted")
def test_the_azure_engine_is_mounted_and_knows_who_it_is(foreign: Foreign) -> None:
    assert foreign.root.call("GET", "sys/mounts/azure").data["type"] == "azure"
    config = foreign.root.call("GET", "azure/config").data
    assert config["subscription_id"] == "11111111-1111-1111-1111-111111111111"
    assert config["tenant_id"] == "22222222-2222-2222-2222-222222222222"
    assert config["client_id"] == "33333333-3333-3333-3333-333333333333"
    assert config["environment"] == "AzurePublicCloud"
    assert "azure-hidden" not in json.dumps(config)


class _Written(VaultApi):
    """Answers nothing and keeps what is written."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", None)
        self.written: dict[str, Mapping[str, Any]] = {}

    def write(self, path: str, body: Mapping[str, Any]) -> Any:
        self.written[path] = body


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (
            "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount",
            {
                "backend": "gcp",
                "impersonatedAccount": "reader",
                "serviceAccountEmail": "reader@project.iam.gserviceaccount.com",
                "tokenScopes": ["https://www.googleapis.com/auth/cloud-platform"],
                "ttl": "3600",
            },
        ),
        (
            "vault:azure/backendRole:BackendRole",
            {
                "backend": "azure",
                "role": "reader",
                "azureRoles": [{"roleName": "Reader", "scope": "/subscriptions/1"}],
                "ttl": "3600",
                "maxTtl": "7200",
                "permanentlyDelete": True,
            },
        ),
    ],
)
@pytest.mark.usefixtures("adopted")
def test_a_cloud_roles_fields_are_fields_that_vault_has(
    foreign: Foreign, kind: str, inputs: Mapping[str, Any]
) -> None:
    """Vault documents each path itself; the write would need the cloud."""
    recorder = _Written()
    vault_resources.makers(recorder)[kind](inputs)
    ((path, body),) = recorder.written.items()
    document = foreign.root.call("GET", f"{path}?help=1").body["openapi"]
    (described,) = document["paths"].values()
    schema = described["post"]["requestBody"]["content"]["application/json"]["schema"]
    known = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
    assert body.keys() <= known.keys()
    assert len(body) >= 3


# --- a rotated value -----------------------------------------------------------------------------


class _WithState(mocks.Mocks):
    """The next evaluation by an engine whose state was lost for the KV entries only: they are
    created again, whatever else there is.
    """

    def __init__(self, live: LiveMonitor) -> None:
        self._live = live

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if args.typ.startswith(("vault:kv/secretV2:", "random:")) or args.typ.startswith("pulumi"):
            return self._live.new_resource(args)
        return args.name, dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return self._live.call(args)


def test_a_rotated_value_is_never_written_over(
    adopted: Adopted, foreign: Foreign, stage: Stage
) -> None:
    entry: KvSecret = next(e for e in stage.plan.kv_entries if e.name == ENTRY)
    assert entry.generated_length is not None
    data = paths.SecretPath(ENTRY).data
    first = foreign.root.call("GET", data).data
    assert first["metadata"]["version"] == 1
    assert {len(value) for value in first["data"].values()} == {entry.generated_length}
    rotated = {**first["data"], "jwt_secret": "rotated"}
    foreign.root.write(data, {"options": {"cas": 1}, "data": rotated})

    with pytest.raises(
        RehearsalError,
        match=rf"kv-entry-media-catalog-api.*{data}.*400.*check-and-set parameter did not match",
    ) as refused:
        run_program(
            _WithState(live_monitor()),
            vaultAddress=foreign.address,
            **adopted.adoption.overlay,
        )
    after = foreign.root.call("GET", data).data
    assert after["data"] == rotated
    assert after["metadata"]["version"] == 2
    assert not [value for value in rotated.values() if len(value) > 10 and value in f"{refused}"]


# --- a provisioner that is not let in ------------------------------------------------------------


def test_a_wrong_credential_is_one_clear_error(adopted: Adopted, foreign: Foreign) -> None:
    wrong = {**adopted.adoption.overlay, "provisionerSecretId": "wrong-hidden"}
    with pytest.raises(RehearsalError, match=REFUSED + re.escape(foreign.address)) as refused:
        run_program(live_monitor(), vaultAddress=foreign.address, **wrong)
    assert "wrong-hidden" not in str(refused.value)


@pytest.mark.usefixtures("adopted")
def test_an_expired_credential_is_one_clear_error(foreign: Foreign, tmp_path: Path) -> None:
    adoption = adopt(foreign, tmp_path, "--secret-id-ttl", "1s")
    time.sleep(1.1)
    # Vault ends expired secret IDs as it tidies up, once a minute or when it is told to.
    mount = f"auth/{paths.PROVISIONER_AUTH}"
    foreign.root.write(f"{mount}/tidy/secret-id", {})

    def gone() -> None:
        lookup = f"{mount}/role/{provisioner.NAME}/secret-id/lookup"
        if foreign.root.call("POST", lookup, {"secret_id": adoption.secret_id}).data:
            raise NotYet("it is still there")

    wait_until(gone, awaited="the secret ID's end", patience=timedelta(seconds=20))
    with pytest.raises(RehearsalError, match=REFUSED + re.escape(foreign.address)) as refused:
        run_program(live_monitor(), vaultAddress=foreign.address, **adoption.overlay)
    assert adoption.secret_id not in str(refused.value)


# --- servers that do not do what is asked of them ------------------------------------------------


def test_an_address_that_does_not_answer_is_named_with_the_time_waited() -> None:
    address = f"http://{LOOPBACK}:{free_port()}"
    begin = time.monotonic()
    with pytest.raises(
        RehearsalError,
        match=rf"{address} did not answer within 1 s.*vaultstack:vaultAddress.*bootstrapTimeout",
    ):
        run_program(live_monitor(), vaultAddress=address, bootstrapTimeout="1s")
    assert time.monotonic() - begin < 60, "by default it is a quarter of an hour"


def test_a_certificate_that_cannot_be_verified_is_said_at_once(stage: Stage) -> None:
    with pytest.raises(RehearsalError, match=r"cannot be verified.*vaultstack:vaultCaCertFile"):
        run_program(live_monitor(), vaultAddress=stage.scene.vault_address)


def test_a_database_that_refuses_the_administrator_is_named_with_vaults_reason(
    stage: Stage, new_vault: NewVault
) -> None:
    with pytest.raises(RehearsalError, match="database-connection-kubesentiment") as refused:
        run_program(
            live_monitor(),
            vaultAddress=new_vault("database"),
            databaseHost=stage.scene.postgres.host,
            databasePort=stage.scene.postgres.port,
            databaseTls="disable",
            databasePasswords={"kubesentiment": "wrong-hidden"},
        )
    said = str(refused.value)
    assert "writing database/config/kubesentiment: Vault said 400" in said
    assert "password authentication failed" in said
    assert "wrong-hidden" not in said


def test_a_port_that_is_taken_is_named_with_its_owner(
    supervisor: Supervisor, tools: Mapping[Tool, Binary]
) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        config = ServerConfig(
            Listener(f"{LOOPBACK}:{port}", None),
            FileStorage(str(supervisor.subfolder("taken-data"))),
            api_addr=f"http://{LOOPBACK}:{port}",
        )
        with pytest.raises(
            RehearsalError, match=rf"taken: port {port} on {LOOPBACK} is already in use.*End that"
        ):
            vault.start(
                supervisor,
                tools[Tool.VAULT].path,
                render(config),
                f"http://{LOOPBACK}:{port}",
                name="taken",
            )
