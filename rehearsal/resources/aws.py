"""`aws:*`: what Pulumi's AWS provider would ask of AWS, asked of moto.

Each type says which call it is; every input that no call has a place of its own for is sent, under
AWS's name for it, and must be a parameter that AWS knows. So an input that this module forgot stops
the rehearsal. What AWS checks and moto does not is checked here where the order in which resources
are made, or a document's text, depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from components.cluster.iam_documents import partition
from rehearsal.errors import RehearsalError
from rehearsal.resources import Made, Maker, Properties
from rehearsal.servers.aws import AwsServer

PREFIX = "aws:"
PROVIDER = "pulumi:providers:aws"

# Names that are not merely written with a capital letter.
_ACRONYMS = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}


@dataclass(frozen=True, slots=True)
class Account:
    """AWS as one provider speaks to it: in one region, with tags for all that it makes."""

    server: AwsServer
    region: str
    default_tags: Mapping[str, str]

    def tags(self, inputs: Properties) -> dict[str, str]:
        return {**self.default_tags, **(inputs.get("tags") or {})}


def connect(server: AwsServer, inputs: Properties) -> Account:
    """What the provider does before anything else: it looks which account it is in. Its inputs but
    the region arrive as JSON text.
    """
    given = {key: value if key == "region" else _json(value) for key, value in inputs.items()}
    # The first has no meaning for moto, and Pulumi's provider checks no region by itself.
    of_provider = {"skipCredentialsValidation", "skipRegionValidation"}
    _require_known(given, {"region", "allowedAccountIds", "defaultTags", *of_provider})
    account = server.client("sts").get_caller_identity()["Account"]
    allowed = given.get("allowedAccountIds") or [account]
    if account not in allowed:
        raise RehearsalError(
            f"this is AWS account {account}, and the provider may only be in {', '.join(allowed)}: "
            "start the AWS server as the environment's account"
        )
    tags = given.get("defaultTags") or {}
    _require_known(tags, {"tags"})
    return Account(server, given["region"], tags.get("tags") or {})


def makers(account: Account) -> dict[str, Maker]:
    """Type -> maker, for one provider."""

    def bound(make: Callable[[Account, Properties], Made]) -> Maker:
        return lambda inputs: _as_error(lambda: make(account, inputs))

    def of_bucket(call: str, place: str | None = None, listed: str | None = None) -> Maker:
        return bound(lambda own, inputs: _configure(own, inputs, call, place, listed))

    return {
        "aws:kms/key:Key": bound(_key),
        "aws:kms/alias:Alias": bound(_alias),
        "aws:iam/role:Role": bound(_role),
        "aws:iam/rolePolicy:RolePolicy": bound(_role_policy),
        "aws:eks/podIdentityAssociation:PodIdentityAssociation": bound(_pod_identity),
        "aws:s3/bucket:Bucket": bound(_bucket),
        _s3("BucketVersioning"): of_bucket("put_bucket_versioning"),
        _s3("BucketPolicy"): of_bucket("put_bucket_policy"),
        _s3("BucketPublicAccessBlock"): of_bucket(
            "put_public_access_block", "PublicAccessBlockConfiguration"
        ),
        _s3("BucketServerSideEncryptionConfiguration"): of_bucket(
            "put_bucket_encryption", "ServerSideEncryptionConfiguration"
        ),
        _s3("BucketLifecycleConfiguration"): of_bucket(
            "put_bucket_lifecycle_configuration", "LifecycleConfiguration"
        ),
        _s3("BucketOwnershipControls"): of_bucket(
            "put_bucket_ownership_controls", "OwnershipControls", listed="Rule"
        ),
    }


def _s3(name: str) -> str:
    return f"aws:s3/{name[0].lower()}{name[1:]}:{name}"


def _as_error(make: Callable[[], Made]) -> Made:
    try:
        return make()
    except ParamValidationError as error:
        raise RehearsalError(f"AWS has no such parameter: {error}") from None
    except ClientError as error:
        raise RehearsalError(f"AWS (moto) refuses: {error}") from None


def _key(account: Account, inputs: Properties) -> Made:
    """One resource, two calls: the key, and that it rotates. The deletion window is only asked for
    when the key is deleted, so AWS would refuse a wrong one years later; the provider does now.
    """
    if not 7 <= inputs.get("deletionWindowInDays", 30) <= 30:
        raise RehearsalError("deletionWindowInDays must be from 7 to 30")
    _require_roles(account, inputs.get("policy"))
    kms = account.server.client("kms", region=account.region)
    tags = account.tags(inputs).items()
    made = kms.create_key(
        **_as_aws(_without(inputs, {"enableKeyRotation", "deletionWindowInDays", "tags"})),
        Tags=[{"TagKey": key, "TagValue": value} for key, value in tags],
    )["KeyMetadata"]
    if inputs.get("enableKeyRotation"):
        kms.enable_key_rotation(KeyId=made["KeyId"])
    return Made(made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]})


def _require_roles(account: Account, policy: str | None) -> None:
    """KMS takes no policy that names a role which is not there; moto does not look."""
    iam = account.server.client("iam")
    for statement in json.loads(policy)["Statement"] if policy else []:
        principal: str = statement["Principal"]["AWS"]
        if ":role/" in principal:
            try:
                iam.get_role(RoleName=principal.rpartition("/")[2])
            except iam.exceptions.NoSuchEntityException:
                raise RehearsalError(
                    f"the key's policy names {principal}, which is not there, so KMS would refuse "
                    "it: make the role first"
                ) from None


def _alias(account: Account, inputs: Properties) -> Made:
    renamed = {"name": "AliasName"}
    account.server.client("kms", region=account.region).create_alias(**_as_aws(inputs, renamed))
    return Made(inputs["name"], {})


def _role(account: Account, inputs: Properties) -> Made:
    """moto checks a trust policy only when it is updated, so it is, to what it is already."""
    iam = account.server.client("iam")
    renamed = {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"}
    made = iam.create_role(
        **_as_aws(_without(inputs, {"tags"}), renamed), Tags=_tags(account.tags(inputs))
    )["Role"]
    name = made["RoleName"]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=inputs["assumeRolePolicy"])
    return Made(name, {"arn": made["Arn"], "uniqueId": made["RoleId"]})


def _role_policy(account: Account, inputs: Properties) -> Made:
    renamed = {"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"}
    account.server.client("iam").put_role_policy(**_as_aws(inputs, renamed))
    return Made(f"{inputs['role']}:{inputs['name']}", {})


def _pod_identity(_account: Account, _inputs: Properties) -> Made:
    raise RehearsalError(
        "moto knows no Pod Identity, so this cannot be rehearsed: set workloadIdentity to 'irsa'"
    )


def _bucket(account: Account, inputs: Properties) -> Made:
    """S3 wants to be told the region, but for the one that is its default."""
    s3 = account.server.client("s3", region=account.region)
    place = (
        {}
        if account.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    )
    s3.create_bucket(**_as_aws(_without(inputs, {"tags"})), **place)
    name = inputs["bucket"]
    if tags := account.tags(inputs):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tags(tags)})
    return Made(name, {"arn": f"arn:{partition(account.region)}:s3:::{name}"})


def _configure(
    account: Account, inputs: Properties, call: str, place: str | None, listed: str | None
) -> Made:
    """One call about a bucket. All but the bucket's name goes to `place`, if there is one. What is
    `listed` is one thing for the provider, and a list of it for AWS.
    """
    rest = _as_aws(_without(inputs, {"bucket"}))
    if listed:
        rest[f"{listed}s"] = [rest.pop(listed)]
    s3 = account.server.client("s3", region=account.region)
    getattr(s3, call)(Bucket=inputs["bucket"], **({place: rest} if place else rest))
    return Made(inputs["bucket"], {})


def _as_aws(inputs: Properties, renamed: Mapping[str, str] = {}) -> dict[str, Any]:
    """Inputs under AWS's names, at every depth."""
    return {
        renamed.get(key) or _ACRONYMS.get(key) or f"{key[0].upper()}{key[1:]}": _value(value)
        for key, value in inputs.items()
        if value is not None
    }


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _as_aws(value)
    return [_value(one) for one in value] if isinstance(value, list) else value


def _tags(tags: Mapping[str, str]) -> list[Any]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _without(inputs: Properties, left_out: set[str]) -> Properties:
    return {key: value for key, value in inputs.items() if key not in left_out}


def _require_known(inputs: Properties, known: set[str]) -> None:
    if unknown := inputs.keys() - known:
        raise RehearsalError(f"the rehearsal does not know the inputs {sorted(unknown)}")


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
