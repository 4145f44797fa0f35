"""Certificates: issued, verified to the root, right in names and uses, refused for others, and
revoked by whom it may be.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from policies.paths import PKI, pki_issue
from policies.plan import PkiRole
from policies.subject import Subject
from rehearsal.errors import RehearsalError
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.proof.results import Figure, Outcome, Seen
from rehearsal.servers import CALL_TIMEOUT, http_session
from rehearsal.vault_api import Answer


def prove(bench: Bench) -> None:
    for subject in bench.subjects:
        own = None
        for role in bench.plan.pki_roles:
            answer = _issue(bench, subject, role)
            if expectations.pki(subject, role.name):
                _try_other_names(bench, subject, role)
                own = answer if answer.allowed else None
        if bench.plan.pki_roles:
            _revoke(bench, subject, own)


def _issue(bench: Bench, subject: Subject, role: PkiRole) -> Answer:
    name = role.allowed_domains[0]
    return bench.try_call(
        subject,
        "certificate",
        f"{role.name}: {name}",
        allowed=expectations.pki(subject, role.name),
        call=lambda: bench.session(subject).call(
            "POST", pki_issue(role.name), {"common_name": name}
        ),
        check=lambda answer: _check(bench, role, name, answer),
        figure=Figure.CERTIFICATE,
    )


def _revoke(bench: Bench, subject: Subject, own: Answer | None) -> None:
    """Everybody tries, with the certificate just issued to it if there is one; whoever asks the
    CA's OCSP responder then knows what became of it.
    """
    allowed, body = expectations.revokes_with_key(subject), {}
    if own:
        body = {key: own.data[key] for key in ("certificate", "private_key")}
        seen = _ocsp(bench, own)
        bench.note(subject, "OCSP accepts the certificate", "issued", allowed=True, seen=seen)
    path = f"{PKI}/revoke-with-key"
    bench.try_call(
        subject,
        "revoke the own certificate",
        path,
        allowed=allowed,
        call=lambda: bench.session(subject).call("POST", path, body),
    )
    if own and allowed:
        seen = _ocsp(bench, own)
        bench.note(subject, "OCSP accepts the certificate", "revoked", allowed=False, seen=seen)


def _ocsp(bench: Bench, issued: Answer) -> Seen:
    """What the responder says, signed by the CA: GOOD is allowed, REVOKED is denied."""
    certificate, issuer = (
        x509.load_pem_x509_certificate(issued.data[key].encode())
        for key in ("certificate", "issuing_ca")
    )
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA256()).build()
    started = time.perf_counter()
    with http_session(str(bench.scene.ca_file)) as session:
        answer = session.post(
            f"{bench.scene.vault_address}/v1/{PKI}/ocsp",
            data=request.public_bytes(Encoding.DER),
            headers={"Content-Type": "application/ocsp-request"},
            timeout=CALL_TIMEOUT.total_seconds(),
        )
    elapsed = (time.perf_counter() - started) * 1000
    if not answer.ok:
        return Seen(Outcome.BROKEN, elapsed, f"the responder said {answer.status_code}")
    said = ocsp.load_der_ocsp_response(answer.content)
    if said.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return Seen(Outcome.BROKEN, elapsed, f"the responder said {said.response_status.name}")
    key, hashed = issuer.public_key(), said.signature_hash_algorithm
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert hashed
    try:
        key.verify(said.signature, said.tbs_response_bytes, ec.ECDSA(hashed))
    except InvalidSignature:
        return Seen(Outcome.BROKEN, elapsed, "the answer is not signed by the CA")
    outcomes = {
        ocsp.OCSPCertStatus.GOOD: Outcome.ALLOWED,
        ocsp.OCSPCertStatus.REVOKED: Outcome.DENIED,
    }
    status = said.certificate_status
    return Seen(outcomes.get(status, Outcome.BROKEN), elapsed, f"OCSP says {status.name}")


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
