"""What pytest is told within mutmut, so that what tests compute beforehand counts.

mutmut runs every mutant in a fork of a process that has loaded the tests already: what a test
module, or a module that tests share, has computed when it was loaded would be the unchanged code's.
So they are loaded anew. And it runs on a mutant those tests that called the function when all was
well: of what is called while a module is loaded, or in a fixture that several tests share, it sees
the first test only. Here that counts for each test of the module, or with the fixture.

For the same reason what `policies` remembers of earlier calls (`functools.cache`) is forgotten
before each test.

Tests that do not end have noticed the mutant, and how long they take is counted in CPU seconds: by
the clock, as mutmut has it besides, they take any time on a computer that is busy with others.

What `policies` itself computes when it is loaded, such as the matrix, stays the unchanged code's.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import Phase, settings
from mutmut.state import state

_REMEMBERS: Final = type(cache(len))
_NOTICING: Final = "noticing"
_OF_MODULE: Final = dict[Path, set[str]]()
_OF_FIXTURE: Final = dict[int, set[str]]()


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """After the tests' own, which chooses how much Hypothesis tries."""
    # What mutmut sends by the clock, and the kernel a second of CPU before it kills.
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    # That something was noticed is all that counts: the smallest case of it is not looked for.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    settings.register_profile(_NOTICING, phases=phases)
    settings.load_profile(_NOTICING)
    _forget()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    _forget()
    report = yield
    if isinstance(collector, pytest.Module):
        _OF_MODULE[collector.path] = set(_called())
        _called().clear()
    return report


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    before = set(_called())
    _called().clear()
    if fixturedef.scope != "function":
        _forget()
    try:
        return (yield)
    finally:
        if fixturedef.scope != "function":
            _OF_FIXTURE[id(fixturedef)] = set(_called())
        _called().update(before)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _forget()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Before mutmut asks which functions the test called."""
    _called().update(_OF_MODULE.get(item.path, ()))
    if isinstance(item, pytest.Function):
        for definitions in item._fixtureinfo.name2fixturedefs.values():  # noqa: SLF001 - see above
            for one in definitions:
                _called().update(_OF_FIXTURE.get(id(one), ()))


def _called() -> set[str]:
    return state()._stats  # noqa: SLF001 - nowhere else does mutmut keep it


def _forget() -> None:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "policies":
            for value in vars(module).values():
                if isinstance(value, _REMEMBERS):
                    value.cache_clear()
