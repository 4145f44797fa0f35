"""Whether a PGP public key can be given to Vault, before Vault is asked to initialise with it."""

from __future__ import annotations

import base64
import binascii

from pysequoia import Cert, encrypt


def fault(text: str) -> str | None:
    """What is wrong with a key in Vault's form (base64 of the binary key); None: nothing.

    Vault itself would say so only while it initialises. It also never looks whether a key has
    expired or was revoked, and whoever holds such a key may hold it no longer.
    """
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return "is not base64; export it with `gpg --export <id> | base64 -w0`"
    try:
        key = Cert.from_bytes(raw)
        if key.has_secret_keys:
            return "is a private key; export the public one with `gpg --export`"
        if key.is_revoked:
            return f"({key.fingerprint}) is revoked"
        encrypt(b"a share", recipients=[key])
    except Exception as error:  # noqa: BLE001 - the library raises bare exceptions
        said = str(error).splitlines()[0]  # a backtrace follows
        return f"cannot be used ({said}); export it with `gpg --export <id> | base64 -w0`"
    return None
