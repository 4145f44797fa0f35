from __future__ import annotations

import io
import json

from tests.jobs.fakes import NOON
from upkeep.rolling.events import Event, Step, lines_to


def test_one_json_object_a_line() -> None:
    stream = io.StringIO()
    tell = lines_to(stream, lambda: NOON)
    tell(Event(Step.PLANNED, facts={"order": ["vault-1"]}))
    tell(Event(Step.BACK, "vault-1", "after 8.0 s", {"seconds": 8.0}))
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"time": "2026-01-31T12:00:00Z", "step": "planned", "order": ["vault-1"]},
        {
            "time": "2026-01-31T12:00:00Z",
            "step": "back",
            "server": "vault-1",
            "words": "after 8.0 s",
            "seconds": 8.0,
        },
    ]
