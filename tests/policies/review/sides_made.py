"""Snapshots made by hand: an environment with two applications, and what can be changed in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from policies.environments import Environment
from policies.plan import (
    AppRoleRole,
    AwsRole,
    DatabaseConnection,
    DatabaseRole,
    KubernetesRole,
    KvSecret,
    Member,
    OidcRole,
    Owner,
    PkiRole,
    TokenSettings,
)
from policies.postgresql import DatabaseAccess, statements
from policies.review import Limits, Review, Snapshot, compare
from policies.review.difference import Direction
from policies.review.model import Finding, Status, TermChange, WorkloadReview

GAINED, LOST = Direction.GAINED, Direction.LOST
PROD: Final = Environment.PROD
LIMITS: Final = Limits.parse(Path("policies/approvals.toml").read_text())
"""The product's own."""


def token(*policies: str, **more: Any) -> TokenSettings:
    return TokenSettings(policies, **{"ttl_seconds": 3600, "max_ttl_seconds": 86400, **more})


def hcl(rules: Mapping[str, str]) -> str:
    """Path -> capabilities, with blanks between."""
    return "\n".join(
        f'path "{path}" {{ capabilities = [{", ".join(map(repr, words.split()))}] }}'.replace(
            "'", '"'
        )
        for path, words in rules.items()
    )


SHOP: Final = {
    "secret/data/shop/*": "read",
    "database/creds/shop-readonly": "read",
    "aws/creds/shop-files": "read",
    "pki/issue/shop-api": "update",
}
IAM: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],'
    '"Resource":["arn:aws:s3:::shop-prod/*"]}]}'
)

BASE: Final = Snapshot(
    "base",
    PROD,
    policies={
        "shop-api-prod": hcl(SHOP),
        "blog-api-prod": hcl({"secret/data/blog/*": "read"}),
        "people-ops-prod": hcl({"sys/mounts": "read"}),
        "shop-ci-prod": hcl({"secret/data/deploy/shop/*": "read"}),
    },
    owners=(
        Owner("blog", "blog-team", (Member("blog/api", "blog"),), ("secret/+/blog/*",)),
        Owner("people", "", (Member("people/ops", "ops"),), ()),
        Owner(
            "shop",
            "shop-team",
            (Member("shop/api", "shop"), Member("shop/ci", "shop-ci")),
            (
                "aws/creds/shop-files",
                "database/creds/shop-readonly",
                "pki/issue/shop-api",
                "secret/+/deploy/shop/*",
                "secret/+/shop/*",
            ),
        ),
    ),
    kubernetes_roles=(
        KubernetesRole("blog", "blog", "blog-prod", "vault-prod", token("blog-api-prod")),
        KubernetesRole("shop", "shop", "shop-prod", "vault-prod", token("shop-api-prod")),
    ),
    approle_roles=(AppRoleRole("shop-ci", 86400, 20, token("shop-ci-prod")),),
    oidc_roles=(OidcRole("ops", ("ops-prod",), token("people-ops-prod")),),
    database_connections=(DatabaseConnection("shop", "shop", ("shop-readonly",)),),
    database_roles=(
        DatabaseRole(
            "shop-readonly",
            "shop",
            statements(
                database="shop", owner="shop", schema="public", access=DatabaseAccess.READ_ONLY
            ),
            3600,
            86400,
        ),
    ),
    aws_roles=(AwsRole("shop-files", IAM, 3600, 14400),),
    pki_roles=(PkiRole("shop-api", ("api.shop.prod.example",), False, True, False, 86400, 259200),),
    kv_entries=(KvSecret("shop/config", ("password",), None),),
)


def with_policies(
    policies: Mapping[str, Mapping[str, str] | None], of: Snapshot = BASE
) -> Snapshot:
    """The same, with these ACL policies in place of its own; None: without."""
    texts = dict(of.policies)
    for name, rules in policies.items():
        if rules is None:
            del texts[name]
        else:
            texts[name] = hcl(rules)
    return dataclasses.replace(of, policies=texts)


def but(of: Snapshot = BASE, **tables: Any) -> Snapshot:
    """The same, with other tables."""
    return dataclasses.replace(of, **tables)


def altered(things: tuple[Any, ...], name: str, /, **fields: Any) -> tuple[Any, ...]:
    """The same things, of which the one of this name says something else."""
    return tuple(
        dataclasses.replace(thing, **fields) if thing.name == name else thing for thing in things
    )


def reviewed(
    head: Snapshot, base: Snapshot | None = BASE, limits: Limits = LIMITS, **others: Any
) -> Review:
    """The change from `base` to `head`."""
    return compare(
        {base.environment: base} if base else {},
        {head.environment: head},
        base_name="base",
        head_name="head",
        limits=limits,
        **others,
    )


def workload(review: Review, label: str) -> WorkloadReview:
    (found,) = (w for one in review.environments for w in one.workloads if w.label == label)
    return found


def statuses(review: Review) -> dict[str, Status]:
    return {w.label: w.status for one in review.environments for w in one.workloads}


def said(terms: tuple[TermChange, ...]) -> list[str]:
    return [f"{t.direction} {t.role} {t.term}: {t.before} -> {t.after}" for t in terms]


def rules_of(review: Review) -> list[str]:
    return [finding.rule for finding in review.findings]


def finding(review: Review, rule: str) -> Finding:
    (found,) = (one for one in review.findings if one.rule == rule)
    return found
