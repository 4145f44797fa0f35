"""When snapshots are taken, and in what pod."""

from __future__ import annotations

from components.operations.snapshots import layout
from components.operations.snapshots.schedule import scheduled
from tests.components.operations.snapshots.taking import EVERYWHERE, OPERATIONS, PLAIN, ROLE
from vaultstack_jobs.outcomes import Exit


def test_it_runs_as_the_settings_say_and_as_whom_the_matrix_says() -> None:
    job = scheduled(ROLE, OPERATIONS, PLAIN)
    assert (job.schedule, job.interval_seconds) == ("20 2 * * *", 86400)
    assert (job.namespace, job.service_account) == ("vault", "snapshots")
    assert job.audience == ROLE.audience
    assert job.args == ("snapshot", "/etc/vaultstack/snapshot.json")


def test_what_trying_again_does_not_mend_is_not_tried_again() -> None:
    job = scheduled(ROLE, OPERATIONS, PLAIN)
    assert job.final_exit_codes == (Exit.CONFIGURATION, Exit.REFUSED)


def test_it_has_a_folder_as_large_as_a_snapshot_may_be() -> None:
    job = scheduled(ROLE, OPERATIONS, EVERYWHERE)
    assert job.scratch is not None
    assert (job.scratch.folder, job.scratch.size) == (layout.SCRATCH, "1Gi")


def test_google_has_a_token_of_its_own_and_nobody_else_has_one_more() -> None:
    assert scheduled(ROLE, OPERATIONS, PLAIN).tokens == ()
    (google,) = scheduled(ROLE, OPERATIONS, EVERYWHERE).tokens
    assert google.audience.startswith("//iam.googleapis.com/projects/")
    assert google.folder == layout.GOOGLE_TOKEN


def test_its_name_fits_a_cron_job() -> None:
    assert len(layout.NAME) <= 52
