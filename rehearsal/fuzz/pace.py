"""How fast `policies.acl` decides, beside `sys/capabilities` over HTTP: the same questions, one
after the other.

It deliberately measures no parsing on either side: Vault keeps policies parsed, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Final

from policies.acl import Acl
from policies.hcl import parse
from rehearsal.fuzz.generator import Maker
from rehearsal.fuzz.results import Pace
from rehearsal.fuzz.vault import Oracle

_POLICIES, _PATHS = 4, 500
_SECONDS: Final = 1.0  # at least, for each of them


def measure(oracle: Oracle, random: Random) -> Pace:
    """Takes some seconds."""
    maker = Maker(random)
    labels = maker.labels(16)
    texts = {f"pace-{number}": maker.policy(labels) for number in range(_POLICIES)}
    oracle.write_policies(texts)
    token = oracle.token(sorted(texts))
    acl = Acl.of({name: parse(text) for name, text in texts.items()})
    paths = [maker.path(labels) for _ in range(_PATHS)]

    def decide() -> int:
        for path in paths:
            acl.capabilities(path)
        return len(paths)

    def ask_one() -> int:
        oracle.capabilities(token, [random.choice(paths)]).require("capabilities")
        return 1

    def ask_all() -> int:
        oracle.capabilities(token, paths).require("capabilities")
        return len(paths)

    return Pace(*map(_per_second, (decide, ask_one, ask_all)))


def _per_second(work: Callable[[], int]) -> float:
    """`work` says how much it did."""
    work()
    done, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < _SECONDS:
        done += work()
    return done / elapsed
