"""What ACL policies allow, by Vault's own decision and not by how they are written.

Each policy is judged by itself. That is enough, as a role gives one (`logins` sees to that): of
several Vault would add up what they say of one path.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from pulumi_policy import Severity

from policies import paths
from policies.acl import Acl, Pattern, Region, regions
from policies.compile import compile_plan
from policies.environments import Environment
from policies.escalation import Effect, held
from policies.guardrails.ownership import ownership
from policies.guardrails.rule import ByEnvironment, Limit, Resource, ResourceRule, Setting
from policies.hcl import Capability, parse
from policies.matrix import MATRIX
from policies.subject import PEOPLE

_POLICY: Final = "vault:index/policy:Policy"

# Secret IDs are a power: `escalation`.
HANDED_OUT: Final = tuple(map(Pattern.of, paths.HANDED_OUT))


def acl_of(resource: Resource) -> Acl:
    """Raises `ValueError` where Vault would refuse the policy."""
    return Acl({resource.text("name"): parse(resource.text("policy"))})


def _readable(resource: Resource, setting: Setting) -> Iterator[str]:
    name = resource.text("name")
    if ownership(setting.environment).of_policy(name) is None:
        yield f"{name!r} is nobody's in the access matrix of {setting.environment}"
    for stanza in parse(resource.text("policy")):
        if "{{" in stanza.path:
            yield f"path {stanza.path!r} is a template, which allows what an identity says it does"


def _root(resource: Resource, _: Setting) -> Iterator[str]:
    for one in held(acl_of(resource)):
        if one.power.effect is Effect.ROOT:
            yield f"is as good as root: {one}"


def _escalation(resource: Resource, setting: Setting) -> Iterator[str]:
    holder = resource.text("name").removesuffix(f"-{setting.environment.value}")
    allowed = setting.limits["allowed"].get(holder, ())
    for one in held(acl_of(resource)):
        if one.power.effect is Effect.MORE and one.power.name not in allowed:
            yield f"lets its holder have more ({one.power.name}): {one}"


def _reach(resource: Resource, setting: Setting) -> Iterator[str]:
    owner = ownership(setting.environment).of_policy(resource.text("name"))
    owned = _owned(setting.environment)
    seen = set[str]()
    marked = (*HANDED_OUT, *owned)
    for region in regions((acl_of(resource),), marked):
        what = _granted(region)
        if not what:
            continue
        others = sorted({owned[mark] for mark in region.within if mark in owned} - {owner or ""})
        handed_out = any(mark not in owned for mark in region.within)
        # Who answers for all looks at names and versions, which are no secrets.
        if others and (owner != PEOPLE or handed_out):
            whose = f"of {' and '.join(others)}"
        elif handed_out and not any(owned.get(mark) == owner for mark in region.within):
            whose = "of nobody in the access matrix"
        else:
            continue
        if whose not in seen:
            seen.add(whose)
            yield f"allows {what} of {region.witness!r}, which is {whose}"


def _granted(region: Region) -> str:
    (rule,), (listing,) = region.rules, region.listing
    folder = region.witness.endswith("/")
    granted = set() if rule is None or folder else set(rule.granted) - {Capability.LIST}
    if listing is not None and Capability.LIST in listing.granted:
        granted.add(Capability.LIST)
    return ", ".join(sorted(granted - {Capability.SUDO}))


@cache
def _owned(environment: Environment) -> dict[Pattern, str]:
    """What is an application's own -> its name."""
    plan = compile_plan(MATRIX, environment)
    return {Pattern.of(path): owner.name for owner in plan.owners for path in owner.paths}


READABLE: Final = ResourceRule(
    name="acl-known",
    says="An ACL policy is one that Vault takes, and somebody's in the access matrix.",
    meaning="A policy beside the matrix is one that no reviewer sees there.",
    repair="Grant it in policies/matrix.py, from which ACL policies are compiled",
    severity=Severity.HIGH,
    types=frozenset({_POLICY}),
    check=_readable,
)
ROOT: Final = ResourceRule(
    name="acl-not-root",
    says="No ACL policy is as good as root.",
    meaning="Its holder can give itself everything there is, in a few requests.",
    repair="Take the capability away there; only the provisioner, which the bootstrap installs, "
    "may define access",
    severity=Severity.CRITICAL,
    types=frozenset({_POLICY}),
    check=_root,
)
ESCALATION: Final = ResourceRule(
    name="acl-no-escalation",
    says="No ACL policy lets its holder give itself more.",
    meaning="What a reviewer reads in it is then not what its holder can do.",
    repair="Take the capability away there, or have `allowed` say who may and let its reviewers "
    "agree",
    severity=Severity.HIGH,
    types=frozenset({_POLICY}),
    check=_escalation,
    limits=(
        Limit(
            "allowed",
            "ACL policy, without its environment -> powers that it may hold.",
            ByEnvironment.same(
                {
                    "people-operators": ["issue-secret-ids"],
                    "platform-rotation-kubesentiment-ci": ["issue-secret-ids"],
                    "platform-rotation-pki": ["sign-certificates"],
                    "platform-snapshots": ["read-snapshots"],
                }
            ),
            {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
        ),
    ),
)
REACH: Final = ResourceRule(
    name="acl-own-application",
    says="An ACL policy reaches its own application's secrets, and nobody else's.",
    meaning="One application that is taken over would take the others with it.",
    repair="Narrow the path to the application's own folder, roles or certificates",
    severity=Severity.CRITICAL,
    types=frozenset({_POLICY}),
    check=_reach,
)

RULES: Final = (READABLE, ROOT, ESCALATION, REACH)
