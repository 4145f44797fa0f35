"""`policies.review.rotations`: a rotation that changes is told, term by term, and one that went."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from policies.plan import DatabaseStaticRole, KvSecret, Rotation
from policies.review.model import Severity, Status, Topic, Verdict
from policies.review.rotations import described, rotation_risks, what
from policies.review.sides import Sides
from policies.review.snapshot import Snapshot
from tests.policies.review.sides_made import (
    BASE,
    altered,
    but,
    finding,
    reviewed,
    rules_of,
    said,
    statuses,
    workload,
)

TASK: dict[str, Any] = {
    "type": "kv-key",
    "path": "shop/config",
    "key": "password",
    "length": 48,
    "overlap_seconds": 3600,
    "tell": {
        "type": "restart",
        "namespace": "shop-prod",
        "deployment": "shop",
        "ready_within_seconds": 600,
    },
}
JWT = Rotation("shop-jwt", "shop", "shop", "shop-prod", "vault-prod", "0 3 * * 1", 604800, TASK)
HAS = but(rotations=(JWT,))


def changed(**fields: Any) -> Snapshot:
    return but(HAS, rotations=altered(HAS.rotations, "shop-jwt", **fields))


def told(head: Snapshot, base: Snapshot = HAS) -> list[str]:
    return list(said(workload(reviewed(head, base=base), "shop/api").terms))


def test_a_rotation_that_stays_is_no_change() -> None:
    review = reviewed(but(HAS), base=HAS)
    assert statuses(review) == {}
    assert review.verdict is Verdict.NOTHING_GAINED


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"schedule": "0 3 * * 2"}, "gained rotations/shop-jwt schedule: 0 3 * * 1 -> 0 3 * * 2"),
        ({"interval_seconds": 86400}, "lost rotations/shop-jwt interval: 168h -> 24h"),
        ({"namespace": "blog-prod"}, "gained rotations/shop-jwt runs as: shop-prod/shop -> blog"),
        ({"audience": "any"}, "gained rotations/shop-jwt audience: vault-prod -> any"),
        ({"task": {**TASK, "key": "other"}}, "gained rotations/shop-jwt key: password -> other"),
        (
            {"task": {**TASK, "overlap_seconds": 7200}},
            "gained rotations/shop-jwt overlap: 1h -> 2h",
        ),
        ({"task": {**TASK, "overlap_seconds": 0}}, "lost rotations/shop-jwt overlap: 1h -> "),
        ({"task": {**TASK, "length": 32}}, "gained rotations/shop-jwt length: 48 -> 32"),
        ({"task": {**TASK, "length": 64}}, "lost rotations/shop-jwt length: 48 -> 64"),
        (
            {"task": {**TASK, "tell": {**TASK["tell"], "deployment": "blog"}}},
            "gained rotations/shop-jwt tell deployment: shop -> blog",
        ),
        (
            {"task": {**TASK, "tell": {"type": "agent"}}},
            "gained rotations/shop-jwt tell type: restart -> agent",
        ),
        ({"task": {**TASK, "unheard_of": "x"}}, "gained rotations/shop-jwt unheard of:  -> x"),
    ],
    ids=str,
)
def test_each_change_is_told(fields: dict[str, Any], line: str) -> None:
    assert any(one.startswith(line) for one in told(changed(**fields)))


def test_nobody_to_tell_any_more_is_told() -> None:
    lost = told(changed(task={**TASK, "tell": None}))
    assert "lost rotations/shop-jwt tell deployment: shop -> " in lost
    assert not [line for line in lost if line.startswith("gained")]


def test_a_time_is_told_as_one_and_none_as_nothing() -> None:
    told_of = [told(changed(task={**TASK, "overlap_seconds": length})) for length in (0, 1)]
    assert told_of == [
        ["lost rotations/shop-jwt overlap: 1h -> "],
        ["lost rotations/shop-jwt overlap: 1h -> 1s"],
    ]


def test_values_whose_names_read_alike_are_numbered() -> None:
    task = {"tell": {"deployment": "a"}, "tell_deployment": "b", "tell deployment": "c"}
    *_, one, two, three = described(dataclasses.replace(JWT, task=task)).terms
    assert [one.term, two.term, three.term] == [
        "tell deployment",
        "tell deployment (2)",
        "tell deployment (3)",
    ]


def test_every_value_of_a_task_is_a_term() -> None:
    names = [term.term for term in described(JWT).terms]
    assert names[:5] == ["what", "schedule", "interval", "runs as", "audience"]
    assert names[5:] == [
        *("type", "path", "key", "length", "overlap"),
        *("tell type", "tell namespace", "tell deployment", "tell ready within"),
    ]
    assert described(JWT).topic is Topic.ROTATION


@pytest.mark.parametrize(
    ("decoy", "change", "shown"),
    [
        ({"overlap": 3600}, {"overlap_seconds": 720000}, "200h"),
        ({"tell_deployment": "shop"}, {"tell": {**TASK["tell"], "deployment": "blog"}}, "blog"),
        ({"runs as": "shop-prod/shop"}, {"key": "other"}, "other"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_value_hides_behind_no_other_whose_name_reads_alike(
    decoy: dict[str, Any], change: dict[str, Any], shown: str, first: bool
) -> None:
    task = {**decoy, **TASK, **change} if first else {**TASK, **change, **decoy}
    names = [term.term for term in described(dataclasses.replace(JWT, task=task)).terms]
    assert len(names) == len(set(names)) == len(described(JWT).terms) + 1
    gained = [line for line in told(changed(task=task)) if line.startswith("gained")]
    assert any(line.endswith(f"-> {shown}") for line in gained)


def test_a_new_rotation_is_gained_and_takes_the_teams_approval_in_prod() -> None:
    review = reviewed(HAS)
    assert workload(review, "shop/api").status is Status.CHANGED
    assert "gained rotations/shop-jwt schedule:  -> 0 3 * * 1" in told(HAS, BASE)
    assert review.verdict is Verdict.NEEDS_APPROVAL
    assert "what its rotation terms give" in review.over_limit[0]


# --- what becomes of it --------------------------------------------------------------------------


def test_what_is_not_rotated_any_more_takes_an_approval() -> None:
    review = reviewed(BASE, base=HAS)
    one = finding(review, "unrotated")
    assert (one.severity, one.approvers) == (Severity.HIGH, ("platform-team",))
    assert one.title == "kv-key shop/config password is not rotated any more"
    assert one.reasons == (
        "at the base shop-jwt does, every 168h",
        "whoever has learned it by then has it for good",
    )


def test_a_rotation_by_another_name_is_the_same() -> None:
    renamed = but(HAS, rotations=(dataclasses.replace(JWT, name="shop-secret"),))
    assert "unrotated" not in rules_of(reviewed(renamed, base=HAS))


@pytest.mark.parametrize(
    ("task", "tables"),
    [
        (TASK, {"kv_entries": (KvSecret("shop/config", ("other",), None),)}),
        (TASK, {"kv_entries": ()}),
        ({"type": "database-root", "connection": "shop"}, {"database_connections": ()}),
        ({"type": "aws-root"}, {"aws_roles": ()}),
        ({"type": "pki-intermediate", "mount": "pki"}, {"pki_roles": ()}),
        ({"type": "secret-id", "role": "shop-ci"}, {"approle_roles": ()}),
    ],
    ids=str,
)
def test_what_is_gone_need_not_be_rotated(task: dict[str, Any], tables: dict[str, Any]) -> None:
    base = but(rotations=(dataclasses.replace(JWT, task=task),))
    assert "unrotated" in rules_of(reviewed(BASE, base=base))
    assert "unrotated" not in rules_of(reviewed(but(**tables), base=base))


def test_a_rotation_that_comes_less_often_is_told() -> None:
    one = finding(
        reviewed(changed(schedule="0 3 1 * *", interval_seconds=2419200), base=HAS), "rotated-less"
    )
    assert one.title == "kv-key shop/config password is rotated every 672h and not every 168h"
    assert one.reasons == ("the schedule is '0 3 1 * *', before '0 3 * * 1'",)
    assert (one.severity, one.approvers) == (Severity.WARNING, ())
    never = changed(interval_seconds=0)
    told_of = finding(reviewed(HAS, base=never), "rotated-less").title
    assert told_of.endswith("is rotated every 168h and not every 0s")
    told_of = finding(reviewed(HAS, base=changed(interval_seconds=1)), "rotated-less").title
    assert told_of.endswith("is rotated every 168h and not every 1s")
    sooner = changed(schedule="0 3 * * *", interval_seconds=86400)
    assert "rotated-less" not in rules_of(reviewed(sooner, base=HAS))


def test_the_powers_of_a_new_job_are_told() -> None:
    one = finding(reviewed(HAS), "availability")
    assert (one.severity, one.approvers) == (Severity.WARNING, ())
    assert one.title == "shop-jwt gains restart-deployments by its task"
    assert one.reasons[0].startswith(
        "restart-deployments (availability): patch deployments/shop in shop-prod: it reads"
    )
    assert "availability" not in rules_of(reviewed(changed(schedule="0 3 * * 2"), base=HAS))
    elsewhere = {**TASK["tell"], "deployment": "blog"}
    assert "availability" in rules_of(reviewed(changed(task={**TASK, "tell": elsewhere}), base=HAS))


def test_a_restart_is_for_nobody_to_approve_whatever_the_limits() -> None:
    found = {one.rule: one for one in rotation_risks(Sides(BASE, HAS), "guards")}
    assert found["availability"].approvers == ()


def test_a_power_that_the_job_had_hides_no_other() -> None:
    def writing(secret: str, deployment: str) -> Snapshot:
        secrets = {"namespace": "shop-prod", "name": secret, "key": "id"}
        tell = {**TASK["tell"], "deployment": deployment}
        return changed(task={"type": "secret-id", "role": "ci", "secret": secrets, "tell": tell})

    base = writing("a", "a")
    for head, rule in ((writing("b", "a"), "escalation"), (writing("a", "b"), "availability")):
        found = {"escalation", "availability"} & set(rules_of(reviewed(head, base=base)))
        assert found == {rule}


def test_who_may_write_a_secret_takes_an_approval() -> None:
    secret = {"namespace": "shop-ci-prod", "name": "vault-ci", "key": "id"}
    one = finding(
        reviewed(changed(task={"type": "secret-id", "role": "ci", "secret": secret}), base=HAS),
        "escalation",
    )
    assert (one.severity, one.approvers) == (Severity.HIGH, ("security-team",))
    assert one.title.startswith("shop-jwt gains ")
    assert one.title.endswith(" by its task")
    assert "patch secrets/vault-ci in shop-ci-prod" in one.reasons[0]


def test_a_job_that_restarts_anothers_deployment_takes_an_approval() -> None:
    tell = {**TASK["tell"], "namespace": "blog-prod"}
    one = finding(reviewed(changed(task={**TASK, "tell": tell}), base=HAS), "restarts-another")
    assert (one.severity, one.approvers) == (Severity.HIGH, ("security-team",))
    assert one.title == "shop-jwt may restart a Deployment in blog-prod, and runs in shop-prod"
    assert one.reasons == ("the program gives the job the right to change that Deployment",)


@pytest.mark.parametrize("first", [True, False])
def test_two_rotations_of_one_thing_do_not_hide_each_other(first: bool) -> None:
    tell = {**TASK["tell"], "namespace": "blog-prod"}
    more = dataclasses.replace(JWT, name="shop-too", task={**TASK, "tell": tell})
    review = reviewed(but(HAS, rotations=(more, JWT) if first else (JWT, more)), base=HAS)
    assert finding(review, "restarts-another").title.startswith("shop-too may restart")
    assert finding(review, "availability").title.startswith("shop-too gains")


def test_of_two_rotations_of_one_thing_the_one_that_comes_more_often_counts() -> None:
    seldom = dataclasses.replace(JWT, name="shop-too", interval_seconds=2419200)
    both = but(HAS, rotations=(JWT, seldom))
    assert "rotated-less" not in rules_of(reviewed(both, base=HAS))
    assert "rotated-less" not in rules_of(reviewed(HAS, base=both))
    one = finding(reviewed(but(HAS, rotations=(seldom,)), base=both), "rotated-less")
    assert one.title == "kv-key shop/config password is rotated every 672h and not every 168h"
    assert one.reasons == ("the schedule is '0 3 * * 1', before '0 3 * * 1'",)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"role": "gone"}, "which does not exist"),
        ({"service_account": "other"}, "which lets in another"),
    ],
)
def test_a_job_that_cannot_log_in_is_told(fields: dict[str, Any], why: str) -> None:
    one = finding(reviewed(changed(**fields), base=HAS), "dangling-rotation")
    role, account = fields.get("role", "shop"), fields.get("service_account", "shop")
    assert one.title == f"shop-jwt logs in as shop-prod/{account} with the role {role}, {why}"
    assert one.reasons == ("the job fails, and nothing is rotated; fix: python -m policies render",)
    assert (one.severity, one.approvers) == (Severity.WARNING, ())


def test_a_job_that_reads_a_switch_or_a_list_is_told_of_it_by_its_name() -> None:
    task = {**TASK, "dry_run": False, "tells_all": ["a", "b"], "tell": {}, "floor": 0}
    more = told(changed(task=task))
    assert "gained rotations/shop-jwt dry run:  -> False" in more
    assert "gained rotations/shop-jwt tells all:  -> ['a', 'b']" in more
    assert "gained rotations/shop-jwt floor:  -> 0" in more


@pytest.mark.parametrize(
    "task",
    [
        {"type": "database-static", "role": "shop-report"},
        {"type": "unheard-of"},
        {},
    ],
)
def test_what_is_not_known_to_be_gone_is_there(task: dict[str, Any]) -> None:
    base = but(rotations=(dataclasses.replace(JWT, task=task),))
    assert "unrotated" in rules_of(reviewed(BASE, base=base))


def test_what_is_rotated_is_known_by_its_task() -> None:
    assert what(JWT) == "kv-key shop/config password"
    for task in (
        {"type": "database-root", "connection": "shop"},
        {"type": "database-static", "role": "shop"},
        {"type": "pki-intermediate", "mount": "shop"},
        {"type": "secret-id", "role": "shop"},
    ):
        assert what(dataclasses.replace(JWT, task=task)) == f"{task['type']} shop"
    assert what(dataclasses.replace(JWT, task={"type": "aws-root"})) == "aws-root"
    assert what(dataclasses.replace(JWT, task={})) == "nothing"


# --- users that stay -----------------------------------------------------------------------------

STATIC = DatabaseStaticRole("shop-report", "shop", "shop-report", "0 3 * * 1", 0)


def with_user(user: DatabaseStaticRole = STATIC) -> Snapshot:
    """The shop may read its password."""
    text = BASE.policies["shop-api-prod"]
    rule = '\npath "database/static-creds/shop-report" { capabilities = ["read"] }'
    connections = altered(
        BASE.database_connections, "shop", allowed_roles=("shop-readonly", "shop-report")
    )
    return but(
        policies={**BASE.policies, "shop-api-prod": text + rule},
        database_connections=connections,
        database_static_roles=(user,),
    )


def test_a_user_that_stays_is_told_with_its_lifetime() -> None:
    one = workload(reviewed(with_user()), "shop/api")
    assert "gained database/static-roles/shop-report user:  -> shop-report" in said(one.terms)
    (lifetime,) = (each for each in one.lifetimes if "static-creds" in each.credential)
    assert lifetime.after
    assert (lifetime.after.maximum_seconds, lifetime.after.maximum_bound) == (604800, "rotation")
    assert not lifetime.after.ends_with_token


def test_a_schedule_that_cannot_be_read_has_no_end() -> None:
    head = with_user(dataclasses.replace(STATIC, schedule="whenever"))
    one = workload(reviewed(head), "shop/api")
    (lifetime,) = (each for each in one.lifetimes if "static-creds" in each.credential)
    assert lifetime.after
    assert lifetime.after.maximum_seconds == 0


def test_a_user_of_somebody_else_takes_an_approval() -> None:
    assert "foreign-user" not in rules_of(reviewed(with_user()))
    head = with_user(dataclasses.replace(STATIC, username="postgres"))
    one = finding(reviewed(head), "foreign-user")
    assert "the password of the database user postgres, which is not named after shop" in one.title
    assert one.approvers == ("security-team",)


def test_a_user_that_its_connection_does_not_allow_is_told() -> None:
    head = dataclasses.replace(with_user(), database_connections=BASE.database_connections)
    assert (
        "database/static-roles/shop-report is not among"
        in finding(reviewed(head), "dangling-database-role").title
    )
