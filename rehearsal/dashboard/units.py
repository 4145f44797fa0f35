"""Values as Grafana writes them: three digits, and the unit's next size where there is one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from rehearsal.errors import RehearsalError

_SHORT: Final = ((1, ""), (1e3, " K"), (1e6, " Mil"), (1e9, " Bil"))
_SIZES: Final[Mapping[str, Sequence[tuple[float, str]]]] = {
    "short": _SHORT,
    "ops": tuple((size, f"{prefix} ops/s") for size, prefix in _SHORT),
    "reqps": tuple((size, f"{prefix} req/s") for size, prefix in _SHORT),
    "ms": ((1e-3, " µs"), (1, " ms"), (1e3, " s"), (60e3, " min")),
    "ns": ((1, " ns"), (1e3, " µs"), (1e6, " ms"), (1e9, " s")),
    "bytes": ((1, " B"), (2**10, " KiB"), (2**20, " MiB"), (2**30, " GiB")),
}
KNOWN: Final = frozenset(_SIZES)


def written(value: float, unit: str) -> str:
    """Raises `RehearsalError` for a unit that is not known here."""
    try:
        sizes = _SIZES[unit]
    except KeyError:
        raise RehearsalError(f"the unit {unit} is not drawn; teach {__name__}") from None
    if math.isnan(value):
        return ""
    if value == 0:
        return f"0{next(name for size, name in sizes if size == 1)}"
    size, name = next(
        (one for one in reversed(sizes) if abs(value) >= one[0]),
        sizes[0],
    )
    return f"{value / size:.3g}{name}"
