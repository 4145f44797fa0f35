"""Which modules are asked about, and that each has tests to ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.mutation import areas
from rehearsal.mutation.__main__ import ROOT

ALL = list(areas.modules(ROOT, ()))


@pytest.mark.parametrize("module", ALL, ids=str)
def test_every_module_has_tests_of_its_own(module: Path) -> None:
    assert areas.tests_of(module, ROOT)


def test_the_tests_of_a_module_are_its_own_its_folders_and_those_named() -> None:
    assert areas.tests_of(Path("policies/iam.py"), ROOT) == ("tests/policies/test_iam.py",)
    assert areas.tests_of(Path("policies/escalation/jobs.py"), ROOT) == (
        "tests/policies/escalation/test_jobs.py",
        "tests/policies/test_escalation.py",
    )
    assert areas.tests_of(Path("policies/acl/rules.py"), ROOT) == (
        "tests/policies/acl/test_rules.py",
        "tests/policies/acl/test_decision.py",
    )


def test_what_is_named_besides_is_there() -> None:
    for module, tests in areas.BESIDES.items():
        assert all((ROOT / path).is_file() for path in (module, *tests))


def test_what_is_too_slow_is_among_the_modules_own_tests() -> None:
    for module, tests in areas.TOO_SLOW.items():
        for test in tests:
            file, _, name = test.partition("::")
            assert file in areas.tests_of(Path(module), ROOT)
            assert f"def {name}(" in (ROOT / file).read_text()
    assert areas.left_out(Path("policies/iam.py")) == ()


def test_a_wish_is_a_folder_or_a_module() -> None:
    assert {path.parts[1] for path in areas.modules(ROOT, ("acl",))} == {"acl"}
    assert list(areas.modules(ROOT, ("iam.py",))) == [Path("policies/iam.py")]
    assert list(areas.modules(ROOT, ("ia",))) == []


def test_what_runs_on_pulumis_loop_is_left_out() -> None:
    assert not [path for path in ALL if "guardrails" in path.parts or path.stem.startswith("__")]
