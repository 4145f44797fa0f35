"""What those who make first contact can set, as they call it, so that an error names what is there
to be changed: a stack's settings, or a command's options.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Names:
    """Of where Vault is, what verifies it, and how long it is waited for."""

    address: str
    ca_cert_file: str
    timeout: str


OF_A_STACK: Final = Names(
    "vaultstack:vaultAddress", "vaultstack:vaultCaCertFile", "vaultstack:bootstrapTimeout"
)
