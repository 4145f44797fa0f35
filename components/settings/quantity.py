"""Amounts as Kubernetes writes them: `500m` of a CPU, `10Gi` of storage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

_BYTES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_MEMORY = re.compile(r"([1-9]\d*)(Ki|Mi|Gi|Ti)")
_CPU = re.compile(r"([1-9]\d*)(m?)")


@total_ordering
@dataclass(frozen=True, slots=True)
class Bytes:
    """An amount of memory or storage in whole KiB, more than none."""

    count: int

    def __post_init__(self) -> None:
        if self.count <= 0 or self.count % _BYTES["Ki"]:
            raise ValueError(f"amount of {self.count} bytes: must be whole KiB, more than none")

    @classmethod
    def parse(cls, text: str) -> Bytes:
        """Read `512Mi` or `10Gi`. A bare number is refused, and so is `10G`, which is 7 % less."""
        if not (found := _MEMORY.fullmatch(text)):
            raise ValueError(f"amount {text!r}: must be a number with Ki, Mi, Gi or Ti, as '10Gi'")
        return cls(int(found[1]) * _BYTES[found[2]])

    def share(self, percent: int) -> Bytes:
        """So many per cent of it, in whole MiB."""
        return Bytes(max(1, self.count * percent // 100 // _BYTES["Mi"]) * _BYTES["Mi"])

    @property
    def gib(self) -> float:
        return self.count / _BYTES["Gi"]

    def __lt__(self, other: Bytes) -> bool:
        return self.count < other.count

    def __str__(self) -> str:
        """The shortest exact form."""
        unit = max(
            (unit for unit in _BYTES if self.count % _BYTES[unit] == 0), key=lambda u: _BYTES[u]
        )
        return f"{self.count // _BYTES[unit]}{unit}"


@total_ordering
@dataclass(frozen=True, slots=True)
class Cpu:
    """An amount of computing in thousandths of a core, more than none."""

    millicores: int

    def __post_init__(self) -> None:
        if self.millicores <= 0:
            raise ValueError(f"amount of {self.millicores}m CPU: must be more than none")

    @classmethod
    def parse(cls, text: str) -> Cpu:
        """Read `500m` or `2`."""
        if not (found := _CPU.fullmatch(text)):
            raise ValueError(f"amount {text!r}: must be cores or thousandths, as '2' or '500m'")
        return cls(int(found[1]) * (1 if found[2] else 1000))

    def __lt__(self, other: Cpu) -> bool:
        return self.millicores < other.millicores

    def __str__(self) -> str:
        whole, rest = divmod(self.millicores, 1000)
        return f"{self.millicores}m" if rest else str(whole)
