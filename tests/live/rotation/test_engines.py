"""The rotations of what engines and pipelines log in with, on real servers: a database's
administrator and users that stay, the AWS engine's key, secret IDs. Each has the rights that
jobs/README.md names, and no more.
"""

from __future__ import annotations

import base64
import json

import pytest

from policies.hcl import Capability, Stanza
from rehearsal.servers.aws import AccessKey
from rehearsal.vault_api import VaultApi
from tests.jobs.installed import NAMESPACE, Installer, Job, Json, Kubernetes, may
from tests.live.conftest import Stage

pytestmark = pytest.mark.live

READ, UPDATE = Capability.READ, Capability.UPDATE
DATABASE = "kubesentiment"


def password_hash(stage: Stage, user: str) -> str:
    """As PostgreSQL keeps it: it changes with the password."""
    ((found,),) = stage.scene.postgres.execute(
        f"SELECT rolpassword FROM pg_authid WHERE rolname = '{user}'"
    )
    return str(found)


def test_a_databases_administrator_gets_a_new_password_that_only_vault_knows(
    stage: Stage, installer: Installer, root: VaultApi
) -> None:
    job = installer.install(
        "database-root",
        {"type": "database-root", "connection": DATABASE},
        [Stanza(f"database/rotate-root/{DATABASE}", (UPDATE,))],
    )
    before = password_hash(stage, f"vault_{DATABASE}")
    done = job.run()
    assert (done.exit, done.steps) == (0, ["begins", "rotated", "done"])
    assert password_hash(stage, f"vault_{DATABASE}") != before
    # With the new one, Vault goes on to make users.
    assert root.call("GET", f"database/creds/{DATABASE}-readonly").allowed
    again = job.run()
    assert (again.exit, again.steps) == (0, ["not due"])


def test_a_database_that_vault_does_not_know_is_named(installer: Installer) -> None:
    """Vault says 500, as it also does when it broke in the middle: so nobody can be sure."""
    job = installer.install(
        "database-unknown",
        {"type": "database-root", "connection": "unknown"},
        [Stanza("database/rotate-root/unknown", (UPDATE,))],
    )
    failed = job.run()
    assert (failed.exit, failed.steps) == (4, ["begins", "half way"])
    assert 'connection with name: "unknown"' in failed.fact("half way", "because")
    assert "pending" in job.notes
    again = job.run()
    assert (again.exit, again.steps) == (4, ["goes on", "half way"])


def test_a_static_user_gets_a_new_password_and_vault_knows_when(
    stage: Stage, installer: Installer, root: VaultApi
) -> None:
    stage.scene.postgres.execute("CREATE ROLE rotated_user LOGIN PASSWORD 'first'")
    administrator = f"vault_{DATABASE}"
    stage.scene.postgres.execute(f"GRANT rotated_user TO {administrator} WITH ADMIN OPTION")
    connection = root.call("GET", f"database/config/{DATABASE}").data
    allowed = connection["allowed_roles"]
    root.write(f"database/config/{DATABASE}", {"allowed_roles": [*allowed, "rotated-user"]})
    root.write(
        "database/static-roles/rotated-user",
        {"db_name": DATABASE, "username": "rotated_user", "rotation_period": "24h"},
    )
    try:
        job = installer.install(
            "database-static",
            {"type": "database-static", "role": "rotated-user"},
            [
                Stanza("database/rotate-role/rotated-user", (UPDATE,)),
                Stanza("database/static-roles/rotated-user", (READ,)),
            ],
        )
        before = password_hash(stage, "rotated_user")
        assert job.run().steps == ["not due"]  # Vault set one when the role was made
        done = job.run("--now")
        assert (done.exit, done.steps) == (0, ["begins", "rotated", "done"])
        assert password_hash(stage, "rotated_user") != before
    finally:
        root.call("DELETE", "database/static-roles/rotated-user")
        root.write(f"database/config/{DATABASE}", {"allowed_roles": allowed})


def test_the_aws_engine_gets_a_new_key_and_the_old_one_is_gone(
    stage: Stage, installer: Installer, root: VaultApi, iam_user: AccessKey
) -> None:
    job = installer.install(
        "aws-root", {"type": "aws-root"}, [Stanza("aws/config/rotate-root", (UPDATE,))]
    )
    done = job.run()
    assert (done.exit, done.steps) == (0, ["begins", "rotated", "done"])
    iam = stage.scene.aws.client("iam")
    (left,) = iam.list_access_keys(UserName="vault-engine")["AccessKeyMetadata"]
    assert left["AccessKeyId"] == done.fact("rotated", "key_id") != iam_user.id
    assert root.call("GET", "aws/config/root").data["access_key"] == left["AccessKeyId"]
    issued = root.call("GET", "aws/creds/s3-access")  # with the new key
    assert issued.allowed
    root.call("PUT", "sys/leases/revoke", {"lease_id": issued.body["lease_id"]})


APPROLE = "auth/approle/role/kubesentiment-ci"


def secret_id_job(
    installer: Installer, kubernetes: Kubernetes, name: str, overlap_seconds: int
) -> Job:
    kubernetes.api.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "stringData": {"other": "stays"},
        }
    )
    return installer.install(
        name,
        {
            "type": "secret-id",
            "role": "kubesentiment-ci",
            "wrap_ttl_seconds": 300,
            "secret": {"namespace": NAMESPACE, "name": name, "key": "wrapped-secret-id"},
            "overlap_seconds": overlap_seconds,
        },
        [
            Stanza(f"{APPROLE}/secret-id", (UPDATE,), min_wrapping_ttl=60, max_wrapping_ttl=3600),
            Stanza(f"{APPROLE}/secret-id-accessor/destroy", (UPDATE,)),
        ],
        [may("", "secrets", name, "patch")],
        interval_seconds=24 * 3600,
    )


def unwrapped(kubernetes: Kubernetes, root: VaultApi, name: str) -> str:
    """The secret ID, as the pipeline gets it."""
    stored: Json = kubernetes.call("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}")
    data = {key: base64.b64decode(text).decode() for key, text in stored["data"].items()}
    assert set(data) == {"other", "wrapped-secret-id"}
    assert data["other"] == "stays"
    answer = root.with_token(data["wrapped-secret-id"]).call("POST", "sys/wrapping/unwrap")
    assert answer.allowed
    return str(answer.data["secret_id"])


def logs_in(root: VaultApi, secret_id: str) -> bool:
    role_id = root.call("GET", f"{APPROLE}/role-id").data["role_id"]
    body = {"role_id": role_id, "secret_id": secret_id}
    return root.with_token("").call("POST", "auth/approle/login", body).allowed


def test_a_pipeline_gets_a_new_secret_id_and_the_old_one_ends_after_its_overlap(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    job = secret_id_job(installer, kubernetes, "secret-ids", overlap_seconds=3600)
    somebodys = str(root.call("POST", f"{APPROLE}/secret-id", {}).data["secret_id"])
    done = job.run()
    assert (done.exit, done.steps) == (0, ["begins", "handed over", "done"])
    first = unwrapped(kubernetes, root, job.name)
    assert logs_in(root, first)
    job.long_ago()
    done = job.run()
    assert done.steps == ["begins", "handed over", "done"]
    second = unwrapped(kubernetes, root, job.name)
    assert logs_in(root, first)  # the overlap
    assert logs_in(root, second)
    memory = json.loads(job.notes["memory"])
    ended = dict.fromkeys(memory["ended"], "2020-01-01T00:00:00Z")
    job.note(memory=json.dumps({**memory, "ended": ended}))
    done = job.run()  # not due, but tidies
    assert (done.exit, done.steps) == (0, ["not due", "destroyed an old one"])
    assert not logs_in(root, first)
    assert logs_in(root, second)
    assert logs_in(root, somebodys)


def test_without_an_overlap_the_old_secret_id_ends_at_once(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    job = secret_id_job(installer, kubernetes, "secret-ids-now", overlap_seconds=0)
    job.run()
    first = unwrapped(kubernetes, root, job.name)
    done = job.run("--now")
    assert done.steps == ["begins", "handed over", "done", "destroyed an old one"]
    assert not logs_in(root, first)
    assert logs_in(root, unwrapped(kubernetes, root, job.name))


def test_a_secret_that_is_not_there_leaves_no_secret_id_behind(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    job = secret_id_job(installer, kubernetes, "secret-ids-lost", overlap_seconds=0)
    kubernetes.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}/secrets/{job.name}")
    before = root.call("LIST", f"{APPROLE}/secret-id").data.get("keys", [])
    failed = job.run()
    assert (failed.exit, failed.steps) == (1, ["begins", "failed"])
    assert root.call("LIST", f"{APPROLE}/secret-id").data.get("keys", []) == before
    assert "pending" not in job.notes
