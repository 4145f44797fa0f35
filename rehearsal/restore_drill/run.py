"""The drill from end to end: known data, a snapshot by the job's own code, all servers lost with
their disks, a fresh cluster with the same KMS key, the snapshot restored, the matrix proven again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from components.bootstrap import ceremony
from policies.environments import Environment
from policies.matrix import MATRIX
from rehearsal.binaries import Binary, Tool
from rehearsal.drill.cluster import RememberingSupervisor
from rehearsal.errors import RehearsalError
from rehearsal.proof.run import prove
from rehearsal.restore_drill import data, otherwise
from rehearsal.restore_drill.job import Job, install
from rehearsal.restore_drill.operator import Operator
from rehearsal.restore_drill.results import Results
from rehearsal.servers.vault import VaultServer
from rehearsal.stand_up import StoodUp, root_api, stand_up
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi
from rehearsal.vaults import wait_for_voters

_PATIENCE: Final = timedelta(seconds=120)
_WINDOW_SECONDS: Final = 3.0
"""How long is written after the snapshot; in production until the next one, by default a day."""
Progress = Callable[[str], None]


@dataclass
class _Drill:
    supervisor: Supervisor
    stood: StoodUp
    operator: Operator
    results: Results
    progress: Progress

    @property
    def address(self) -> str:
        return self.stood.scene.vault_address

    @property
    def ca_file(self) -> str:
        return str(self.stood.scene.ca_file)

    @property
    def servers(self) -> tuple[VaultServer, ...]:
        return self.stood.scene.vaults.servers


def run_drill(
    binaries: Mapping[Tool, Binary],
    environment: Environment,
    entries: int,
    progress: Progress,
    *,
    proves: bool = True,
) -> Results:
    """`proves`: whether the matrix is proven again, which takes longest. Raises `RehearsalError`
    where it cannot go on.
    """
    results = Results()
    with RememberingSupervisor() as supervisor:
        with results.timed("stand the environment up"):
            stood = stand_up(supervisor, dict(binaries), environment, progress)
        operator = Operator(supervisor, stood.scene.aws, stood.scene.ca_file)
        drill = _Drill(supervisor, stood, operator, results, progress)
        job = install(supervisor, stood, drill.address)
        with root_api(stood) as root:
            with results.timed(f"write {entries} entries of 3 versions"):
                known = data.write(root, stood, entries)
            progress(f"{known.versions} versions of {entries} entries, a lease and a certificate")
            with data.writing(root) as writer:
                source = _snapshot(drill, job)
                time.sleep(_WINDOW_SECONDS)
                _refusals(drill, source, root.token)
            lost_at = time.monotonic()
        _destroy(drill)
        began = time.monotonic()
        token = _fresh(drill)
        with results.timed("restore the snapshot"):
            said = operator.restore(source, drill.address, token)
        results.check("the snapshot is restored", said.status == 0, said.last)
        progress(said.last)
        results.figures["seconds from a fresh start to the leader serving the old data"] = round(
            time.monotonic() - began, 1
        )
        _all_vote(drill)
        results.figures["seconds until all servers vote"] = round(time.monotonic() - began, 1)
        _compare(drill, known, writer, lost_at)
        _end_what_lives_again(drill, root.token)
        if proves:
            _prove(drill)
        otherwise.other_cluster(supervisor, stood, operator, source, results, progress)
    return results


def _snapshot(drill: _Drill, job: Job) -> str:
    """Where it is."""
    results = drill.results
    with results.timed("take, verify and store a snapshot (the job)"):
        ended = job.run()
    if ended.status:
        raise RehearsalError(f"the job ended with {ended.status}: {ended.last}")
    for figure, step, fact in (
        ("snapshot, bytes", "stored", "bytes"),
        ("read from Vault, milliseconds", "read", "milliseconds"),
        ("put to S3, milliseconds", "stored", "milliseconds"),
        ("Raft's index", "verified", "index"),
    ):
        results.figures[figure] = ended.fact(step, fact)
    source = str(ended.fact("stored", "object"))
    encryption = ended.fact("stored", "encryption")
    results.check("S3 says that it encrypts it", encryption == "AES256", str(encryption))
    drill.progress(f"the job stored {source}")
    _faults(drill, job)
    return source


def _faults(drill: _Drill, job: Job) -> None:
    missing = job.to("no-such-bucket").run()
    said = str(missing.lines[-1].get("because")) if missing.lines else missing.errors
    drill.results.said["the bucket missing"] = said
    drill.results.check(
        "without a bucket the job fails", missing.status == 1 and "no such bucket" in said, said
    )
    both = job.run_at_once(2)
    good = [one for one in both if one.status == 0]
    stored = sum(line["step"] == "stored" for one in both for line in one.lines)
    drill.results.check(
        "of two jobs at once each stores one or fails, and none passes for the other",
        bool(good) and stored == len(good) and {one.status for one in both} <= {0, 1},
        " and ".join(one.last for one in both),
    )


def _refusals(drill: _Drill, source: str, token: str) -> None:
    """While the cluster is as it should be."""
    whole = drill.supervisor.folder / source.rpartition("/")[2]
    _fetch(drill, source, whole)
    half = drill.supervisor.folder / "half.snap"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    other = drill.supervisor.folder / whole.name.replace(whole.name[-21:-5], "0" * 16)
    shutil.copyfile(whole, other)
    cluster = drill.stood.provisioner.call("GET", "sys/health").body["cluster_id"]
    for fault, given, options, expected in (
        ("a truncated file", half, (), "ends too early"),
        ("a file whose content was changed", other, (), "not what its name says"),
        ("a cluster that holds data", whole, (), "is not fresh"),
        ("the wrong cluster named", whole, ("--replace", "another"), "nothing was changed"),
    ):
        said = drill.operator.restore(str(given), drill.address, token, *options)
        drill.results.said[fault] = said.problem
        drill.results.check(
            f"refused: {fault}", said.status == 3 and expected in said.last, said.last
        )
    after = drill.stood.provisioner.call("GET", "sys/health").body["cluster_id"]
    drill.results.check("what was refused changed nothing", cluster == after)


def _fetch(drill: _Drill, source: str, into: Path) -> None:
    bucket, _, key = source.removeprefix("s3://").partition("/")
    client: Any = drill.stood.scene.aws.client("s3")
    client.download_file(bucket, key, str(into))


def _destroy(drill: _Drill) -> None:
    """Every server and its disk, at once."""
    with drill.results.timed("lose all servers with their disks"):
        for server in drill.servers:
            drill.supervisor.end(server.process)
            for folder in _data_folders(server):
                shutil.rmtree(folder)
                folder.mkdir(mode=0o700)
    drill.progress("all servers are gone, and what they stored")


def _data_folders(server: VaultServer) -> list[Path]:
    """Where Raft keeps its own."""
    found = [path.parent for path in server.folder.rglob("vault.db")]
    if not found:
        raise RehearsalError(f"{server.name}: there is no vault.db in {server.folder} to lose")
    return found


def _fresh(drill: _Drill) -> str:
    """The same servers with empty disks, initialised; its root token, good until the restore."""
    with drill.results.timed("start fresh servers, and initialise them"):
        pods: Any = drill.stood.scene.vaults
        for server in drill.servers:
            pods.again(server.name)
        client = ceremony.connect(drill.address, drill.ca_file)
        made = ceremony.initialise(client, auto_unseal=True, shares=1, threshold=1, pgp_keys=())
        ceremony.wait_until_active(client, _PATIENCE.total_seconds())
    drill.progress("fresh servers, sealed by the same KMS key")
    return made.root_token


def _all_vote(drill: _Drill) -> None:
    """Without help: nobody restarts them."""
    with drill.results.timed("wait until all servers vote"):
        wait_for_voters(drill.stood.scene.vaults, drill.stood.provisioner, drill.progress)


def _compare(drill: _Drill, known: data.Known, writer: data.Writer, lost_at: float) -> None:
    results = drill.results
    with results.timed("compare every secret"), root_api(drill.stood) as root:
        wrong = data.compare(root, known)
        lost = writer.lost(root)
    results.check(
        f"{known.versions} versions of {len(known.entries)} entries, a token, a lease and a "
        "certificate are as they were",
        not wrong,
        "; ".join(wrong[:3]),
    )
    kept = len(writer.acknowledged) - len(lost)
    first_lost = min((when for when, _ in lost), default=lost_at)
    results.figures["writes acknowledged after the job began"] = len(writer.acknowledged)
    results.figures["of those in the snapshot"] = kept
    results.figures["of those lost"] = len(lost)
    results.figures["data loss window, seconds"] = round(lost_at - first_lost, 2)
    results.check("what came after the snapshot is lost, and nothing before it", bool(lost))
    results.check(
        "what is lost came last: nothing between is missing",
        not lost or [name for _, name in writer.acknowledged[kept:]] == [name for _, name in lost],
    )


def _end_what_lives_again(drill: _Drill, token: str) -> None:
    """The root token that was there when the snapshot was taken, and was revoked before the servers
    were lost.
    """
    ended = VaultApi(drill.address, drill.ca_file, token).call("POST", "auth/token/revoke-self")
    drill.results.check(
        "a root token that was revoked after the snapshot lives again, and can be ended",
        ended.allowed,
        ended.errors,
    )


def _prove(drill: _Drill) -> None:
    stood, results = drill.stood, drill.results
    with results.timed("prove the matrix"):
        proof = prove(
            stood.scene, MATRIX, stood.plan, stood.provisioner, list(stood.shares), drill.progress
        )
    wrong = [one for one in proof.results if not one.ok]
    results.figures["cells proven after the restore"] = len(proof.results)
    results.check("the matrix holds as before", not wrong, str(wrong[:1]))
