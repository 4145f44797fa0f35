"""Where the drills take place: a cluster as the program deploys it, and those who run its pods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.drill.access import drill_token
from rehearsal.drill.cluster import Cluster, RememberingSupervisor
from rehearsal.drill.line import trusting
from rehearsal.drill.traffic import TIMEOUT_SECONDS, Traffic
from rehearsal.errors import RehearsalError
from rehearsal.pods import Pods
from rehearsal.rolling_drill.api import STATEFUL_SET, Rest
from rehearsal.rolling_drill.kubelet import Kubelet
from rehearsal.rolling_drill.node import NODE, Node
from rehearsal.rolling_drill.operator import operator
from rehearsal.rolling_drill.rolls import Console
from rehearsal.rolling_drill.service import NAME, ServiceLine
from rehearsal.stand_up import StoodUp, stand_up

FAREWELL_SHARE: Final = 0.1
"""How much of the pods' `preStop` sleep is slept: 3 s of the 30 s that a load balancer takes."""
REGISTRY: Final = "hashicorp/"
MIRROR: Final = "registry.example.com/"
"""Where the same images are, for a change of nothing else."""
_READY_WITHIN: Final = timedelta(minutes=3)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """A cluster, and what may be done to it."""

    supervisor: RememberingSupervisor
    stood: StoodUp
    pods: Pods
    node: Node
    kubelet: Kubelet
    console: Console
    rest: Rest
    images: Mapping[str, str]
    """Vault's version -> image."""
    token: str = field(repr=False)
    """May write to the drill's mount."""

    @property
    def image(self) -> str:
        """What the template says."""
        spec = self.rest.must("GET", STATEFUL_SET)["spec"]["template"]["spec"]
        return str(spec["containers"][0]["image"])

    def deploy(self, image: str) -> None:
        """What `pulumi up` does when `vaultImage` changes: no pod is touched."""
        spec = self.rest.must("GET", STATEFUL_SET)["spec"]["template"]["spec"]
        containers = [{**spec["containers"][0], "image": image}]
        change = {"spec": {"template": {"spec": {"containers": containers}}}}
        self.rest.must("PATCH", STATEFUL_SET, change)
        self.node.wait_for_revision(image)

    @contextmanager
    def cluster(self) -> Iterator[Cluster]:
        """The servers that run now, to be looked at and hurt."""
        with closing(Cluster(self.pods.servers, self.token)) as cluster:
            yield cluster

    def traffic(self, prefix: str) -> Traffic:
        """Clients of the Service."""
        addresses = {server.name: server.address for server in self.pods.servers}
        trust = trusting(str(self.pods.ca_file))
        line = ServiceLine(
            addresses, lambda: self.node.endpoints, trust, self.token, TIMEOUT_SECONDS
        )
        return Traffic({NAME: line}, prefix)

    def heal(self) -> str:
        """Wait until all is well. What is still missing; empty where nothing is."""
        with self.cluster() as cluster:
            _, lacking = cluster.heal()
        self.node.wait_until_ready(len(self.pods.servers), _READY_WITHIN)
        return lacking


@contextmanager
def prepared(
    tools: Mapping[Tool, Binary],
    environment: Environment,
    progress: Progress,
) -> Iterator[Ground]:
    """A cluster of the pinned Vault; its nodes know the next one, too, if it is among the tools.

    Raises `RehearsalError`.
    """
    with ExitStack() as stack:
        supervisor = stack.enter_context(RememberingSupervisor())
        vaults = {
            tool: _named_vault(supervisor, tools[tool])
            for tool in (Tool.VAULT, Tool.VAULT_NEXT)
            if tool in tools
        }
        images = {tool: f"{REGISTRY}vault:{binary.version}" for tool, binary in vaults.items()}
        stood = stand_up(
            supervisor,
            {**tools, Tool.VAULT: vaults[Tool.VAULT]},
            environment,
            progress,
            {"vaultImage": images[Tool.VAULT]},
        )
        pods = stood.scene.vaults
        if not isinstance(pods, Pods) or len(pods.servers) < 3:
            raise RehearsalError(
                f"{environment.value} deploys no cluster: a rolling change needs one, such as "
                "staging's"
            )
        rest = Rest(stood.scene.kubernetes)
        ports = {one.name: urlsplit(one.address) for one in pods.servers}
        kubelet = stack.enter_context(
            Kubelet(
                supervisor,
                rest,
                NODE,
                lambda pod: (ports[pod].hostname or "", ports[pod].port or 0),
            )
        )
        programs = {images[tool]: binary.path for tool, binary in vaults.items()}
        programs |= {_mirrored(image): path for image, path in programs.items()}
        node = stack.enter_context(Node(rest.fresh(), pods, programs, FAREWELL_SHARE))
        own = operator(supervisor, stood)
        yield Ground(
            supervisor,
            stood,
            pods,
            node,
            kubelet,
            Console(supervisor, own, pods.ca_file),
            rest,
            {vaults[tool].version: images[tool] for tool in vaults},
            stack.enter_context(drill_token(stood)),
        )


def _mirrored(image: str) -> str:
    return image.replace(REGISTRY, MIRROR)


def _named_vault(supervisor: RememberingSupervisor, binary: Binary) -> Binary:
    """As an image has it: the program is called `vault`, whichever version it is."""
    if binary.path.name == "vault":
        return binary
    path: Path = supervisor.subfolder(f"image-{binary.version}") / "vault"
    path.symlink_to(binary.path)
    return replace(binary, path=path)
