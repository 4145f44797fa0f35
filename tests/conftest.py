"""What the tests of the whole tree share: one event loop, and a runner of Pulumi programs on it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

# Or its plugin loads it late and deep in the stack, where CPython 3.11 may fail to parse it.
import hypothesis
import pytest

from tests.recording import Runner

# That a computer is busy is no fault of the code.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")

# A shell starts what runs in its background with Ctrl-C ignored, which programs started by a test
# would inherit: those that are interrupted on purpose would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# And `nohup` has the end of the terminal ignored, with the same effect.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The one on which all Pulumi programs run."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    made.run_until_complete(made.shutdown_default_executor())
    asyncio.set_event_loop(None)
    made.close()


@pytest.fixture(scope="session")
def run(loop: asyncio.AbstractEventLoop) -> Runner:
    """Runs Pulumi programs against a recording monitor."""
    return Runner(loop)


@pytest.fixture(autouse=True)
def current_loop(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Pulumi makes values on the current loop, of which `asyncio.run` in a test leaves none: after
    it, so that it is back before the next module's fixtures.
    """
    yield
    asyncio.set_event_loop(loop)
