"""Reading is strict: every kind of value is checked, and every problem is told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum, unique

import pulumi
import pytest

from components.settings.quantity import Bytes, Cpu
from components.settings.reader import ConfigReader, SettingsError
from policies.lifetime import Duration
from tests.recording import Runner


@unique
class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


Read = Callable[[ConfigReader], object]


def read(
    run: Runner,
    what: Read,
    config: Mapping[str, object] | None = None,
    secrets: Mapping[str, object] | None = None,
) -> object:
    found: list[object] = []

    def program() -> None:
        reader = ConfigReader("vaultstack")
        found.append(what(reader))
        reader.finish()

    run(program, config=config, secrets=secrets)
    return found[0]


def problems(
    run: Runner,
    what: Read,
    config: Mapping[str, object] | None = None,
    secrets: Mapping[str, object] | None = None,
) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(run, what, config, secrets)
    for problem in caught.value.problems:
        assert f"  - {problem}" in str(caught.value)
        assert "; fix: " in problem
    return caught.value.problems


TYPES: Mapping[str, tuple[Read, object, object, str]] = {
    "flag": (lambda r: r.flag("key"), True, "yes", "must be true or false, is 'yes'"),
    "zero": (lambda r: r.integer("key", minimum=0, maximum=5), 0, "", "must be a whole number"),
    "integer": (
        lambda r: r.integer("key", minimum=1, maximum=5),
        5,
        "five",
        "must be a whole number, is 'five'",
    ),
    "fraction": (lambda r: r.integer("key", minimum=1, maximum=5), 1, 1.5, "a whole number"),
    "too little": (lambda r: r.integer("key", minimum=1, maximum=5), 1, 0, "from 1 to 5, is 0"),
    "too much": (lambda r: r.integer("key", minimum=1, maximum=5), 5, 6, "from 1 to 5, is 6"),
    "choice": (
        lambda r: r.choice("key", Colour, Colour.RED),
        "blue",
        "green",
        "must be one of red, blue, is 'green'",
    ),
    "url": (
        lambda r: r.url("key"),
        "https://a",
        "ftp://a",
        "must be a URL that begins with https:// or http://, is 'ftp://a'",
    ),
    "amount": (
        lambda r: str(r.amount("key", Bytes, "5Gi")),
        "1Gi",
        "1G",
        "must be an amount with Kubernetes' units, is '1G'",
    ),
    "networks": (
        lambda r: list(r.cidrs("key")),
        ["10.0.0.0/8", "10.0.0.1/32", "::/0"],
        ["10.0.0.0/8", "10.0.0.1/8"],
        "must be networks: 10.0.0.1/8 has host bits set",
    ),
    "networks of text": (lambda r: list(r.cidrs("key")), [], [10], "must be a list of strings"),
    "list": (lambda r: list(r.strings("key")), ["a"], "a", "must be a list or an object"),
    "list of text": (lambda r: list(r.strings("key")), [], [1], "must be a list of strings"),
    "list, not object": (
        lambda r: list(r.strings("key")),
        ["a"],
        {"a": "b"},
        "must be a list of strings",
    ),
    "object": (lambda r: dict(r.mapping("key")), {"a": "b"}, "{", "must be a list or an object"),
    "object of text": (lambda r: dict(r.mapping("key")), {}, {"a": 1}, "an object of strings"),
    "object, not list": (lambda r: dict(r.mapping("key")), {}, ["a"], "an object of strings"),
}


@pytest.mark.parametrize("kind", TYPES)
def test_each_kind_is_read_or_refused(run: Runner, kind: str) -> None:
    what, right, wrong, rule = TYPES[kind]
    assert read(run, what, {"key": right}) == right
    (problem,) = problems(run, what, {"key": wrong})
    assert problem.startswith("vaultstack:key: ")
    assert rule in problem


@pytest.mark.parametrize("kind", ["flag", "zero", "integer", "choice"])
def test_the_empty_value_is_not_a_default(run: Runner, kind: str) -> None:
    what, _, _, rule = TYPES[kind]
    (problem,) = problems(run, what, {"key": ""})
    assert rule.split(", is")[0] in problem


def test_a_duration_has_a_unit(run: Runner) -> None:
    def what(reader: ConfigReader) -> Duration:
        return reader.duration("key")

    assert read(run, what, {"key": "1h30m"}) == Duration(5400)
    for wrong in ("90", "1 hour", "", "0s", "-1h"):
        (problem,) = problems(run, what, {"key": wrong})
        assert f"must be a duration with its unit, is {wrong!r}" in problem


def test_an_empty_amount_is_the_default(run: Runner) -> None:
    def what(reader: ConfigReader) -> Bytes:
        return reader.amount("key", Bytes, "5Gi")

    assert read(run, what, {"key": ""}) == Bytes.parse("5Gi")
    assert read(run, what, {"key": "4Gi"}) == Bytes.parse("4Gi")
    assert read(run, lambda r: r.amount("key", Cpu, "1"), {"key": 2}) == Cpu(2000)


def test_the_default_is_the_example_where_an_amount_cannot_be_read(run: Runner) -> None:
    (problem,) = problems(run, lambda r: r.amount("key", Cpu, "500m"), {"key": "0.5"})
    assert problem.endswith("; fix: pulumi config set vaultstack:key 500m")


def test_a_network_is_written_as_kubernetes_takes_it(run: Runner) -> None:
    given = ["10.0.0.0/255.0.0.0", "FD00:0::/8"]
    assert read(run, lambda r: r.cidrs("key"), {"key": given}) == ("10.0.0.0/8", "fd00::/8")


@pytest.mark.parametrize("address", ["10.1.0.0", "::1", "", "0"])
def test_the_length_of_a_prefix_is_never_guessed(run: Runner, address: str) -> None:
    (problem,) = problems(run, lambda r: r.cidrs("key"), {"key": [address]})
    assert f"{address!r} does not say the length of its prefix" in problem


def test_a_missing_key_is_named_with_the_command(run: Runner) -> None:
    for what, *_ in TYPES.values():
        (problem,) = problems(run, what)
        assert problem == (
            "vaultstack:key: is missing; fix: pulumi config set vaultstack:key <value>"
        )


def test_a_missing_key_breaks_no_other_rule(run: Runner) -> None:
    def what(reader: ConfigReader) -> None:
        if not reader.text("key"):
            reader.problem("key", "is needed", "write it")

    (problem,) = problems(run, what)
    assert "vaultstack:key: is missing" in problem
    (problem,) = problems(run, what, {"key": ""})
    assert "vaultstack:key: is needed" in problem


def test_an_unknown_key_is_named_with_its_nearest(run: Runner) -> None:
    given = {"vaultAddress": "", "vaultAdress": 1}
    (problem,) = problems(run, lambda r: r.text("vaultAddress"), given)
    assert problem == (
        "vaultstack:vaultAdress: is not a known key; fix: rename it to vaultstack:vaultAddress; "
        "Pulumi.yaml lists them all"
    )
    (problem,) = problems(run, lambda r: r.text("key"), {"key": "", "somethingElse": 1})
    assert "vaultstack:somethingElse: is not a known key; fix: remove it" in problem


def test_a_key_that_is_none_any_more_is_told_why_and_nobody_else_is_sent_to_it(
    run: Runner,
) -> None:
    def what(reader: ConfigReader) -> None:
        reader.retired("colour", "is no setting any more", "remove it")

    (problem,) = problems(run, what, {"colour": ""})
    assert problem == "vaultstack:colour: is no setting any more; fix: remove it"
    (problem,) = problems(run, what, {"color": "red"})
    assert problem.startswith("vaultstack:color: is not a known key; fix: remove it")


def test_keys_of_others_are_not_ours_to_judge(run: Runner) -> None:
    def program() -> None:
        pulumi.runtime.set_config("aws:region", "eu-west-1")
        pulumi.runtime.set_config("vaultstacker:key", "x")
        ConfigReader("vaultstack").finish()

    run(program)


def test_all_problems_are_told_together(run: Runner) -> None:
    def what(reader: ConfigReader) -> None:
        reader.flag("one")
        reader.duration("two")
        reader.text("three")

    found = problems(run, what, {"one": "maybe", "two": "5", "four": "?"})
    assert [problem.split(": ")[0] for problem in found] == [
        "vaultstack:one",
        "vaultstack:two",
        "vaultstack:three",
        "vaultstack:four",
    ]


def test_pulumi_shows_the_problems_and_no_traceback() -> None:
    """Pulumi's launcher shows of a `RunError` its text, of anything else where it was raised."""
    error = SettingsError(["vaultstack:a: b; fix: c"])
    assert isinstance(error, pulumi.RunError)
    assert str(error) == ("the stack's configuration has problems:\n  - vaultstack:a: b; fix: c")


SECRET_READERS: Mapping[str, tuple[Read, object]] = {
    "text": (lambda r: r.secret("key"), "hidden-value"),
    "object": (lambda r: dict(r.secret_mapping("key")), {"a": "hidden-value"}),
    "objects": (lambda r: dict(r.secret_mappings("key")), {"a": {"b": "hidden-value"}}),
}


@pytest.mark.parametrize("kind", SECRET_READERS)
def test_a_secret_in_clear_is_refused_and_not_repeated(run: Runner, kind: str) -> None:
    what, value = SECRET_READERS[kind]
    assert read(run, what, secrets={"key": value}) == value
    (problem,) = problems(run, what, {"key": value})
    assert "vaultstack:key: is a secret and must be encrypted in the stack file" in problem
    assert "pulumi config set --secret vaultstack:key" in problem
    assert "hidden-value" not in problem


@pytest.mark.parametrize("kind", SECRET_READERS)
def test_a_secret_not_given_need_not_be_encrypted(run: Runner, kind: str) -> None:
    what, _ = SECRET_READERS[kind]
    empty: object = "" if kind == "text" else {}
    assert read(run, what, {"key": empty}) == empty


@pytest.mark.parametrize("others", [{}, {"c/d": {"e": "hidden-value"}}])
def test_what_was_emptied_is_called_empty_and_not_in_clear(
    run: Runner, others: dict[str, object]
) -> None:
    """`pulumi config rm --path` of the last value in it leaves it there, and nothing encrypted."""
    given = {"secrets" if others else "config": {"key": {"a/b": {}, **others}}}
    (problem,) = problems(run, lambda r: r.secret_mappings("key"), **given)
    assert problem == (
        "vaultstack:key: 'a/b' is there and holds nothing; fix: pulumi config rm --path "
        "'vaultstack:key[\"a/b\"]', or set what it holds"
    )


def test_beside_what_was_emptied_a_secret_in_clear_is_still_refused(run: Runner) -> None:
    given = {"a/b": {}, "c/d": {"e": "hidden-value"}}
    found = problems(run, lambda r: r.secret_mappings("key"), {"key": given})
    assert ["must be encrypted" in problem for problem in found] == [True, False]
    assert "hidden-value" not in "".join(found)


@pytest.mark.parametrize(
    "value", ["hidden-value", ["hidden-value"], {"a": "hidden-value"}, {"a": {"b": 7331}}]
)
def test_a_secret_of_the_wrong_form_is_not_repeated(run: Runner, value: object) -> None:
    found = problems(run, lambda r: r.secret_mappings("key"), secrets={"key": value})
    assert found
    for problem in found:
        assert "hidden-value" not in problem
        assert "7331" not in problem


@pytest.mark.parametrize("kind", ["flag", "integer", "choice", "url", "too much", "amount"])
def test_what_is_encrypted_is_never_repeated(run: Runner, kind: str) -> None:
    what, _, wrong, _ = TYPES[kind]
    (problem,) = problems(run, what, secrets={"key": wrong})
    assert "is a secret, not shown here" in problem
    assert repr(wrong) not in problem


def test_one_slash_more_is_the_same_url(run: Runner) -> None:
    assert read(run, lambda r: r.url("key"), {"key": "https://a:8200/"}) == "https://a:8200"
