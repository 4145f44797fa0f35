"""Failure drills on a real Raft cluster, with figures: `python -m rehearsal.drill`.

Servers are killed, frozen, starved of disk, KMS or audit device, while clients write and read; what
that costs is measured, and that it costs no acknowledged write. It deliberately does not simulate
power loss or a network that splits: processes die here, disks and loopback live on.
"""
