"""The scenarios of `target: kubernetes`: Pulumi's engine, with its plugin for Kubernetes, deploys
the servers to the rehearsal's API server and sets up the Vault that they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, cast

from attest.report import Status
from policies.matrix import MATRIX
from rehearsal.engine import ending, first
from rehearsal.engine.dump import differences, overlooked
from rehearsal.engine.dump_scene import dump_of
from rehearsal.engine.episode import Episode, Scenario
from rehearsal.engine.ground import Ground
from rehearsal.engine.kubernetes_ground import ClusterGround
from rehearsal.engine.lost_state import lost_state
from rehearsal.inventory import inventory, told
from rehearsal.program import stack_keys
from rehearsal.proof.run import prove
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.stand_up import stand_up
from rehearsal.supervisor import Supervisor
from rehearsal.vaults import wait_for_voters

Play = Callable[[Ground, Episode], None]
_MEMORY: Final = "1536Mi"
_SERVERS: Final = "cluster-servers"
_DYNAMIC: Final = "default"
"""The provider of dynamic resources: Pulumi hands it all of the configuration."""
_KUBERNETES: Final = "kubernetes:"
_IN_CLUSTER: Final = "already exists"
"""What an `up` says of the first object that it would make, before it comes to Vault."""


def _on_cluster(play: Callable[[ClusterGround, Episode], None]) -> Play:
    """A table of scenarios is of those on any ground."""
    return lambda ground, episode: play(cast(ClusterGround, ground), episode)


def preview(ground: ClusterGround, episode: Episode) -> None:
    """Of an empty stack: no server runs that could be asked."""
    done = episode.saw(ground.stack.preview(guarded=True))
    episode.check("the guardrails look at it", bool(done.packs), done.packs)
    episode.check("it only creates", done.counts.keys() == {"create"}, dict(done.counts))


def up(ground: ClusterGround, episode: Episode) -> None:
    done = episode.saw(ground.first_up(guarded=True))
    episode.check("the controllers had no trouble", not ground.playing.problem, _problem(ground))
    if not done.succeeded:
        return
    if len(ground.scene.vaults.servers) > 1:
        wait_for_voters(ground.scene.vaults, ground.stood.provisioner, episode.progress)
    in_cluster = [one for one in done.steps if one.type.startswith(_KUBERNETES)]
    episode.notes["made"] = f"{len(done.steps)} resources, {len(in_cluster)} in the cluster"


def same(ground: ClusterGround, episode: Episode) -> None:
    """What the engine made, beside what the rehearsal's monitor makes of the same program."""
    ground.need_up()
    ours = ground.dump()
    with ground.root() as root:
        episode.nothing("nothing that Vault tells is overlooked", overlooked(root))
    with Supervisor() as supervisor:
        stood = stand_up(
            supervisor,
            dict(ground.binaries),
            ground.environment,
            episode.progress,
            ground.changed,
        )
        other = dump_of(stood.scene, stood.shares)
    episode.check("both hold something", min(len(ours), len(other)) > 0)
    episode.same("the two Vaults do not differ", differences(other, ours))
    episode.notes["compared"] = f"{len(other)} objects of the monitor's, {len(ours)} of ours"


def change(ground: ClusterGround, episode: Episode) -> None:
    """A server's memory: one object changes, and no pod before somebody ends it."""
    ground.need_up()
    ground.stack.set_plain("serverMemory", _MEMORY)
    episode.just(episode.saw(ground.stack.preview(guarded=True)), update={_SERVERS, _DYNAMIC})
    episode.just(episode.saw(ground.stack.up(guarded=True)), update={_SERVERS, _DYNAMIC})
    asked = _memory(ground.scene.kubernetes)
    episode.check("the API server has it", asked == _MEMORY, asked)
    episode.unchanged(ground.stack.preview(guarded=True))


def proof(ground: ClusterGround, episode: Episode) -> None:
    """Every cell of the matrix, and what `attest` says."""
    ground.need_up()
    stood = ground.stood
    compared = inventory(stood, ground.changed)
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


def destroy(ground: ClusterGround, episode: Episode) -> None:
    """With the collector of garbage played: Pulumi waits until each object is really gone."""
    ground.need_up()
    if stack_keys(ground.environment.value, ground.changed)["protectData"]:
        ground.stack.set_plain("protectData", "false")
        episode.saw(ground.stack.up())
    ground.playing.collect(_kinds(ground))
    episode.saw(ground.stack.destroy())
    left = ground.stack.state()["deployment"].get("resources") or ()
    episode.nothing("the state is empty", [one["urn"] for one in left])
    episode.check("the controllers had no trouble", not ground.playing.problem, _problem(ground))


def _kinds(ground: ClusterGround) -> set[tuple[str, str]]:
    """apiVersion and kind of what the state has in the cluster."""
    return {
        (one["outputs"]["apiVersion"], one["outputs"]["kind"])
        for one in ground.stack.resources().values()
        if one["type"].startswith(_KUBERNETES) and "apiVersion" in one.get("outputs", {})
    }


def _memory(api: KubernetesApi) -> str:
    stored = api.get("apps/v1", "StatefulSet", "vault", "vault")
    (container,) = stored["spec"]["template"]["spec"]["containers"]
    asked: str = container["resources"]["requests"]["memory"]
    return asked


def _problem(ground: ClusterGround) -> str:
    return ground.playing.problem


SCENARIOS: Final[Sequence[Scenario]] = (
    Scenario("preview", "A preview of an empty stack", _on_cluster(preview)),
    Scenario("up", "The first up", _on_cluster(up)),
    Scenario("unchanged", "A preview after it: nothing to change", first.unchanged),
    Scenario("same", "The same Vault as without the engine", _on_cluster(same)),
    Scenario("change", "More memory for the servers", _on_cluster(change)),
    Scenario("lost-state", "A state that is lost", partial(lost_state, refusal=_IN_CLUSTER)),
    Scenario("proof", "Every cell of the matrix", _on_cluster(proof)),
    Scenario("secrets", "Secrets in clear", ending.secrets),
    Scenario("destroy", "The end", _on_cluster(destroy)),
)
"""In the order in which they are played."""
