"""The picture says what Vault would decide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.acl import Acl, Symbolic
from policies.compile import compile_plan
from policies.environments import Environment
from policies.hcl import Capability, parse
from policies.matrix import MATRIX
from policies.plan import KubernetesRole, KvSecret, Member, Owner, TokenSettings
from policies.review.difference import Direction, difference
from policies.review.grid import Cell, Extent, Grid, Mark, chosen, grid
from policies.review.snapshot import Snapshot, SnapshotError, of_plan

NONE, SOME, ALL = Extent.NONE, Extent.SOME, Extent.ALL
READ, LIST, UPDATE = Capability.READ, Capability.LIST, Capability.UPDATE
LABEL = "shop/api"


def rules(given: Mapping[str, str]) -> str:
    """HCL of paths and their capabilities, which have commas between."""
    return "\n".join(
        f'path "{path}" {{ capabilities = {json.dumps(words.split(","))} }}'
        for path, words in given.items()
    )


def side(**policies: str) -> Snapshot:
    """Workloads of the application `shop`, each with one policy of its own name."""
    return Snapshot(
        "side",
        Environment.PROD,
        policies,
        owners=(
            Owner(
                "shop", "shop-team", tuple(Member(f"shop/{name}", name) for name in policies), ()
            ),
        ),
        kubernetes_roles=tuple(
            KubernetesRole(name, name, "shop", "vault", TokenSettings((name,), 1, 1))
            for name in policies
        ),
    )


def cell(found: Grid, path: str, label: str = LABEL) -> Cell:
    place = [column.path for column in found.columns].index(path)
    rows = {row.label: row for rows in found.applications for row in rows.rows}
    return rows[label].cells[place]


def api(before: Mapping[str, str], after: Mapping[str, str]) -> Grid:
    return grid(side(api=rules(before)), side(api=rules(after)))


def mark(capability: Capability, before: Extent, after: Extent, *signs: str) -> Mark:
    return Mark(capability, before, after, "+" in signs, "-" in signs, "")


FOLDER, ENTRY = "secret/data/shop/*", "secret/data/shop/db"


@pytest.mark.parametrize(
    ("before", "after", "path", "marks"),
    [
        ({ENTRY: "read"}, {ENTRY: "read"}, ENTRY, (mark(READ, ALL, ALL),)),
        ({}, {ENTRY: "read"}, ENTRY, (mark(READ, NONE, ALL, "+"),)),
        ({ENTRY: "read"}, {}, ENTRY, (mark(READ, ALL, NONE, "-"),)),
        # A glob that covered it already changes nothing.
        ({FOLDER: "read"}, {FOLDER: "read", ENTRY: "read"}, ENTRY, (mark(READ, ALL, ALL),)),
        ({ENTRY: "read"}, {FOLDER: "read"}, FOLDER, (mark(READ, SOME, ALL, "+"),)),
        (
            {FOLDER: "read"},
            {FOLDER: "read", ENTRY: "deny"},
            FOLDER,
            (mark(READ, ALL, SOME, "-"),),
        ),
        (
            {FOLDER: "read", "secret/data/shop/a": "deny"},
            {FOLDER: "read", ENTRY: "deny"},
            FOLDER,
            (mark(READ, SOME, SOME, "+", "-"),),
        ),
        # LIST is asked of the folder, by the rule without its slash.
        ({}, {"database/roles": "list"}, "database/roles", (mark(LIST, NONE, ALL, "+"),)),
        (
            {"database/roles": "list", "database/roles/+": "read"},
            {"database/roles": "list", "database/roles/+": "read"},
            "database/roles/+",
            (mark(READ, ALL, ALL),),
        ),
        (
            {"a/+": "list"},
            {"a/+": "list,read"},
            "a/+",
            (mark(READ, NONE, ALL, "+"), mark(LIST, ALL, ALL)),
        ),
        # Of the folder it still is allowed, of the path itself no longer.
        ({"a": "list"}, {"a/*": "list"}, "a", (mark(LIST, ALL, SOME, "-"),)),
        ({ENTRY: "read"}, {ENTRY: "deny"}, ENTRY, (mark(READ, ALL, NONE, "-"),)),
        # What has a slash is a folder already, and the rule without decides only its LIST.
        ({}, {"a/": "list"}, "a/", (mark(LIST, NONE, ALL, "+"),)),
        ({"a/": "read"}, {"a": "read"}, "a/", (mark(READ, ALL, NONE, "-"),)),
        ({}, {"a": "read", "a/": "deny"}, "a", (mark(READ, NONE, ALL, "+"),)),
    ],
)
def test_a_cell(
    before: Mapping[str, str], after: Mapping[str, str], path: str, marks: tuple[Mark, ...]
) -> None:
    assert cell(api(before, after), path) == marks


def test_conditions_are_said_and_loosening_them_is_a_gain() -> None:
    strict = 'path "a/b" { capabilities = ["update"]\n min_wrapping_ttl = "60s" }'
    before, after = side(api=strict), side(api=rules({"a/b": "update"}))
    (found,) = cell(grid(before, after), "a/b")
    assert (found.before, found.after, found.gained, found.lost) == (ALL, ALL, True, False)
    (kept,) = cell(grid(before, before), "a/b")
    assert (kept.gained, kept.conditions) == (False, "wrapped for at least 60 s")
    (back,) = cell(grid(after, before), "a/b")
    assert (back.gained, back.lost) == (False, True)


def test_a_workload_on_one_side_only() -> None:
    one, both = side(api=rules({ENTRY: "read"})), side(api="", batch=rules({ENTRY: "read"}))
    found = {row.label: row for row in grid(one, both).applications[0].rows}
    assert (found["shop/batch"].was_there, found["shop/batch"].is_there) == (False, True)
    assert found["shop/batch"].cells == ((mark(READ, NONE, ALL, "+"),),)
    back = {row.label: row for row in grid(both, one).applications[0].rows}
    assert (back["shop/batch"].was_there, back["shop/batch"].is_there) == (True, False)
    assert back["shop/batch"].changed


def test_columns_are_all_rules_of_both_sides_and_all_entries() -> None:
    before = replace(
        side(api=rules({FOLDER: "read"})), kv_entries=(KvSecret("shop/old", ("a",), None),)
    )
    found = grid(before, side(api=rules({"sys/mounts": "read"})))
    paths = [column.path for column in found.columns]
    assert paths == [FOLDER, "secret/data/shop/old", "sys/mounts"]


def test_of_a_choice_only_the_columns_that_it_reaches() -> None:
    both = side(api=rules({ENTRY: "read", "sys/seal": "deny"}), batch=rules({"sys/mounts": "read"}))
    both = replace(both, kv_entries=(KvSecret("other/entry", ("a",), None),))
    found = grid(both, both, [LABEL, "no/such"])
    assert [column.path for column in found.columns] == [ENTRY]
    (row,) = found.applications[0].rows
    assert (row.label, row.was_there, row.is_there) == (LABEL, True, True)
    assert row.cells == ((mark(READ, ALL, ALL),),)
    assert grid(both, both, []) == Grid((), ())


def test_people_come_last_and_each_application_has_its_team() -> None:
    prod = of_plan(compile_plan(MATRIX, Environment.PROD), "head")
    found = grid(prod, prod)
    assert [(rows.application, rows.team) for rows in found.applications] == [
        ("kubesentiment", "sentiment-team"),
        ("media-catalog", "media-team"),
        ("platform", "platform-team"),
        ("people", ""),
    ]


def test_a_role_of_nobody_is_shown_too() -> None:
    lost = replace(side(api=rules({ENTRY: "read"})), owners=())
    (rows,) = grid(lost, lost).applications
    assert (rows.application, rows.team) == ("", "")
    assert [row.label for row in rows.rows] == ["api"]
    assert chosen(lost, lost, ["api"], most=1).panels == (("api",),)


def test_roles_of_nobody_come_behind_applications() -> None:
    both = side(api=rules({ENTRY: "read"}), batch="")
    (shop,) = both.owners
    fewer = replace(both, owners=(replace(shop, members=shop.members[:1]),))
    assert [rows.application for rows in grid(fewer, fewer).applications] == ["shop", ""]


def test_templates_are_shown_as_they_are_written() -> None:
    text = "secret/data/{{identity.entity.name}}/*"
    found = api({}, {text: "read"})
    assert cell(found, text) == (mark(READ, NONE, ALL, "+"),)


def test_a_policy_that_vault_refuses_is_an_error() -> None:
    with pytest.raises(SnapshotError, match=r"prod/acl/api\.hcl"):
        grid(side(api="nonsense {"), side(api=""))


PATHS = st.sampled_from(["a", "a/b", "a/*", "a/b/*", "a/+", "+/b", "a/+/c", "*", "a/b/c", "a/b*"])
WORDS = st.sampled_from(["read", "list", "read,list", "update", "deny", "read,update"])
SETS = st.dictionaries(PATHS, WORDS, max_size=5)


@given(SETS, SETS)
def test_exact_columns_are_what_vault_answers(
    before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    found = api(before, after)
    for side_rules, extent in ((before, "before"), (after, "after")):
        acl = Acl.of([parse(rules(side_rules))], Symbolic())
        for column in found.columns:
            if "*" in column.path or "+" in column.path:
                continue
            granted = {
                one.capability
                for one in cell(found, column.path)
                if getattr(one, extent) is Extent.ALL
            }
            answers = set(acl.capabilities(column.path)) - {"deny", "list"}
            answers |= (
                {"list"}
                & set(acl.capabilities(column.path))
                & set(acl.capabilities(f"{column.path}/"))
            )
            assert granted == answers


@given(SETS, SETS)
def test_something_changes_if_and_only_if_the_difference_says_so(
    before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    """Every rule has a column, so nothing that changes is outside of all columns."""
    acls = [Acl.of([parse(rules(one))], Symbolic()) for one in (before, after)]
    changes = difference(acls[0], acls[1])
    marks = [
        one
        for rows in api(before, after).applications
        for row in rows.rows
        for marks in row.cells
        for one in marks
    ]
    for direction, of_marks in (
        (Direction.GAINED, {one.capability for one in marks if one.gained}),
        (Direction.LOST, {one.capability for one in marks if one.lost}),
    ):
        told = {
            one
            for change in changes
            if change.direction is direction
            for one in change.capabilities
        }
        assert of_marks == told


# --- which are shown, where all are too many ------------------------------------------------------


def many(applications: int, each: int) -> Snapshot:
    names = [(f"app{a:02}", f"w{w}") for a in range(applications) for w in range(each)]
    return Snapshot(
        "side",
        Environment.PROD,
        {},
        owners=tuple(
            Owner(
                f"app{a:02}",
                "team",
                tuple(
                    Member(f"{app}/{w}", f"{app}-{w}") for app, w in names if app == f"app{a:02}"
                ),
                (),
            )
            for a in range(applications)
        ),
        kubernetes_roles=tuple(
            KubernetesRole(f"{app}-{w}", w, app, "vault", TokenSettings((), 1, 1))
            for app, w in names
        ),
    )


def test_the_changed_come_first_and_then_their_applications() -> None:
    sides = many(10, 3)
    choice = chosen(sides, sides, ["app07/w2", "app01/w0"], most=5)
    assert choice.panels == (("app07/w2", "app07/w0"), ("app01/w0", "app01/w1", "app01/w2"))
    assert choice.left_out == 25


def test_where_too_many_changed_the_first_are_shown() -> None:
    sides = many(3, 3)
    choice = chosen(sides, sides, ["app02/w1", "app00/w0", "app01/w0"], most=2)
    assert (choice.panels, choice.left_out) == ((("app02/w1",), ("app00/w0",)), 7)


def test_where_nothing_changed_nothing_is_chosen() -> None:
    assert chosen(many(2, 2), many(2, 2), [], most=2).panels == ()
