"""What a CA's certificate says that its successor's must say too: read from the certificate itself,
so that a renewal changes the key and the dates, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

_CURVES = frozenset({"secp224r1", "secp256r1", "secp384r1", "secp521r1"})


@dataclass(frozen=True, slots=True)
class CaProfile:
    """`key_type` and `key_bits` are Vault's words."""

    organizations: tuple[str, ...]
    key_type: str
    key_bits: int
    max_path_length: int | None
    since: datetime
    until: datetime


def profile_of(pem: str) -> CaProfile:
    """Raises `ValueError` for what is no certificate of a CA with a key that Vault can make."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        raise ValueError("the certificate says nothing of being a CA's") from None
    if not basic.ca:
        raise ValueError("the certificate is not a CA's")
    match certificate.public_key():
        case ec.EllipticCurvePublicKey() as key if key.curve.name in _CURVES:
            key_type, key_bits = "ec", key.curve.key_size
        case rsa.RSAPublicKey() as key:
            key_type, key_bits = "rsa", key.key_size
        case ed25519.Ed25519PublicKey():
            key_type, key_bits = "ed25519", 0
        case key:
            raise ValueError(f"its key is a {type(key).__name__}, which Vault cannot make")
    organizations = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return CaProfile(
        tuple(str(attribute.value) for attribute in organizations),
        key_type,
        key_bits,
        basic.path_length,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )
