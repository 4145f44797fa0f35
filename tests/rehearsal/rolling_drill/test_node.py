from __future__ import annotations

import copy
from typing import Any

from rehearsal.rolling_drill.node import revision_of

STATEFUL_SET: dict[str, Any] = {
    "spec": {"replicas": 3, "template": {"spec": {"containers": [{"image": "vault:1"}]}}}
}


def test_a_revision_changes_with_the_template_and_nothing_else() -> None:
    newer, larger = copy.deepcopy(STATEFUL_SET), copy.deepcopy(STATEFUL_SET)
    newer["spec"]["template"]["spec"]["containers"][0]["image"] = "vault:2"
    larger["spec"]["replicas"] = 5
    assert revision_of(newer) != revision_of(STATEFUL_SET)
    assert revision_of(larger) == revision_of(STATEFUL_SET)
