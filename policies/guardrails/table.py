"""The page `docs/guardrails.md`: every guardrail and every power, from the code.

python -m policies.guardrails.table
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pulumi_policy import EnforcementLevel

from policies.environments import Environment
from policies.escalation import IN_KUBERNETES, POWERS
from policies.guardrails.pack import RULES, SECTIONS
from policies.guardrails.rule import Rule

PAGE: Final = Path(__file__).parents[2] / "docs" / "guardrails.md"
COMMAND: Final = "python -m policies.guardrails.table"
_LEVELS: Final = {
    EnforcementLevel.MANDATORY: "mandatory",
    # What is still wrong after a remediation that changes nothing stops the update.
    EnforcementLevel.REMEDIATE: "mandatory",
    EnforcementLevel.ADVISORY: "advisory",
    EnforcementLevel.DISABLED: "off",
}
_INTRODUCTION: Final = f"""\
# Guardrails

Made by `{COMMAND}`. Pulumi asks {len(RULES)} rules about every resource before
it is made:

    pulumi preview --policy-pack policies/guardrails

A mandatory rule stops the preview and the update, an advisory one is shown. The level is decided
when the pack starts, by `vaultstack:environment`, the key that the program itself goes by; without
it the pack is as strict as in prod. A stack can set levels and limits in a file of its own, which
is to be reviewed like the access matrix:

    pulumi preview --policy-pack policies/guardrails --policy-pack-config limits.json

    {{"token-lifetime": {{"longest": "12h"}}, "ca-lifetime": "advisory"}}

`secrets-marked` and `secrets-not-in-clear` know `remediate` (which is mandatory: they change
nothing) and `disabled`: Pulumi shows what is marked as secret at no other level.

ACL policies are judged by Vault's own decision (`policies/acl`), not by how they are written. Whose
an ACL policy, a role and a path are, the access matrix says. What a preview cannot know yet, such
as a document that holds the ARN of a key which is still to be made, is shown as advisory, and
judged by the update, before the resource is made. What no rule sees: what is in Vault and not in
the program, and what a Helm chart would make.
"""
_POWERS: Final = """\
## Powers

What `acl-not-root` and `acl-no-escalation` look for (`policies/escalation`). An ACL holds a power
if Vault would allow one of the capabilities at some path that a pattern matches; root-protected
paths take `sudo` besides. Who holds what only costs availability is not refused.
"""
_IN_KUBERNETES: Final = """
What a job may do in Kubernetes is no ACL policy's to say: `explain` names it, and a review where a
rotation gains it.
"""


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    for title, rules in SECTIONS.items():
        yield from _section(title, rules)
    yield _POWERS
    yield "| power | comes to | where | how |"
    yield "|---|---|---|---|"
    for power in POWERS:
        sudo = " and sudo" if power.sudo else ""
        where = "<br>".join(
            f"{', '.join(way.capabilities)}{sudo} of `{way.pattern}`" for way in power.ways
        )
        yield f"| {power.name} | {power.effect} | {where} | {power.chain} |"
    yield _IN_KUBERNETES
    yield "| power | comes to | how |"
    yield "|---|---|---|"
    for power in IN_KUBERNETES:
        yield f"| {power.name} | {power.effect} | {power.chain} |"


def _section(title: str, rules: tuple[Rule, ...]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| rule | severity | dev | staging | prod |"
    yield "|---|---|---|---|---|"
    for rule in rules:
        levels = " | ".join(_LEVELS[rule.levels.of(environment)] for environment in Environment)
        yield f"| [{rule.name}](#{rule.name}) | {rule.severity.value} | {levels} |"
    yield ""
    for rule in rules:
        yield f"### {rule.name}\n"
        yield f"{rule.says} {rule.meaning}\n"
        yield f"Repair: {rule.repair}.\n"
        for limit in rule.limits:
            by_environment = {one: _shown(limit.default.of(one)) for one in Environment}
            default = ", ".join(f"{value} in {one}" for one, value in by_environment.items())
            if len(set(by_environment.values())) == 1:
                default = by_environment[Environment.PROD]
            yield f"`{limit.name}`: {limit.description} By default {default}.\n"


def _shown(value: object) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
