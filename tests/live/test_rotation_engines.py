"""The rotations of what Vault keeps for itself, on real servers, each with the rights that
jobs/README.md names and no more: a database's administrator, the AWS engine's key, the PKI's
intermediate, secret IDs.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from components.bootstrap import ceremony
from policies.hcl import Capability, Stanza
from rehearsal.servers.aws import AccessKey
from rehearsal.vault_api import VaultApi
from tests.jobs.deployments import Controller, deployment
from tests.jobs.installed import NAMESPACE, WEEK_SECONDS, Installer, Job, Json, Kubernetes, may
from tests.live.conftest import Stage

pytestmark = pytest.mark.live

READ, UPDATE, PATCH = Capability.READ, Capability.UPDATE, Capability.PATCH
DATABASE = "kubesentiment"


@pytest.fixture(scope="module")
def kubernetes(stage: Stage) -> Kubernetes:
    found = Kubernetes(stage)
    found.prepare()
    return found


@pytest.fixture(scope="module")
def root(stage: Stage) -> Iterator[VaultApi]:
    """Sees what the jobs did, and prepares what the program leaves to others."""
    address, shares = stage.scene.vault_address, stage.initialised["shares"]
    token = ceremony.regain_root(ceremony.connect(address, stage.ca_file), shares)
    api = VaultApi(address, stage.ca_file, token)
    yield api
    api.call("POST", "auth/token/revoke-self")


@pytest.fixture
def installer(stage: Stage, kubernetes: Kubernetes, tmp_path: Path) -> Iterator[Installer]:
    made = Installer(stage, kubernetes, tmp_path)
    yield made
    made.remove()


@pytest.mark.usefixtures("iam_user", "old_issuer")
def test_every_rotation_of_the_matrix_runs_with_the_rights_that_it_is_granted(
    stage: Stage, installer: Installer, kubernetes: Kubernetes
) -> None:
    """As its own workload: the service account, the role and the ACL policy are the program's."""
    kinds = set()
    for rotation in stage.plan.rotations:
        tell, secret = rotation.task.get("tell") or {}, rotation.task.get("secret")
        with ExitStack() as stack:
            if tell.get("type") == "restart":
                namespace, name = tell["namespace"], tell["deployment"]
                kubernetes.api.apply(deployment(namespace, name))
                ready = Controller(kubernetes, namespace, name, lambda _: True)
                stack.enter_context(ready)
            if secret:
                kubernetes.api.apply(empty_secret(secret["namespace"], secret["name"]))
            done = installer.install_rotation(rotation).run("--now")
        assert (done.exit, done.steps[-1]) == (0, "done"), (rotation.name, done.lines)
        account = f"{rotation.namespace}-{rotation.service_account}"
        assert done.fact("begins", "who") == f"kubernetes-{account}"
        kinds.add(rotation.task["type"])
    assert kinds == {"aws-root", "database-root", "kv-key", "pki-intermediate", "secret-id"}


def empty_secret(namespace: str, name: str) -> Json:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}


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


@pytest.fixture
def iam_user(stage: Stage, root: VaultApi) -> Iterator[AccessKey]:
    """The AWS engine as an IAM user with a key of its own, which the rehearsal's is not."""
    iam = stage.scene.aws.client("iam")
    iam.create_user(UserName="vault-engine")
    made = iam.create_access_key(UserName="vault-engine")["AccessKey"]
    key = AccessKey(made["AccessKeyId"], made["SecretAccessKey"])
    before = root.call("GET", "aws/config/root").data
    common = {
        name: before[name] for name in ("region", "iam_endpoint", "sts_endpoint", "sts_region")
    }
    root.write("aws/config/root", {**common, "access_key": key.id, "secret_key": key.secret})
    yield key
    given = stage.scene.configuration
    old = {"access_key": given["awsAccessKeyId"], "secret_key": given["awsSecretAccessKey"]}
    root.write("aws/config/root", {**common, **old})
    for left in iam.list_access_keys(UserName="vault-engine")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="vault-engine", AccessKeyId=left["AccessKeyId"])
    iam.delete_user(UserName="vault-engine")


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


PKI_RIGHTS = [
    Stanza("pki/config/issuers", (READ, UPDATE)),
    Stanza("pki/intermediate/generate/internal", (UPDATE,)),
    Stanza("pki/intermediate/set-signed", (UPDATE,)),
    Stanza("pki/issuer/+", (READ, PATCH)),
    Stanza("pki-root/root/sign-intermediate", (UPDATE,)),
]


@pytest.fixture
def old_issuer(root: VaultApi) -> Iterator[str]:
    """The intermediate in use, which is so again afterwards."""
    default = root.call("GET", "pki/config/issuers").data["default"]
    yield default
    usage = "read-only,issuing-certificates,crl-signing,ocsp-signing"
    root.call(
        "PATCH",
        f"pki/issuer/{default}",
        {"usage": usage},
        {"Content-Type": "application/merge-patch+json"},
    )
    root.write("pki/config/issuers", {"default": default})


def issue(stage: Stage, root: VaultApi) -> dict[str, Any]:
    role = stage.plan.pki_roles[0]
    answer = root.call("POST", f"pki/issue/{role.name}", {"common_name": role.allowed_domains[0]})
    assert answer.allowed, answer.errors
    return dict(answer.data)


def certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def verify(root: VaultApi, leaf: dict[str, Any]) -> None:
    """As a client that trusts the root and nothing else."""
    trusted = certificate(root.call("GET", "pki-root/cert/ca").data["certificate"])
    verifier = PolicyBuilder().store(Store([trusted])).build_client_verifier()
    chain = [certificate(pem) for pem in leaf["ca_chain"]]
    verifier.verify(certificate(leaf["certificate"]), chain)


def crl_of(root: VaultApi, issuer: str) -> x509.CertificateRevocationList:
    pem = root.call("GET", f"pki/issuer/{issuer}/crl").data["crl"]
    return x509.load_pem_x509_crl(pem.encode())


def pki_job(
    installer: Installer,
    name: str,
    interval_seconds: int = WEEK_SECONDS,
    ttl_seconds: int = 2 * WEEK_SECONDS,
) -> Job:
    task = {
        "type": "pki-intermediate",
        "common_name": "Example dev intermediate CA",
        "ttl_seconds": ttl_seconds,
        "root_mount": "pki-root",
        "mount": "pki",
    }
    return installer.install(name, task, PKI_RIGHTS, interval_seconds=interval_seconds)


def test_a_new_intermediate_issues_and_what_the_old_one_issued_goes_on(
    stage: Stage, installer: Installer, root: VaultApi, old_issuer: str
) -> None:
    earlier = issue(stage, root)
    job = pki_job(installer, "pki")
    assert job.run().steps == ["not due"]  # the certificate in use says how old it is
    done = job.run("--now")
    assert (done.exit, done.steps) == (0, ["begins", "signed", "in use", "done"])
    new = done.fact("in use", "issuer")
    assert root.call("GET", "pki/config/issuers").data["default"] == new != old_issuer

    later = issue(stage, root)  # the roles follow the default
    verify(root, earlier)
    verify(root, later)
    assert later["issuing_ca"] != earlier["issuing_ca"]
    before, after = certificate(earlier["issuing_ca"]), certificate(later["issuing_ca"])
    assert before.public_key() != after.public_key()
    organizations = x509.NameOID.ORGANIZATION_NAME
    assert before.subject.get_attributes_for_oid(organizations) == (
        after.subject.get_attributes_for_oid(organizations)
    )
    basic = after.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basic.ca, basic.path_length) == (True, 0)
    left = after.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=13) < left < timedelta(days=15)

    # The old one revokes what it issued, and issues nothing.
    revoked = root.call("POST", "pki/revoke", {"serial_number": earlier["serial_number"]})
    assert revoked.allowed
    serial = certificate(earlier["certificate"]).serial_number
    assert root.call("GET", "pki/crl/rotate").allowed
    assert crl_of(root, old_issuer).get_revoked_certificate_by_serial_number(serial)
    assert not crl_of(root, new).get_revoked_certificate_by_serial_number(serial)
    role = stage.plan.pki_roles[0]
    refused = root.call(
        "POST",
        f"pki/issuer/{old_issuer}/issue/{role.name}",
        {"common_name": role.allowed_domains[0]},
    )
    assert not refused.allowed
    assert job.run().steps == ["not due"]


def test_a_new_intermediate_that_was_not_yet_in_use_is_taken_up(
    installer: Installer, root: VaultApi, old_issuer: str
) -> None:
    """As after a crash between signing it and making it the default."""
    job = pki_job(installer, "pki-again")
    done = job.run("--now")
    new = done.fact("in use", "issuer")
    issuers = root.call("LIST", "pki/issuers").data["keys"]
    root.write("pki/config/issuers", {"default": old_issuer})
    pending = {"of": "pki: intermediate CA", "old": old_issuer, "new": new}
    job.note(pending=json.dumps(pending))
    done = job.run()
    assert (done.exit, done.steps) == (0, ["goes on", "in use", "done"])
    assert root.call("GET", "pki/config/issuers").data["default"] == new
    assert root.call("LIST", "pki/issuers").data["keys"] == issuers


def test_a_root_that_ends_before_the_next_renewals_changes_nothing(
    installer: Installer, root: VaultApi, old_issuer: str
) -> None:
    """The root lives for ten years: too short for what is renewed every eight."""
    eight_years = 8 * 365 * 24 * 3600
    job = pki_job(installer, "pki-long", eight_years, 2 * eight_years)
    issuers = root.call("LIST", "pki/issuers").data["keys"]
    failed = job.run("--now")
    assert (failed.exit, failed.steps) == (1, ["begins", "failed"])
    assert "renew the root" in failed.fact("failed", "because")
    assert root.call("LIST", "pki/issuers").data["keys"] == issuers
    assert root.call("GET", "pki/config/issuers").data["default"] == old_issuer
    assert "pending" not in job.notes


def test_what_would_outlive_the_root_ends_with_it(
    installer: Installer, root: VaultApi, old_issuer: str
) -> None:
    twenty_years = 20 * 365 * 24 * 3600
    done = pki_job(installer, "pki-end", ttl_seconds=twenty_years).run("--now")
    assert (done.exit, done.steps[1]) == (0, "ends with the root")
    now = root.call("GET", "pki/config/issuers").data["default"]
    assert now != old_issuer
    ends = certificate(root.call("GET", "pki-root/cert/ca").data["certificate"])
    made = certificate(root.call("GET", f"pki/issuer/{now}").data["certificate"])
    assert made.not_valid_after_utc == ends.not_valid_after_utc


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
