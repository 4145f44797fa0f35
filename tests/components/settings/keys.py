"""PGP keys of those who hold shares. Real ones, because what is given to Vault is parsed; each is
made once, and only its public half is handed out.
"""

from __future__ import annotations

import base64
from functools import cache

from pysequoia import Tsk


@cache
def holder(number: int) -> Tsk:
    return Tsk.generate(f"Holder {number} <holder-{number}@example.com>")


def encoded(raw: bytes) -> str:
    """In Vault's form."""
    return base64.b64encode(raw).decode()


def public_keys(count: int = 5) -> list[str]:
    return [encoded(bytes(holder(number).extract_certificate())) for number in range(1, count + 1)]
