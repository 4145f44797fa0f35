"""All guardrails, and for which environment the pack speaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pulumi_policy import Policy

from policies.environments import Environment
from policies.guardrails import (
    acl,
    audit,
    clear_text,
    cloud,
    cost,
    database,
    iam,
    jobs,
    known,
    lifetimes,
    limits,
    logins,
    metrics,
    network,
    pki,
    pods,
    protection,
    provisioner,
    reviewed,
    rights,
    tls,
)
from policies.guardrails.rule import Rule

NAME: Final = "vaultstack-guardrails"
SECTIONS: Final[Mapping[str, tuple[Rule, ...]]] = {
    "ACL policies": acl.RULES,
    "What was reviewed": reviewed.RULES,
    "The provisioner": provisioner.RULES,
    "Logging in": logins.RULES,
    "Lifetimes": lifetimes.RULES,
    "Databases": database.RULES,
    "Certificates": pki.RULES,
    "AWS, Azure and Google": (*iam.RULES, *cloud.RULES),
    "Pods and what Kubernetes lets them do": (
        *pods.RULES,
        *rights.RULES,
        *limits.RULES,
    ),
    "Scheduled jobs": jobs.RULES,
    "Network": network.RULES,
    "Metrics": metrics.RULES,
    "TLS": tls.RULES,
    "Protection of data": protection.RULES,
    "What Vault writes down": audit.RULES,
    "Secrets in clear": clear_text.RULES,
    "What is declared at all": known.RULES,
    "What it costs": cost.RULES,
}
RULES: Final[tuple[Rule, ...]] = tuple(rule for rules in SECTIONS.values() for rule in rules)


def environment_of(config: Mapping[str, str]) -> Environment:
    """By the key that the program itself goes by, whatever the stack is called. Without it (when
    the pack is only asked what it holds) or with a wrong one (which stops the program) the
    strictest.
    """
    try:
        return Environment(config.get("vaultstack:environment", ""))
    except ValueError:
        return Environment.PROD


def policies(environment: Environment) -> list[Policy]:
    return [rule.policy(environment) for rule in RULES]
