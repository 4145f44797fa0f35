"""`policies.review.rights` takes out what it understands, and calls nothing narrower than it is."""

from __future__ import annotations

import dataclasses
import json

import pytest

from policies.postgresql import DatabaseAccess, statements
from policies.review.rights import Iam, Sql, changed_lines, iam, only_rights_differ, own_form, sql
from tests.policies.review.sides_made import BASE, altered

GRANT = "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA app TO g;"
(READONLY,) = BASE.database_roles


def test_rights_of_a_grant() -> None:
    assert sql(GRANT).names == {
        "SELECT ON ALL TABLES IN SCHEMA app TO g",
        "INSERT ON ALL TABLES IN SCHEMA app TO g",
    }


def test_default_privileges_are_rights_of_their_own() -> None:
    later = "ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA app GRANT SELECT ON TABLES TO g;"
    (name,) = sql(later).names
    assert name == ("SELECT ON TABLES TO g (ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA app)")


def test_the_programs_own_sql_differs_by_rights_between_two_rights_of_one_group() -> None:
    creation = "\n".join(READONLY.statements.creation)
    wider = creation.replace("GRANT SELECT ON ALL TABLES", "GRANT SELECT, DELETE ON ALL TABLES")
    assert only_rights_differ(creation, wider)
    assert len(sql(wider).names - sql(creation).names) == 1


@pytest.mark.parametrize(
    "after",
    [
        GRANT.replace("TO g;", "TO g; GRANT admin TO g;"),
        GRANT + "ALTER ROLE g SUPERUSER;",
        f"-- {GRANT}",
        "GRANT SELECT (id), INSERT ON t TO g;",
        f"IF now() THEN {GRANT} END IF;",
        GRANT.replace("GRANT", "REVOKE"),
    ],
)
def test_whatever_else_changes_is_no_change_of_rights_alone(after: str) -> None:
    assert not only_rights_differ(GRANT, after)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("GRANT\n  SELECT\nON t\nTO g\n;", "SELECT ON t TO g"),
        ("GRANT SELECT ON t TO g WITH GRANT OPTION;", "SELECT ON t TO g WITH GRANT OPTION"),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE o GRANT SELECT ON TABLES TO g;",
            "SELECT ON TABLES TO g (ALTER DEFAULT PRIVILEGES FOR ROLE o)",
        ),
        (
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO g;",
            "SELECT ON TABLES TO g (ALTER DEFAULT PRIVILEGES)",
        ),
    ],
)
def test_a_grant_however_it_is_laid_out(text: str, right: str) -> None:
    assert sql(text).names == {right}


def test_a_grant_that_steps_out_of_a_comment_is_a_change() -> None:
    before = "CREATE ROLE x; -- as it was: GRANT ALL ON t TO x;"
    assert not only_rights_differ(before, before.replace("was: ", "was:\n"))
    assert only_rights_differ(before, before)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "words",
    ["GRANT ", "GRANT A ON ", "GRANT A ON x TO ", "ALTER DEFAULT PRIVILEGES GRANT A ON x TO "],
)
@pytest.mark.parametrize("end", ["", ";", "';"])
def test_a_statement_of_many_grants_is_text(words: str, end: str) -> None:
    text = f"{words * 5000}{end}"
    assert sql(text) == Sql(frozenset(), ("", " ".join(text.split())))


def test_text_before_a_grant_is_no_right() -> None:
    assert not only_rights_differ(f"A; {GRANT} C;", f"B; {GRANT} C;")


def test_a_grant_that_moves_is_no_change_of_rights_alone() -> None:
    before = f"IF a THEN {GRANT} END IF; IF b THEN END IF;"
    after = f"IF a THEN END IF; IF b THEN {GRANT} END IF;"
    assert not only_rights_differ(before, after)


def test_rights_that_change_places_are_no_change_of_rights_alone() -> None:
    before = "IF a THEN GRANT SELECT ON t TO g; ELSE GRANT DELETE ON t TO g; END IF;"
    after = "IF a THEN GRANT DELETE ON t TO g; ELSE GRANT SELECT ON t TO g; END IF;"
    assert not only_rights_differ(before, after)


def test_a_grant_that_goes_is_a_change_of_rights_alone() -> None:
    assert only_rights_differ(f"{GRANT} GRANT USAGE ON SCHEMA app TO g;", GRANT)


def test_the_programs_own_sql_is_known() -> None:
    assert own_form(READONLY, "shop") == (
        "the program's own: SELECT on all tables of shop in schema public"
    )
    assert own_form(READONLY, "other") == ""
    own = statements(database="shop", owner="o", schema="s", access=DatabaseAccess.READ_WRITE)
    (wider,) = altered((READONLY,), "shop-readonly", statements=own)
    assert own_form(wider, "shop") == (
        "the program's own: DELETE, INSERT, SELECT, UPDATE on all tables of o in schema s"
    )
    odd = statements(database="shop", owner="o", schema="s ON t", access=DatabaseAccess.READ_ONLY)
    (named,) = altered((READONLY,), "shop-readonly", statements=odd)
    assert own_form(named, "shop") == (
        "the program's own: SELECT on all tables of o in schema s ON t"
    )


def test_sql_that_names_no_owner_is_not_the_programs_own() -> None:
    (other,) = altered(
        (READONLY,),
        "shop-readonly",
        statements=dataclasses.replace(READONLY.statements, creation=("SELECT 1;",)),
    )
    assert own_form(other, "shop") == ""


def test_changed_lines() -> None:
    assert changed_lines("a\nb\nc", "a\nx\nc") == ("b", "x")
    assert changed_lines("a\nb\nc", "x\ny\nc") == ("a\nb", "x\ny")
    assert changed_lines("a\n  b\nc", "c\n d") == ("a\nb", "d")


@pytest.mark.timeout(20)
def test_however_many_lines_change_there_is_an_answer() -> None:
    before, after = (
        "\n".join(f"GRANT SELECT ON t{number} TO {who};" for number in range(1000)) for who in "ab"
    )
    assert changed_lines(before, after) == (before, after)


def statement(**more: object) -> str:
    plain = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["a", "b"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**plain, **more}]})


def test_plain_statements_become_pairs() -> None:
    read = iam(statement(Sid="named"))
    assert read.allowed == {"s3:GetObject on a", "s3:GetObject on b"}
    assert not read.others


@pytest.mark.parametrize(
    "document",
    [
        statement(Effect="Deny"),
        statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        statement(NotAction="s3:*"),
        statement(Resource=[1]),
        json.dumps({"Statement": [{"Effect": "Allow", "NotResource": "x"}]}),
        "no JSON",
        "[" * 100_000,
        "[]",
        "{}",
    ],
    ids=lambda document: document[:60],
)
def test_everything_else_stays_as_it_is_written(document: str) -> None:
    read = iam(document)
    assert not read.allowed
    assert len(read.others) == 1


def test_of_other_statements_what_they_say_counts_and_not_their_order() -> None:
    document = '{"Statement": [{"Effect": "Deny", "Action": "a:B", "Resource": "*"}], "Id": "one"}'
    turned = '{"Id": "one", "Statement": [{"Resource": "*", "Action": "a:B", "Effect": "Deny"}]}'
    assert iam(document) == iam(turned)
    assert iam(document) != iam(document.replace("a:B", "a:C"))
    assert iam(document) != iam(document.replace("one", "two"))


def test_of_a_key_that_is_there_twice_nothing_is_taken_for_plain() -> None:
    document = (
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},'
        ' "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "x"}}'
    )
    assert iam(document) == Iam(frozenset(), frozenset({document}))
    within = '{"Statement": {"Effect": "Allow", "Action": "*", "Action": "a:B", "Resource": "x"}}'
    assert iam(within).others == {within}
