"""What the restore drill shows of what it found."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rehearsal.restore_drill.results import Results, show

SNAPSHOT = "vault-staging-snapshots/staging/2026-11-22T21-47-03Z-index-000000000000001234.snap"
ROLE = "arn:aws:iam::222222222222:role/vault-kubesentiment-s3-access-of-a-long-name"


@pytest.mark.parametrize("width", [60, 80, 116])
def test_no_name_is_cut(width: int) -> None:
    results = Results(
        steps={"snapshot": 1.0},
        figures={"stored as": SNAPSHOT, "role": ROLE, "bytes": 5},
        said={"a wrong role": f"{ROLE} may not read {SNAPSHOT}"},
    )
    results.check(ROLE, False, SNAPSHOT)
    text = io.StringIO()
    show(Console(file=text, width=width), results)
    lines = text.getvalue().splitlines()
    assert "…" not in text.getvalue()
    assert max(map(len, lines)) <= width
    # A name that is folded goes on in the next line of its column.
    joined = "".join(text.getvalue().split())
    assert joined.count(SNAPSHOT[-20:]) == 3
    assert "DOESNOT" in joined
