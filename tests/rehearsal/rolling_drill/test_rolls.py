from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.rolling_drill.rolls import Rolling
from rehearsal.supervisor import Supervisor
from tests.jobs.fakes import NOON
from upkeep.rolling.events import Event, Step, lines_to


def test_what_the_command_wrote_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with Supervisor() as supervisor:
        process = supervisor.start("roll", [Path("/bin/true")], env=supervisor.environment())
        rolling = Rolling(process, log)
        assert rolling.told() == []
        with log.open("w") as stream:
            tell = lines_to(stream, lambda: NOON)
            tell(Event(Step.ENDS, "vault-2"))
            tell(Event(Step.BACK, "vault-2", "after 5.3 s", {"seconds": 5.3}))
        assert rolling.wait() == 0
        assert rolling.seconds("back") == {"vault-2": 5.3}
        assert rolling.seconds("ends") == {}
        rolling.wait_for("ends")
        with pytest.raises(RehearsalError, match="roll ended with exit code 0"):
            rolling.wait_for("ends", times=2)
