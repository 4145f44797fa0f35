"""Whether a PGP public key can be given to Vault, before Vault is asked to initialise with it.

Vault reads the keys before it writes anything, but encrypts with them at the end: with a KMS seal,
a key that can be read and not encrypted to leaves a Vault that is initialised while nobody has its
shares or its root token.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime

from pysequoia import Cert, encrypt
from pysequoia.packet import Packet, PacketPile, PublicKeyAlgorithm, Tag

_EXPORT = "export it with `gpg --export <id> | base64 -w0`"
_PUBLIC = (Tag.PublicKey, Tag.PublicSubkey)
_PRIVATE = (Tag.SecretKey, Tag.SecretSubkey)
# Those that encrypt, of the ones that Vault's own library knows: none is post-quantum.
_ENCRYPTS = (
    PublicKeyAlgorithm.RSAEncryptSign,
    PublicKeyAlgorithm.RSAEncrypt,
    PublicKeyAlgorithm.ElGamalEncrypt,
    PublicKeyAlgorithm.ECDH,
    PublicKeyAlgorithm.X25519,
    PublicKeyAlgorithm.X448,
)


def fault(text: str) -> str | None:
    """What is wrong with a key in Vault's form (base64 of the binary key); None: nothing.

    Asks no clock. The keys stay in the stack file for good, because what Vault was initialised with
    cannot be changed; were a key refused on the day it expires, its stack could not be used again.
    """
    try:
        raw = _binary(text)
    except ValueError:
        return f"is not base64; {_EXPORT}"
    if raw.startswith(b"-----BEGIN"):
        return f"is text in base64, and Vault reads the binary form; {_EXPORT}, without --armor"
    try:
        packets = list(PacketPile.from_bytes(raw))
        if any(packet.tag in _PRIVATE for packet in packets):
            return "is a private key; export the public one with `gpg --export`"
        key = Cert.from_bytes(raw)
        if key.is_revoked:
            return f"({key.fingerprint}) is revoked"
        if not key.user_ids:
            return f"({key.fingerprint}) has no user ID, without which Vault does not read it"
        encrypt(b"a share", recipients=[key])
    except Exception as error:  # noqa: BLE001 - the library raises bare exceptions
        said, *_backtrace = str(error).splitlines() or [type(error).__name__]
        return f"cannot be used ({said}); {_EXPORT}"
    if not _encrypts_until(packets):
        return f"({key.fingerprint}) encrypts only in ways that Vault does not know"
    return None


def expired(text: str, now: datetime) -> bool:
    """Whether a key without fault is over at `now`, or all of it that encrypts: what is often
    prolonged is the key, and not the subkey.
    """
    raw = _binary(text)
    whole, parts = Cert.from_bytes(raw).expiration, _encrypts_until(PacketPile.from_bytes(raw))
    return (whole is not None and whole <= now) or all(end and end <= now for end in parts)


def _encrypts_until(packets: Iterable[Packet]) -> list[datetime | None]:
    """When each part that Vault can encrypt to ends, by its newest signature; None: never."""
    newest: dict[str | None, tuple[datetime, datetime | None]] = {}
    key: Packet | None = None
    for packet in packets:
        key = packet if packet.tag in _PUBLIC else key
        flags, signed = packet.key_flags, packet.signature_created
        if not (key and key.key_created and flags and signed) or key.key_algorithm not in _ENCRYPTS:
            continue
        if not (flags.transport_encryption or flags.storage_encryption):
            continue
        lasts = packet.key_validity_period
        if key.fingerprint not in newest or newest[key.fingerprint][0] < signed:
            newest[key.fingerprint] = (signed, key.key_created + lasts if lasts else None)
    return [end for _, end in newest.values()]


def _binary(text: str) -> bytes:
    """As Vault reads base64: line ends are no part of it, other white space is wrong."""
    return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
