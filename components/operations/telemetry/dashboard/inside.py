"""The rows that say why Vault does not serve as it should: what it holds, its storage, its audit
devices, the KMS, the processes. Pure.

Descriptions say what a line means and what to look at next.
"""

from __future__ import annotations

from typing import Final

from components.operations.telemetry import metrics
from components.operations.telemetry.dashboard.panels import Lines, Row, Unit
from components.operations.telemetry.dashboard.queries import (
    Query,
    mean,
    of,
    on_leader,
    per_second,
    quantiles,
    rates,
    slowest,
    times,
    worst,
)

LEASES: Final = Row(
    "Leases and tokens",
    (
        Lines(
            "Leases",
            "All that runs, tokens of logins too. Grows without end: clients log in anew "
            "instead of renewing.",
            Unit.COUNT,
            (
                Query(on_leader(metrics.LEASES), "leases"),
                Query(on_leader(metrics.IRREVOCABLE_LEASES), "cannot be revoked"),
            ),
            width=6,
        ),
        Lines(
            "Leases made",
            "By engine.",
            Unit.PER_SECOND,
            (Query(per_second(metrics.LEASES_CREATED, by=("mount_point",)), "{{mount_point}}"),),
            width=6,
        ),
        Lines(
            "Valid tokens",
            "Counted every ten minutes.",
            Unit.COUNT,
            (Query(on_leader(metrics.TOKENS_BY_AUTH, ("auth_method",)), "{{auth_method}}"),),
            width=6,
        ),
        Lines(
            "Entries and identities",
            "Counted every ten minutes.",
            Unit.COUNT,
            (
                Query(on_leader(metrics.SECRETS, ("mount_point",)), "KV entries, {{mount_point}}"),
                Query(on_leader(metrics.ENTITIES), "entities"),
            ),
            width=6,
        ),
    ),
)

RAFT: Final = Row(
    "Raft and storage",
    (
        Lines(
            "From entry to commit",
            "What each write waits for: the leader's disk, and half of the others'.",
            Unit.MILLISECONDS,
            quantiles(metrics.RAFT_COMMIT),
        ),
        Lines(
            "Writing to the own disk",
            "With its fsync, each server's P99. One that is slower than the others has a bad disk.",
            Unit.MILLISECONDS,
            (Query(slowest(metrics.RAFT_STORE_LOGS, 0.99, by=("pod",)), "{{pod}}"),),
        ),
        Lines(
            "Entries written",
            "By the leader: what storage has to bear.",
            Unit.PER_SECOND,
            (Query(per_second(metrics.RAFT_APPLY), "entries"),),
        ),
        Lines(
            "Followers behind",
            "In entries, as each follower told last. Grows: that one cannot keep up.",
            Unit.COUNT,
            (Query(on_leader(metrics.FOLLOWER_LAG, ("peer_id",)), "{{peer_id}}"),),
        ),
        Lines(
            "Followers silent",
            "Since each last told the leader of itself, which it does every five seconds.",
            Unit.MILLISECONDS,
            (Query(on_leader(metrics.FOLLOWER_HEARTBEAT, ("peer_id",)), "{{peer_id}}"),),
        ),
        Lines(
            "Leader's contact",
            "Since it last heard from a majority, and a heartbeat's way and back. Towards 1 s: "
            "it gives up leading.",
            Unit.MILLISECONDS,
            (
                Query(slowest(metrics.RAFT_LAST_CONTACT, 0.99), "last contact, P99"),
                Query(
                    slowest(metrics.RAFT_HEARTBEAT, 0.99, by=("peer_id",)),
                    "heartbeat of {{peer_id}}, P99",
                ),
            ),
        ),
    ),
)

AUDIT: Final = Row(
    "Audit",
    (
        Lines(
            "Time for writing",
            "To all devices. No request is answered before its entry is written.",
            Unit.MILLISECONDS,
            worst(
                ("of a request", metrics.AUDIT_REQUESTS), ("of an answer", metrics.AUDIT_RESPONSES)
            ),
        ),
        Lines(
            "Entries",
            "Two for each request.",
            Unit.PER_SECOND,
            rates(("requests", metrics.AUDIT_REQUESTS), ("answers", metrics.AUDIT_RESPONSES)),
        ),
        Lines(
            "Taken by no device",
            "Each is a request that was refused, or that was done and not answered. A full disk?",
            Unit.COUNT,
            (
                Query(times(metrics.AUDIT_REQUEST_FAILURES), "requests"),
                Query(times(metrics.AUDIT_RESPONSE_FAILURES), "answers"),
            ),
        ),
    ),
)

SEAL: Final = Row(
    "Seal and KMS",
    (
        Lines(
            "Time of the KMS",
            "Asked when a server starts, when one begins to lead, when keys change, and every ten "
            "minutes: so the mean since the servers started, and P99 where there was a call.",
            Unit.MILLISECONDS,
            (
                Query(mean(metrics.SEAL_ENCRYPT), "encrypt, mean"),
                Query(mean(metrics.SEAL_DECRYPT), "decrypt, mean"),
                Query(slowest(metrics.SEAL_ENCRYPT, 0.99), "encrypt, P99"),
                Query(slowest(metrics.SEAL_DECRYPT, 0.99), "decrypt, P99"),
            ),
        ),
        Lines(
            "Calls and errors",
            "An error now is an outage at the next restart: the key's policy, its state, the "
            "pods' role.",
            Unit.COUNT,
            (
                Query(times(metrics.SEAL_ENCRYPT), "encrypted"),
                Query(times(metrics.SEAL_DECRYPT), "decrypted"),
                Query(times(metrics.SEAL_ENCRYPT_ERRORS), "encrypting failed"),
                Query(times(metrics.SEAL_DECRYPT_ERRORS), "decrypting failed"),
            ),
        ),
        Lines(
            "KMS unreachable",
            "For so long. Vault goes on while it runs, and no server could start.",
            Unit.MILLISECONDS,
            (Query(on_leader(metrics.SEAL_UNREACHABLE), "unreachable"),),
        ),
    ),
)

RUNTIME: Final = Row(
    "Process",
    (
        Lines(
            "Memory",
            "What Go uses, and what it took from the system, which the pod's limit is for.",
            Unit.BYTES,
            (
                Query(of(metrics.ALLOCATED), "{{pod}} in use"),
                Query(of(metrics.TAKEN), "{{pod}} taken"),
            ),
        ),
        Lines(
            "Goroutines",
            "Grows without end: requests that never end.",
            Unit.COUNT,
            (Query(of(metrics.GOROUTINES), "{{pod}}"),),
        ),
        Lines(
            "Pauses of the garbage collector",
            "P99 of each server; they add to every request's time.",
            Unit.NANOSECONDS,
            (Query(slowest(metrics.GC_PAUSE, 0.99, by=("pod",)), "{{pod}}"),),
        ),
    ),
)
