"""`policies.hcl_syntax` reads HCL and JSON as the library does, faults and oddities included.

The trees and the reasons are what `hashicorp/hcl` v1.0.1-vault-7 gives for these texts; where a
fault stands is ours, for the library often tells where it noticed.
"""

from __future__ import annotations

import pickle
import re
import signal
from collections.abc import Iterator
from types import FrameType
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import hcl_syntax
from policies.hcl_syntax import (
    MAX_DEPTH,
    HclError,
    Kind,
    ListType,
    LiteralType,
    Node,
    ObjectItem,
    ObjectType,
    Token,
    parse_document,
    quote,
)

SECONDS_OF_CPU = 3.0
"""For one test here: what takes longer does not go on in its text. A policy in a pull request must
not keep a review from ending.
"""


@pytest.fixture(autouse=True)
def it_ends() -> Iterator[None]:
    def refuse(_number: int, _frame: FrameType | None) -> None:
        pytest.fail(f"does not end within {SECONDS_OF_CPU} s of CPU")

    before = signal.signal(signal.SIGVTALRM, refuse)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_OF_CPU)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def told(node: Node | ObjectItem) -> str:
    """A tree in one line: `key "label" {...}`, and `key =3 NUMBER(1)` with the line of the `=`."""
    match node:
        case LiteralType(at):
            is_text = at.kind in (Kind.STRING, Kind.HEREDOC)
            return repr(at.value) if is_text else f"{at.kind}({at.text})"
        case ListType(items=values):
            return f"[{', '.join(map(told, values))}]"
        case ObjectType(items=items):
            return f"{{{'; '.join(map(told, items))}}}"
        case ObjectItem(keys, value, line):
            names = " ".join(key.value for key in keys)
            return f"{names} ={line} {told(value)}" if line else f"{names} {told(value)}"


def tree(text: str) -> str:
    return told(parse_document(text))[1:-1]


def refused(text: str) -> HclError:
    with pytest.raises(HclError) as caught:
        tree(text)
    return caught.value


# --- trees ---------------------------------------------------------------------------------------

TREES = [
    (
        'a = 1 b = 2.5 c = true d = "x" e = -0x1F',
        "a =1 NUMBER(1); b =1 FLOAT(2.5); c =1 BOOL(true); d =1 'x'; e =1 NUMBER(-0x1F)",
    ),
    (
        'a = [1, "x", true, [2, ["y"]], { b = 1 }, <<E\nz\nE\n,]',
        "a =1 [NUMBER(1), 'x', BOOL(true), [NUMBER(2), ['y']], {b =1 NUMBER(1)}, 'z\\n']",
    ),
    ('a b "c" { d = { e = [] } } a b "c" {}', "a b c {d =1 {e =1 []}}; a b c {}"),
    ("a = 1, b = 2,\nc {},", "a =1 NUMBER(1); b =1 NUMBER(2); c {}"),
    ('{"a": true.5}', "a =1 BOOL(true)"),
    ("a = 0x18 b = -0X9f", "a =1 NUMBER(0x18); b =1 NUMBER(-0X9f)"),
    ('{"a": 1}\ud800', "a =1 NUMBER(1)"),
    ('a = "${{"}"}"', "a =1 '${{\"}\"}'"),
    ('a = "${${"}"}"', "a =1 '${${\"}\"}'"),
    ("Xé = 1", "Xé =1 NUMBER(1)"),
    ('{"a": 1\0, "b": "c",\0}', "a =1 NUMBER(1\0); b =1 'c'"),
    ("a = 1e3 b = .5 c = 017", "a =1 FLOAT(1e3); b =1 FLOAT(.5); c =1 NUMBER(017)"),
    ("a = [,]", "a =1 []"),
    ("a = [1,,2]", "a =1 [NUMBER(1), NUMBER(2)]"),
    ("a = [[1] [2]]", "a =1 [[NUMBER(1)], [NUMBER(2)]]"),
    ("a = [[1], [2]]", "a =1 [[NUMBER(1)], [NUMBER(2)]]"),
    ("a = [\n1,\n2\n]", "a =1 [NUMBER(1), NUMBER(2)]"),
    ("a = 1\n\n\nb =", "a =1 NUMBER(1)"),
    ("a = false", "a =1 BOOL(false)"),
    ("a = -1", "a =1 NUMBER(-1)"),
    ("a.b = 1", "a.b =1 NUMBER(1)"),
    ("a = 1.", "a =1 FLOAT(1.)"),
    ("a = 1.e5", "a =1 FLOAT(1.e5)"),
    ("a = 1e", "a =1 FLOAT(1e)"),
    ("a = 1e+", "a =1 FLOAT(1e+)"),
    ("a = 1e+5", "a =1 FLOAT(1e+5)"),
    ("a = 1e5", "a =1 FLOAT(1e5)"),
    ("a = 1E-5", "a =1 FLOAT(1E-5)"),
    ("a = .5e", "a =1 FLOAT(.5e)"),
    ("a = 0x1", "a =1 NUMBER(0x1)"),
    ("a = 0X1", "a =1 NUMBER(0X1)"),
    ("a = 08", "a =1 NUMBER(08)"),
    ("a=1b=2", "a =1 NUMBER(1); b =1 NUMBER(2)"),
    ("a = 00", "a =1 NUMBER(00)"),
    ("a = -08", "a =1 NUMBER(-08)"),
    ("a= -017", "a =1 NUMBER(-017)"),
    ('a = "\\a\\b\\f\\n\\r\\t\\v\\\\\\""', "a =1 '\\x07\\x08\\x0c\\n\\r\\t\\x0b\\\\\"'"),
    ('a = "\\x41\\u00e9\\U0001F600\\101"', "a =1 'Aé😀A'"),
    ('a = "\\udc80\\uDFFF\\ud7ff\\ue000"', "a =1 '��\\ud7ff\\ue000'"),
    ('a = "\\U0010FFFF"', "a =1 '\\U0010ffff'"),
    ('a = "\\U80000041"', "a =1 'A'"),
    ('a = "${b "c" {d} \\n}e\\n"', "a =1 '${b \"c\" {d} \\\\n}e\\n'"),
    ('a = "${b}${c}"', "a =1 '${b}${c}'"),
    ('a = "$${b}"', "a =1 '$${b}'"),
    ('a = "${b\nc}"', "a =1 '${b\\nc}'"),
    ('a = "${{}}}"', "a =1 '${{}}}'"),
    ('a = "${}"', "a =1 '${}'"),
    ('a = "{${a{b}c}}"', "a =1 '{${a{b}c}}'"),
    ('a = "${a}}"', "a =1 '${a}}'"),
    ('a = ""', "a =1 ''"),
    ('a = "${a\\"b}"', "a =1 '${a\\\\\"b}'"),
    ('"a" = 1', "a =1 NUMBER(1)"),
    ('"\\x61" b {}', "a b {}"),
    ("a-b.c = 1", "a-b.c =1 NUMBER(1)"),
    ("a_b = 1", "a_b =1 NUMBER(1)"),
    ("_ = 1", "_ =1 NUMBER(1)"),
    ("é = 1", "é =1 NUMBER(1)"),
    ("a1 = 1", "a1 =1 NUMBER(1)"),
    ("a٣ = 1", "a٣ =1 NUMBER(1)"),
    ("null = 1", "null =1 NUMBER(1)"),
    ("truex = 1", "truex =1 NUMBER(1)"),
    ("nil {}", "nil {}"),
    ("a- = 1", "a- =1 NUMBER(1)"),
    ("a = <<E\nE\n", "a =1 ''"),
    ("a = <<E\nx\nE\nb = 1", "a =1 'x\\n'; b =4 NUMBER(1)"),
    ("a = <<E\n x\n  E\n", "a =1 ' x\\n  '"),
    ("a = <<-E\n\tx\n\tE\n", "a =1 'x\\n'"),
    ("a = <<EOF\r\nx\r\nEOF\r\n", "a =1 'x\\n'"),
    ("a = <<E2\nx\nE2\n", "a =1 'x\\n'"),
    ("a = <<E\nx\nEE\nE\n", "a =1 'x\\nEE\\n'"),
    ("a = <<E\nx\n E \nE\n", "a =1 'x\\n E \\n'"),
    ("a = <<-E\n  x\n y\n  E\n", "a =1 '  x\\n y\\n'"),
    ("a = <<-LONG\n x\n LONG\n", "a =1 'x\\n'"),
    ("a = <<É\nx\nÉ\n", "a =1 'x\\n'"),
    ("a = <<-E\n\n  x\n  E\n", "a =1 '\\n  x\\n'"),
    ("a = <<-É\n  x\n É\n", "a =1 ' x\\n'"),
    ("a = <<-É\n  x\n  É\n", "a =1 'x\\n'"),
    ('a = <<E\n${x}"\\n\nE\n', "a =1 '${x}\"\\\\n\\n'"),
    ("a = <<E\nx\n\x0bE\n", "a =1 'x\\n\\x0b'"),
    ("a = <<E\r\nx\nE\n", "a =1 'x\\n'"),
    ("a = <<E\nx\nE\r\r\n", "a =1 'x\\nE'"),
    ("a = <<_\nx\n_\n", "a =1 'x\\n'"),
    ("# a\nb = 1", "b =2 NUMBER(1)"),
    ("#a\nb = 1", "b =2 NUMBER(1)"),
    ("#  a\nb = 1", "b =2 NUMBER(1)"),
    ("// a\nb = 1", "b =2 NUMBER(1)"),
    ("/* a */\nb = 1", "b =2 NUMBER(1)"),
    ("/* a\n * b\n */\nb = 1", "b =4 NUMBER(1)"),
    ("# a\n\nb = 1", "b =3 NUMBER(1)"),
    ("# a\n# c\nb = 1", "b =3 NUMBER(1)"),
    ("# z\n\n# a\n# c\nb = 1", "b =5 NUMBER(1)"),
    ("b = 1 # a\nc = 1", "b =1 NUMBER(1); c =2 NUMBER(1)"),
    ("b = 1\n# a\nc = 1", "b =1 NUMBER(1); c =3 NUMBER(1)"),
    ("/* a */ b = 1", "b =1 NUMBER(1)"),
    ("/* a */ # c\nb = 1", "b =2 NUMBER(1)"),
    ("/*\n\n a\n*/\nb = 1", "b =5 NUMBER(1)"),
    ("/**/\nb = 1", "b =2 NUMBER(1)"),
    ("// a", ""),
    ("# a\r\nb = 1", "b =2 NUMBER(1)"),
    ("b { # a\n c = 1\n}", "b {c =2 NUMBER(1)}"),
    ("b {\n # a\n c = 1\n # d\n}", "b {c =3 NUMBER(1)}"),
    ("# a\nb {}", "b {}"),
    ('# a\n"b" {}', "b {}"),
    ("a = [ # x\n 1, # y\n # z\n 2 ]", "a =1 [NUMBER(1), NUMBER(2)]"),
    ("# a\n/* b\nc */ \n d = 1", "d =4 NUMBER(1)"),
    ("a = 1 /* b\nc */\nd = 1", "a =1 NUMBER(1); d =3 NUMBER(1)"),
    ("/* a\n\n*/\n# b\nc = 1", "c =5 NUMBER(1)"),
    ("/** a **/\nb = 1", "b =2 NUMBER(1)"),
    ("/* a\nb */ c = 1", "c =2 NUMBER(1)"),
    ("a = 1\r\nb = 1", "a =1 NUMBER(1); b =2 NUMBER(1)"),
    ("\n\n a\n=\n1", "a =4 NUMBER(1)"),
    ("a\n{\n}\n", "a {}"),
    ("\ta = 1", "a =1 NUMBER(1)"),
    ("a =\r1", "a =1 NUMBER(1)"),
    ("a {} a {}", "a {}; a {}"),
    ('"a" = 1 a = 2', "a =1 NUMBER(1); a =1 NUMBER(2)"),
    ('a = 1 "a" = 2', "a =1 NUMBER(1); a =1 NUMBER(2)"),
    ("a { b = 1 } a { b = 1 }", "a {b =1 NUMBER(1)}; a {b =1 NUMBER(1)}"),
    ("a =", ""),
    ("{} ", ""),
    ("a {} , b {}", "a {}; b {}"),
    ('{"a": 1}', "a =1 NUMBER(1)"),
    ('{"a": {"b": 1}}', "a =1 {b =1 NUMBER(1)}"),
    ('{"a": {"b": {"c": 1}}}', "a b =1 {c =1 NUMBER(1)}"),
    ('{"a": [{"b": 1}, {"c": 2}]}', "a =1 {b =1 NUMBER(1)}; a =1 {c =1 NUMBER(2)}"),
    ('{"a": [{"b": 1}, 2]}', "a =1 [{b =1 NUMBER(1)}, NUMBER(2)]"),
    ('{"a": []}', "a =1 []"),
    ('{"a": {}}', "a =1 {}"),
    ('{"a": {"b": {}, "c": {}}}', "a b =1 {}; a c =1 {}"),
    ('{"a": {"b": {}, "c": 1}}', "a =1 {b =1 {}; c =1 NUMBER(1)}"),
    ('{"a": [[1, [2]], 3]}', "a =1 [NUMBER(1), NUMBER(2)]"),
    ('{"a": [true, false, "x"]}', "a =1 ['x']"),
    ('{"a": null}', "a =1 ''"),
    ('{"a": [1 2 3]}', "a =1 [NUMBER(1), NUMBER(2), NUMBER(3)]"),
    ('{"a": 1 "b": 2}', "a =1 NUMBER(1)"),
    ('{"a": 1, "b": 2,}', "a =1 NUMBER(1); b =1 NUMBER(2)"),
    ('{"a" "b": 1}', "a b =1 NUMBER(1)"),
    ('{"a"}', ""),
    ('{"a": }', ""),
    ('{"a":', ""),
    ('{"a": 1', "a =1 NUMBER(1)"),
    ("{", ""),
    ("{}", ""),
    ("{} x", ""),
    ('{"a": 1} "b"', "a =1 NUMBER(1)"),
    ('{"a": {"b": 1}, "c": 2}', "a =1 {b =1 NUMBER(1)}; c =1 NUMBER(2)"),
    ('{"a": {"b": 1', "a =1 {b =1 NUMBER(1)}"),
    ('{"a": [1}', ""),
    ('{"a": [1]', "a =1 [NUMBER(1)]"),
    ('{"a": -1}', "a =1 NUMBER(-1)"),
    ('{"a": 1.5e3}', "a =1 FLOAT(1.5e3)"),
    ('{"a": -1.5}', "a =1 FLOAT(-1.5)"),
    ('{"a": 1e}', "a =1 FLOAT(1e})"),
    ('{"a": 0}', "a =1 NUMBER(0)"),
    ('{"a": -0}', "a =1 NUMBER(-0)"),
    ('{"a": .5}', "a =1 FLOAT(.5)"),
    ('{"a": true}', "a =1 BOOL(true)"),
    ('{"a": "\\u0041\\x42\\103\\n"}', "a =1 'ABC\\n'"),
    ('{"a": "${b"}', "a =1 '${b'"),
    ('{"a": "${\\n}"}', "a =1 '${\\n}'"),
    ('{"a\\n": 1}', "a\n =1 NUMBER(1)"),
    ('{"a": 1} # x', "a =1 NUMBER(1)"),
    ('{"a": 1}}', "a =1 NUMBER(1)"),
    (' \n{"a": 1}', "a =2 NUMBER(1)"),
    ('{"a": [{"b": [{"c": 1}]}]}', "a =1 {b =1 {c =1 NUMBER(1)}}"),
    ('{"a": [{}, {}]}', "a =1 {}; a =1 {}"),
    ('{"a": [{"b": {"c": {"d": 1}}}]}', "a b c =1 {d =1 NUMBER(1)}"),
    ('{"a": {"b": [{"c": 1}, {"d": 2}]}}', "a =1 {b =1 {c =1 NUMBER(1)}; b =1 {d =1 NUMBER(2)}}"),
    ('{\n"a"\n:\n1}', "a =3 NUMBER(1)"),
    ('{"a": [{"b": }]}', "a =1 {}"),
    ('{"a": {"b" }, "c": 2}', "a =1 {}; c =1 NUMBER(2)"),
    ('{"a": 1, }', "a =1 NUMBER(1)"),
    ('{"a": {"b": 1, }, "c": 2}', "a =1 {b =1 NUMBER(1)}; c =1 NUMBER(2)"),
    ('{"a":1,"a":2}', "a =1 NUMBER(1); a =1 NUMBER(2)"),
    ('{"a": "�"}', "a =1 '�'"),
    ('{"a": "x\ue123"}', "a =1 'x\\ue123'"),
    ('{"a": 1e5}', "a =1 FLOAT(1e5)"),
    ('{"a": 1e+}', "a =1 FLOAT(1e+})"),
    ('{"a": 1.}', "a =1 FLOAT(1.)"),
]


@pytest.mark.parametrize(("text", "expected"), TREES)
def test_a_text_is_the_tree_that_the_library_makes(text: str, expected: str) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("escapes", "value"),
    [
        (r"\377\x80", "\udcff\udc80"),
        (r"\xc3\xa9", "é"),
        (r"\ud800\udc80\uDFFF\ud7ff\ue000", "\ufffd\ufffd\ufffd\ud7ff\ue000"),
        (r"\U0010FFFF", "\U0010ffff"),
        (r"\U80000041\U80000000\UFFFFFFFF", "A\0\udcff"),  # negative numbers to the library
    ],
)
def test_escapes_are_bytes_that_need_not_be_utf_8(escapes: str, value: str) -> None:
    (item,) = parse_document(f'a = "{escapes}"').items
    assert isinstance(item.value, LiteralType)
    assert item.value.at.value == value


@pytest.mark.parametrize(
    ("heredoc", "value"),
    [
        ("<<EOF\nlist\nEOF\n", "list\n"),
        ("<<-EOF\n    a\n   b\n   EOF\n", " a\nb\n"),
        ("<<-EOF\n a\n    EOF\n", " a\n"),
        ("<<-E\n a\n   b\n  E\n", " a\n   b\n"),
        ("<<-E\n\ta\n\t b\n\n\tc\n\tE\n", "\ta\n\t b\n\n\tc\n"),
        ("<<-E\n  a\n  b\n   c\n  E\n", "a\nb\n c\n"),
        ("<<É\nlist\nÉ\n", "list\n"),
        ("<<E\r\r\nx\nE\r\r\n", "x\n"),
        # An end that is longer than the anchor is not cut off as a whole.
        ("<<É\nx\nÉ\r\r\n", "x\n\udcc3"),
        ("<<-É\nx\nÉ\r\r\r\n", "x\n\udcc3"),
        ("<<-É\nÈx\nÉ\r\r\n", "\udc88x\n"),
    ],
)
def test_heredocs_are_unindented_as_the_library_does(heredoc: str, value: str) -> None:
    (item,) = parse_document(f"a = {heredoc}").items
    assert isinstance(item.value, LiteralType)
    assert item.value.at.value == value


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a = 1", [(1, 1)]),
        ("\n\n  é = 1  b {}", [(3, 3), (3, 10)]),
        ('# x\r\na = "é\r\n', []),
        ("a = 1\r\n\r\nb = 1", [(1, 1), (3, 1)]),
        ('{"a": 1,\r\n "b": 1}', [(1, 2), (2, 2)]),
    ],
)
def test_each_item_is_at_its_first_key(text: str, at: list[tuple[int, int]]) -> None:
    if at:
        assert [item.at[2:4] for item in parse_document(text).items] == at
    else:
        assert (refused(text).line, refused(text).column) == (2, 7)


def nodes(node: Node) -> Iterator[Node]:
    yield node
    match node:
        case ListType(items=values):
            for value in values:
                yield from nodes(value)
        case ObjectType(items=items):
            for item in items:
                yield from nodes(item.value)
        case LiteralType():
            pass


@pytest.mark.parametrize(
    "text",
    [
        'a = [1, { b = [true] }, [<<E\nx\nE\n]]\nc "d" { e = { f = "g" } }\nh {}',
        '{"a": [1, {"b": [2, {"c": 3}]}],\n "d": {"e": 1, "f": {"g": "h"}}}',
        '{"a": [{"b": 1}, {"b": [2]}],\n "d": {"e": {"f": 1}}}',
    ],
)
def test_each_value_is_at_its_first_character(text: str) -> None:
    _, *values = nodes(parse_document(text))
    assert len(values) >= 7
    for value in values:
        line = text.split("\n")[value.at.line - 1]
        assert line[value.at.column - 1 :].startswith(value.at.text.split("\n")[0])
        opening = {ListType: "[", ObjectType: "{"}.get(type(value), value.at.text)
        assert value.at.text == opening


def test_a_document_is_at_its_beginning() -> None:
    assert parse_document("").at == parse_document("\na = 1").at == Token(Kind.EOF, "", 1, 1)
    assert parse_document("\n{}").at == Token(Kind.LBRACE, "{", 2, 1, json=True)


def test_a_block_has_no_line_of_an_assignment() -> None:
    assert [item.assign for item in parse_document("a {}\nb = {}\nc d {}").items] == [0, 2, 0]


def test_null_is_an_empty_string_of_json() -> None:
    (item,) = parse_document('{"a": null}').items
    assert item.value == LiteralType(Token(Kind.STRING, "", 1, 7, json=True))


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("# a\n", "a"),
        ("#a\n", "a"),
        ("#  a \n", " a "),
        ("// a\n", "a"),
        ("//a\n", "a"),
        ("/*a*/\n", "a"),
        ("/* Xa */\n", "Xa"),
        ("/* a */\n", "a"),
        ("/* a\n * b\n */\n", "a\nb"),
        ("/** a **/\n", "a *"),
        ("/*\n\n a\n\n b\n*/\n", "a\n\nb"),
        ("/**/\n", ""),
        ("# a\n# b\n", "a\nb"),
        ("# a\n\n# b\n", "b"),
        ("# a\n\n", ""),
        ("# a\n/* b\nc */\n", "a\nb\nc"),
        ("# a\n\n/* b\n\nc */\n// d\n", "b\n\nc\nd"),
        ("/* a */ # b\n", "b"),
        ("/* a */ ", ""),
        ("/* a\nb */ ", ""),
        ("z = 1 # a\n", ""),
        ("z = 1 # a\n# b\n", "b"),
        ("z {} /* a\n */\n", ""),
        ("z { # a\n", None),
        ("# a\r\n", "a"),
    ],
)
def test_the_comment_just_above_an_item_is_kept(comment: str, kept: str | None) -> None:
    for item in ("b = 1", "b {}", '"b" "c" {}'):
        text = f"{comment}{item}" if kept is not None else f"{comment}{item}\n}}"
        last = parse_document(text).items[-1]
        assert last.comment == (kept or "")


def test_comments_within_are_those_of_what_stands_below_them() -> None:
    (outer,) = parse_document("# a\nb {\n # c\n d = 1\n # e\n}").items
    assert isinstance(outer.value, ObjectType)
    assert (outer.comment, [item.comment for item in outer.value.items]) == ("a", ["c"])


def test_a_comment_may_be_very_long() -> None:
    (item,) = parse_document("# a\n" * 200_000 + "b {}").items
    assert len(item.comment) == 2 * 200_000 - 1


# --- refusals: the library's reason, line and column ----------------------------------------------

OBJECT_KEY = "expected: IDENT | STRING | ASSIGN | LBRACE got: "

SYNTAX = [
    ("path", 1, 5, "key 'path' expected start of object ('{') or assignment ('=')"),
    ('path "a" {', 1, 11, "object expected closing RBRACE got: EOF"),
    (
        'path "a" { policy }',
        1,
        19,
        "key 'policy' expected start of object ('{') or assignment ('=')",
    ),
    ("= 1", 1, 1, "no object keys found!"),
    ('path "a" {}\n{}', 2, 1, "expected: IDENT | STRING got: LBRACE"),
    ("1 = 2", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: NUMBER"),
    ("true = 2", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: BOOL"),
    ("name = read", 1, 8, "Unknown token: 1:8 IDENT read"),
    ("name = [read]", 1, 9, "unexpected token while parsing list: IDENT"),
    ('name = ["a" "b"]', 1, 13, "error parsing list, expected comma or list end, got: STRING"),
    ("name = ['a']", 1, 9, "illegal char"),
    ('name = "a', 1, 10, "literal not terminated"),
    ('name = "a\n', 1, 10, "literal not terminated"),
    ('name = "${a"', 1, 13, "literal not terminated"),
    ('name = "\\q"', 1, 9, "illegal char escape"),
    ('name = "\\777"', 1, 8, 'unquote "\\777" err: invalid syntax'),
    ("name = 0x", 1, 8, "illegal hexadecimal number"),
    ("name = 0019", 1, 8, "illegal octal number"),
    ("/ x", 1, 1, "expected '/' for comment"),
    ("/* x", 1, 1, "comment not terminated"),
    ("name = <EOF", 1, 8, "heredoc expected second '<', didn't see it"),
    ("name = <<\nx\n", 1, 8, "zero-length heredoc anchor"),
    ("name = << EOF\nx\nEOF\n", 1, 8, "invalid characters in heredoc anchor"),
    ("name = <<EOF\nx\nEOF", 1, 8, "heredoc not terminated"),
    ("name = <<-EOF\nx\nEOF\n", 1, 8, "heredoc not terminated"),
    ("# \0", 1, 3, "unexpected null character (0x00)"),
    ("a = <<E\nx\ue123\nE\n", 2, 2, "unicode code point U+E123 reserved for internal use"),
    ("# \ue123", 1, 3, "unicode code point U+E123 reserved for internal use"),
    ("# \ud800", 1, 3, "illegal UTF-8 encoding"),
    ("\ufeffpath a {}", 1, 1, "illegal char"),
    (
        "name = " + "[" * 101,
        1,
        108,
        f"nested deeper than {MAX_DEPTH} levels, which is not read here",
    ),
    ("{path: 1}", 1, 2, "illegal char"),
    ('{"path" = 1}', 1, 9, "illegal char: ="),
    ('{"name": 01}', 1, 10, "numbers cannot start with 0"),
    ('{"name": "\\/"}', 1, 11, "illegal char escape"),
    ('{"name": "\\ud83d\\ude00"}', 1, 10, 'unquote "\\ud83d\\ude00" err: invalid syntax'),
    ("{: 1}", 1, 2, "expected: STRING got: COLON"),
    ('{"a": -0x1}', 1, 9, "illegal char"),
    ('{"a": 0x10}', 1, 8, "illegal char"),
    ("a = [{} 1]", 1, 9, "error parsing list, expected comma or list end, got: NUMBER"),
    ("a {\n b =\n}", 3, 1, "Unknown token: 3:1 RBRACE }"),
    ("a = [", 1, 6, "unexpected token while parsing list: EOF"),
    ("a = {", 1, 6, "object expected closing RBRACE got: EOF"),
    ("a { b = 1", 1, 10, "object expected closing RBRACE got: EOF"),
    ("a = - 1", 1, 5, "Unknown token: 1:5 SUB -"),
    ("a = +1", 1, 5, "Unknown token: 1:5 ADD +"),
    ("a = 1+1", 1, 6, "expected: IDENT | STRING | ASSIGN | LBRACE got: ADD"),
    ("a = .", 1, 5, "Unknown token: 1:5 PERIOD ."),
    ("a = .5e1", 1, 8, "expected: IDENT | STRING | ASSIGN | LBRACE got: NUMBER"),
    ("a = 0x", 1, 5, "illegal hexadecimal number"),
    ("a = 0xg", 1, 5, "illegal hexadecimal number"),
    ("a = 018", 1, 5, "illegal octal number"),
    ("a = 1\x00", 1, 6, "unexpected null character (0x00)"),
    ("a = 0x1\x00", 1, 8, "unexpected null character (0x00)"),
    ("a = 0x1\x00 b", 1, 8, "unexpected null character (0x00)"),
    ("a = -018", 1, 5, "illegal octal number"),
    ('a = "\\400"', 1, 5, 'unquote "\\400" err: invalid syntax'),
    ('a = "\\U00110000"', 1, 5, 'unquote "\\U00110000" err: invalid syntax'),
    ('a = "\\U7FFFFFFF"', 1, 5, 'unquote "\\U7FFFFFFF" err: invalid syntax'),
    ('a = "${�}"', 1, 5, 'unquote "${�}" err: invalid syntax'),
    ('a = "\\${b}"', 1, 6, "illegal char escape"),
    ('a = "x${"', 1, 10, "literal not terminated"),
    ('a = "a" "b"', 1, 12, "key '\"b\"' expected start of object ('{') or assignment ('=')"),
    ('a = "\\"', 1, 8, "literal not terminated"),
    ('a = "', 1, 6, "literal not terminated"),
    ('a = "${\\n"', 1, 11, "literal not terminated"),
    ('a = "\\x4"', 1, 6, "illegal char escape"),
    ('a = "\\u12"', 1, 6, "illegal char escape"),
    ('a = "\\4"', 1, 6, "illegal char escape"),
    ('a = "\\08"', 1, 6, "illegal char escape"),
    ('a = "\\1x"', 1, 6, "illegal char escape"),
    ("1a = 1", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: NUMBER"),
    ("true = 1", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: BOOL"),
    ("-a = 1", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: SUB"),
    ("a = <<-E\nx\nE\n", 1, 5, "heredoc not terminated"),
    ("a = <<-LONG\n x\nLONG\n", 1, 5, "heredoc not terminated"),
    ("a = <<-E\nE\n", 1, 5, "heredoc not terminated"),
    ("a = <<-É\n  x\nÉ\n", 1, 5, "heredoc not terminated"),
    ("a = <<E x\nE\n", 1, 5, "invalid characters in heredoc anchor"),
    ("a = <<E", 1, 5, "heredoc not terminated"),
    ("a = <<-\nx\n-\n", 1, 5, "zero-length heredoc anchor"),
    ("a = <<E\nx\n\xa0E\n", 1, 5, "heredoc not terminated"),
    ("a = <-E\n", 1, 5, "heredoc expected second '<', didn't see it"),
    ("/*/ b = 1", 1, 1, "comment not terminated"),
    ("/x", 1, 1, "expected '/' for comment"),
    ("\x0b", 1, 1, "illegal char"),
    ("\x0c", 1, 1, "illegal char"),
    ("\xa0a = 1", 1, 1, "illegal char"),
    (
        "a = 1 a = 2",
        1,
        7,
        'The argument "a" at 1:7 was already set. Each argument can only be defined once',
    ),
    (
        "a = {} a = {}",
        1,
        8,
        'The argument "a" at 1:8 was already set. Each argument can only be defined once',
    ),
    (
        "a { b = 1 b = 1 }",
        1,
        11,
        'The argument "b" at 1:11 was already set. Each argument can only be defined once',
    ),
    ("a b = 1", 1, 5, "nested object expected: LBRACE got: ASSIGN"),
    ("a b", 1, 4, "key 'a b' expected start of object ('{') or assignment ('=')"),
    ("a }", 1, 3, "key 'a' expected start of object ('{') or assignment ('=')"),
    ("}", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: RBRACE"),
    ("]", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: RBRACK"),
    ("[", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: LBRACK"),
    (",", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: COMMA"),
    ("a = }", 1, 5, "Unknown token: 1:5 RBRACE }"),
    ("a = ]", 1, 5, "Unknown token: 1:5 RBRACK ]"),
    ("a = ,", 1, 5, "Unknown token: 1:5 COMMA ,"),
    ("a = =", 1, 5, "Unknown token: 1:5 ASSIGN ="),
    ("a = [=]", 1, 6, "unexpected token while parsing list: ASSIGN"),
    ("a = [1 2]", 1, 8, "error parsing list, expected comma or list end, got: NUMBER"),
    ("a = [1 b]", 1, 8, "error parsing list, expected comma or list end, got: IDENT"),
    ("a {", 1, 4, "object expected closing RBRACE got: EOF"),
    ("a { b", 1, 6, "key 'b' expected start of object ('{') or assignment ('=')"),
    ("a { ]", 1, 5, "expected: IDENT | STRING | ASSIGN | LBRACE got: RBRACK"),
    ("a { b = 1 ]", 1, 11, "expected: IDENT | STRING | ASSIGN | LBRACE got: RBRACK"),
    ("a { , }", 1, 5, "expected: IDENT | STRING | ASSIGN | LBRACE got: COMMA"),
    ("a { b = 1,, }", 1, 11, "expected: IDENT | STRING | ASSIGN | LBRACE got: COMMA"),
    ("a {} ,, b {}", 1, 7, "expected: IDENT | STRING | ASSIGN | LBRACE got: COMMA"),
    (",a {}", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: COMMA"),
    ("a: 1", 1, 2, "illegal char"),
    ("a = :", 1, 5, "illegal char"),
    ("a = 'x'", 1, 5, "illegal char"),
    ("@", 1, 1, "illegal char"),
    ("a = @", 1, 5, "illegal char"),
    ('{"a": [null]}', 1, 8, "unexpected token while parsing list: NULL"),
    ('{"a": 1,, "b": 2}', 1, 9, "expected: STRING got: COMMA"),
    ('{"a":: 1}', 1, 6, "Expected object value, got unknown token: 1:6 COLON :"),
    ('{"a": [', 1, 8, "unexpected token while parsing list: EOF"),
    ('{"a": [1', 1, 9, "unexpected token while parsing list: EOF"),
    ('{"a": [:]}', 1, 8, "unexpected token while parsing list: COLON"),
    ('{"a": [=]}', 1, 8, "illegal char: ="),
    ('{"a": 0x1}', 1, 8, "illegal char"),
    ('{"a": 00}', 1, 7, "numbers cannot start with 0"),
    ('{"a": -01}', 1, 7, "numbers cannot start with 0"),
    ('{"a": tru}', 1, 7, "illegal char"),
    ('{"a": nullx}', 1, 7, "illegal char"),
    ('{"a": a-b}', 1, 7, "illegal char"),
    ('{"a": a.b}', 1, 7, "illegal char"),
    ('{"a": "\\ud800"}', 1, 7, 'unquote "\\ud800" err: invalid syntax'),
    ('{"a": "\\U00110000"}', 1, 7, 'unquote "\\U00110000" err: invalid syntax'),
    ('{"a": "x', 1, 9, "literal not terminated"),
    ('{# x\n"a": 1}', 1, 2, "illegal char: #"),
    ('{"a": <<E\nx\nE\n}', 1, 7, "illegal char: <"),
    ('{"a": +}', 1, 7, "illegal char: +"),
    ('{"a" = 1}', 1, 6, "illegal char: ="),
    ('\xa0{"a": 1}', 1, 1, "illegal char: \xa0"),
    ('{"a": {"b": ], "c": 1}', 1, 13, "Expected object value, got unknown token: 1:13 RBRACK ]"),
    ('{"a": {1}, "b": 2}', 1, 8, "expected: STRING got: NUMBER"),
    ('{"a": 1, 2}', 1, 10, "expected: STRING got: NUMBER"),
    ('{"a": {"b": 1, 2}}', 1, 16, "expected: STRING got: NUMBER"),
    ("{,}", 1, 2, "expected: STRING got: COMMA"),
    ('{"a": \ue123}', 1, 7, "illegal char: \ue123"),
    ('{"a": "\\"}', 1, 11, "literal not terminated"),
    ('{"a": "\\8"}', 1, 8, "illegal char escape"),
    ('{"a": "\\x4"}', 1, 8, "illegal char escape"),
    ('{"a": "\\u12"}', 1, 8, "illegal char escape"),
]


@pytest.mark.parametrize(("text", "line", "column", "reason"), SYNTAX)
def test_refusals_say_where_and_why(text: str, line: int, column: int, reason: str) -> None:
    error = refused(text)
    assert (error.reason, error.line, error.column) == (reason, line, column)
    assert str(error).startswith(f"line {line}, column {column}: {reason}")


@pytest.mark.parametrize(
    ("written", "opening", "inner", "closing", "most"),
    [
        ("a = {} b = {} c = {}", "[", "", "]", MAX_DEPTH),
        ("a = {} b = {} c = {}", "[{ d = ", "1", "}]", MAX_DEPTH // 2),
        ("a {} b {} c {}", "{ d ", "{}", "}", MAX_DEPTH - 1),
        ('{{"a": {}, "b": {}, "c": {}}}', '{"d": ', "1", "}", MAX_DEPTH - 1),
        ('{{"z": {{"a": {}, "b": {}, "c": {}}}}}', '{"d": ', "1", "}", MAX_DEPTH - 2),
    ],
)
def test_how_deep_it_nests_is_counted_anew_for_each_item(
    written: str, opening: str, inner: str, closing: str, most: int
) -> None:
    def text(*depths: int) -> str:
        return written.format(*(opening * one + inner + closing * one for one in depths))

    for depths in ((most, most, most), (2, 1, most), (most, 2, most)):
        parse_document(text(*depths))
    for depths in ((most + 1, 1, 1), (2, most + 1, 1), (most, 2, most + 1)):
        assert refused(text(*depths)).reason.startswith(f"nested deeper than {MAX_DEPTH} levels")


IN_LIST = "error while trying to parse {} within list: "


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        # The scanner's last counts, whatever its parser found.
        ('name = "a\n"', 2, 2, "literal not terminated"),
        ('a = "\\q" b = "\\x"', 1, 18, "literal not terminated"),
        ('a = "\\q" = 1', 1, 6, "illegal char escape"),
        ("a = 0x b = 018 c = 0x", 1, 20, "illegal hexadecimal number"),
        ("a = <E\nb = 018", 2, 5, "illegal octal number"),
        ("a = << \nb = 018", 2, 5, "illegal octal number"),
        ("a = <<\nb = 018", 2, 5, "illegal octal number"),
        ("/ a = 018", 1, 7, "illegal octal number"),
        ('/"\n', 1, 3, "literal not terminated"),
        ("a = <\ue123 b = 018", 1, 12, "illegal octal number"),
        ('a = "\\x""', 1, 6, "illegal char escape"),  # for the first quote is taken for a digit
        ('a = "\\U""', 1, 6, "illegal char escape"),
        ('{"a": "${\\q"}', 1, 10, "illegal char escape"),
        ("a = <<E\0", 1, 5, "heredoc not terminated"),
        ('a = "\\4"\na = 018', 2, 5, "illegal octal number"),
        # What the parser does not come to is no fault.
        ("a b = 1\n'", 1, 5, "nested object expected: LBRACE got: ASSIGN"),
        ("a b = 1\n\0", 1, 5, "nested object expected: LBRACE got: ASSIGN"),
        ("a = 1 a = 2 '", 1, 13, "illegal char"),
        ("1 \0", 1, 1, f"{OBJECT_KEY}NUMBER"),
        # A null character ends what it is in, and nothing else.
        ('a = "x\0 b = 018', 1, 13, "illegal octal number"),
        ("a = 1\0 b = 018", 1, 12, "illegal octal number"),
        ("a = 0xa\0 b = 018", 1, 14, "illegal octal number"),
        ("a = 1.5\0 b = 018", 1, 14, "illegal octal number"),
        ("a = 1e\0 b = 018", 1, 13, "illegal octal number"),
        ("a = 1.\0 b = 018", 1, 7, "unexpected null character (0x00)"),
        ("a = 1 # \0 b = 018", 1, 15, "illegal octal number"),
        ("a = 1 /* \0 b = 018", 1, 16, "illegal octal number"),
        ("a = <<E\n\0 b = 018", 2, 7, "illegal octal number"),
        ("a = <<E\0 b = 018", 1, 14, "illegal octal number"),
        ("path {\0} b = 018", 1, 14, "illegal octal number"),
        ('a = "\\x41\0"', 1, 6, "illegal char escape"),
        ("a = 1 # \ue123\nb = 018", 2, 5, "illegal octal number"),
        ("a = \ue123", 1, 5, "illegal char"),
        ("a = \ud800", 1, 5, "illegal char"),
        ("a\ue123", 1, 2, "illegal char"),
        ("[\ue123", 1, 1, "expected: IDENT | STRING | ASSIGN | LBRACE got: LBRACK"),
        # Within a list the library says so.
        ("a = [{ 1 }]", 1, 8, IN_LIST.format("object") + OBJECT_KEY + "NUMBER"),
        (
            "a = [[{ 1 }]]",
            1,
            9,
            IN_LIST.format("list") + IN_LIST.format("object") + OBJECT_KEY + "NUMBER",
        ),
        ('{"a": "x\r\n', 1, 10, "literal not terminated"),
        # JSON, which begins behind whatever is a space to Go.
        ("\v{}", 1, 1, "illegal char: \v"),
        ('{"a": -}', 1, 7, "illegal char"),
        ('{"a": ]}', 1, 7, "Expected object value, got unknown token: 1:7 RBRACK ]"),
        ('{"a": 1 nul 08}', 1, 9, "illegal char"),
        ('{"a": 01, "b": "\\q"}', 1, 17, "illegal char escape"),
        ('{"a": "\\xg", "b": 01}', 1, 19, "numbers cannot start with 0"),
        ('{"a": true\0}', 1, 7, "illegal char"),
    ],
)
def test_of_several_faults_it_tells_the_one_that_vault_does(
    text: str, line: int, column: int, reason: str
) -> None:
    error = refused(text)
    assert (error.reason, error.line, error.column) == (reason, line, column)


def test_an_earlier_fault_is_told_to_people_too() -> None:
    error = refused('a = "x\nb = "y')
    assert error.earlier
    assert str(error) == (
        "line 2, column 7: literal not terminated "
        "(and before, line 1, column 7: literal not terminated)"
    )
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.earlier.column) == (str(error), 7)
    assert refused("a = 1 '").earlier is None


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a = \ue123", "unicode code point U+E123 reserved for internal use"),
        ("'\ue123", None),  # behind what ends it
        ('{"a": \ue123}', None),  # JSON reserves nothing
        ('{"a": 1X}', None),
    ],
)
def test_what_may_stand_nowhere_is_told_besides(text: str, first: str | None) -> None:
    error = refused(text)
    assert error.reason.startswith("illegal char")
    assert (error.earlier and error.earlier.reason) == first


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ('a = "\\n', None),
        ('a = "\\101', "illegal char escape"),  # the library must see what follows digits, too
        ('{"a": "\\n', None),
        ('{"a": "\\q', "illegal char escape"),
    ],
)
def test_an_escape_at_the_end_of_a_text(text: str, first: str | None) -> None:
    error = refused(text)
    assert error.reason == "literal not terminated"
    assert (error.earlier and error.earlier.reason) == first


# --- writing ---


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("", '""'),
        ('a"b\\', r'"a\"b\\"'),
        ("${a}$b", r'"\x24{a}$b"'),
        ("é日本\U0001f600", '"é日本\U0001f600"'),
        ("\n\x00\x7f\x85\u2028\ue123", r'"\n\x00\x7f\u0085\u2028\ue123"'),
        ("\udcff\udc80", r'"\xff\x80"'),
        ("\udd00\udc7f\x80\uffff", r'"\udd00\udc7f\u0080\uffff"'),
        ("\U0010ffff", r'"\U0010ffff"'),
    ],
)
def test_strings_are_escaped(text: str, literal: str) -> None:
    assert quote(text) == literal


# --- properties ---

texts = st.text(
    st.sampled_from(
        '${}"\\\n\t#*+/. é日\x00\x7f\x85\ufffd\ue123\U0001f600\udcff\u0130\u03a3\u017faB1'
    )
    | st.characters(codec="utf-8"),
    max_size=12,
)


@given(st.text(st.sampled_from('path"{}[]=,:#/*\\$\n \t<E1x0.e-') | st.characters(), max_size=40))
def test_any_text_is_parsed_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        tree(text)
    except HclError as error:
        place = error.line, error.column
    else:
        return
    lines = text.split("\n")
    assert 1 <= place[0] <= len(lines)
    assert 1 <= place[1] <= len(lines[place[0] - 1]) + 1


@given(texts)
def test_a_quoted_string_is_one_literal(text: str) -> None:
    (item,) = parse_document(f"a = {quote(text)}").items
    assert isinstance(item.value, LiteralType)
    assert item.value.at.value == text


@given(
    st.lists(
        st.sampled_from(['"a"', '"${b}"', '"\\n"', "true", "truer", "ab", "a.b-c", "aé", "1", "-2"])
        | st.sampled_from([*"{}[]=,#\n", "# c", "//", " ", "\r", '"', "<<A\nA\n", "null", "_"]),
        max_size=12,
    ).map("".join)
)
def test_what_is_taken_at_one_look_is_what_is_found_by_looking_at_each_character(text: str) -> None:
    def read() -> ObjectType | str:
        try:
            return parse_document(text)
        except HclError as error:
            return str(error)

    taken = read()
    with patch.object(hcl_syntax, "_PLAIN", re.compile("(?!)")):
        assert read() == taken
