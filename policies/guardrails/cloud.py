"""The seal's key and the snapshots' bucket in AWS, and what Vault issues for other clouds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pulumi_policy import Severity

from policies.guardrails.iam import listed, principals, statements
from policies.guardrails.rule import (
    ByEnvironment,
    Finding,
    Limit,
    Resource,
    ResourceRule,
    Setting,
    StackRule,
    of_types,
)

_KEY: Final = "aws:kms/key:Key"
BUCKET: Final = "aws:s3/bucket:Bucket"
_PRIVACY: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_OWNERSHIP: Final = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
_VERSIONING: Final = "aws:s3/bucketVersioning:BucketVersioning"
_ENCRYPTION: Final = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
_BLOCKS: Final = (
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
)


def _rotation(resource: Resource, setting: Setting) -> Iterator[str]:
    if resource.get("enableKeyRotation") is not True:
        yield "enableKeyRotation is not true"
    if resource.get("isEnabled") is False:
        yield "isEnabled is false: every server would stay sealed at its next start"
    shortest = int(setting.limits["shortestDeletionDays"])
    days = resource.get("deletionWindowInDays")
    if days is not None and days < shortest:
        yield f"deletionWindowInDays is {days:.0f}, less than {shortest}"
    if resource.get("bypassPolicyLockoutSafetyCheck"):
        yield "bypassPolicyLockoutSafetyCheck lets a policy lock everybody out"


def _of_bucket(resources: Sequence[Resource], type_: str, bucket: Resource) -> tuple[Resource, ...]:
    """What is set for a bucket: by its output, or, if that is not known to lead there, its name."""
    found = []
    for one in of_types(resources, type_):
        led = one.related.get("bucket", frozenset())
        if bucket.urn in led or (not led and one.text("bucket") == bucket.text("bucket")):
            found.append(one)
    return tuple(found)


def _each_bucket(
    check: Callable[[Sequence[Resource], Resource], Iterator[str]],
) -> Callable[[Sequence[Resource], Setting], Iterator[Finding]]:
    def check_all(resources: Sequence[Resource], _: Setting) -> Iterator[Finding]:
        for bucket in of_types(resources, BUCKET):
            for message in check(resources, bucket):
                yield Finding(message, bucket.urn)

    return check_all


def _private(resources: Sequence[Resource], bucket: Resource) -> Iterator[str]:
    blocks = _of_bucket(resources, _PRIVACY, bucket)
    if not blocks:
        yield "no BucketPublicAccessBlock closes it"
    for block in blocks:
        for key in _BLOCKS:
            if block.get(key) is not True:
                yield f"{block.name}.{key} is not true"
    ownership = _of_bucket(resources, _OWNERSHIP, bucket)
    if not any(one.get("rule", "objectOwnership") == "BucketOwnerEnforced" for one in ownership):
        yield "no BucketOwnershipControls say BucketOwnerEnforced, so that ACLs can open it"
    for policy in _of_bucket(resources, _POLICY, bucket):
        for who in _invited(policy):
            if "*" in who:
                yield f"{policy.name} allows {who!r}, which is everybody"


def _invited(policy: Resource) -> Iterator[str]:
    for statement in statements(policy.get("policy")):
        if statement.get("Effect") != "Deny":
            yield from principals(statement)


def _versioned(resources: Sequence[Resource], bucket: Resource) -> Iterator[str]:
    versioning = _of_bucket(resources, _VERSIONING, bucket)
    if not any(one.get("versioningConfiguration", "status") == "Enabled" for one in versioning):
        yield "no BucketVersioning enables versions"
    if bucket.get("forceDestroy"):
        yield "forceDestroy deletes the snapshots with the bucket"


def _encrypted(resources: Sequence[Resource], bucket: Resource) -> Iterator[str]:
    encryption = _of_bucket(resources, _ENCRYPTION, bucket)
    if not any(
        rule.get("applyServerSideEncryptionByDefault", {}).get("sseAlgorithm")
        for one in encryption
        for rule in one.get("rules") or ()
    ):
        yield "no BucketServerSideEncryptionConfiguration encrypts it"


def _tls(resources: Sequence[Resource], bucket: Resource) -> Iterator[str]:
    for policy in _of_bucket(resources, _POLICY, bucket):
        for one in statements(policy.get("policy")):
            secure = (one.get("Condition") or {}).get("Bool", {}).get("aws:SecureTransport")
            if (
                one.get("Effect") == "Deny"
                and str(secure).lower() == "false"
                and "*" in principals(one)
                and "s3:*" in listed(one.get("Action"))
                and len(listed(one.get("Resource"))) == 2
            ):
                return
    yield "no BucketPolicy denies what comes without TLS, to the bucket and its objects"


def _other_clouds(resource: Resource, _: Setting) -> Iterator[str]:
    for assigned in resource.get("azureRoles") or ():
        role, scope = str(assigned.get("roleName")), str(assigned.get("scope"))
        if role in ("Owner", "Contributor", "User Access Administrator") or (
            role.endswith("Administrator")
        ):
            yield f"azureRoles has {role!r}, with which its holder can do nearly everything"
        if scope.rstrip("/").count("/") <= 2:
            yield f"azureRoles has the scope {scope!r}, a whole subscription or more"
    email = resource.text("serviceAccountEmail")
    if "compute@developer" in email or "@appspot." in email:
        yield f"serviceAccountEmail is {email!r}, a default account that may edit the project"


ROTATION: Final = ResourceRule(
    name="kms-rotation",
    says="KMS keys rotate, and are deleted slowly.",
    meaning="Without the seal's key no server unseals again; without rotation one key seals "
    "everything for ever.",
    repair="Set enableKeyRotation, and a deletion window in which somebody notices",
    severity=Severity.HIGH,
    types=frozenset({_KEY}),
    check=_rotation,
    limits=(
        Limit(
            "shortestDeletionDays",
            "The fewest days between the order to delete a key and its end.",
            ByEnvironment(dev=7, staging=7, prod=30),
            {"type": "integer", "minimum": 7, "maximum": 30},
        ),
    ),
)
PRIVATE: Final = StackRule(
    name="bucket-private",
    says="Buckets are closed to the public, by every way.",
    meaning="A snapshot is a whole copy of Vault, encrypted by a key that its finder may get.",
    repair="Declare BucketPublicAccessBlock with all four blocks, and BucketOwnerEnforced",
    severity=Severity.CRITICAL,
    check=_each_bucket(_private),
)
VERSIONED: Final = StackRule(
    name="bucket-versioned",
    says="Buckets keep versions.",
    meaning="Who may write snapshots could otherwise overwrite all of them.",
    repair="Declare BucketVersioning with status Enabled, and no forceDestroy",
    severity=Severity.HIGH,
    check=_each_bucket(_versioned),
)
ENCRYPTED: Final = StackRule(
    name="bucket-encrypted",
    says="Buckets encrypt what they keep.",
    meaning="What is deleted or copied below S3 stays readable.",
    repair="Declare BucketServerSideEncryptionConfiguration",
    severity=Severity.MEDIUM,
    check=_each_bucket(_encrypted),
)
TLS: Final = StackRule(
    name="bucket-tls",
    says="Buckets are reached through TLS only.",
    meaning="Whoever is in between could read or change a snapshot.",
    repair="Declare a BucketPolicy that denies s3:* where aws:SecureTransport is false",
    severity=Severity.HIGH,
    check=_each_bucket(_tls),
)
OTHER_CLOUDS: Final = ResourceRule(
    name="cloud-least-privilege",
    says="Azure and Google identities have named rights on named things.",
    meaning="Whoever gets such credentials can do what nobody meant.",
    repair="Assign a role made for the purpose at one resource group or less; use a service "
    "account of its own",
    severity=Severity.HIGH,
    types=frozenset(
        {
            "vault:azure/backendRole:BackendRole",
            "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount",
        }
    ),
    check=_other_clouds,
)

RULES: Final = (ROTATION, PRIVATE, VERSIONED, ENCRYPTED, TLS, OTHER_CLOUDS)
