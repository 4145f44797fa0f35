"""What is known of each module, kept between runs, and its table in docs/mutation.md."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from rehearsal.errors import RehearsalError
from rehearsal.mutation.areas import tests_of
from rehearsal.mutation.verdicts import Mutant, Verdict

BEGIN: Final = "<!-- what `make mutate` wrote -->"
END: Final = "<!-- until here -->"


class Result(msgspec.Struct, frozen=True):
    """One module's mutants. `digest`: of the module and its tests as they were."""

    module: str
    digest: str
    seconds: int
    mutants: tuple[Mutant, ...]

    def count(self, *verdicts: Verdict) -> int:
        return sum(mutant.verdict in verdicts for mutant in self.mutants)

    @property
    def noticed(self) -> int:
        return self.count(Verdict.KILLED, Verdict.TIMEOUT)

    @property
    def not_noticed(self) -> tuple[Mutant, ...]:
        noticed = {Verdict.KILLED, Verdict.TIMEOUT}
        return tuple(mutant for mutant in self.mutants if mutant.verdict not in noticed)

    @property
    def left(self) -> int:
        """Those that could be a wrong decision that nobody sees."""
        return self.count(Verdict.SURVIVED, Verdict.NO_TESTS, Verdict.UNKNOWN)


def joined(earlier: Result, mutants: Sequence[Mutant]) -> tuple[Mutant, ...]:
    """What was noticed earlier, and the others as they are now. Raises `RehearsalError` where the
    module has changed, for then a mutant's name means another one.
    """
    now = {mutant.name: mutant for mutant in mutants}
    if now.keys() != {mutant.name for mutant in earlier.mutants}:
        raise RehearsalError(f"{earlier.module}: has changed; run it without --again")
    asked = {mutant.name for mutant in earlier.not_noticed}
    return tuple(now[one.name] if one.name in asked else one for one in earlier.mutants)


def digest(module: Path, tests: Sequence[str], root: Path) -> str:
    texts = [(root / name).read_bytes() for name in (str(module), *tests)]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]


def save(result: Result, cache: Path) -> None:
    _file(Path(result.module), cache).write_bytes(msgspec.json.encode(result))


def load(module: Path, cache: Path) -> Result | None:
    try:
        return msgspec.json.decode(_file(module, cache).read_bytes(), type=Result)
    except FileNotFoundError:
        return None


def known(cache: Path, root: Path) -> list[Result]:
    """What is known and still holds, in order."""
    found = (msgspec.json.decode(file.read_bytes(), type=Result) for file in cache.glob("*.json"))
    return sorted((one for one in found if _holds(one, root)), key=lambda one: one.module)


def _holds(result: Result, root: Path) -> bool:
    module = Path(result.module)
    if not (root / module).is_file():
        return False
    return result.digest == digest(module, tests_of(module, root), root)


def _file(module: Path, cache: Path) -> Path:
    return cache / f"{'.'.join(module.with_suffix('').parts)}.json"


def in_words(result: Result) -> str:
    """The module's line, and each survivor that could be a wrong decision."""
    head = (
        f"{result.module}: {len(result.mutants)} mutants, {result.noticed} noticed, "
        f"{result.count(Verdict.WORDS)} differ in words, {result.left} left "
        f"({result.seconds} s)"
    )
    lines = [head]
    for mutant in result.mutants:
        if mutant.verdict in (Verdict.SURVIVED, Verdict.NO_TESTS, Verdict.UNKNOWN):
            lines.append(f"  {mutant.name}: {mutant.verdict}")
            lines += (f"    {line}" for line in mutant.difference.splitlines())
    return "\n".join(lines)


# --- the page ------------------------------------------------------------------------------------


def write(page: Path, results: Sequence[Result]) -> None:
    """Put the table between the page's two marks."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise RehearsalError(f"{page}: must hold {BEGIN} and then {END}; put them back")
    table = "\n".join(_table(results))
    page.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


def _table(results: Sequence[Result]) -> Iterator[str]:
    yield "| module | mutants | noticed | words only | left | score |"
    yield "|---|---:|---:|---:|---:|---:|"
    total = Counter[str]()
    for one in results:
        words = one.count(Verdict.WORDS)
        yield _row(f"`{one.module}`", len(one.mutants), one.noticed, words, one.left)
        total.update(mutants=len(one.mutants), noticed=one.noticed, words=words, left=one.left)
    yield _row("**all**", total["mutants"], total["noticed"], total["words"], total["left"])


def _row(name: str, mutants: int, noticed: int, words: int, left: int) -> str:
    score = f"{100 * noticed / mutants:.1f} %" if mutants else "none to make"
    return f"| {name} | {mutants} | {noticed} | {words} | {left} | {score} |"
