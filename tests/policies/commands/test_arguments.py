"""Shared arguments, read into types."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

import pytest

from policies.commands import arguments
from policies.commands.errors import CommandError
from policies.environments import Environment
from policies.hcl import Capability


def test_names_into_types() -> None:
    assert arguments.environment("prod") is Environment.PROD
    assert arguments.capability("patch") is Capability.PATCH
    assert {"deny", "subscribe"}.isdisjoint(arguments.CAPABILITIES)


@pytest.mark.parametrize(
    ("text", "seconds"), [("300", 300), ("5m", 300), ("1h30m", 5400), ("0", 0), ("1d", 86400)]
)
def test_durations_as_vault_reads_them(text: str, seconds: float) -> None:
    assert arguments.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "-5m", "5 minutes", "x"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="write one such as 5m"):
        arguments.seconds(text)


def test_fields_of_a_request() -> None:
    given = ("ttl=1h", "filter=a=b", '{"options": {"cas": 0}, "list": [1]}', "empty=")
    assert arguments.parameters(given) == {
        "ttl": "1h",
        "filter": "a=b",
        "options": {"cas": 0},
        "list": [1],
        "empty": "",
    }
    assert arguments.parameters(()) == {}


@pytest.mark.parametrize("given", [("x",), ("=1",), ("{]",), ("a=1", '{"a": 2}')])
def test_what_is_no_field(given: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="--data"):
        arguments.parameters(given)


@pytest.mark.parametrize(
    ("name", "given", "format_"),
    [
        ("a.md", None, "markdown"),
        ("a.json", "markdown", "json"),
        ("a.html", None, "html"),
        ("a.txt", None, "terminal"),
        ("comment", "markdown", "markdown"),
        ("a.pdf", "html", "html"),
    ],
)
def test_a_files_suffix_says_its_format_and_else_what_was_given(
    name: str, given: str | None, format_: str
) -> None:
    assert arguments.format_of(Path(name), given) == format_


def test_a_suffix_that_says_nothing() -> None:
    with pytest.raises(CommandError) as caught:
        arguments.format_of(Path("a.jsn"), None)
    assert str(caught.value) == (
        "--output: suffix '.jsn': there is none of this name; did you mean '.json'? "
        "there are .md, .html, .json, .txt; or say it with --format"
    )


def test_which_plan_is_asked() -> None:
    parser = ArgumentParser()
    arguments.add_plan(parser)
    by_default = parser.parse_args([])
    assert (by_default.env, by_default.ref, by_default.format) == (None, None, "text")
    given = parser.parse_args(["--env", "prod", "--ref", "v1", "--format", "json"])
    assert (given.env, given.ref, given.format) == (Environment.PROD, "v1", "json")
    wider = ArgumentParser()
    arguments.add_plan(wider, formats=("text", "html"))
    assert wider.parse_args(["--format", "html"]).format == "html"


@pytest.mark.parametrize("given", [("--env", "test"), ("--format", "html"), ("--format", "TEXT")])
def test_a_plan_that_cannot_be_asked(
    given: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    parser = ArgumentParser()
    arguments.add_plan(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(given)
    assert given[1] in capsys.readouterr().err


def test_what_was_wrong_is_named_with_the_fix() -> None:
    with pytest.raises(ArgumentTypeError) as caught:
        arguments.environment("prd")
    assert str(caught.value).startswith("environment 'prd': there is none of this name; did you")
    with pytest.raises(ArgumentTypeError) as caught:
        arguments.capability("deny")
    assert str(caught.value).startswith("capability 'deny': there is none of this name; there are")
    with pytest.raises(CommandError, match=r"^--data a: is given twice"):
        arguments.parameters(("a=1", ' {"a": 2}'))
