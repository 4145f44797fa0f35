"""The first lines, and the rows of a table."""

from __future__ import annotations

from dataclasses import replace

from attest.differences import Difference, Fate
from attest.fields import Detail
from attest.kinds import Kind
from attest.output import wording
from attest.vault import Unread
from tests.attest.output.reports import full, same


def test_the_first_line_says_how_it_ended() -> None:
    assert wording.headline(same()) == "prod: Vault is what the matrix says"
    assert wording.headline(full()) == (
        "prod: Vault is not what the matrix says: 1 missing, 1 different, 2 undeclared"
    )
    unread = replace(same(), unread=(Unread("sys/audit", "read", "no"),))
    assert wording.headline(unread) == "prod: What could be read is what the matrix says"
    assert wording.verdict(unread).endswith("1 path could not be read.")


def test_only_the_first_row_of_a_difference_names_it() -> None:
    details = (Detail("a", "1", "2"), Detail("b", "", "3"))
    rows = list(wording.rows(Difference(Kind.PKI_ROLE, "api", Fate.DIFFERENT, details)))
    assert [(row.kind, row.name, row.what) for row in rows] == [
        ("certificate role", "api", "a"),
        ("", "", "b"),
    ]
    (bare,) = wording.rows(Difference(Kind.PKI_ROLE, "api", Fate.MISSING))
    assert (bare.sign, bare.path, bare.what) == ("\N{MINUS SIGN}", "pki/roles/api", "")


def test_policies_that_nobody_declared_come_first() -> None:
    assert [one.policy for one in wording.carried(full())] == ["root"]
    assert wording.carried(same()) == ()
