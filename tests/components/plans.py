"""Small plans for the components' tests, and their settings. Built by hand: what is tested is what
a component makes of a plan, not how the plan is made.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final, TypeVar

from policies.plan import TokenSettings

T = TypeVar("T")

TOKEN: Final = TokenSettings(policies=("shop-api-dev",), ttl_seconds=3600, max_ttl_seconds=86400)


def shuffled(things: Sequence[T]) -> list[T]:
    mixed = list(things)
    random.Random(1).shuffle(mixed)
    assert mixed != list(things)
    return mixed
