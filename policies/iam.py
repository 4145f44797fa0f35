"""AWS IAM policy documents with least privilege: what an AWS role of the matrix may do."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

_PLACES = frozenset({"environment", "account", "region"})
_PLACE = re.compile(r"\{(.*?)\}")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Z][A-Za-z0-9]+")
# AWS knows no resource for these, so IAM accepts nothing but "*" (Service Authorization Reference).
_WITHOUT_RESOURCE = frozenset({"ecr:GetAuthorizationToken", "sts:GetCallerIdentity"})


@dataclass(frozen=True, slots=True)
class AwsAccount:
    """The account and region in which an environment's resources live."""

    id: str
    region: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d{12}", self.id):
            raise ValueError(f"AWS account {self.id!r}: must be 12 digits; look at the console")
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", self.region):
            raise ValueError(f"AWS region {self.region!r}: must be a region; write 'eu-west-1'")


@dataclass(frozen=True, slots=True)
class Allow:
    """One IAM statement. `resources` are ARNs that may hold `{environment}`, `{account}` and
    `{region}`; actions are named one by one.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.actions or not self.resources:
            raise ValueError(
                "IAM statement: must name actions and resources (AWS refuses one without); "
                "write such as Allow(('s3:GetObject',), ('arn:aws:s3:::bucket/*',))"
            )
        for resource in self.resources:
            unknown = [place for place in _PLACE.findall(resource) if place not in _PLACES]
            if unknown:
                raise ValueError(
                    f"IAM resource {resource!r}: {{{unknown[0]}}} stands for nothing; write one of "
                    f"{', '.join(f'{{{place}}}' for place in sorted(_PLACES))}"
                )
        for action in self.actions:
            if not _ACTION.fullmatch(action):
                raise ValueError(
                    f"IAM action {action!r}: must name one action, without a wildcard; "
                    "write such as 's3:GetObject'"
                )
        for resource in self.resources:
            if resource.rpartition(":")[2] == "*" != resource:
                raise ValueError(
                    f"IAM resource {resource!r}: must name what it is about; write a name before "
                    "the wildcard, such as 'arn:aws:s3:::bucket/*'"
                )
        if "*" in self.resources and not set(self.actions) <= _WITHOUT_RESOURCE:
            raise ValueError(
                f"IAM resource '*' for {', '.join(self.actions)}: must name what it is about; "
                f"write an ARN (only {', '.join(sorted(_WITHOUT_RESOURCE))} know no resource)"
            )


def document(statements: Sequence[Allow], *, environment: str, account: AwsAccount) -> str:
    """The policy document as JSON, the same text for the same statements."""
    places = {"environment": environment, "account": account.id, "region": account.region}
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": list(statement.actions),
                    "Resource": [resource.format(**places) for resource in statement.resources],
                }
                for statement in statements
            ],
        },
        separators=(",", ":"),
    )
