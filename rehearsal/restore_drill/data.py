"""What is in Vault before the snapshot, and what comes after it: entries with all their versions, a
workload's token with a lease and a certificate, and writes that go on until the servers are lost.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from policies.paths import database_credentials, pki_issue
from rehearsal.errors import RehearsalError
from rehearsal.proof.logins import LoginDesk
from rehearsal.stand_up import StoodUp
from rehearsal.vault_api import VaultApi

FOLDER: Final = "kubesentiment/restore"
_VERSIONS: Final = 3
_PAUSE_SECONDS: Final = 0.02


@dataclass
class Known:
    """What must be there again."""

    entries: dict[str, list[str]] = field(default_factory=dict, repr=False)
    """Name -> its values, the oldest version first."""
    deleted: set[str] = field(default_factory=set)
    """Entries whose last version is deleted."""
    workload: VaultApi | None = field(default=None, repr=False)
    lease: str = ""
    serial: str = ""

    @property
    def versions(self) -> int:
        return sum(len(values) for values in self.entries.values())


def write(root: VaultApi, stood: StoodUp, count: int) -> Known:
    """So many entries, of three versions each, and what a workload has. Raises `RehearsalError`."""
    known = Known()
    for number in range(count):
        name = f"{FOLDER}/{number:04d}"
        values = [secrets.token_hex(32) for _ in range(_VERSIONS)]
        for value in values:
            root.write(f"secret/data/{name}", {"data": {"value": value}})
        known.entries[name] = values
        if number % 10 == 0:
            root.call("DELETE", f"secret/data/{name}")
            known.deleted.add(name)
    role = next(one for one in stood.plan.kubernetes_roles if one.name == "kubesentiment")
    desk = LoginDesk(stood.scene)
    login = desk.kubernetes(role.name, role.namespace, role.service_account, role.audience)
    known.workload = workload = desk.session(login)
    known.lease = workload.call("GET", database_credentials("kubesentiment-readwrite")).body[
        "lease_id"
    ]
    pki = next(one for one in stood.plan.pki_roles if one.name == "kubesentiment-api")
    issued = workload.write(pki_issue(pki.name), {"common_name": pki.allowed_domains[0]})
    certificate = x509.load_pem_x509_certificate(issued.data["certificate"].encode())
    serial = f"{certificate.serial_number:x}"
    serial = serial.zfill(len(serial) + len(serial) % 2)
    known.serial = "-".join(serial[at : at + 2] for at in range(0, len(serial), 2))
    return known


def compare(root: VaultApi, known: Known) -> list[str]:
    """What is not as it was; nothing where all of it is."""
    wrong = []
    for name, values in known.entries.items():
        for version, value in enumerate(values, 1):
            answer = root.call("GET", f"secret/data/{name}?version={version}")
            if name in known.deleted and version == len(values):
                if answer.status != 404 or not answer.data["metadata"]["deletion_time"]:
                    wrong.append(f"{name}, version {version}: is not deleted any more")
            elif (answer.data.get("data") or {}).get("value") != value:
                wrong.append(f"{name}, version {version}: Vault said {answer.status}")
        current = root.call("GET", f"secret/metadata/{name}").data.get("current_version")
        if current != len(values):
            wrong.append(f"{name}: has {current} versions, and not {len(values)}")
    workload = known.workload
    if workload is None or not workload.call("GET", "auth/token/lookup-self").allowed:
        wrong.append("the workload's token is not known any more")
    elif not workload.call("POST", "sys/leases/renew", {"lease_id": known.lease}).allowed:
        wrong.append("the workload's lease cannot be renewed")
    if not root.call("GET", f"pki/cert/{known.serial}").allowed:
        wrong.append("the workload's certificate is not known any more")
    return wrong


@dataclass
class Writer:
    """Writes one entry after the other, and remembers which were acknowledged, and when."""

    root: VaultApi
    acknowledged: list[tuple[float, str]] = field(default_factory=list)
    """Monotonic time, name."""

    def lost(self, root: VaultApi) -> list[tuple[float, str]]:
        """Those that are not there."""
        return [
            (when, name)
            for when, name in self.acknowledged
            if not root.call("GET", f"secret/data/{name}").allowed
        ]


@contextmanager
def writing(root: VaultApi) -> Iterator[Writer]:
    """Until the block ends. A write that fails is none."""
    writer, ending = Writer(root), threading.Event()

    def write_on() -> None:
        number = 0
        while not ending.wait(_PAUSE_SECONDS):
            name = f"{FOLDER}-later/{number:05d}"
            number += 1
            if root.call("POST", f"secret/data/{name}", {"data": {"value": "x"}}).allowed:
                writer.acknowledged.append((time.monotonic(), name))

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        yield writer
    finally:
        ending.set()
        thread.join()
    if not writer.acknowledged:
        raise RehearsalError("nothing could be written beside the snapshot: look at Vault's log")
