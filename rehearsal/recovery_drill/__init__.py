"""Recovery, drilled: `python -m rehearsal.recovery_drill` runs the very commands of
`docs/runbooks/` on a real Raft cluster that was hurt, and measures how long each takes and what
holds afterwards.

`vault`, `git` and `python -m upkeep` are the real ones. `kubectl`, `aws` and `pulumi` are stand-ins
(`desk`): they do the same through the Kubernetes API, through AWS's API on moto, and by evaluating
the real program; there is no kubelet here, and no Pulumi account.
"""
