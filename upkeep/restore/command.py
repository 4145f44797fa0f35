"""`python -m upkeep restore`: all that a cluster holds is replaced by what a snapshot holds.

Shows what the snapshot is and what the cluster is before it asks. Whether the cluster can open the
snapshot it finds out first, by the key that either's seal used; Vault checks it once more.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from upkeep.errors import UpkeepError
from upkeep.restore.cluster import Cluster, State, reached
from upkeep.restore.origin import Named, bring, named
from vaultstack_jobs.snapshot_archive import ArchiveError, Snapshot, verify

HELP: Final = """\
Restore a snapshot into the Vault at VAULT_ADDR.

python -m upkeep restore --from s3://vault-prod-snapshots-.../snapshots/ --show
python -m upkeep restore --from s3://vault-prod-snapshots-.../snapshots/
python -m upkeep restore --from FILE --replace CLUSTER_ID

A folder of a bucket, with its last slash, stands for its newest snapshot. The token is read from
--token-file, from VAULT_TOKEN (as `regenerate-root` gives it) or from a prompt. The Vault must be
initialised and unsealed, and everything in it is lost: its root token and its key shares, too,
whose place the snapshot's take. One that holds something is only replaced if --replace names it.

Exit status: 0 restored; 1 not confirmed; 3 refused or failed, and says why.
"""
_LASTS_SECONDS: Final = 180.0
_STAYS_SEALED_SECONDS: Final = 20.0
_JOINING_SECONDS: Final = 90.0
_MOST_SERVERS: Final = 9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="source", required=True, metavar="FILE|URL")
    parser.add_argument("--show", action="store_true", help="what it is, and restore nothing")
    parser.add_argument("--address", help="of the server that leads; else VAULT_ADDR")
    parser.add_argument("--ca-cert", metavar="FILE", help="Vault's CA; else VAULT_CACERT")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="a root token")
    # Else it would be taken for the one above, and the token shown as a file that is not there.
    parser.add_argument("--token", help=argparse.SUPPRESS)
    parser.add_argument("--replace", metavar="CLUSTER_ID", help="of a cluster that holds data")
    parser.add_argument(
        "--servers",
        type=_servers,
        metavar="N",
        help="that vote before anything is replaced; else as many as the snapshot names",
    )
    parser.add_argument(
        "--other-seal",
        action="store_true",
        help="although the snapshot was sealed by another key; Vault stays sealed without it",
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing")


def _servers(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= _MOST_SERVERS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not from 1 to {_MOST_SERVERS}")


def run(options: argparse.Namespace) -> int:
    """Exit status: 0 done or shown; 1 not confirmed. Raises `UpkeepError`."""
    if options.token is not None:
        raise UpkeepError(
            "a token among the arguments is seen by everybody on this machine; revoke it, and give "
            "another by --token-file, VAULT_TOKEN or the prompt"
        )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "snapshot.gz"
        source = bring(options.source, file)
        snapshot = _verified(file, source)
        name = named(source)
        _show(source, snapshot, name)
        if options.show:
            return 0
        address = options.address or os.environ.get("VAULT_ADDR", "")
        if not address:
            raise UpkeepError("which Vault? Give --address, or set VAULT_ADDR.")
        ca_cert = options.ca_cert or os.environ.get("VAULT_CACERT")
        with reached(address, ca_cert, _token(options.token_file)) as cluster:
            state = _ready(cluster)
            _refuse_data(cluster, state, options.replace)
            voters = sum(one.voter for one in snapshot.servers)
            cluster.gather(options.servers or voters, _JOINING_SECONDS)
            _refuse_seal(cluster, snapshot, Path(folder) / "own.gz", options.other_seal)
            if not options.yes and not _confirmed(state):
                print("nothing was changed")
                return 1
            cluster.restore(file, force=options.other_seal)
            _say("Vault has it and puts it in place")
            _tell(cluster.wait(_LASTS_SECONDS, _STAYS_SEALED_SECONDS), snapshot, name)
    return 0


def _verified(file: Path, source: str) -> Snapshot:
    try:
        snapshot = verify(file)
    except ArchiveError as error:
        raise UpkeepError(
            f"{source}: {error}; nothing was changed. Take another snapshot, or fetch it again."
        ) from None
    name = named(source)
    if name and not snapshot.sha256.hex().startswith(name.content):
        raise UpkeepError(
            f"{source}: its content is not what its name says ({name.content}...): somebody "
            "changed or renamed it; nothing was changed"
        )
    # By its index the newest is told from one that somebody gave a later time.
    if name and name.index != snapshot.index:
        raise UpkeepError(
            f"{source}: it has seen Raft's index {snapshot.index}, and not {name.index}, as its "
            "name says: somebody renamed it; nothing was changed"
        )
    return snapshot


def _show(source: str, snapshot: Snapshot, name: Named | None) -> None:
    voters = [one.id for one in snapshot.servers if one.voter]
    for what, value in (
        ("snapshot", source),
        ("taken", name.taken if name else "its name does not say"),
        ("of the cluster", name.cluster_id if name else "its name does not say"),
        ("Raft's index", f"{snapshot.index}, term {snapshot.term}"),
        ("size", f"{snapshot.file_bytes} bytes, {snapshot.state_bytes} unpacked"),
        ("voters then", ", ".join(voters)),
        ("sealed by", snapshot.seal_key or "it does not say"),
        ("SHA-256", snapshot.sha256.hex()),
    ):
        print(f"{what:<16}{value}")


def _ready(cluster: Cluster) -> State:
    state = cluster.state()
    if not state.initialised:
        raise UpkeepError(
            f"{cluster.address} is not initialised, and Vault restores only once it is: "
            "vault operator init -recovery-shares=1 -recovery-threshold=1 (with key shares: "
            "-key-shares=1 -key-threshold=1, and unseal it). What that gives is good until the "
            "restore; from then on the snapshot's own shares are."
        )
    if state.sealed:
        raise UpkeepError(f"{cluster.address} is sealed; unseal it first")
    if not state.leads:
        raise UpkeepError(f"{cluster.address} does not lead; give the address of the one that does")
    if not cluster.knows_token():
        raise UpkeepError("Vault does not know this token; give one of root's")
    return state


def _refuse_data(cluster: Cluster, state: State, replace: str | None) -> None:
    if replace and replace != state.cluster_id:
        raise UpkeepError(
            f"--replace names {replace}, but this is the cluster {state.cluster_id}; nothing was "
            "changed"
        )
    if replace:
        return
    if found := cluster.holds():
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise UpkeepError(
            f"the cluster {state.cluster_id} is not fresh: it holds {', '.join(found[:3])}{more}, "
            f"which would be lost. Nothing was changed. If that is meant: --replace "
            f"{state.cluster_id}"
        )


def _refuse_seal(cluster: Cluster, snapshot: Snapshot, copy: Path, other_seal: bool) -> None:
    """A cluster's own snapshot says which key seals it, which Vault says nowhere else."""
    cluster.copy(copy)
    try:
        own = verify(copy).seal_key
    except ArchiveError as error:
        raise UpkeepError(f"what the cluster itself sends as a snapshot: {error}") from None
    if own == snapshot.seal_key or other_seal:
        return
    raise UpkeepError(
        f"the snapshot was sealed by {snapshot.seal_key or 'key shares'}, and this cluster is by "
        f"{own or 'key shares'}: it could not open what it is given, and would stay sealed. "
        "Nothing was changed. Make the cluster with the snapshot's key (kmsKeyArn), or, if its "
        "key has moved, or it has another name here: --other-seal"
    )


def _confirmed(state: State) -> bool:
    if not sys.stdin.isatty():
        raise UpkeepError("there is nobody to ask; --yes restores without asking")
    start = state.cluster_id[:8]
    answer = input(
        f"All that the cluster {state.cluster_id} holds is lost. To go on, type {start}: "
    )
    return answer.strip() == start


def _token(file: Path | None) -> str:
    if file is not None:
        try:
            token = file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UpkeepError(f"{file}: must hold a token, but {error}") from None
    elif not (token := os.environ.get("VAULT_TOKEN", "")):
        if not sys.stdin.isatty():
            raise UpkeepError("no token: give --token-file, or set VAULT_TOKEN")
        token = getpass.getpass("root token (hidden): ").strip()
    if not token:
        raise UpkeepError("the token is empty")
    return token


def _tell(state: State, snapshot: Snapshot, name: Named | None) -> None:
    """Raises `UpkeepError` where it did not become what it should."""
    if state.sealed:
        raise UpkeepError(
            "Vault has the snapshot and is sealed: its seal cannot open it. It was sealed by "
            f"{snapshot.seal_key or 'key shares'}; see that the servers may use that key, and "
            "restart them. With key shares, unseal with those of the snapshot. If the key is "
            "gone, so is what the snapshot holds."
        )
    if not state.leads:
        raise UpkeepError(
            f"Vault has the snapshot, but leads nowhere after {_LASTS_SECONDS:.0f} s; see its log"
        )
    if name and state.cluster_id != name.cluster_id:
        raise UpkeepError(
            f"Vault leads, but is the cluster {state.cluster_id} and not {name.cluster_id}; see "
            "its log"
        )
    _say(f"restored: this is the cluster {state.cluster_id}, Vault {state.version}")
    _say("its tokens, shares and secrets are those of the snapshot; the token used here is no more")
    _say(
        "tokens that were revoked since are good again, root's for ever: docs/snapshots.md, step 4"
    )
    _say(
        "see that the matrix holds: pulumi preview. A server that stays sealed and whose log says "
        "that the cluster already has state: see Changing it in docs/kubernetes.md"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
