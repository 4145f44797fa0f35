from __future__ import annotations

import json
from dataclasses import replace

from rehearsal.drill.impact import Gap, Impact, Retried, Stale
from rehearsal.rolling_drill.results import Replaced, Run

CALM = Impact(100, 98, Gap(1.0, 1.5), {"connection lost": 2})
RUN = Run(
    drill="restart",
    number=1,
    servers=3,
    before="1.21.0",
    after="1.21.0",
    took=60.0,
    replaced=(
        Replaced("vault-2", led=False, away=5.3, settled=15.7),
        Replaced("vault-0", led=True, away=6.2, settled=19.7),
    ),
    writes=CALM,
    reads=CALM,
    retried=Retried(1000, 0, 0.9),
    lost=0,
    unverified=0,
    stale=(),
    missing="",
    problems=(),
    notes={},
    screens=(),
)


def test_what_fails_only_for_those_who_do_not_try_again_is_no_fault() -> None:
    assert RUN.faults == []
    assert RUN.unretried == 4


def test_every_fault_is_named() -> None:
    run = replace(
        RUN,
        lost=1,
        unverified=2,
        retried=Retried(10, 3, 5.0),
        stale=(Stale("vault", 1.0, 2),),
        missing="vault-1 sealed",
        problems=("the leader vault-0 was not the last of []",),
    )
    assert run.faults == [
        "1 acknowledged writes lost",
        "2 acknowledged writes could not be looked for",
        "3 requests failed though they were tried again",
        "1 stale reads",
        "not healed: vault-1 sealed",
        "the leader vault-0 was not the last of []",
    ]


def test_a_run_is_plain_json() -> None:
    values = json.loads(json.dumps(RUN.as_json()))
    assert values["writes"]["downtime"] == 0.5
    assert values["replaced"][1] == {"name": "vault-0", "led": True, "away": 6.2, "settled": 19.7}
    assert values["faults"] == []
