"""What is seen of a cluster at one moment, and whether it may lose a server. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from upkeep.rolling.versions import Version


@unique
class Role(StrEnum):
    """Of a server that answers and is unsealed."""

    LEADER = "leader"
    STANDBY = "standby"


@dataclass(frozen=True, slots=True)
class Target:
    """What every pod is to be: what the StatefulSet's template says now."""

    revision: str
    """The name that Kubernetes gives this template. Anything in it that changes changes it."""
    image: str
    checksum: str
    """Of the servers' configuration files, as the template is annotated with it."""
    version: Version | None
    """None where the image does not tell."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A server's pod, as Kubernetes has it."""

    name: str
    uid: str
    revision: str
    image: str
    checksum: str
    terminating: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a server says of itself."""

    version: Version | None
    initialized: bool
    sealed: bool
    leads: bool = False
    sees_leader: bool = False
    committed: int = 0
    applied: int = 0
    unseals_itself: bool = True


@dataclass(frozen=True, slots=True)
class Peer:
    """What the leader's autopilot says of a server."""

    voter: bool
    healthy: bool


@dataclass(frozen=True, slots=True)
class Server:
    """One server, from all three sides; each may be silent."""

    name: str
    pod: Pod | None
    said: Said | None
    peer: Peer | None
    silent: str = ""
    """Why it said nothing."""

    @property
    def role(self) -> Role | None:
        if self.said is None or self.said.sealed:
            return None
        return Role.LEADER if self.said.leads else Role.STANDBY

    @property
    def version(self) -> Version | None:
        """Of the running server; by its image where it does not say."""
        if self.said is not None and self.said.version is not None:
            return self.said.version
        return Version.of_image(self.pod.image) if self.pod else None

    @property
    def ails(self) -> str:
        """What is wrong by its pod's and its own account; empty for nothing."""
        if self.pod is None:
            return "has no pod"
        if self.pod.terminating:
            return "is ending"
        if self.said is None:
            return f"does not answer ({self.silent})"
        if not self.said.initialized:
            return "is not initialised: it has not joined, or lost its disk"
        if self.said.sealed:
            return "is sealed"
        return "" if self.said.sees_leader else "sees no leader"

    @property
    def lacks(self) -> str:
        """Why it cannot be counted on; empty where it can."""
        if self.ails:
            return self.ails
        if self.peer is None:
            return "is not known to autopilot"
        if not self.peer.voter:
            return "has no vote"
        return "" if self.peer.healthy else "is unhealthy, says autopilot"


@dataclass(frozen=True, slots=True)
class Look:
    """All servers at one moment."""

    target: Target
    servers: tuple[Server, ...]
    """As many as the StatefulSet wants, by number."""
    strangers: Mapping[str, Peer] = field(default_factory=dict)
    """Who is in Raft's configuration without being one of the StatefulSet's."""
    autopilot_silent: str = ""
    """Why autopilot's state is not known; empty where it is."""

    def __getitem__(self, name: str) -> Server:
        (found,) = (server for server in self.servers if server.name == name)
        return found

    @property
    def leader(self) -> Server | None:
        """The one that leads; None where none does, or two say so."""
        leading = [server for server in self.servers if server.role is Role.LEADER]
        return leading[0] if len(leading) == 1 else None

    @property
    def margin(self) -> int:
        """How many more voters may fail before the majority is lost; negative where it is."""
        peers = [server.peer for server in self.servers if server.peer]
        voters = [peer for peer in (*peers, *self.strangers.values()) if peer.voter]
        quorum = len(voters) // 2 + 1
        return sum(peer.healthy for peer in voters) - quorum
