"""Random policies and paths, chosen where Vault's rules have their edges.

Everything is drawn from few segments, so that rules meet, merge and hide each other; paths are made
from the labels of rules and then changed a little: a segment more or less, a slash, an empty
segment, a letter. The same random numbers make the same policies. Nothing here says what is right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from policies.acl import Identity
from policies.acl.templates import filled_in
from policies.hcl import Capability

_LITERALS: Final = (
    "a",
    "b",
    "ab",
    "abc",
    "a b",
    "a,b",
    "ä",
    "aß日",
    "A",
    ".",
    "a+",
    "+a",
    "a*b",
    "*",
)
_GRANTS: Final = tuple(c for c in Capability if c is not Capability.DENY)
_ENDINGS: Final = (("", 40), ("*", 25), ("/*", 15), ("/", 8), ("**", 4), ("/+", 5), ("/+/*", 3))
_SIGMAS: Final = "\u03a3\u03a3"  # in lower case, the last one is another in Python, not in Go
_NAMES: Final = ("a", "b", "B", "value", "*", _SIGMAS)
_VALUES: Final[Sequence[Any]] = (
    *("x", "xy", "", "*", "**", "x*", "*y", "*x*", "x,y", " x", "é*", "1", "true"),
    *(1, 1.5, True, ["x", "y"], [], [True], {"k": "v"}, {"k": ["v"]}, {"k": {"l": "v"}}),
)
_SENT_NAMES: Final = ("a", "b", "A", "value", "c", "*", _SIGMAS, _SIGMAS.casefold())
_SENT_VALUES: Final[Sequence[Any]] = (
    *_VALUES,
    *("x, y", "y,", "x,\x1cy", "x,\u2003y", "é日"),
    *(None, ["x", "z"], ["x,y"], [None], {"k": None}),
)
_SECONDS: Final = (0, 1, 60, 61, -5, "1m", "61s", "1h", "")
_LEVELS: Final = ("read", "write", "sudo", "deny", "")


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes things up. `directives`: what may stand in `{{ }}`. `roots`: what labels begin with."""

    random: Random
    directives: Sequence[str] = ()
    literals: Sequence[str] = _LITERALS
    roots: Sequence[str] = ("",)

    def labels(self, count: int) -> list[str]:
        """Labels of rules, of which some are like others."""
        made = [self.label()]
        while len(made) < count:
            made.append(self.near(self.random.choice(made)) if self._often(0.5) else self.label())
        return made

    def label(self) -> str:
        random = self.random
        depth = random.choices((1, 2, 3, 4, 5), (4, 6, 5, 3, 1))[0]
        parts = [self._part() for _ in range(depth)]
        endings, weights = zip(*_ENDINGS, strict=True)
        beginning = random.choices(("", "/", "//"), (90, 8, 2))[0] + random.choice(self.roots)
        return _legal(beginning + "/".join(parts) + random.choices(endings, weights)[0])

    def near(self, label: str) -> str:
        """A label that is almost the same."""
        random, parts = self.random, label.split("/")
        place = random.randrange(len(parts))
        match random.randrange(7):
            case 0:
                parts[place] = "+"
            case 1:
                parts[place] = self._part()
            case 2:
                parts.insert(place, random.choice(("", "+", self._part())))
            case 3 if len(parts) > 1:
                del parts[place]
            case 4:
                parts[-1] = parts[-1].removesuffix("*") if parts[-1].endswith("*") else "*"
            case 5:
                parts[-1] += "*"
            case _:
                return label if self._often(0.5) else _legal(label.rstrip("*"))
        return _legal("/".join(parts))

    def path(self, labels: Sequence[str], holder: Identity | None = None) -> str:
        """A path that one of the labels could mean, or almost."""
        label = self.random.choice(labels)
        if holder and "{{" in label:
            label = filled_in(label, holder) or label
        parts = [self._meant(part) for part in label.lstrip("/").split("/")]
        if parts[-1].endswith("*") and self._often(0.9):
            tail = self.random.choice(("", "", "c", "/", "/c", "c/", "/c/d", "//", "*"))
            parts[-1] = parts[-1][:-1] + tail
        path = "/".join(parts)
        for _ in range(self.random.choices((0, 1, 2, 3), (5, 5, 2, 1))[0]):
            path = self._changed(path)
        # Vault trims what it is asked about, and refuses to be asked about nothing.
        return path.strip() or "/"

    def policy(self, labels: Sequence[str], *, restricted: bool = False) -> str:
        """A policy about some of the labels, as HCL or as JSON. `restricted`: with parameters and
        lifetimes of wrapping, too.
        """
        random = self.random
        count = random.choices((0, 1, 2, 3, 5, 8), (1, 4, 4, 4, 3, 1))[0]
        stanzas = [(random.choice(labels), self._attributes(restricted)) for _ in range(count)]
        if self._often(0.15):
            blocks = [{label: attributes} for label, attributes in stanzas]
            return json.dumps({"path": blocks} if blocks else {}, ensure_ascii=False)
        written_out = [_block(label, attributes) for label, attributes in stanzas]
        return "\n".join(["# Vault takes no empty text", *written_out])

    def body(self) -> dict[str, Any]:
        """The parameters of a request."""
        names = self.random.choices(_SENT_NAMES, k=self.random.choice((0, 1, 1, 2, 3)))
        return {name: self.random.choice(_SENT_VALUES) for name in names}

    def _attributes(self, restricted: bool) -> dict[str, Any]:
        random = self.random
        # Or hardly anything would come as far as the restrictions.
        many = 60 if restricted else 10
        attributes: dict[str, Any] = {"capabilities": self._capabilities(many)}
        if self._often(0.1):
            attributes["policy"] = random.choice(_LEVELS)
        if self._often(0.05):
            del attributes["capabilities"]
            attributes["comment"] = "grants nothing, if there is no level"
        if not restricted:
            return attributes
        for name in ("allowed_parameters", "denied_parameters"):
            if self._often(0.3):
                attributes[name] = self._parameters()
        if self._often(0.15):
            attributes["required_parameters"] = random.choices(("a", "b", "A", "value"), k=2)
        if self._often(0.1):
            attributes["min_wrapping_ttl"] = random.choice(_SECONDS)
        elif self._often(0.2):
            attributes["max_wrapping_ttl"] = random.choice(_SECONDS)
        return attributes

    def _capabilities(self, many: int) -> list[str]:
        random = self.random
        match random.choices(("some", "many", "deny", "none"), (70, many, 13, 7))[0]:
            case "some":
                return random.sample(_GRANTS, random.choice((1, 2, 3)))
            case "many":
                return [*random.sample(_GRANTS, 7), random.choice(_GRANTS)]
            case "deny":
                return [*random.sample(_GRANTS, random.choice((0, 0, 1))), Capability.DENY]
            case _:
                return []

    def _parameters(self) -> dict[str, list[Any]]:
        random = self.random
        names = random.sample(_NAMES, random.choice((0, 1, 1, 2, 3)))
        values = {name: random.choices(_VALUES, k=random.choice((0, 1, 2, 3))) for name in names}
        # Of names that differ in case only, Vault keeps either, by chance: nothing to compare.
        distinct = {name.lower(): name for name in sorted(names, reverse=True)}
        return {name: values[name] for name in distinct.values()}

    def _part(self) -> str:
        random = self.random
        kind = random.choices(("+", "literal", "empty", "directive"), (22, 60, 4, 14))[0]
        if kind == "directive" and self.directives:
            around = random.choice(("{}", "{}", "a{}", "{}b", "{}{}"))
            directives = ("{{" + random.choice(self.directives) + "}}" for _ in range(2))
            return around.format(*directives)
        return {"+": "+", "empty": ""}.get(kind) or random.choice(self.literals)

    def _meant(self, part: str) -> str:
        if part == "+" and self._often(0.95):
            return "" if self._often(0.1) else self.random.choice(self.literals)
        return part

    def _changed(self, path: str) -> str:
        random, parts = self.random, path.split("/")
        place = random.randrange(len(parts))
        match random.randrange(9):
            case 0:
                return path + "/"
            case 1:
                return path.rstrip("/")
            case 2:
                return "/" + path
            case 3:
                return path[:-1]
            case 4:
                return path + random.choice(("a", "b", "/a", "+", "*"))
            case 5:
                parts.insert(place, random.choice(("", *self.literals)))
            case 6:
                del parts[place]
            case 7:
                parts[place] = random.choice(self.literals)
            case _:
                parts[place] += random.choice("abc/")
        return "/".join(parts)

    def _often(self, share: float) -> bool:
        return self.random.random() < share


def _legal(label: str) -> str:
    """`+*` is refused: it is among what `texts` tries, not here."""
    return label.replace("+*", "+/*")


def _block(label: str, attributes: Mapping[str, Any]) -> str:
    lines = "".join(f"  {name} = {written(value)}\n" for name, value in attributes.items())
    return f"path {written(label)} {{\n{lines}}}\n"


def written(value: Any) -> str:
    """A value in HCL, where JSON writes it differently."""
    match value:
        case dict():
            pairs = (f"{written(key)} = {written(one)}" for key, one in value.items())
            return "{ " + "\n".join(pairs) + " }"
        case list():
            return f"[{', '.join(map(written, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)
