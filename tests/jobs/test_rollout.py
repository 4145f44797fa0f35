"""`vaultstack_jobs.rollout`: when a Deployment is ready, as `kubectl rollout status` tells it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.jobs.fakes import DEPLOYMENT, Fakes, deployment_object
from vaultstack_jobs.cluster import ClusterUnavailableError
from vaultstack_jobs.configuration import Restart
from vaultstack_jobs.outcomes import FailedError
from vaultstack_jobs.rollout import Rollout, progress


def deployment(*, generation: int = 2, paused: bool = False, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"generation": generation},
        "spec": {"replicas": 2, "paused": paused},
        "status": {
            "observedGeneration": 2,
            "replicas": 2,
            "updatedReplicas": 2,
            "availableReplicas": 2,
            **status,
        },
    }


OVERDUE = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "status": "False"}


@pytest.mark.parametrize(
    ("found", "settled", "stuck"),
    [
        (deployment(), True, False),
        (deployment(generation=3), False, False),
        (deployment(generation=3, conditions=[OVERDUE]), False, False),  # of the one before
        (deployment(updatedReplicas=1), False, False),
        (deployment(replicas=3), False, False),  # an old one is still there
        (deployment(availableReplicas=1), False, False),
        (deployment(conditions=[OVERDUE]), False, True),
        (deployment(paused=True), False, True),
        ({"metadata": {"generation": 1}, "spec": {}}, False, False),
        (
            {
                "metadata": {"generation": 1},
                "spec": {"replicas": 0},
                "status": {"observedGeneration": 1},
            },
            True,
            False,
        ),
    ],
)
def test_it_is_settled_when_every_replica_is_new_and_available(
    found: dict[str, Any], settled: bool, stuck: bool
) -> None:
    now = progress(found)
    assert (now.settled, now.stuck) == (settled, stuck)


@pytest.fixture
def rollout(fakes: Fakes) -> Rollout:
    restart = Restart(namespace="app", deployment="app", ready_within_seconds=60)
    turn = fakes.turn()
    turn.take()
    return Rollout(fakes.cluster, fakes.clock, turn, restart, "app-" + 60 * "x" + "-jwt")


def test_a_restart_says_what_it_is_for_and_happens_once(fakes: Fakes, rollout: Rollout) -> None:
    rollout.begin("version 7")
    rollout.begin("version 7")
    found = fakes.api.objects[DEPLOYMENT]
    assert found["metadata"]["generation"] == 2
    ((name, why),) = found["spec"]["template"]["metadata"]["annotations"].items()
    assert why == "version 7"
    assert len(name.partition("/")[2]) <= 63  # Kubernetes takes no longer one


def test_it_waits_until_the_controller_is_done(fakes: Fakes, rollout: Rollout) -> None:
    rollout.begin("version 7")

    def look() -> None:
        if fakes.clock.passed >= 20:
            fakes.settle(ready=True)

    fakes.clock.on_sleep = look
    assert rollout.wait().settled
    assert 20 <= fakes.clock.passed < 25


def test_it_waits_no_longer_than_it_may(fakes: Fakes, rollout: Rollout) -> None:
    rollout.begin("version 7")
    now = rollout.wait()
    assert not now.settled
    assert 60 <= fakes.clock.passed < 65
    assert now.told == "the controller has not seen it yet"


def test_it_outwaits_an_api_server_that_is_away(fakes: Fakes, rollout: Rollout) -> None:
    rollout.begin("version 7")
    fakes.settle(ready=True)
    fakes.api.failures = [(503, "not now")] * 12
    assert rollout.wait().settled


def test_nobody_can_tell_while_the_api_server_stays_away(fakes: Fakes, rollout: Rollout) -> None:
    """Then the old value must not be put back either."""
    rollout.begin("version 7")
    rollout.turn.hold = lambda: None  # type: ignore[method-assign]
    fakes.api.failures = [(503, "not now")] * 999
    with pytest.raises(ClusterUnavailableError):
        rollout.wait()


def test_what_is_not_ready_is_left_alone(fakes: Fakes, rollout: Rollout) -> None:
    rollout.check()
    fakes.api.put(DEPLOYMENT, deployment_object(ready=False))
    with pytest.raises(FailedError, match="app/app is not ready before the rotation"):
        rollout.check()
    assert fakes.api.objects[DEPLOYMENT]["metadata"]["generation"] == 1


def test_what_may_not_be_restarted_is_found_out_before(fakes: Fakes, rollout: Rollout) -> None:
    def deny(method: str, path: str) -> None:
        if method == "GET" and path == DEPLOYMENT:
            fakes.api.failures = [(403, "may not patch")]

    fakes.api.after = deny
    with pytest.raises(FailedError, match="403: may not patch"):
        rollout.check()
