"""Amounts as Kubernetes reads them, in any of its forms: `500m`, `1.5`, `10Gi`, `10G`.

The settings take fewer forms, on purpose (`components.settings.quantity`); here is read what
anybody may have declared.
"""

from __future__ import annotations

import re
from typing import Final

_AMOUNT: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(m|k|[MGTPE]|[KMGTPE]i)?")
_GIB: Final = 2**30
_FACTORS: Final = {
    "": 1.0,
    "m": 1e-3,
    "k": 1e3,
    **{letter: 1000.0**power for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", 1)},
}


def cores(amount: str | float) -> float:
    """CPUs. Raises `ValueError` where it is no amount."""
    return _number(amount)


def gib(amount: str | float) -> float:
    """GiB of memory or storage. Raises `ValueError` where it is no amount."""
    return _number(amount) / _GIB


def _number(amount: str | float) -> float:
    found = _AMOUNT.fullmatch(str(amount))
    if found is None:
        raise ValueError(
            f"amount {amount!r}: must be one as Kubernetes writes it, as '500m', '10Gi'"
        )
    return float(found[1]) * _FACTORS[found[2] or ""]
