"""The renewal of the CA that issues to workloads, on a real Vault."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from policies.hcl import Capability, Stanza
from rehearsal.vault_api import VaultApi
from tests.jobs.installed import WEEK_SECONDS, Installer, Job
from tests.live.conftest import Stage

pytestmark = pytest.mark.live

READ, UPDATE, PATCH = Capability.READ, Capability.UPDATE, Capability.PATCH
PKI_RIGHTS = [
    Stanza("pki/config/issuers", (READ, UPDATE)),
    Stanza("pki/intermediate/generate/internal", (UPDATE,)),
    Stanza("pki/intermediate/set-signed", (UPDATE,)),
    Stanza("pki/issuer/+", (READ, PATCH)),
    Stanza("pki-root/root/sign-intermediate", (UPDATE,)),
]


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
