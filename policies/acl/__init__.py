"""Vault's own ACL decision, exactly: which rule decides a path, and whether it allows a request.

    acl = Acl.of({"shop-api": parse(text)})
    acl.capabilities("secret/data/shop/db")            what `sys/capabilities` would answer
    acl.decide(Request(Operation.READ, "secret/data/shop/db")).allowed

`patterns` says which paths a rule matches and which rule goes first, `rules` how rules of one path
merge, `decision` puts them together; `regions` divides all paths into those that rules treat alike;
`meetings` finds among many patterns those that have a path in common with one.
What it deliberately does not do: know which mounts there are (but for root-protected paths), what a
path's backend makes of an operation, namespaces, Sentinel, and Enterprise's control groups and MFA.
Source: vault/acl.go, policy.go, policy_store.go and router.go of Vault 1.21.0.
"""

from policies.acl.decision import Acl, AclError, Decision, Operation, Policies, Request, differing
from policies.acl.patterns import Pattern
from policies.acl.regions import Region, plainness, regions, witness
from policies.acl.rules import Rule
from policies.acl.templates import Alias, Entity, Group, Holder, Identity, Symbolic

__all__ = [
    "Acl",
    "AclError",
    "Alias",
    "Decision",
    "Entity",
    "Group",
    "Holder",
    "Identity",
    "Operation",
    "Pattern",
    "Policies",
    "Region",
    "Request",
    "Rule",
    "Symbolic",
    "differing",
    "plainness",
    "regions",
    "witness",
]
