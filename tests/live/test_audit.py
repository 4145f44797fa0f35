"""A real Vault's audit devices: what one that fails costs, that no entry is lost when a file makes
way for a new one, that a stack from before has them with its next `up`, and that the documents for
a SIEM are made of all that Vault writes.
"""

from __future__ import annotations

import os
import resource
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from vrl_python import VRLRuntime

from components.bootstrap import ceremony
from components.bootstrap.provider import InitialiseProvider
from components.cluster.layout import AUDIT, CONFIG, TLS
from components.cluster.pod_scripts import Rotation, start
from components.cluster.server_config import FileStorage, Listener, ServerConfig, render
from components.operations.audit.ecs import PROGRAM
from policies import hcl, provisioner
from policies.audit_devices import AUDIT_DEVICES, AuditDevice
from policies.audit_log import read
from rehearsal.binaries import Binary, Tool
from rehearsal.errors import NotYet
from rehearsal.journal import Journal
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.proof.audit import Log, fault_of
from rehearsal.servers import vault
from rehearsal.servers.vault import VaultServer
from rehearsal.supervisor import Supervisor, wait_until, write_private
from rehearsal.vault_api import VaultApi

pytestmark = pytest.mark.live

FILE, STDOUT = AuditDevice.FILE, AuditDevice.STDOUT
LOG: Final = "audit.log"
STACK_BEFORE: Final[Mapping[str, Any]] = {
    "auto_unseal": False,
    "bound_cidrs": [],
    "ca_cert_file": "",
    "ci_login": "",
    "pgp_keys": [],
    "secret_id_ttl_seconds": 3600,
    "share_count": 1,
    "share_threshold": 1,
    "teams": "",
    "timeout_seconds": 30,
}


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as own:
        yield own


def never_initialised(
    supervisor: Supervisor, tools: Mapping[Tool, Binary], rotation: Rotation
) -> VaultServer:
    """Started by the pods' own script."""
    folder = supervisor.subfolder("vault")
    (folder / "audit").mkdir()
    listens_on = f"{LOOPBACK}:{free_port()}"
    address = f"http://{listens_on}"
    storage = FileStorage(str(supervisor.subfolder("data")))
    config = ServerConfig(Listener(listens_on, None), storage, api_addr=address)
    write_private(folder / "server.hcl", render(config))
    write_private(folder / "tls.crt", "never changed")
    script = start(rotation)
    for inside, here in ((CONFIG, folder), (TLS, folder), (AUDIT, folder / "audit")):
        script = script.replace(inside, str(here))
    write_private(folder / "start.sh", script)
    binary = tools[Tool.VAULT].path
    return vault.start_command(
        supervisor,
        ["/bin/sh", folder / "start.sh"],
        address,
        env={
            "PATH": f"{binary.parent}:{os.defpath}",
            "CERTIFICATE_LOOK_SECONDS": "0.5",
        },
        name="vault",
        folder=folder,
        ca_file=None,
    )


def initialised(server: VaultServer) -> VaultApi:
    client = ceremony.connect(server.address, None)
    made = ceremony.initialise(client, auto_unseal=False, shares=1, threshold=1, pgp_keys=())
    ceremony.unseal(client, made.shares)
    ceremony.wait_until_active(client, 20)
    return VaultApi(server.address, None, made.root_token)


def enable(root: VaultApi, *devices: AuditDevice) -> None:
    for device in devices:
        path = "stdout" if device is STDOUT else f"audit/{LOG}"
        root.write(device.path, {"type": "file", "options": {"file_path": path}})


def audit_files(server: VaultServer) -> list[Path]:
    """From old to new."""
    file = server.folder / "audit" / LOG
    return [*sorted(file.parent.glob(f"{LOG}.*")), *([file] if file.exists() else [])]


def lines(*files: Path) -> list[str]:
    return [line for file in files for line in file.read_text().split("\n") if line]


def stdout_lines(server: VaultServer) -> list[str]:
    return [line for line in lines(server.process.log) if '"request":' in line]


@contextmanager
def no_file_grows_beyond(size: int, server: VaultServer) -> Iterator[None]:
    """As on a disk that is full."""
    if sys.platform != "linux":
        pytest.skip("only Linux limits another process")
    before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)


NEVER: Final = Rotation(file=2**40, kept=2**40)


def test_vault_goes_on_while_one_device_takes_its_entries(
    supervisor: Supervisor, tools: Mapping[Tool, Binary]
) -> None:
    server = never_initialised(supervisor, tools, NEVER)
    root = initialised(server)
    # So that the file, and not the output, is what a limit stops.
    file = server.folder / "audit" / LOG
    file.write_text("\n" * 2**20)
    enable(root, FILE, STDOUT)
    full = file.stat().st_size
    seen = len(stdout_lines(server))
    with no_file_grows_beyond(full, server):
        answers = [root.call("GET", "sys/mounts").status for _ in range(20)]
        assert answers == [200] * 20
        assert file.stat().st_size == full, "the file took nothing"
        assert len(stdout_lines(server)) == seen + 40
    assert root.call("GET", "sys/mounts").allowed
    assert file.stat().st_size > full, "it is written again, by itself"


def test_vault_answers_nothing_while_no_device_takes_its_entries(
    supervisor: Supervisor, tools: Mapping[Tool, Binary]
) -> None:
    server = never_initialised(supervisor, tools, NEVER)
    root = initialised(server)
    enable(root, FILE, STDOUT)
    with no_file_grows_beyond(0, server):
        answer = root.call("GET", "sys/mounts")
        assert (answer.status, answer.data) == (500, {})
        assert root.call("GET", "sys/health").status == 200, "which says nothing of it"
    assert root.call("GET", "sys/mounts").allowed, "without a restart"


def test_a_file_that_cannot_be_opened_is_a_device_that_fails(
    supervisor: Supervisor, tools: Mapping[Tool, Binary]
) -> None:
    server = never_initialised(supervisor, tools, NEVER)
    root = initialised(server)
    file = server.folder / "audit" / LOG
    file.mkdir()
    refused = root.call("PUT", FILE.path, {"type": "file", "options": {"file_path": str(file)}})
    assert refused.status == 400, "Vault tries a device before it takes it"
    assert "unable to open" in refused.errors
    assert not root.call("GET", AUDIT_DEVICES).data


def test_no_entry_is_lost_when_a_file_makes_way_for_a_new_one(
    supervisor: Supervisor, tools: Mapping[Tool, Binary]
) -> None:
    server = never_initialised(supervisor, tools, Rotation(file=100_000, kept=2**30))
    root = initialised(server)
    journal = Journal()
    enable(root, FILE, STDOUT)
    asking = root.noted_in(journal)

    def ask(_: int) -> None:
        assert asking.call("GET", "sys/mounts").allowed

    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            list(pool.map(ask, range(100)))
            if len(audit_files(server)) > 5:
                break
    files = audit_files(server)
    assert len(files) > 3, "it made way at least three times"
    for written in (lines(*files), stdout_lines(server)):
        log = Log.of("file", written)
        assert [fault for call in journal.calls if (fault := fault_of(call, log, journal))] == []
        assert log.size >= 2 * len(journal.calls)


def test_old_files_go_while_vault_writes(
    supervisor: Supervisor, tools: Mapping[Tool, Binary]
) -> None:
    kept = 2_000_000
    server = never_initialised(supervisor, tools, Rotation(file=100_000, kept=kept))
    root = initialised(server)
    enable(root, FILE)
    gone: set[str] = set()
    seen: set[str] = set()
    for _ in range(8000):
        assert root.call("GET", "sys/mounts").allowed
        now = {file.name for file in audit_files(server)}
        gone, seen = gone | (seen - now), seen | now
        if len(gone - {LOG}) >= 2:
            break
    assert len(gone - {LOG}) >= 2

    def within_bounds() -> None:
        # But for the newest: Vault wrote on to it after it was renamed and counted.
        old = sorted(file for file in audit_files(server) if file.name != LOG)[:-1]
        if sum(file.stat().st_size for file in old) > kept:
            raise NotYet("old files are too large together")

    wait_until(within_bounds, awaited="the oldest to go", patience=timedelta(seconds=10))
    assert list(read(lines(*audit_files(server)))), "what is left is whole"


def test_a_stack_from_before_has_them_with_its_next_up(
    supervisor: Supervisor, tools: Mapping[Tool, Binary]
) -> None:
    """Its provisioner may not yet; it brings its own ACL policy up to date before all else."""
    server = never_initialised(supervisor, tools, NEVER)
    before = hcl.render(
        stanza
        for stanza in hcl.parse(provisioner.acl())
        if not stanza.path.startswith(AUDIT_DEVICES)
    )
    props = {**STACK_BEFORE, "address": server.address, "acl": before}
    state = InitialiseProvider().create(props).outs
    assert state
    assert logged_in(server, state).call("PUT", FILE.path, device()).status == 403
    news = {**props, "acl": provisioner.acl()}
    assert InitialiseProvider().diff("id", state, news).changes
    after = InitialiseProvider().update("id", state, news).outs
    assert after
    programs = logged_in(server, after)
    programs.write(FILE.path, device())
    assert programs.call("GET", AUDIT_DEVICES).data.keys() == {"file/"}
    assert programs.call("DELETE", FILE.path).allowed, "to make it anew"
    other = f"{AUDIT_DEVICES}/another"
    assert programs.call("PUT", other, device()).status == 403
    assert programs.call("DELETE", other).status == 403


def device() -> dict[str, Any]:
    return {"type": "file", "options": {"file_path": f"audit/{LOG}", "mode": "0600"}}


def logged_in(server: VaultServer, state: Mapping[str, Any]) -> VaultApi:
    client = ceremony.connect(server.address, None)
    ceremony.log_in(client, ceremony.Credentials(state["role_id"], state["secret_id"]))
    return VaultApi(server.address, None, client.token)


def test_every_line_that_vault_writes_is_a_document_for_a_siem(
    supervisor: Supervisor, tools: Mapping[Tool, Binary]
) -> None:
    server = never_initialised(supervisor, tools, NEVER)
    root = initialised(server)
    enable(root, FILE)
    for call in requests_of_all_kinds(root):
        call()
    runtime, outcomes = VRLRuntime(), Counter[str]()
    written = lines(*audit_files(server))
    for line, entry in zip(written, read(written), strict=True):
        event: dict[str, Any] = {"message": line, "kubernetes": {"pod_name": "vault-0"}}
        found = runtime.execute(PROGRAM, event).processed_event
        assert found["@timestamp"].startswith(entry.time.strftime("%Y-%m-%dT%H:%M:%S"))
        assert found["url"]["path"] == f"/v1/{entry.path}"
        outcomes[found["event"]["outcome"]] += 1
    assert outcomes["success"] >= 5
    assert outcomes["failure"] >= 4
    assert outcomes.total() == len(written)


def requests_of_all_kinds(root: VaultApi) -> Sequence[Callable[[], object]]:
    nobody = root.with_token(f"hvs.{uuid.uuid4().hex}")
    return (
        lambda: root.call("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}}),
        lambda: root.call("POST", "kv/data/a", {"data": {"number": 7, "text": "x", "list": ["y"]}}),
        lambda: root.call("GET", "kv/data/a"),
        lambda: root.call("LIST", "kv/metadata/"),
        lambda: root.call("GET", "kv/data/none"),
        lambda: root.call("DELETE", "kv/metadata/a"),
        lambda: root.call("GET", "kv/metadata/a?help=1"),
        lambda: root.call("POST", "auth/token/create", {"ttl": "1m", "policies": ["default"]}),
        lambda: root.call("POST", "sys/auth/userpass", {"type": "userpass"}),
        lambda: root.call("POST", "auth/userpass/login/nobody", {"password": "wrong"}),
        lambda: root.call("GET", "no/such/mount"),
        lambda: nobody.call("GET", "kv/data/a"),
        lambda: nobody.call("POST", "sys/wrapping/unwrap"),
        lambda: root.call("GET", "kv/data/a", headers={"X-Vault-Wrap-TTL": "1m"}),
    )
