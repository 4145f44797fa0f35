"""What IAM documents allow, statement by statement, wherever they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_policy import Severity

from policies.environments import Environment
from policies.guardrails.rule import Resource, ResourceRule, Setting
from policies.iam import Allow
from policies.matrix import MATRIX

VAULT_ROLE: Final = "vault:aws/secretBackendRole:SecretBackendRole"
# Type -> the property that holds the document.
_DOCUMENTS: Final = {
    VAULT_ROLE: "policyDocument",
    "aws:iam/policy:Policy": "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
}
_ROLE: Final = "aws:iam/role:Role"
_KEY: Final = "aws:kms/key:Key"
_ATTACHED: Final = frozenset(
    {
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:iam/userPolicyAttachment:UserPolicyAttachment",
        "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
        "aws:iam/policyAttachment:PolicyAttachment",
    }
)
_STANDING: Final = frozenset(
    {
        "aws:iam/accessKey:AccessKey",
        "aws:iam/user:User",
        "aws:iam/userLoginProfile:UserLoginProfile",
    }
)
# Who may do one of these can give itself, or whom it likes, any right there is.
_ESCALATING: Final = (
    "iam:add", "iam:attach", "iam:create", "iam:delete", "iam:detach", "iam:passrole", "iam:put",
    "iam:remove", "iam:set", "iam:update", "iam:upload", "kms:creategrant", "kms:putkeypolicy",
    "lambda:updatefunctioncode", "organizations:",
)  # fmt: skip
_ACCOUNT: Final = re.compile(r"^arn:[^:]*:[^:]*:[^:]*:(\d{12}):")


def statements(document: Any) -> Sequence[Mapping[str, Any]]:
    """A document's statements. Raises `ValueError` where it is none."""
    value = json.loads(document) if isinstance(document, str) else document
    found = value.get("Statement") if isinstance(value, Mapping) else None
    if isinstance(found, Mapping):
        found = [found]
    if not isinstance(found, Sequence) or not all(isinstance(one, Mapping) for one in found):
        raise ValueError("the IAM document has no statements")
    return found


def listed(value: Any) -> tuple[str, ...]:
    """IAM takes one string for a list of one."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))


def principals(statement: Mapping[str, Any]) -> tuple[str, ...]:
    found = statement.get("Principal")
    if isinstance(found, Mapping):
        return tuple(one for kind in found.values() for one in listed(kind))
    return listed(found)


def too_wide(statement: Mapping[str, Any]) -> Iterator[str]:
    """Where an allowing statement does not name what it allows."""
    for key in ("NotAction", "NotResource", "NotPrincipal"):
        if key in statement:
            yield f"allows by {key} everything that it does not name"
    actions = listed(statement.get("Action"))
    for action in actions:
        if "*" in action or "?" in action:
            yield f"allows the actions {action!r}"
        elif action.lower().startswith(_ESCALATING):
            yield f"allows {action!r}, with which its holder can give itself more"


def _allowing(document: Any) -> Iterator[Mapping[str, Any]]:
    return (one for one in statements(document) if one.get("Effect") != "Deny")


def _least(resource: Resource, _: Setting) -> Iterator[str]:
    for where, document in _documents(resource):
        for statement in _allowing(document):
            yield from (f"{where} {what}" for what in too_wide(statement))
            yield from (f"{where} {what}" for what in _wide_resources(statement))
    if resource.type == VAULT_ROLE:
        for key in ("policyArns", "iamGroups"):
            if resource.texts(key):
                yield f"{key} gives rights that no preview shows"
        if not resource.get("policyDocument"):
            yield "policyDocument is missing: the role would have all that the assumed one has"


def _documents(resource: Resource) -> Iterator[tuple[str, Any]]:
    if key := _DOCUMENTS.get(resource.type):
        if found := resource.get(key):
            yield key, found
    elif resource.type == _ROLE:
        for inline in resource.get("inlinePolicies") or ():
            yield "inlinePolicies", inline["policy"]


def _wide_resources(statement: Mapping[str, Any]) -> Iterator[str]:
    actions = listed(statement.get("Action"))
    for one in listed(statement.get("Resource")):
        if one.rpartition(":")[2] == "*" and (one != "*" or not _know_no_resource(actions)):
            yield f"allows {', '.join(actions)} on the resource {one!r}"


def _know_no_resource(actions: Iterable[str]) -> bool:
    """Whether AWS knows no resource for these, as `policies.iam` has it."""
    try:
        Allow(tuple(actions), ("*",))
    except ValueError:
        return False
    return True


def _attached(resource: Resource, _: Setting) -> Iterator[str]:
    if resource.type in _STANDING:
        yield f"is a standing identity of AWS ({resource.type.rpartition(':')[2]})"
    elif resource.type in _ATTACHED:
        yield f"attaches {resource.text('policyArn')}, whose rights no preview shows"
    elif resource.texts("managedPolicyArns"):
        yield "managedPolicyArns gives rights that no preview shows"


def _trust(resource: Resource, _: Setting) -> Iterator[str]:
    for statement in _allowing(resource.get("assumeRolePolicy")):
        yield from too_wide({**statement, "Action": None})
        conditions = _conditions(statement)
        for who in principals(statement):
            if "*" in who:
                yield f"trusts {who!r}, which is everybody"
            elif ":oidc-provider/" in who:
                issuer = who.partition(":oidc-provider/")[2]
                for claim in ("aud", "sub"):
                    if not conditions.get(f"{issuer}:{claim}".lower()):
                        yield f"trusts {issuer} without naming one {claim} (StringEquals)"
            elif who == "pods.eks.amazonaws.com" and not conditions.get("aws:sourcearn"):
                yield "trusts every cluster of the account (no aws:SourceArn)"


def _conditions(statement: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What conditions of equality ask for, by lower-case key; without those with wildcards."""
    found = {}
    for operator, wanted in (statement.get("Condition") or {}).items():
        if operator in ("StringEquals", "ArnEquals"):
            for key, values in wanted.items():
                if not any("*" in one for one in listed(values)):
                    found[key.lower()] = listed(values)
    return found


def _own(resource: Resource, setting: Setting) -> Iterator[str]:
    account = MATRIX.spec(setting.environment).aws.id
    others = {one.value for one in Environment} - {setting.environment.value}
    for where, arn in _arns(resource):
        found = _ACCOUNT.match(arn)
        if found and found[1] != account:
            yield f"{where} has {arn!r}, which is not of this environment's account {account}"
        for name in sorted(others & set(re.split(r"[^a-z0-9]+", arn.lower()))):
            yield f"{where} has {arn!r}, which is named for {name}"


def _arns(resource: Resource) -> Iterator[tuple[str, str]]:
    for arn in resource.texts("roleArns"):
        yield "roleArns", arn
    for where, document in _documents(resource):
        for statement in _allowing(document):
            for arn in listed(statement.get("Resource")):
                yield where, arn


def _key_policy(resource: Resource, _: Setting) -> Iterator[str]:
    document = resource.get("policy")
    if document is None:
        yield "policy is missing: AWS' default lets every IAM policy of the account give its use"
        return
    for statement in _allowing(document):
        for key in ("NotAction", "NotPrincipal"):
            if key in statement:
                yield f"policy allows by {key} everything that it does not name"
        for action in listed(statement.get("Action")):
            if "*" in action:
                yield f"policy allows the actions {action!r}"
        for who in principals(statement):
            if "*" in who:
                yield f"policy allows {who!r}, which is everybody"


LEAST: Final = ResourceRule(
    name="iam-least-privilege",
    says="IAM documents name each action and what it is about.",
    meaning="Whoever gets such credentials can do what nobody meant, up to giving themselves more.",
    repair="Name actions and ARNs one by one, without wildcards, as policies/matrix.py does",
    severity=Severity.CRITICAL,
    types=frozenset({*_DOCUMENTS, _ROLE}),
    check=_least,
)
ATTACHED: Final = ResourceRule(
    name="iam-nothing-standing",
    says="Nothing in AWS has rights that stand elsewhere, or a key that stands for ever.",
    meaning="A managed policy changes without a pull request, and a standing key works until "
    "somebody finds it.",
    repair="Write the rights as a document of the role, and let pods and people assume roles",
    severity=Severity.HIGH,
    types=frozenset({*_ATTACHED, *_STANDING, _ROLE}),
    check=_attached,
)
TRUST: Final = ResourceRule(
    name="iam-trust",
    says="An IAM role trusts one named identity.",
    meaning="Any other pod of the cluster, or any other cluster, could become Vault to AWS and "
    "unseal it.",
    repair="Name the principal, and its sub and aud or its aws:SourceArn with StringEquals or "
    "ArnEquals",
    severity=Severity.CRITICAL,
    types=frozenset({_ROLE}),
    check=_trust,
)
OWN: Final = ResourceRule(
    name="iam-own-environment",
    says="AWS rights stay in the environment's own account and resources.",
    meaning="One environment's workloads could reach another's data.",
    repair="Name this environment's account and resources (awsRoleArns, policies/matrix.py)",
    severity=Severity.CRITICAL,
    types=frozenset({*_DOCUMENTS, _ROLE}),
    check=_own,
)
KEY_POLICY: Final = ResourceRule(
    name="kms-key-policy",
    says="A key's own policy names who may use it.",
    meaning="Whoever may use the seal's key can unseal a stolen copy of Vault's data.",
    repair="Name the servers' role for use, and management actions one by one for the account",
    severity=Severity.CRITICAL,
    types=frozenset({_KEY}),
    check=_key_policy,
)

RULES: Final = (LEAST, ATTACHED, TRUST, OWN, KEY_POLICY)
