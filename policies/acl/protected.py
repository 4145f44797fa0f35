"""Root-protected paths: what takes `sudo` besides the operation's own capability, and what Vault
gives every token by a policy of its own.

Source: vault/logical_system.go, token_store.go, policy_store.go, builtin/logical/pki/backend.go of
Vault 1.21.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SYSTEM: Final = (
    "auth/*",
    "remount",
    "audit",
    "audit/*",
    "raw",
    "raw/*",
    "replication/primary/secondary-token",
    "replication/performance/primary/secondary-token",
    "replication/dr/primary/secondary-token",
    "replication/reindex",
    "replication/dr/reindex",
    "replication/performance/reindex",
    "rotate",
    "config/cors",
    "config/auditing/*",
    "config/ui/headers/*",
    "plugins/catalog/*",
    "plugins/runtimes/catalog/*",
    "revoke-prefix/*",
    "revoke-force/*",
    "leases/revoke-prefix/*",
    "leases/revoke-force/*",
    "leases/lookup/*",
    "storage/raft/snapshot-auto/config/*",
    "leases",
    "internal/inspect/*",
    "internal/counters/activity/export",
    "seal",
    "step-down",
)
_TOKENS: Final = ("revoke-orphan", "accessors/")
_PKI: Final = ("root", "root/sign-self-issued")

PROTECTED: Final[Mapping[str, tuple[str, ...]]] = {"system": _SYSTEM, "token": _TOKENS, "pki": _PKI}
"""Type of a mount -> its root-protected paths; a last `*` is any rest."""

ALWAYS_MOUNTED: Final[Mapping[str, str]] = {"sys/": "system", "auth/token/": "token"}


def is_protected(path: str, mounts: Mapping[str, str]) -> bool:
    """Whether `path` takes `sudo`. `mounts`: path, with its last slash -> type, such as `pki`."""
    serving = [mount for mount in {**mounts, **ALWAYS_MOUNTED} if path.startswith(mount)]
    if not serving:
        return False
    mount = max(serving, key=len)
    rest = path.removeprefix(mount)
    kind = ALWAYS_MOUNTED.get(mount) or mounts[mount]
    matching = [
        entry for entry in PROTECTED.get(kind, ()) if rest.startswith(entry.removesuffix("*"))
    ]
    if not matching:
        return False
    longest = max(matching, key=lambda entry: len(entry.removesuffix("*")))
    return longest.endswith("*") or longest == rest
