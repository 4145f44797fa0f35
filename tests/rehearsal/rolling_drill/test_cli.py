from __future__ import annotations

import pytest

from rehearsal.rolling_drill.__main__ import main
from rehearsal.rolling_drill.catalogue import DRILLS


def test_help_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "python -m upkeep roll" in capsys.readouterr().out


@pytest.mark.parametrize("given", [["--env", "dev"], ["--repeat", "0"]], ids=repr)
def test_wrong_usage(given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2


def test_what_starts_from_an_older_version_comes_first() -> None:
    """What it leaves behind is the version that all others begin with."""
    names = [drill.name for drill in DRILLS]
    assert names[0] == "upgrade"
    assert len(set(names)) == len(names)
