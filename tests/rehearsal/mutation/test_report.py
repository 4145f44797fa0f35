"""What is known is kept, holds as long as the code is the same, and is summed up truthfully."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.mutation import areas, report
from rehearsal.mutation.report import Result
from rehearsal.mutation.verdicts import Mutant, Verdict

MODULE = Path("policies/some.py")
EACH = tuple(Mutant(f"x_f__mutmut_{number}", one) for number, one in enumerate(Verdict))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("policies/some.py", "tests/policies/test_some.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("pass\n")
    return tmp_path


def result(root: Path, *mutants: Mutant) -> Result:
    return Result(
        str(MODULE), report.digest(MODULE, areas.tests_of(MODULE, root), root), 7, mutants
    )


def test_a_result_is_read_back(root: Path) -> None:
    made = result(root, *EACH)
    report.save(made, root)
    assert report.load(MODULE, root) == made
    assert report.known(root, root) == [made]
    assert report.load(Path("policies/other.py"), root) is None


@pytest.mark.parametrize("name", ["policies/some.py", "tests/policies/test_some.py"])
def test_it_holds_until_the_module_or_its_tests_change(root: Path, name: str) -> None:
    report.save(result(root), root)
    (root / name).write_text("...\n")
    assert report.known(root, root) == []


def test_it_does_not_hold_for_what_is_gone(root: Path) -> None:
    report.save(result(root), root)
    (root / MODULE).unlink()
    assert report.known(root, root) == []


def test_every_verdict_counts_once(root: Path) -> None:
    made = result(root, *EACH)
    assert made.noticed + made.count(Verdict.WORDS) + made.left == len(EACH)
    assert (made.noticed, made.left) == (2, 3)


def test_what_is_left_is_named_with_its_difference(root: Path) -> None:
    told = report.in_words(
        result(root, Mutant("x_f__mutmut_1", Verdict.SURVIVED, "- a\n+ b"), EACH[0])
    )
    assert told.splitlines() == [
        "policies/some.py: 2 mutants, 1 noticed, 0 differ in words, 1 left (7 s)",
        "  x_f__mutmut_1: survived",
        "    - a",
        "    + b",
    ]


def test_what_was_noticed_stays_so_and_the_others_are_as_they_are_now(root: Path) -> None:
    killed = Mutant("x_f__mutmut_1", Verdict.KILLED)
    earlier = result(root, killed, Mutant("x_f__mutmut_2", Verdict.SURVIVED, "- a\n+ b"))
    now = [Mutant("x_f__mutmut_1", Verdict.UNKNOWN), Mutant("x_f__mutmut_2", Verdict.KILLED)]
    assert report.joined(earlier, now) == (killed, now[1])
    with pytest.raises(RehearsalError, match="has changed; run it without --again"):
        report.joined(earlier, now[:1])


def test_the_table_replaces_the_one_before(root: Path) -> None:
    page = root / "page.md"
    page.write_text(f"# Before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write(page, [result(root, *EACH)])
    report.write(page, [result(root, *EACH)])
    assert page.read_text() == (
        f"# Before\n{report.BEGIN}\n\n"
        "| module | mutants | noticed | words only | left | score |\n"
        "|---|---:|---:|---:|---:|---:|\n"
        "| `policies/some.py` | 6 | 2 | 1 | 3 | 33.3 % |\n"
        "| **all** | 6 | 2 | 1 | 3 | 33.3 % |\n\n"
        f"{report.END}\nafter\n"
    )


def test_a_page_without_its_marks_is_left_alone(root: Path) -> None:
    page = root / "page.md"
    page.write_text("nothing\n")
    with pytest.raises(RehearsalError, match="put them back"):
        report.write(page, [])
    assert page.read_text() == "nothing\n"
