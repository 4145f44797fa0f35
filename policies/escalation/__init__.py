"""The powers whose holder can give itself more than its ACL policies say, or take from others;
with those that a job has in Kubernetes.

Whether an ACL holds one is decided as Vault decides (`policies.acl`), by a path that can be asked
for, and not by how its rules are written. Parameters and wrapping that a rule asks for are
not weighed: who may write a role with some parameters only is said to write roles.

What it deliberately does not list: what needs no token, so that no ACL decides it (`sys/init`,
`sys/unseal`, `sys/generate-root/*` and `sys/rekey/{init,update,verify}`, which ask for key shares
instead); engines that the program does not mount; auth mounts whose path has a slash.
Source: vault/logical_system_paths.go, logical_system.go, token_store.go, identity_store*.go,
builtin/credential/approle, builtin/logical/{aws,database,pki} of Vault 1.21.0.
"""

from policies.escalation.holding import POWERS, Held, held, opened
from policies.escalation.jobs import IN_KUBERNETES, held_by_job
from policies.escalation.power import Effect, Power, Way

__all__ = [
    "IN_KUBERNETES",
    "POWERS",
    "Effect",
    "Held",
    "Power",
    "Way",
    "held",
    "held_by_job",
    "opened",
]
