"""A pod's annotations for the agent injector, read so that none is passed over: who has read all
that it knows asks what is left, and that is an error.

Deliberately knows no annotation by name, only how the injector reads a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rehearsal.errors import RehearsalError

PREFIX: Final = "vault.hashicorp.com/"

# What Go's strconv.ParseBool knows, and the empty text, which the injector takes for false.
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False", ""})


def flag_of(name: str, value: str) -> bool:
    """What the injector takes a text for. Raises `RehearsalError`, naming who said it."""
    if value not in _TRUE | _FALSE:
        raise RehearsalError(
            f"{name}: {value!r} is neither true nor false, and the injector would refuse it; "
            'write "true" or "false"'
        )
    return value in _TRUE


def number_of(name: str, value: str) -> float:
    """A whole number, or one with a fraction; 0 for the empty text. Raises `RehearsalError`."""
    try:
        return float(value) if "." in value else int(value or "0")
    except ValueError:
        raise RehearsalError(
            f"{name}: {value!r} is no number, and the injector would refuse it; write one, such as "
            '"30"'
        ) from None


class Annotations:
    """The injector's annotations, by their names without the prefix.

    The getters take what the injector would take where the pod says nothing.
    """

    def __init__(self, annotations: Mapping[str, str]) -> None:
        self._values = {
            name.removeprefix(PREFIX): value
            for name, value in annotations.items()
            if name.startswith(PREFIX)
        }
        self._left = set(self._values)

    def text(self, name: str, default: str = "") -> str:
        self._left.discard(name)
        return self._values.get(name, default)

    def flag(self, name: str, default: bool = False) -> bool:
        return flag_of(f"annotation {PREFIX}{name}", self.text(name, str(default)))

    def number(self, name: str, default: float = 0) -> float:
        return number_of(f"annotation {PREFIX}{name}", self.text(name) or str(default))

    def list(self, name: str, default: str = "") -> tuple[str, ...]:
        """Words with commas between them."""
        value = self.text(name, default)
        return tuple(value.split(",")) if value else ()

    def family(self, stem: str) -> Iterator[tuple[str, str]]:
        """What follows `stem-`, and its value, of each annotation that nobody has read yet.

        Where one stem begins as another does, ask for the longer one first.
        """
        for name in sorted(self._left):
            if name.startswith(f"{stem}-"):
                yield name.removeprefix(f"{stem}-"), self.text(name)

    def require_all_read(self) -> None:
        """Raises `RehearsalError` that names what was not understood."""
        if self._left:
            names = ", ".join(f"{PREFIX}{name}" for name in sorted(self._left))
            raise RehearsalError(
                f"annotation {names}: it is not known here what the injector makes of it, so "
                "nothing about it could be proven; leave it out, or teach rehearsal/delivery"
            )
