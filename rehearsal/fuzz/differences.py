"""Whether `policies.review.difference` says all that changes for the holder of a token, and nothing
else: both sides of a random pair of policy sets are in a real Vault, each with a token.

Three questions. Does each line's witness show on both sides what the line says? Does each example
of a request that only one side allows? And is there a path, or a request, that Vault answers
differently on the two sides though no line says so, or alike though one does?

`sys/capabilities` looks where LIST does: for other capabilities on a path that ends in a slash, and
for parameters and wrapping, real requests are sent. Templated paths are not tried: a review
compares them without their holders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final, TypeAlias

from policies.acl import Acl, Operation, Request
from policies.hcl import Capability, HclError, parse
from policies.review.conditions import Example, conditions_of
from policies.review.difference import AccessChange, Direction, difference
from rehearsal.fuzz.generator import Maker
from rehearsal.fuzz.lines import Change, Sides, opposite, said
from rehearsal.fuzz.people import People
from rehearsal.fuzz.questions import Question
from rehearsal.fuzz.results import Difference, Round
from rehearsal.fuzz.vault import KV, Oracle, TokenType

_POLICIES, _PATHS, _REQUESTS = 3, 4000, 40
_RESTRICTED: Final = 0.5
_LITERALS: Final = ("a", "b", "ab", "abc", "a b", "a,b", "ä", "aß日", "A", "+a", "a*b", "*")
"""None but `+` itself ends in one: in a line's words it would mean any rest of the segment."""
_ROOTS: Final = ("", f"{KV}/")
_OPERATIONS: Final = {operation.value: operation for operation in Operation}
_CAPABILITIES: Final = tuple(c for c in Capability if c.value in _OPERATIONS)
_WRAPPED: Final = (None, None, 1.0, 60.0, 61.0, 3600.0)

_Texts: TypeAlias = Mapping[Direction, Mapping[str, str]]
"""Direction -> the policies of the side that grants what goes that way, by name."""


def compare(oracle: Oracle, _people: People, random: Random) -> Round:
    """One round: one pair."""
    restricted = random.random() < _RESTRICTED
    maker = Maker(random, literals=_LITERALS, roots=_ROOTS)
    labels = maker.labels(random.choice((2, 4, 8, 16)))
    pair = _Pair(oracle, _texts(maker, labels, restricted), restricted=restricted)
    pair.confirm()
    pair.look_for_more(maker.path(labels).lstrip("/") for _ in range(_PATHS))
    pair.try_out(_questions(pair, maker, labels))
    return Round(
        pair.compared, pair.changed, tuple(pair.differences), pair.apart, counted=pair.counted
    )


def _texts(maker: Maker, labels: list[str], restricted: bool) -> _Texts:
    """Some policies are on both sides, some are gone, new, or replaced."""
    random = maker.random
    kept = [_policy(maker, labels, restricted) for _ in range(random.randrange(_POLICIES))]
    texts = dict[Direction, Mapping[str, str]]()
    for direction in Direction:
        own = [_policy(maker, labels, restricted) for _ in range(random.choice((0, 1, 1, 2)))]
        texts[direction] = {f"{direction}-{n}": text for n, text in enumerate(kept + own)}
    return texts


def _policy(maker: Maker, labels: list[str], restricted: bool) -> str:
    """One that is taken (in JSON, some lists of parameters cannot be written), and that means the
    same each time: of two names that lower case makes one, Vault keeps the one or the other.
    """
    while True:
        text = maker.policy(labels, restricted=restricted)
        with suppress(HclError):
            parse(text)
            if '"B"' not in text:
                return text


def _questions(pair: _Pair, maker: Maker, labels: list[str]) -> Iterator[Question]:
    """Where parameters are restricted, most about paths whose rules ask for something."""
    random = maker.random
    for _ in range(_REQUESTS):
        drawn = [maker.path(labels).lstrip("/") for _ in range(10 if pair.restricted else 1)]
        path = next(filter(pair.asks_something, drawn), drawn[0])
        data = maker.body() if pair.restricted else {}
        wrap_ttl = random.choice(_WRAPPED) if pair.restricted else None
        for capability in random.sample(_CAPABILITIES, len(_CAPABILITIES)):
            question = Question(capability, path, data, wrap_ttl)
            if path and not question.obstacle:
                yield question
                break


@dataclass(slots=True)
class _Pair:
    """Both sides, in Vault and here, and what was seen of them."""

    oracle: Oracle
    texts: _Texts
    restricted: bool
    tokens: Mapping[Direction, str] = field(init=False, repr=False)
    acls: Sides = field(init=False)
    lines: tuple[AccessChange, ...] = field(init=False)
    compared: int = 0
    changed: int = 0
    differences: list[Difference] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    apart: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        tokens, acls = dict[Direction, str](), dict[Direction, Acl]()
        for direction, side in self.texts.items():
            self.oracle.write_policies(side)
            tokens[direction] = self.oracle.token(list(side), kind=TokenType.SERVICE)
            acls[direction] = Acl.of({name: parse(text) for name, text in side.items()})
        self.tokens, self.acls = tokens, acls
        self.lines = difference(acls[Direction.LOST], acls[Direction.GAINED])
        self.counted.update({"pairs": 1, "lines": len(self.lines)})

    def asks_something(self, path: str) -> bool:
        """Whether a rule that decides it, on either side, asks for parameters or wrapping."""
        rules = [acl.rule(path) for acl in self.acls.values()]
        return any(rule and conditions_of(rule) for rule in rules)

    def confirm(self) -> None:
        """Each line's witness, or its example, by Vault."""
        granted = self._granted({line.witness for line in self.lines})
        for line in self.lines:
            if line.example:
                self._confirm_example(line, line.example)
                continue
            for capability in line.capabilities:
                self._confirm_witness(line, capability, granted[line.witness])

    def _confirm_witness(
        self, line: AccessChange, capability: Capability, granted: set[Change]
    ) -> None:
        question = Question(capability, line.witness)
        if self._looked_for_alike(capability, line.witness, question):
            shown = (line.direction, capability) in granted
        elif reason := question.obstacle or self._condition(question, line.direction):
            self.apart[f"witness that ends in a slash: {reason}"] += 1
            return
        else:
            shown = self._differs(question, line.direction)
        self.counted["witnesses confirmed"] += shown
        self._note(f"{capability} of the witness {line.witness!r}", line, shown)

    def _looked_for_alike(self, capability: Capability, path: str, question: Question) -> bool:
        """Whether `sys/capabilities`, which looks as LIST does, looks at the rule that decides."""
        if capability is Capability.LIST or not path.endswith("/"):
            return True
        alike = all(acl.rule(path) is acl.rule(path, listing=True) for acl in self.acls.values())
        return alike and question.obstacle is not None

    def _confirm_example(self, line: AccessChange, example: Example) -> None:
        """It is of one of the line's capabilities, the first that it can be of."""
        questions = [
            Question(capability, line.witness, example.data, example.wrap_ttl)
            for capability in line.capabilities
        ]
        fitting = [question for question in questions if self._decided(question, line.direction)]
        asked = [question for question in fitting if not question.obstacle]
        if fitting and not asked:
            self.apart[f"example: {fitting[0].obstacle}"] += 1
            return
        shown = bool(asked) and self._differs(asked[0], line.direction)
        self.counted["examples confirmed"] += shown
        self._note(f"the example {(asked or questions)[0]}", line, shown)

    def look_for_more(self, paths: Iterable[str]) -> None:
        """Whether the lines say of these paths what Vault does."""
        lines = [line for line in self.lines if line.example is None]
        granted = self._granted({path for path in paths if path})
        for path, changes in granted.items():
            really, stated = changes, set(said(lines, self.acls, path))
            if path.endswith("/"):  # `sys/capabilities` looks as LIST does
                really, stated = _only_list(really), _only_list(stated)
            self.compared += 1
            self.changed += bool(really)
            if stated != really:
                self._differ(f"what changes on {path!r}", _written(stated), _written(really))
        self.counted["random paths"] += len(granted)

    def try_out(self, questions: Iterable[Question]) -> None:
        """Whether a line says it, where Vault allows one of these on one side only. Where rules ask
        for parameters, not every request can show what a line says.
        """
        for question in questions:
            changes = set(said(self.lines, self.acls, question.path))
            for direction in Direction:
                stated = (direction, question.capability) in changes
                really = self._differs(question, direction)
                self.counted["random requests"] += 1
                self.compared += 1
                self.changed += really
                if really > stated or (stated > really and not self.restricted):
                    self._differ(f"{direction}, by {question}", f"{stated}", f"{really}")

    def _granted(self, paths: set[str]) -> dict[str, set[Change]]:
        """Path -> what `sys/capabilities` grants there to one side only."""
        asked = sorted(paths)
        if not asked:
            return {}
        gained, lost = (
            self.oracle.capabilities(self.tokens[direction], asked).require("capabilities")["data"]
            for direction in (Direction.GAINED, Direction.LOST)
        )
        return {
            path: _changes(Direction.GAINED, gained[path], lost[path])
            | _changes(Direction.LOST, lost[path], gained[path])
            for path in asked
        }

    def _differs(self, question: Question, direction: Direction) -> bool:
        """Whether Vault allows it on the side that grants what goes that way, and there only."""
        giving, other = self.tokens[direction], self.tokens[opposite(direction)]
        return question.allowed(self.oracle, giving) and not question.allowed(self.oracle, other)

    def _decided(self, question: Question, direction: Direction) -> bool:
        """As `_differs`, by `policies.acl`."""
        giving, other = self.acls[direction], self.acls[opposite(direction)]
        request = _request(question)
        return giving.decide(request).allowed and not other.decide(request).allowed

    def _condition(self, question: Question, direction: Direction) -> str | None:
        """Why the granting side allows no plain request; None where it does, or has to."""
        plain = self.acls[direction].decide(_request(question)).allowed
        return None if plain or not self.restricted else "its rule asks for parameters or wrapping"

    def _note(self, question: str, line: AccessChange, shown: bool) -> None:
        self.compared += 1
        self.changed += shown
        if not shown:
            self._differ(f"{question}, of: {words_of(line)}", "only one side", "not only one side")

    def _differ(self, question: str, ours: str, vaults: str) -> None:
        policies = {name: text for side in self.texts.values() for name, text in side.items()}
        self.differences.append(Difference(question, ours, vaults, policies))


def _request(question: Question) -> Request:
    operation = _OPERATIONS[question.capability]
    return Request(operation, question.path, question.data, question.wrap_ttl)


def _changes(direction: Direction, giving: list[str], other: list[str]) -> set[Change]:
    granted = set(giving) - set(other) - {Capability.DENY}
    return {(direction, Capability(one)) for one in granted}


def words_of(line: AccessChange) -> str:
    besides = f" besides {', '.join(line.besides)}" if line.besides else ""
    return f"{line.direction} {' '.join(line.capabilities)} {line.paths}{besides}"


def _only_list(changes: set[Change]) -> set[Change]:
    return {change for change in changes if change[1] is Capability.LIST}


def _written(changes: set[Change]) -> str:
    return ", ".join(sorted(" ".join(change) for change in changes)) or "nothing"
