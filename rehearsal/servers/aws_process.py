"""`python -m rehearsal.servers.aws_process`: moto's server, whose KMS refuses as AWS's does to use
a key that is disabled or waits to be deleted. moto keeps a key's state, and does not look at it.
"""

from __future__ import annotations

from typing import Any, Final

from moto.core.exceptions import JsonRESTError
from moto.kms.models import Key, KmsBackend
from moto.server import main

_REFUSED: Final = {
    "Disabled": ("DisabledException", "is disabled."),
    "PendingDeletion": ("KMSInvalidStateException", "is pending deletion."),
}


_moto_encrypt: Final = KmsBackend.encrypt
_moto_decrypt: Final = KmsBackend.decrypt


def require_usable(key: Key) -> None:
    """Raises what AWS answers where the key must not be used."""
    if key.key_state in _REFUSED:
        error, why = _REFUSED[key.key_state]
        raise JsonRESTError(error, f"{key.arn} {why}")


def _encrypt(self: KmsBackend, key_id: str, *rest: Any, **named: Any) -> Any:
    require_usable(self.keys[self.any_id_to_key_id(key_id)])
    return _moto_encrypt(self, key_id, *rest, **named)


def _decrypt(self: KmsBackend, *rest: Any, **named: Any) -> Any:
    plaintext, arn = _moto_decrypt(self, *rest, **named)
    require_usable(next(key for key in self.keys.values() if key.arn == arn))
    return plaintext, arn


if __name__ == "__main__":
    KmsBackend.encrypt = _encrypt  # type: ignore[method-assign]
    KmsBackend.decrypt = _decrypt  # type: ignore[method-assign]
    main()
