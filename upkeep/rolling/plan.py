"""Which servers are to be replaced, in which order, and why that must not begin. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policies.texts import joined
from upkeep.rolling.model import Look, Role, Server, Target
from upkeep.rolling.versions import why_not

Marked = Mapping[str, str]
"""Pod -> the unique name of that one of its lives that is to end, though it may be up to date."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one rolling change does."""

    target: Target
    order: tuple[str, ...]
    """The servers to be replaced: standbys, the last of them first, and then the leader."""
    leader: str
    refusals: tuple[str, ...]
    """Why it must not begin, each with the fix; none where it may."""
    warnings: tuple[str, ...]

    def position(self, name: str) -> int | None:
        """Counted from 1; None where the server is left alone."""
        return self.order.index(name) + 1 if name in self.order else None


def make_plan(look: Look, marked: Marked) -> Plan:
    """`marked`: what a restart asked for."""
    chosen = [server for server in look.servers if is_due(server, look.target, marked)]
    leader = look.leader
    standbys = [server.name for server in reversed(chosen) if server is not leader]
    last = [leader.name] if leader in chosen and leader else []
    return Plan(
        look.target,
        (*standbys, *last),
        leader.name if leader else "",
        tuple(_refusals(look)),
        tuple(_warnings(look, chosen)),
    )


def is_due(server: Server, target: Target, marked: Marked) -> bool:
    """Whether it is not what it is to be, or was marked and still lives that life."""
    pod = server.pod
    if pod is None:
        return False
    return pod.revision != target.revision or marked.get(pod.name) == pod.uid


def _refusals(look: Look) -> Iterator[str]:
    if len(look.servers) < 3:
        yield (
            f"{len(look.servers)} server: taking it away is an outage, not a rolling change; fix: "
            "announce it, then `kubectl delete pod`"
        )
        return
    for server in look.servers:
        # Autopilot's silence is told once, and not of each server.
        lacks = server.ails if look.autopilot_silent else server.lacks
        if lacks:
            yield f"{server.name} {lacks}; fix: {_fix(server)}"
    if look.autopilot_silent:
        yield f"autopilot's state cannot be read: {look.autopilot_silent}"
    elif look.leader is None:
        leading = [server.name for server in look.servers if server.role is Role.LEADER]
        yield f"{joined(leading) or 'nobody'} leads; fix: wait for one leader, then run again"
    elif look.margin < 1:
        yield (
            f"losing one server would lose the majority: {_voters(look)}; fix: bring the others "
            "back, or `vault operator raft remove-peer` what is gone for good"
        )
    yield from _of_versions(look)


def _of_versions(look: Look) -> Iterator[str]:
    wanted = look.target.version
    if wanted is None:
        yield (
            f"image {look.target.image}: its tag names no version, so nobody can tell a downgrade; "
            "fix: give --to-version"
        )
        return
    reasons: dict[str, list[str]] = {}
    for server in look.servers:
        if server.version and (reason := why_not(server.version, wanted)):
            reasons.setdefault(reason, []).append(server.name)
    for reason, names in reasons.items():
        yield f"{joined(names)}: {reason}"


def _warnings(look: Look, chosen: list[Server]) -> Iterator[str]:
    if any(one.said and not one.said.unseals_itself for one in chosen):
        yield "no KMS unseals these servers: each stays sealed until somebody unseals it"
    wanted = look.target.version
    if any(one.version and wanted and one.version < wanted for one in chosen):
        yield (
            "after an upgrade there is no way back but a restore: take a snapshot now "
            "(docs/snapshots.md)"
        )
    for name, peer in look.strangers.items():
        if peer.voter:
            yield (
                f"{name} votes and is no pod of this StatefulSet; if it is gone for good: `vault "
                f"operator raft remove-peer {name}`"
            )


def _voters(look: Look) -> str:
    peers = [server.peer for server in look.servers if server.peer]
    voters = [peer for peer in (*peers, *look.strangers.values()) if peer.voter]
    return f"{sum(peer.healthy for peer in voters)} of {len(voters)} voters are healthy"


def _fix(server: Server) -> str:
    if server.pod is None or server.pod.terminating:
        return "wait until its pod runs; is another rolling change at work?"
    if server.said and server.said.sealed:
        return "see its log: the KMS key, its role, the network; or unseal it by hand"
    if server.said and not server.said.initialized:
        return "docs/kubernetes.md, 'A server that lost its disk'"
    if server.said is None:
        return "see `kubectl describe pod` and its log"
    return "see its log, and `vault operator raft autopilot state`; wait, then run again"
