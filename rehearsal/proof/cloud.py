"""AWS keys: issued, known to AWS, with the plan's rights, and gone after revocation."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from botocore.exceptions import ClientError

from policies.paths import AWS, cloud_credentials
from policies.plan import AwsRole
from policies.subject import Subject
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench
from rehearsal.proof.database import revoke_lease
from rehearsal.proof.results import Outcome, Seen
from rehearsal.servers.aws import AccessKey
from rehearsal.vault_api import Answer

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def prove(bench: Bench) -> None:
    for subject in bench.subjects:
        for role in bench.plan.aws_roles:
            _issue(bench, subject, role)


def _issue(bench: Bench, subject: Subject, role: AwsRole) -> None:
    answer = bench.try_call(
        subject,
        "cloud credentials",
        role.name,
        allowed=expectations.cloud(subject, role.name),
        call=lambda: bench.session(subject).call("GET", cloud_credentials(AWS, role.name)),
    )
    if answer.allowed:
        _use(bench, subject, role, answer)


def _use(bench: Bench, subject: Subject, role: AwsRole, answer: Answer) -> None:
    """The key says who it is; AWS's own records say that it exists, and what it may do.

    An assumed role's key ends by itself, and its rights are the IAM role's, narrowed: AWS (moto)
    keeps no record of either to look at.
    """
    key = answer.data["access_key"]
    started = time.perf_counter()
    arn = _caller(bench, answer)
    elapsed = (time.perf_counter() - started) * 1000
    if ":assumed-role/" in arn:
        bench.note(
            subject,
            "AWS knows the key, as an assumed role",
            role.name,
            allowed=True,
            seen=Seen(Outcome.ALLOWED, elapsed),
        )
        return
    user = arn.rpartition("/")[2]
    seen = _with_rights(bench, user, key, role)
    bench.note(
        subject,
        "AWS knows the key, with the plan's rights",
        role.name,
        allowed=True,
        seen=Seen(seen.outcome, elapsed, seen.detail),
    )
    revoke_lease(bench, answer.body["lease_id"])
    bench.note(
        subject,
        "AWS knows the key after revocation",
        role.name,
        allowed=False,
        seen=_known(bench, user),
    )


def _caller(bench: Bench, answer: Answer) -> str:
    data = answer.data
    key = AccessKey(data["access_key"], data["secret_key"], data.get("session_token"))
    return bench.scene.aws.client("sts", key).get_caller_identity()["Arn"]


def _with_rights(bench: Bench, user: str, key: str, role: AwsRole) -> Seen:
    iam = _administrator(bench)
    keys = [k["AccessKeyId"] for k in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]
    if key not in keys:
        return Seen(Outcome.BROKEN, None, f"user {user} has other keys")
    names = iam.list_user_policies(UserName=user)["PolicyNames"]
    documents = [
        iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"] for name in names
    ]
    if [_document(document) for document in documents] != [json.loads(role.policy_document)]:
        return Seen(Outcome.BROKEN, None, f"user {user} has other rights than the plan's")
    return Seen(Outcome.ALLOWED)


def _document(document: object) -> object:
    return json.loads(unquote(document)) if isinstance(document, str) else document


def _known(bench: Bench, user: str) -> Seen:
    try:
        _administrator(bench).get_user(UserName=user)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return Seen(Outcome.DENIED)
        return Seen(Outcome.BROKEN, None, str(error))
    return Seen(Outcome.ALLOWED)


def _administrator(bench: Bench) -> IAMClient:
    return bench.scene.aws.client("iam")
