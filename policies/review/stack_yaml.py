"""The YAML of a stack's settings as Pulumi reads it, and the text that a program gets of a scalar:
the same of `true` and of `"true"`, which `pulumi config set` writes wherever it finds the first.

Deliberately takes no aliases, which Pulumi does, and a date for a date, of which Pulumi makes the
text of its first second.
"""

from __future__ import annotations

import math
import re
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final

import yaml

_TAG: Final = "tag:yaml.org,2002:"
_OTHERS_TO_PULUMI: Final = frozenset(
    {f"{_TAG}{kind}" for kind in ("bool", "float", "int", "value")}
)
_BOOL: Final = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_NUMBER: Final = re.compile(
    r"[-+]?(?:0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+"
    r"|(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9_]+)?)\Z"
)
_OCTAL: Final = re.compile(r"([-+]?)0([0-7]+)")
_WHOLE_NUMBERS: Final = range(-(2**63), 2**64)
# From where on Go, which Pulumi is written in, gives an exponent.
_SMALL, _LARGE = 1e-6, 1e21


def loaded(text: str) -> Any:
    """Raises `ValueError` of what cannot be read."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except Exception as error:  # what PyYAML makes of a wrong `!!bool` or of a thousand brackets
        raise ValueError("no YAML of settings") from error


def text_of(value: Any) -> str | None:
    """What the program gets of a scalar; None of anything else, and of nothing."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case 0:  # -0.0, too
            return "0"
        case int():
            return str(value)
        case float() if _SMALL <= abs(value) < _LARGE:
            return f"{Decimal(repr(value)).normalize():f}"
        case float():
            return re.sub(r"e-0", "e-", repr(value))
        case _:
            return None


class _Loader(yaml.SafeLoader):
    """Without aliases: some lines of them unfold into more than a computer can hold. `1e3`, `08`
    and `0o17` are numbers, `yes` and `1:30` are not: PyYAML has it the other way round.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)

    def number(self, node: yaml.ScalarNode) -> int | float:
        """Raises `ValueError` of what is none, and of one that is none to Pulumi: too large."""
        text = str(self.construct_scalar(node)).replace("_", "")
        octal = _OCTAL.fullmatch(text)
        with suppress(ValueError):
            whole = int(f"{octal[1]}{octal[2]}", 8) if octal else int(text, 0)
            if whole in _WHOLE_NUMBERS:
                return whole
        number = float(text)
        if not math.isfinite(number):
            raise ValueError("no number")
        return number


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag not in _OTHERS_TO_PULUMI]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(f"{_TAG}bool", _BOOL, list("tTfF"))
_Loader.add_implicit_resolver(f"{_TAG}int", _NUMBER, list("-+.0123456789"))
_Loader.add_constructor(f"{_TAG}int", _Loader.number)
