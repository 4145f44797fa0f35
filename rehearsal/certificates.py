"""A throwaway certificate authority, for the TLS of rehearsal servers.

EC P-256, valid for a day. It deliberately has no revocation and no intermediate: it lives as long
as one rehearsal, and its private key never leaves memory.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost")
_VALID_FOR: Final = timedelta(days=1)
_CLOCKS_DIFFER: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, both PEM. The key is not in the repr."""

    certificate_pem: str
    key_pem: str = field(repr=False)


@dataclass(frozen=True)
class Authority:
    """A certificate authority that exists in memory only."""

    certificate_pem: str
    _certificate: x509.Certificate = field(repr=False)
    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def create(cls, name: str) -> Self:
        """Make a new authority with a random key; `name` is its common name."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_name(name), _name(name), key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, hashes.SHA256())
        )
        return cls(_pem(certificate), certificate, key)

    def issue(
        self,
        name: str,
        hosts: Sequence[str] = LOOPBACK_NAMES,
        *,
        valid_for: timedelta = _VALID_FOR,
    ) -> KeyPair:
        """Issue a certificate good for servers and for clients.

        `name`: its common name. `hosts`: the IP addresses and DNS names it is valid for; none for
        one that is only shown by a client. `valid_for`: from now on; below zero, it expired so long
        ago (less than five minutes).
        """
        key = ec.generate_private_key(ec.SECP256R1())
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        unsigned = (
            _builder(_name(name), self._certificate.subject, key.public_key(), valid_for)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(issuer, critical=False)
        )
        if hosts:  # a list of none is no valid extension
            named = x509.SubjectAlternativeName([_host(host) for host in hosts])
            unsigned = unsigned.add_extension(named, critical=False)
        certificate = unsigned.sign(self._key, hashes.SHA256())
        return KeyPair(_pem(certificate), private_key_pem(key))


def private_key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """An EC private key as unencrypted PEM, in the form every server reads (SEC 1).

    In PKCS 8, kube-apiserver would not find the public half in its service accounts' key.
    """
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    valid_for: timedelta = _VALID_FOR,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + valid_for)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
