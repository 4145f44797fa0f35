"""Who may copy all that Vault stores, and that nobody may put anything in its place. The job's own
code, and a restore, are tried elsewhere (`rehearsal.restore_drill`).
"""

from __future__ import annotations

import io
import tarfile
from typing import Final

from policies.paths import RESTORE, SNAPSHOT
from policies.subject import Subject
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.vault_api import Answer

_HOLDS: Final = {"meta.json", "state.bin", "SHA256SUMS", "SHA256SUMS.sealed"}


def prove(bench: Bench) -> None:
    for subject in bench.subjects:
        _copy(bench, subject)
        for operation, path in (
            ("restore a snapshot", SNAPSHOT),
            ("restore any snapshot", RESTORE),
        ):
            # Were it let through, nothing would come of it: it is no snapshot.
            answer = bench.session(subject).call("POST", path, {})
            bench.try_passage(subject, operation, path, allowed=False, answer=answer)


def _copy(bench: Bench, subject: Subject) -> None:
    answer, content = bench.session(subject).download(SNAPSHOT)

    def whole(_: Answer) -> None:
        try:
            with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
                names = set(archive.getnames())
        except (tarfile.TarError, OSError, EOFError) as error:
            raise Mismatch(f"what Vault sent is no snapshot: {error}") from error
        if names != _HOLDS:
            raise Mismatch(f"the snapshot holds {', '.join(sorted(names))}")

    bench.try_call(
        subject,
        "take a snapshot",
        SNAPSHOT,
        allowed=expectations.takes_snapshots(subject),
        call=lambda: answer,
        check=whole,
    )
