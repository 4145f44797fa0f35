"""What a change of the access matrix gives and takes away, exactly.

    compare(read(base_files, "base"), read(head_files, "head"), base_name="main",
            head_name="working tree", limits=Limits.parse(approvals))

`difference` compares ACLs, `compare` everything, `model` is what comes of it. Both sides are data:
nothing of either is run.
"""

from policies.review.compare import compare
from policies.review.limits import Limits, LimitsError
from policies.review.model import Review, Verdict
from policies.review.snapshot import Snapshot, SnapshotError, of_plan, read

__all__ = [
    "Limits",
    "LimitsError",
    "Review",
    "Snapshot",
    "SnapshotError",
    "Verdict",
    "compare",
    "of_plan",
    "read",
]
