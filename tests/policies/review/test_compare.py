"""`policies.review.compare` sees what differs, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.hcl import Stanza
from policies.matrix import MATRIX
from policies.model import AccessMatrix, Workload
from policies.plan import AppRoleRole, KubernetesRole
from policies.rendering import files_of
from policies.review import (
    Review,
    Snapshot,
    SnapshotError,
    Verdict,
    compare,
    of_plan,
    read,
)
from policies.review.difference import Direction
from policies.review.model import Finding, Severity, Status
from tests.policies.review.sides_made import (
    BASE,
    LIMITS,
    altered,
    but,
    finding,
    reviewed,
    rules_of,
    statuses,
    token,
    with_policies,
    workload,
)

RENDERED = Path("policies/rendered")


def rendered() -> Mapping[Environment, Snapshot]:
    files = {
        path.relative_to(RENDERED).as_posix(): path.read_text()
        for path in RENDERED.rglob("*")
        if path.is_file()
    }
    return read(files, "base")


def test_the_same_is_no_change() -> None:
    sides = rendered()
    review = compare(sides, sides, base_name="a", head_name="b", limits=LIMITS)
    assert (review.base, review.head) == ("a", "b")
    assert review.verdict is Verdict.NOTHING_GAINED
    assert [one.environment for one in review.environments] == list(Environment)
    assert [one.workloads for one in review.environments] == [()] * 3
    assert [one.unchanged for one in review.environments] == [
        len(sides[one].workloads) for one in Environment
    ]
    assert not [*review.findings, *review.approvers, *review.over_limit]


def test_a_base_rendered_before_there_were_owners_is_compared_by_its_roles() -> None:
    """Else everybody would have gone, and come anew."""
    head = rendered()
    base = {one: dataclasses.replace(side, owners=()) for one, side in head.items()}
    review = compare(base, head, base_name="a", head_name="b", limits=LIMITS)
    assert review.verdict is Verdict.NOTHING_GAINED
    assert [one.workloads for one in review.environments] == [()] * 3


@pytest.mark.parametrize("environment", Environment)
def test_what_is_read_from_files_is_what_was_compiled(environment: Environment) -> None:
    plan = {environment: of_plan(compile_plan(MATRIX, environment), "plan")}
    files = {environment: rendered()[environment]}
    review = compare(files, plan, base_name="files", head_name="plan", limits=LIMITS)
    assert statuses(review) == {}


def test_other_words_and_another_order_show_nothing() -> None:
    rules = {"secret/data/blog/*": "read", "secret/data/blog/db": "read"}
    review = reviewed(with_policies({"blog-api-prod": rules}))
    assert statuses(review) == {}
    assert review.environments[0].unchanged == 4
    assert review.verdict is Verdict.NOTHING_GAINED


def test_a_policy_by_another_name_shows_nothing() -> None:
    blog, shop = BASE.kubernetes_roles
    renamed = KubernetesRole("blog", "blog", "blog-prod", "vault-prod", token("blog-2-prod"))
    head = with_policies({"blog-api-prod": None, "blog-2-prod": {"secret/data/blog/*": "read"}})
    assert statuses(reviewed(but(head, kubernetes_roles=(renamed, shop)))) == {}
    assert blog != renamed


def test_a_gained_path_is_told() -> None:
    rules = {"secret/data/blog/*": "read", "secret/metadata/blog/*": "list"}
    review = reviewed(with_policies({"blog-api-prod": rules}))
    assert statuses(review) == {"blog/api": Status.CHANGED}
    assert review.environments[0].unchanged == 3
    one = workload(review, "blog/api")
    (line,) = one.access
    assert line.paths == "secret/metadata/blog/*"
    assert [lifetime.credential for lifetime in one.lifetimes] == ["token"]
    assert review.verdict is Verdict.WITHIN_LIMITS


def test_a_loss_of_terms_alone_is_told() -> None:
    roles = altered(BASE.kubernetes_roles, "shop", token=token("shop-api-prod", ttl_seconds=60))
    one = workload(reviewed(but(kubernetes_roles=roles)), "shop/api")
    assert [term.term for term in one.terms] == ["TTL"]
    assert (one.access, one.findings) == ((), ())


def test_what_settings_and_limits_ask_less_is_told_of_its_environment_beside_all_else() -> None:
    head = but(kubernetes_roles=altered(BASE.kubernetes_roles, "shop", token=token("no-such")))
    other = dataclasses.replace(BASE, environment=Environment.DEV)
    said = Finding(Severity.HIGH, "settings", "what the settings say", ())
    looser = dataclasses.replace(
        LIMITS,
        environments={
            **LIMITS.environments,
            Environment.PROD: dataclasses.replace(
                LIMITS.environments[Environment.PROD], topics=frozenset()
            ),
        },
    )
    review = compare(
        {Environment.DEV: other, Environment.PROD: BASE},
        {Environment.DEV: other, Environment.PROD: head},
        base_name="base",
        head_name="head",
        limits=LIMITS,
        head_limits=looser,
        settings={Environment.PROD: [said]},
    )
    dev, prod = review.environments
    assert dev.findings == ()
    assert {one.rule for one in prod.findings} >= {"limits", "settings", "dangling-policy"}


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        (
            but(kubernetes_roles=altered(BASE.kubernetes_roles, "shop", namespace="elsewhere")),
            "another-namespace",
        ),
        (
            but(
                database_roles=altered(
                    BASE.database_roles,
                    "shop-readonly",
                    statements=dataclasses.replace(
                        BASE.database_roles[0].statements, creation=("CREATE ROLE a SUPERUSER;",)
                    ),
                )
            ),
            "database-administration",
        ),
    ],
)
def test_the_team_of_the_limits_approves(head: Snapshot, rule: str) -> None:
    one = finding(reviewed(head, limits=dataclasses.replace(LIMITS, security="guards")), rule)
    assert one.approvers == ("guards",)


def test_the_environments_own_account_is_no_others() -> None:
    def on(role: str) -> Snapshot:
        resource = f'"Resource":["arn:aws:iam::{"1" * 12}:role/{role}",'
        document = BASE.aws_roles[0].policy_document.replace('"Resource":[', resource)
        return but(aws_roles=altered(BASE.aws_roles, "shop-files", policy_document=document))

    review = reviewed(on("b"), on("a"))
    assert review.verdict is not Verdict.NOTHING_GAINED
    assert "another-environment" not in rules_of(review)


def test_a_removed_grant_gains_nothing() -> None:
    review = reviewed(with_policies({"blog-api-prod": {"secret/data/blog/db": "read"}}))
    assert workload(review, "blog/api").loses
    assert review.verdict is Verdict.NOTHING_GAINED
    assert review.approvers == review.over_limit == ()


def test_a_removed_workload_loses_all() -> None:
    head = but(
        with_policies({"blog-api-prod": None}),
        kubernetes_roles=BASE.kubernetes_roles[1:],
        owners=BASE.owners[1:],
    )
    review = reviewed(head)
    assert statuses(review) == {"blog/api": Status.REMOVED}
    assert review.environments[0].unchanged == 3
    assert workload(review, "blog/api").team == "blog-team"
    assert not workload(review, "blog/api").gains
    assert review.verdict is Verdict.NOTHING_GAINED


def test_an_environment_that_is_new_is_all_added_and_one_that_goes_all_removed() -> None:
    assert set(statuses(reviewed(BASE, base=None)).values()) == {Status.ADDED}
    review = compare(
        {BASE.environment: BASE}, {}, base_name="base", head_name="head", limits=LIMITS
    )
    assert set(statuses(review).values()) == {Status.REMOVED}
    assert review.verdict is Verdict.NOTHING_GAINED


def without_each_grant() -> Iterator[tuple[str, AccessMatrix]]:
    """The matrix with one grant less, for each that there is. A rotation goes with the grant that
    its job needs.
    """
    applications = list(MATRIX.applications)
    for place, application in enumerate(applications):
        for name, grant, fewer in fewer_grants(application.workloads):
            kept = tuple(one for one in application.rotations if one.by != name)
            changed = dataclasses.replace(application, workloads=fewer, rotations=kept)
            rest = (*applications[:place], changed, *applications[place + 1 :])
            label = f"{application.name}/{name}: {grant}"
            yield label, dataclasses.replace(MATRIX, applications=rest)
    for name, grant, fewer in fewer_grants(MATRIX.platform.workloads):
        without = tuple(
            dataclasses.replace(
                one, rotations=tuple(each for each in one.rotations if each.by != name)
            )
            for one in applications
        )
        theirs = tuple(one for one in MATRIX.platform.rotations if one.by != name)
        platform = dataclasses.replace(MATRIX.platform, workloads=fewer, rotations=theirs)
        matrix = dataclasses.replace(MATRIX, applications=without, platform=platform)
        yield f"platform/{name}: {grant}", matrix
    for name, grant, fewer in fewer_grants(MATRIX.people):
        yield f"people/{name}: {grant}", dataclasses.replace(MATRIX, people=fewer)


def fewer_grants(
    workloads: tuple[Workload, ...],
) -> Iterator[tuple[str, str, tuple[Workload, ...]]]:
    for place, one in enumerate(workloads):
        for number, grant in enumerate(one.grants):
            rest = (*one.grants[:number], *one.grants[number + 1 :])
            kept = (dataclasses.replace(one, grants=rest),) if rest else ()
            yield one.name, str(grant), (*workloads[:place], *kept, *workloads[place + 1 :])


def of_matrix(matrix: AccessMatrix, side: str) -> dict[Environment, Snapshot]:
    return {one: of_plan(compile_plan(matrix, one), side) for one in Environment}


FEWER = dict(without_each_grant())


@cache
def full() -> Mapping[Environment, Snapshot]:
    return of_matrix(MATRIX, "full")


@pytest.mark.parametrize("label", FEWER)
def test_no_removed_grant_gains_anything_and_the_way_back_gains_what_was_lost(label: str) -> None:
    fewer = of_matrix(FEWER[label], "fewer")
    there = compare(full(), fewer, base_name="a", head_name="b", limits=LIMITS)
    if "rotat" in label.partition(": ")[2] or "renew the" in label:
        # Nobody gains anything, but whoever has learned a value now keeps it.
        assert set(rules_of(there)) == {"unrotated"}
        assert there.approvers == ("platform-team",)
    else:
        assert there.verdict is Verdict.NOTHING_GAINED
        assert not [*there.findings, *there.approvers]
    losing = {one.label for each in there.environments for one in each.workloads if one.loses}
    # Who reads the entry does not find the previous value beside it any more.
    assert losing - {"media-catalog/api"} == {label.partition(":")[0]} - {"media-catalog/api"}
    back = compare(fewer, full(), base_name="b", head_name="a", limits=LIMITS)
    assert back.verdict > Verdict.NOTHING_GAINED
    assert changes_of(there, Direction.LOST) == changes_of(back, Direction.GAINED)
    assert changes_of(there, Direction.GAINED) == changes_of(back, Direction.LOST) == set()


def changes_of(review: Review, direction: Direction) -> set[tuple[str, ...]]:
    found = set[tuple[str, ...]]()
    for environment in review.environments:
        for one in environment.workloads:
            where = (environment.environment.value, one.label)
            found |= {
                (*where, line.paths, *line.besides, *line.capabilities)
                for line in one.access
                if line.direction is direction
            }
            found |= {
                (*where, term.role, term.term, term.before + term.after)
                for term in one.terms
                if term.direction is direction
            }
    return found


def test_only_what_changed_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = list[str]()
    genuine = Snapshot._parse

    def counting(self: Snapshot, policy: str) -> tuple[Stanza, ...]:
        parsed.append(f"{self.side}: {policy}")
        return genuine(self, policy)

    monkeypatch.setattr(Snapshot, "_parse", counting)
    head = dataclasses.replace(
        with_policies({"blog-api-prod": {"secret/data/blog/db": "read"}}), side="head"
    )
    reviewed(head, base=dataclasses.replace(BASE))
    assert sorted(parsed) == ["base: blog-api-prod", "head: blog-api-prod"]


def test_a_second_role_of_one_name_is_not_hidden() -> None:
    hidden = AppRoleRole("shop", 60, 0, token("shop-api-prod"))
    review = reviewed(but(approle_roles=(*BASE.approle_roles, hidden)))
    assert statuses(review) == {"shop/api (approle)": Status.ADDED}
    assert review.verdict is Verdict.NEEDS_APPROVAL


def test_an_entry_that_is_there_twice_is_an_error_that_names_it() -> None:
    text = files_of(compile_plan(MATRIX, Environment.PROD))["prod/pki_roles.json"]
    twice = json.dumps(json.loads(text)[:1] * 2)
    with pytest.raises(SnapshotError, match=r"head, prod/pki_roles\.json: kubesentiment-admin is"):
        read({"prod/pki_roles.json": twice}, "head")


def test_a_policy_that_vault_refuses_is_an_error_that_names_it() -> None:
    head = dataclasses.replace(BASE, side="head", policies={**BASE.policies, "blog-api-prod": "x"})
    with pytest.raises(SnapshotError, match=r"head, prod/acl/blog-api-prod\.hcl: line 1"):
        reviewed(head)


def test_findings_are_sorted_by_gravity() -> None:
    rules = {"secret/data/*": "read", "sys/*": "read update sudo"}
    findings = workload(reviewed(with_policies({"blog-api-prod": rules})), "blog/api").findings
    assert [one.severity for one in findings] == sorted(
        (one.severity for one in findings), reverse=True
    )
