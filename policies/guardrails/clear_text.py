"""No secret in clear: neither in an input that is made for one, nor anywhere else.

Pulumi's SDK shows which inputs are marked as secret to a remediation, and hides it from what
validates. So two rules look when they are asked to repair, change nothing, and report what they saw
when they are asked to validate. That is why their level is `remediate`, which for a violation that
is still there means mandatory. At another level they see nothing, and report that. What they say
never holds a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)
from pulumi_policy.deserialize import (
    SPECIAL_SECRET_SIG,
    SPECIAL_SIG_KEY,
    serialize_properties,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.environments import Environment
from policies.guardrails.rule import ByEnvironment, Resource, ResourceRule, Rule, Setting, truth

# Names of inputs that hold a secret whatever the type: as Pulumi and as Python write them.
_MADE_FOR_SECRETS: Final = frozenset(
    {
        "bindpass",
        "clientSecret",
        "credentials",
        "dataJson",
        "dataJsonWo",
        "jwt",
        "oidcClientSecret",
        "password",
        "passwordWo",
        "privateKey",
        "secretId",
        "secretKey",
        "token",
        "tokenReviewerJwt",
        "client_secret",
        "private_key",
        "secret_id",
        "secret_key",
        "root_token",
    }
)
# Names of inputs that hold secrets, however deep.
_FULL_OF_SECRETS: Final = frozenset({"authLogin", "shares"})
_AUDIT: Final = "vault:index/audit:Audit"
# Mounts, which may say of keys that the audit log shows them.
_TUNED: Final = (
    "vault:index/mount:Mount",
    "vault:index/authBackend:AuthBackend",
    "vault:jwt/authBackend:AuthBackend",
)
_NOT_HASHED: Final = ("auditNonHmacRequestKeys", "auditNonHmacResponseKeys")
_KUBERNETES_SECRET: Final = "kubernetes:core/v1:Secret"
_SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "a token of Vault": re.compile(r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}|\bs\.[A-Za-z0-9]{24}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key of AWS": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{30,})"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    "a JWT": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a password in a URL": re.compile(r"://[^/\s:@{}]+:[^/\s:@{}]+@"),
}


_REMEDIATE: Final = ByEnvironment.same(EnforcementLevel.REMEDIATE)


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every string in clear, with where it stands. `value` is in its wire form."""
    if isinstance(value, Mapping):
        if value.get(SPECIAL_SIG_KEY) == SPECIAL_SECRET_SIG:
            return
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, str(place)))
    elif isinstance(value, str) and value != UNKNOWN_STRING_VALUE:
        yield path, value


def _unmarked(type_: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    for path, text in leaves(inputs):
        where = ".".join(path)
        made = path[-1] in _MADE_FOR_SECRETS or not _FULL_OF_SECRETS.isdisjoint(path)
        of_kubernetes = type_ == _KUBERNETES_SECRET and path[0] in ("data", "stringData")
        if text and (made or of_kubernetes):
            yield f"{where} is not marked as secret, so that the state and every preview show it"


def _shaped(_: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    for path, text in leaves(inputs):
        for what, shape in _SHAPES.items():
            if shape.search(text):
                yield f"{'.'.join(path)} holds {what} in clear"


def _audited(resource: Resource, _: Setting) -> Iterator[str]:
    if truth(resource.get("options", "log_raw")):
        yield "options.log_raw writes tokens and secrets in clear"
    if resource.get("options", "hmac_accessor") in (False, "false"):
        yield "options.hmac_accessor writes tokens' accessors in clear"
    for place in ((), ("tune",)):
        for key in _NOT_HASHED:
            if shown := resource.texts(*place, key):
                yield f"{'.'.join((*place, key))} writes {', '.join(shown)} in clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksRule(Rule):
    """Looks at what a resource's inputs say in clear. `look`: its type and its inputs in wire form,
    where what is secret is marked so.
    """

    look: Callable[[str, Mapping[str, Any]], Iterator[str]]
    levels: ByEnvironment[EnforcementLevel] = _REMEDIATE

    def policy(self, environment: Environment) -> Policy:
        seen = dict[str, tuple[str, ...]]()
        blind = list[str]()

        def remediate(args: ResourceValidationArgs) -> None:
            inputs = serialize_properties(args.props)
            seen[args.urn] = tuple(self.look(args.resource_type, inputs))

        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            if args.urn not in seen:
                if not blind:
                    report(f"{self.name} sees nothing: its level must be `remediate`", None)
                blind.append(args.urn)
            for message in seen.get(args.urn, ()):
                report(self.sentence(args.name, message), None)

        return ResourceValidationPolicy(
            validate=validate, remediate=remediate, **self.described(environment)
        )


UNMARKED: Final = MarksRule(
    name="secrets-marked",
    says="Inputs that are made for secrets are marked as secret.",
    meaning="Whoever reads the state, or a preview in a pull request, has it.",
    repair="Give it by `pulumi config set --secret`, or as pulumi.Output.secret(...)",
    severity=Severity.CRITICAL,
    look=_unmarked,
)
SHAPED: Final = MarksRule(
    name="secrets-not-in-clear",
    says="No input that is in clear holds a credential.",
    meaning="Whoever reads the repository, the state, or a ConfigMap has it.",
    repair="Take it out, end it where it was issued, and give the new one as a secret",
    severity=Severity.CRITICAL,
    look=_shaped,
)

AUDITED: Final = ResourceRule(
    name="audit-hashed",
    says="The audit log holds secrets as hashes only.",
    meaning="Whoever reads the log, or where it is collected, has every secret that was asked for.",
    repair="Leave log_raw, hmac_accessor and the lists of keys that are not hashed out",
    severity=Severity.CRITICAL,
    types=frozenset({_AUDIT, *_TUNED}),
    check=_audited,
)

RULES: Final = (UNMARKED, SHAPED, AUDITED)
