"""What the page says to type gives settings, together with the committed stack file."""

from __future__ import annotations

import re
from typing import Final

import pytest

from policies.environments import Environment
from tests.components.settings.loader import Loader
from tests.recording import ROOT, Runner, configuration, declared

PAGE: Final = (ROOT / "docs" / "environments.md").read_text()
_SET: Final = re.compile(r"^ *pulumi config (set|rm) (\w+)(?: (\S+))?", re.MULTILINE)


def followed(environment: Environment) -> dict[str, object]:
    """The committed stack file, once the commands from its `stack init` on were typed."""
    typed = PAGE.partition(f"pulumi stack init {environment.value}")[2].partition("pulumi up")[0]
    changed = {
        key: value if what == "set" else declared()[key].get("default")
        for what, key, value in _SET.findall(typed)
    }
    assert changed
    return configuration(environment.value, **changed)


@pytest.mark.parametrize("environment", [Environment.DEV, Environment.STAGING])
def test_who_follows_it_has_settings(run: Runner, environment: Environment) -> None:
    loaded = Loader(run)
    assert loaded.of(followed(environment)).environment is environment
    assert not any("workloads cannot log in" in warning for warning in loaded.warnings)
