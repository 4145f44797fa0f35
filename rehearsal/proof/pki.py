"""Certificates: issued, verified to the root, right in names and uses, and refused for others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from policies.paths import pki_issue
from policies.plan import PkiRole
from policies.subject import Subject
from rehearsal.errors import RehearsalError
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.proof.results import Figure, Outcome, Seen
from rehearsal.vault_api import Answer


def prove(bench: Bench) -> None:
    for subject in bench.subjects:
        for role in bench.plan.pki_roles:
            allowed = expectations.pki(subject, role.name)
            name = role.allowed_domains[0]
            bench.try_call(
                subject,
                "certificate",
                f"{role.name}: {name}",
                allowed=allowed,
                call=lambda name=name, role=role, subject=subject: bench.session(  # type: ignore[misc]
                    subject
                ).call("POST", pki_issue(role.name), {"common_name": name}),
                check=lambda answer, name=name, role=role: _check(bench, role, name, answer),  # type: ignore[misc]
                figure=Figure.CERTIFICATE,
            )
            if allowed:
                _try_other_names(bench, subject, role)


def _try_other_names(bench: Bench, subject: Subject, role: PkiRole) -> None:
    """The role refuses what its domain does not cover; Vault says 400, not 403."""
    domain = role.allowed_domains[0]
    names = ["vault.example.com", f"evil-{domain}", f"*.{domain}", "localhost"]
    if not role.allow_subdomains:
        names.append(f"other.{domain}")
    for name in names:
        answer = bench.session(subject).call("POST", pki_issue(role.name), {"common_name": name})
        outcome = Outcome.DENIED if answer.status == 400 else Outcome.BROKEN
        seen = Seen(Outcome.ALLOWED if answer.allowed else outcome, answer.milliseconds)
        bench.note(
            subject,
            "certificate for another name",
            f"{role.name}: {name}",
            allowed=False,
            seen=seen,
        )


def _check(bench: Bench, role: PkiRole, name: str, answer: Answer) -> None:
    """Raises `Mismatch` unless a client that trusts the root would accept the certificate for just
    this name, and it is what the role promises.
    """
    certificate = x509.load_pem_x509_certificate(answer.data["certificate"].encode())
    chain = [x509.load_pem_x509_certificate(pem.encode()) for pem in answer.data["ca_chain"]]
    _verify(bench, certificate, chain, server=role.server)
    key = load_pem_private_key(answer.data["private_key"].encode(), password=None)
    if key.public_key() != certificate.public_key():
        raise Mismatch("the private key is another certificate's")
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as error:
        raise Mismatch(f"says nothing of its names or uses: {error}") from error
    if names.get_values_for_type(x509.DNSName) != [name]:
        raise Mismatch(f"is for {names.get_values_for_type(x509.DNSName)}")
    uses = set(usages)
    wanted = {
        use
        for use, has in (
            (ExtendedKeyUsageOID.CLIENT_AUTH, role.client),
            (ExtendedKeyUsageOID.SERVER_AUTH, role.server),
        )
        if has
    }
    if uses != wanted:
        raise Mismatch(f"is good for {sorted(use.dotted_string for use in uses)}")
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    if not timedelta() < left <= timedelta(seconds=role.default_ttl_seconds):
        raise Mismatch(f"is valid for {left}")


def _verify(
    bench: Bench, certificate: x509.Certificate, chain: list[x509.Certificate], *, server: bool
) -> None:
    builder = PolicyBuilder().store(Store([_root(bench)]))
    try:
        builder.build_client_verifier().verify(certificate, chain)
        if server:
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            name = names.value.get_values_for_type(x509.DNSName)[0]
            builder.build_server_verifier(x509.DNSName(name)).verify(certificate, chain)
    except VerificationError as error:
        raise Mismatch(f"does not verify to the root CA: {error}") from error


def _root(bench: Bench) -> x509.Certificate:
    """What clients trust, as anyone can fetch it."""
    answer = bench.provisioner.call("GET", "pki-root/cert/ca")
    if not answer.allowed:
        raise RehearsalError(f"the root certificate cannot be read: {answer.status}")
    return x509.load_pem_x509_certificate(answer.data["certificate"].encode())
