from __future__ import annotations

import pytest

from rehearsal.delivery.annotations import PREFIX, Annotations, flag_of, number_of
from rehearsal.errors import RehearsalError


def said(**values: str) -> Annotations:
    return Annotations({f"{PREFIX}{name.replace('_', '-')}": v for name, v in values.items()})


@pytest.mark.parametrize("text", ["1", "t", "T", "true", "TRUE", "True"])
def test_what_go_takes_for_true(text: str) -> None:
    assert flag_of("x", text)
    assert said(x=text).flag("x")


@pytest.mark.parametrize("text", ["0", "f", "F", "false", "FALSE", "False", ""])
def test_what_go_takes_for_false(text: str) -> None:
    assert not flag_of("x", text)
    assert not said(x=text).flag("x", default=True)


@pytest.mark.parametrize("text", ["yes", "on", "tRUE", " true"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(RehearsalError, match=r"vault.hashicorp.com/x: .* neither true nor false"):
        said(x=text).flag("x")


def test_a_flag_that_is_not_said_is_the_injectors() -> None:
    assert said().flag("x", default=True)
    assert not said().flag("x")


def test_numbers() -> None:
    assert (number_of("x", "7"), number_of("x", "0.9"), number_of("x", "")) == (7, 0.9, 0)
    assert (said(x="3").number("x"), said().number("x", 5), said(x="").number("x", 5)) == (3, 5, 5)
    with pytest.raises(RehearsalError, match=r"x: '3s' is no number"):
        said(x="3s").number("x")


def test_lists() -> None:
    assert said(x="a,b").list("x") == ("a", "b")
    assert said(x="").list("x", "c") == ()
    assert said().list("x", "c") == ("c",)


def test_a_family_is_what_is_left_of_it() -> None:
    annotations = said(a_file_x="1", a_y="2", b="3")
    assert list(annotations.family("a-file")) == [("x", "1")]
    assert list(annotations.family("a")) == [("y", "2")]
    with pytest.raises(RehearsalError, match=r"annotation vault.hashicorp.com/b: it is not known"):
        annotations.require_all_read()


def test_others_annotations_are_not_ours() -> None:
    Annotations({"example.com/agent-inject": "x", "vault.security/role": "y"}).require_all_read()
