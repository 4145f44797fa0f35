"""Which modules are made wrong, and whose tests must notice.

A module is judged by its own tests (`tests/policies/acl/test_patterns.py` for
`policies/acl/patterns.py`, and that of its folder, `tests/policies/test_escalation.py`), not by all
tests there are: what only a distant test notices, nobody finds out why it broke. So the score is
lower than one over the whole suite would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

CODE: Final = Path("policies")
TESTS: Final = Path("tests")

BESIDES: Final[Mapping[str, tuple[str, ...]]] = {
    # What becomes of templates and of rules that meet is asked of the whole, in tests of the parts.
    "policies/acl/decision.py": (
        "tests/policies/acl/test_templates.py",
        "tests/policies/acl/test_rules.py",
        "tests/policies/acl/test_parameters.py",
    ),
    "policies/acl/regions.py": ("tests/policies/acl/test_decision.py",),
    "policies/acl/rules.py": ("tests/policies/acl/test_decision.py",),
    "policies/paths.py": ("tests/policies/test_model.py",),
    "policies/cost/footprint.py": ("tests/policies/cost/test_bill.py",),
    # They are asked through the plan that they make.
    "policies/compile.py": ("tests/policies/test_rotation_task.py",),
    "policies/grants.py": ("tests/policies/test_stanzas.py",),
    "policies/resources.py": ("tests/policies/test_stanzas.py",),
    "policies/application.py": (
        "tests/policies/test_model.py",
        "tests/policies/test_compile_database.py",
    ),
    "policies/scheduled.py": ("tests/policies/test_rotation_rules.py",),
    "policies/workload.py": ("tests/policies/test_model.py",),
    # It joins what they ask of: their tests review two sides as a whole.
    "policies/review/compare.py": (
        "tests/policies/review/test_described.py",
        "tests/policies/review/test_limits.py",
        "tests/policies/review/test_rotations.py",
    ),
    # Whole pages, as they are in docs/review/.
    "policies/review/output/page.py": ("tests/policies/review/test_examples.py",),
    "policies/review/output/wording.py": ("tests/policies/review/output/test_markdown.py",),
    "policies/escalation/holding.py": ("tests/policies/test_why.py",),
}

TOO_SLOW: Final[Mapping[str, tuple[str, ...]]] = {
    # It compiles the matrix three times for each grant, and other tests ask what it asks of one.
    "policies/review/compare.py": (
        (
            "tests/policies/review/test_compare.py::"
            "test_no_removed_grant_gains_anything_and_the_way_back_gains_what_was_lost"
        ),
    ),
}
"""Of a module's own tests, those that are not run on its mutants. The score is lower for it."""


def left_out(module: Path) -> tuple[str, ...]:
    """Those, as arguments of pytest."""
    return tuple(f"--deselect={test}" for test in TOO_SLOW.get(module.as_posix(), ()))


def tests_of(module: Path, root: Path) -> tuple[str, ...]:
    """The test files that must notice, as far as they are there."""
    folder = TESTS / module.parent
    own = folder / f"test_{module.stem}.py"
    of_folder = folder.parent / f"test_{module.parent.name}.py"
    besides = BESIDES.get(module.as_posix(), ())
    named = [own.as_posix(), of_folder.as_posix(), *besides]
    return tuple(dict.fromkeys(name for name in named if (root / name).is_file()))


def modules(root: Path, wanted: tuple[str, ...]) -> Iterator[Path]:
    """The modules whose path begins as wanted (`acl`, `hcl.py`), in order; without a wish: all."""
    for path in sorted((root / CODE).rglob("*.py")):
        module = path.relative_to(root)
        inside = module.relative_to(CODE).as_posix()
        # What imports Pulumi runs on its event loop, which the process that forks cannot share.
        if "guardrails" in module.parts or path.name in {"__init__.py", "__main__.py"}:
            continue
        if not wanted or any(inside == one or inside.startswith(f"{one}/") for one in wanted):
            yield module
