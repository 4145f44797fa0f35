"""The identity with which the program configures Vault. It defines access, so that it is as good as
root; what it must not be is a way to secrets that nobody would notice, or open to others.

Its ACL policy is no resource: the bootstrap installs it, and shows it among its own inputs. So it
is with the provisioners of teams, which must be held to what was reviewed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from pulumi_policy import Severity

from policies import inspection, paths
from policies.acl import Acl, Pattern, regions
from policies.acl.patterns import Kind
from policies.escalation import Effect, held
from policies.guardrails.acl import HANDED_OUT
from policies.guardrails.rule import Resource, ResourceRule, Setting, dig, duration, items, seconds
from policies.hcl import Capability, Value, parse
from policies.lifetime import Duration

_BOOTSTRAP: Final = frozenset(
    {
        "pulumi-python:dynamic/vaultstack:Initialisation",
        "pulumi-python:dynamic/vaultstack:Adoption",
    }
)
_VALUES: Final = Pattern.of(f"{paths.KV}/data/*")
_WRITE: Final = frozenset({Capability.CREATE, Capability.UPDATE, Capability.DELETE})
_CLAIMS: Final = ("repository", "environment")
_HELD_BY: Final = {"write-acl-policies": "policy", "write-auth-roles": "token_policies"}
"""Power -> the parameter that, held to given values, makes it none."""


def _teams(resource: Resource) -> Iterator[tuple[str, str]]:
    """Where it is shown, and the ACL policy itself, of each team's provisioner."""
    for name, acl in (json.loads(resource.text("teams") or "{}")).items():
        yield f"teams.{name}", acl


def _uses(resource: Resource, _: Setting) -> Iterator[str]:
    for where, text in (("acl", resource.text("acl")), *_teams(resource)):
        yield from _used(where, text)


def _used(where: str, text: str) -> Iterator[str]:
    acl = Acl.of([parse(text)])
    for region in regions((acl,), HANDED_OUT):
        (rule,) = region.rules
        if rule is None or not region.within or region.witness.endswith("/"):
            continue
        # A value may be put there; it may not be had.
        granted = rule.granted - (_WRITE if _VALUES in region.within else set())
        used = sorted(granted - {Capability.LIST, Capability.SUDO})
        if used:
            yield f"{where} allows {', '.join(used)} of {region.witness!r}, which hands out secrets"


def _unheld(resource: Resource, _: Setting) -> Iterator[str]:
    for where, text in _teams(resource):
        for stanza in parse(text):
            allowed = dict(stanza.allowed_parameters)
            exact = Pattern.of(stanza.path).kind is Kind.EXACT and "*" not in allowed
            for one in held(Acl.of([[stanza]])):
                # What it can break is its own team's.
                if one.power.effect is Effect.HARM:
                    continue
                values = allowed.get(_HELD_BY.get(one.power.name, ""), ())
                if not (exact and values and all(map(_itself, values))):
                    yield f"{where} lets its holder have more ({one.power.name}): {one}"


def _itself(value: Value) -> bool:
    """Whether a parameter's value is no pattern, as which Vault takes a text with `*` at an end."""
    return not (isinstance(value, str) and (value.startswith("*") or value.endswith("*")))


def _ci(resource: Resource, setting: Setting) -> Iterator[str]:
    text = resource.text("ci_login")
    if not text:
        return
    parts: Any = json.loads(text)
    yield from _role("ci_login.role", dig(parts, "role"), setting)
    if looking := dig(parts, "attest"):
        yield from _role("ci_login.attest", looking, setting)
        wanted = inspection.acl_policy(setting.environment)
        if list(items(looking, "token_policies")) != [wanted]:
            yield f"ci_login.attest.token_policies is not {wanted!r} alone, which only looks"
    for name, role in (dig(parts, "teams") or {}).items():
        yield from _role(f"ci_login.teams.{name}", role, setting)
        if list(items(role, "token_policies")) != [name]:
            yield f"ci_login.teams.{name}.token_policies is not {name!r} alone"


def _role(name: str, role: Any, setting: Setting) -> Iterator[str]:
    if not items(role, "bound_audiences"):
        yield f"{name}.bound_audiences is empty, so that any run's token logs in"
    if dig(role, "bound_claims_type") != "string":
        yield f"{name}.bound_claims_type is not 'string', so that claims are patterns"
    for claim in _CLAIMS:
        wanted = items(role, "bound_claims", claim)
        if not wanted or any("*" in str(one) for one in wanted):
            yield f"{name}.bound_claims names no {claim}"
    longest = setting.duration("longest")
    found = seconds(dig(role, "token_max_ttl"))
    if not found or found > longest.seconds:
        lives = Duration(found) if found else "as long as Vault likes"
        yield f"{name}.token_max_ttl is {lives}, more than {longest}"


USES: Final = ResourceRule(
    name="provisioner-uses-nothing",
    says="The provisioner manages what hands out secrets, and gets none.",
    meaning="Whoever holds its credential would have every secret without changing anything that a "
    "reviewer sees.",
    repair="Take the path out of policies/provisioner.py, or the capability",
    severity=Severity.CRITICAL,
    types=_BOOTSTRAP,
    check=_uses,
)
CI: Final = ResourceRule(
    name="provisioner-named-runs",
    says="CI logs in as the provisioner from one repository and named environments.",
    meaning="Anyone who can start a run at the same provider would be as good as root.",
    repair="Set ciRepository and ciEnvironments to full names, and an audience of its own",
    severity=Severity.CRITICAL,
    types=_BOOTSTRAP,
    check=_ci,
    limits=(duration("longest", "The most that a run's token may live.", "1h"),),
)

TEAMS: Final = ResourceRule(
    name="provisioner-teams-held",
    says="A team's provisioner writes ACL policies and auth roles as they were reviewed, or not.",
    meaning="Who may write one freely gives itself everything: that team would be as good as root.",
    repair="Let policies/team_provisioner.py name the values that its parameters may have",
    severity=Severity.CRITICAL,
    types=_BOOTSTRAP,
    check=_unheld,
)

RULES: Final = (USES, CI, TEAMS)
