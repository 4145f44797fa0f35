"""Whether the other servers still hold while one is away. Pure, but for the time it is told.

A server that is sealed or told to end is a fault at once. Silence, an election and what
autopilot thinks may pass in a moment, so they are a fault only when they last.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from upkeep.rolling.model import Look, Role


@dataclass
class Watch:
    """Over all servers but those that are expected to be away."""

    bears_seconds: float
    """How long what may pass is borne."""
    _since: dict[str, float] = field(default_factory=dict)

    def fault(self, look: Look, away: Collection[str], now: float) -> str:
        """Why the change must not go on; empty where it may."""
        leading = [server.name for server in look.servers if server.role is Role.LEADER]
        passing: dict[str, str] = {}
        for server in look.servers:
            if server.name in away:
                continue
            if server.pod and server.pod.terminating:
                return f"{server.name} is ending, too"
            if server.said and server.said.initialized and server.said.sealed:
                return f"{server.name} is sealed"
            lacks = server.ails if look.autopilot_silent else server.lacks
            if lacks:
                passing[server.name] = f"{server.name} {lacks}"
        if look.autopilot_silent:
            passing["autopilot"] = f"autopilot's state is not known: {look.autopilot_silent}"
        if len(leading) != 1:
            passing["leader"] = f"{len(leading)} servers say that they lead"
        self._since = {what: self._since.get(what, now) for what in passing}
        for what, reason in passing.items():
            lasted = now - self._since[what]
            if lasted >= self.bears_seconds:
                return f"{reason}, for {lasted:.0f} s"
        return ""
