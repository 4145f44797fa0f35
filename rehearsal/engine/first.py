"""The first hour of a stack: what it would make, that it is made, that it is right, and the same
as what the rehearsal makes without the engine.
"""

from __future__ import annotations

from attest.report import Status
from policies.matrix import MATRIX
from rehearsal.engine.dump import differences
from rehearsal.engine.dump_scene import dump_of
from rehearsal.engine.episode import Episode
from rehearsal.engine.ground import Ground
from rehearsal.inventory import inventory, told
from rehearsal.proof.run import prove
from rehearsal.stand_up import stand_up
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi


def preview(ground: Ground, episode: Episode) -> None:
    """Of an empty stack, and a Vault that nobody has initialised: no credential can be there."""
    done = episode.saw(ground.stack.preview(guarded=True))
    episode.check("the guardrails look at it", bool(done.packs), done.packs)
    episode.check("it only creates", done.counts.keys() == {"create"}, dict(done.counts))
    api = VaultApi(ground.scene.vault_address, str(ground.scene.ca_file))
    initialised = api.call("GET", "sys/init").body["initialized"]
    episode.check("Vault is as it was", initialised is False, f"initialised: {initialised}")


def up(ground: Ground, episode: Episode) -> None:
    planned = ground.stack.preview()
    done = episode.saw(ground.first_up(guarded=True))
    episode.check("the guardrails look at it", bool(done.packs), done.packs)
    episode.check(
        "it creates what the preview said",
        done.names("create") == planned.names("create"),
        f"{len(done.names('create'))} and {len(planned.names('create'))}",
    )


def unchanged(ground: Ground, episode: Episode) -> None:
    """And nothing is found when the servers are asked, too."""
    ground.need_up()
    episode.unchanged(ground.stack.preview(guarded=True))
    episode.unchanged(ground.stack.preview(refresh=True))


def same(ground: Ground, episode: Episode) -> None:
    """What the engine made, beside what the rehearsal's monitor makes of the same program."""
    ground.need_up()
    with Supervisor() as supervisor:
        stood = stand_up(supervisor, dict(ground.binaries), ground.environment, episode.progress)
        other = dump_of(stood.scene, stood.shares)
    assert ground.made is not None, "need_up saw to it"
    episode.check("both hold something", min(len(ground.made), len(other)) > 0)
    episode.same("the two Vaults do not differ", differences(other, ground.made))
    episode.notes["compared"] = f"{len(other)} objects of the monitor's, {len(ground.made)} of ours"


def proof(ground: Ground, episode: Episode) -> None:
    """Every cell of the matrix, and what `attest` says."""
    ground.need_up()
    stood = ground.stood
    compared = inventory(stood, {"kubernetesReviewer": "given"})
    same = compared.status is Status.SAME
    episode.check("attest finds no difference", same, "" if same else told(compared))
    proven = prove(
        ground.scene, MATRIX, ground.plan, stood.provisioner, ground.shares, episode.progress
    )
    wrong = [
        f"{one.subject} {one.operation} {one.resource}" for one in proven.results if not one.ok
    ]
    episode.nothing("every cell is as the matrix says", wrong)
    episode.notes["cells"] = str(len(proven.results))
    # Logins, leases and rotations are none of the program's business.
    episode.unchanged(ground.stack.preview())
