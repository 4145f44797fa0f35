"""All servers lost with their disks: what was in the snapshot comes back. That the matrix holds
then, too, `python -m rehearsal.restore_drill` proves, which takes longer.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.restore_drill.run import run_drill

pytestmark = pytest.mark.live


def test_what_was_in_the_snapshot_comes_back(tools: Mapping[Tool, Binary]) -> None:
    found = run_drill(tools, Environment.STAGING, 5, lambda _: None, proves=False)
    assert [one for one in found.checks if not one.holds] == []
    assert len(found.checks) > 10
    assert {"the KMS key gone", "the bucket missing", "a truncated file"} <= found.said.keys()
