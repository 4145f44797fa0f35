"""`policies.review.conditions` tells by example whether a rule asks less than another."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.acl import Operation, Pattern, Rule
from policies.acl.decision import refusal
from policies.acl.parameters import Json
from policies.acl.rules import Source, rule_of
from policies.hcl import Capability, Stanza, parse
from policies.hcl_syntax import quote
from policies.review.conditions import _values, conditions_of, loosened

UPDATE, LIST, SUDO = Capability.UPDATE, Capability.LIST, Capability.SUDO


def rule(attributes: str = "") -> Rule:
    (stanza,) = parse(f'path "a" {{ capabilities = ["update", "list", "sudo"]\n{attributes} }}')
    return rule_of(Pattern("a"), Source("p", stanza))


def test_what_is_asked_is_said_in_words() -> None:
    text = conditions_of(
        rule(
            'min_wrapping_ttl = "1m"\nmax_wrapping_ttl = "1h"\nrequired_parameters = ["why"]\n'
            'allowed_parameters = { "ttl" = ["1h", "2h"], "why" = [] }'
        )
    )
    assert text == (
        "wrapped for at least 60 s; wrapped for at most 3600 s; with why; only ttl in 1h|2h, why"
    )
    assert conditions_of(rule()) == ""
    assert conditions_of(rule('denied_parameters = { "why" = [""] }')) == "not why in (empty)"
    assert conditions_of(rule('required_parameters = ["why", "who"]')) == "with why, who"
    second = conditions_of(rule('min_wrapping_ttl = "1s"\nmax_wrapping_ttl = "1s"'))
    assert second == "wrapped for at least 1 s; wrapped for at most 1 s"


def test_list_knows_no_parameters_but_wrapping() -> None:
    assert loosened(rule('required_parameters = ["why"]'), rule(), LIST) is None
    assert loosened(rule('min_wrapping_ttl = "1m"'), rule(), LIST)


@pytest.mark.parametrize("capability", [SUDO, Capability.SUBSCRIBE, Capability.DENY])
def test_what_is_no_operation_asks_nothing(capability: Capability) -> None:
    assert loosened(rule('min_wrapping_ttl = "1m"'), rule(), capability) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('allowed_parameters = { "x" = ["a*"] }', 'allowed_parameters = { "x" = ["a*", "b"] }'),
        ('allowed_parameters = { "x" = ["ab"] }', 'allowed_parameters = { "x" = ["a*"] }'),
        ('denied_parameters = { "x" = ["a*"] }', 'denied_parameters = { "x" = ["ab*"] }'),
        ('denied_parameters = { "*" = [] }', 'denied_parameters = { "x" = [] }'),
        # One that is called `*` has values of its own.
        ('allowed_parameters = { "*" = ["a"], "x" = [] }', 'denied_parameters = { "x" = ["b"] }'),
        ('denied_parameters = { "x" = ["*b"] }', 'allowed_parameters = { "x" = ["a*"] }'),
        ('allowed_parameters = { "x" = [] }', 'allowed_parameters = { "x" = [], "y" = [] }'),
        ('allowed_parameters = { "x" = [true] }', 'allowed_parameters = { "x" = [true, false] }'),
        (
            'required_parameters = ["x"]\nallowed_parameters = { "x" = ["a"], "y" = ["b"] }',
            'required_parameters = ["x"]\nallowed_parameters = { "x" = ["a"], "y" = ["b", "c"] }',
        ),
        ('required_parameters = ["x", "y"]', 'required_parameters = ["x"]'),
        ('allowed_parameters = { "x" = ["a"] }', 'allowed_parameters = { "x" = [""] }'),
        (
            'allowed_parameters = { "*" = [], "x" = [], "y" = ["*"] }',
            """required_parameters = ["z", "y", "x"]
            allowed_parameters = { "*" = ["ab", "a*"], "x" = ["b", "ab"], "y" = ["a"] }
            denied_parameters = { "x" = [""], "y" = [""], "z" = [""] }""",
        ),
        (
            """required_parameters = ["x", "z", "y"]
            allowed_parameters = { "*" = [], "x" = [""] }""",
            """required_parameters = ["x", "y", "z"]
            allowed_parameters = { "*" = ["*b"], "x" = ["a*", ""], "y" = ["a", "*b"] }""",
        ),
        ('min_wrapping_ttl = "1m"\nmax_wrapping_ttl = "2m"', 'min_wrapping_ttl = "1m"'),
        ('min_wrapping_ttl = "2m"', 'min_wrapping_ttl = "1m"'),
        *(
            (
                f"""{wrapped}_wrapping_ttl = "1m"
                required_parameters = ["x", "y", "z"]
                allowed_parameters = {{ "x" = ["a"], "y" = ["b"] }}""",
                f"""{wrapped}_wrapping_ttl = "1m"
                required_parameters = ["x", "y"]
                allowed_parameters = {{ "x" = ["a"], "y" = ["b"] }}""",
            )
            for wrapped in ("min", "max")
        ),
        (
            'allowed_parameters = { "x" = [["a"]] }',
            'allowed_parameters = { "x" = [["a"], ["b"]] }',
        ),
        (
            'allowed_parameters = { "x" = [{ k = "a" }] }',
            'allowed_parameters = { "x" = [{ k = "a" }, { k = "b" }] }',
        ),
        (
            'allowed_parameters = { "x" = [[{ k = "a" }]] }',
            'allowed_parameters = { "x" = [[{ k = "a" }], [{ k = "b" }]] }',
        ),
        # A length below the shortest, where the other's bounds do not say one.
        (
            'min_wrapping_ttl = "1m"\nmax_wrapping_ttl = "2m"',
            'min_wrapping_ttl = "-5s"\nmax_wrapping_ttl = "2m"',
        ),
        # Vault's lower case, which is one letter.
        ('denied_parameters = { "y" = [] }', 'required_parameters = ["\u0130"]'),
        # What is called so is looked up by this name, too.
        (
            'allowed_parameters = { "*" = ["a"], "x" = [] }',
            'allowed_parameters = { "*" = [], "x" = [] }',
        ),
        # As a text it has an item that both deny, as an item of a list it has not.
        ('denied_parameters = { "x" = [",ab"] }', 'denied_parameters = { "x" = ["", "a*b"] }'),
        # Items of what a glob allows as a whole.
        ('denied_parameters = { "x" = ["*a"] }', 'allowed_parameters = { "x" = ["*,b"] }'),
        ('denied_parameters = { "x" = ["a*"] }', 'allowed_parameters = { "x" = ["b,*"] }'),
        (
            'denied_parameters = { "x" = ["a"] }',
            """allowed_parameters = { "x" = ["a*bb", "*b"] }
            denied_parameters = { "x" = [",", "*,b*"] }""",
        ),
        # The items of a glob that is denied as it is written: `***` is any text with a `*`.
        *(
            (
                'denied_parameters = { "x" = ["a"] }',
                f"""allowed_parameters = {{ "x" = ["{glob}"] }}
                denied_parameters = {{ "x" = ["***"] }}""",
            )
            for glob in ("*,b", "b,*", ",*", "*,")
        ),
        ('denied_parameters = { "x" = ["a", "*,*"] }', 'denied_parameters = { "x" = ["*,*"] }'),
        # Only the first and the last `*` are wild, and of one letter none.
        ('denied_parameters = { "x" = ["a**"] }', 'allowed_parameters = { "x" = ["a**"] }'),
        ('denied_parameters = { "x" = ["*"] }', 'denied_parameters = { "x" = ["a"] }'),
        # Neither beginning nor ending as what else is denied.
        (
            'denied_parameters = { "x" = ["*a*"] }',
            """allowed_parameters = { "x" = ["*b*"] }
            denied_parameters = { "x" = ["a*", "b*", "*a", "*b", "*,*"] }""",
        ),
        # What else is denied has a letter of whatever stands between.
        (
            'denied_parameters = { "x" = ["*a*", "*-*"] }',
            """allowed_parameters = { "x" = ["*b*"] }
            denied_parameters = { "x" = ["*ab*", "*ba*", "*,*", "*-*"] }""",
        ),
        (
            """allowed_parameters = { "x" = ["a*"] }
            denied_parameters = { "x" = ["*X*"] }""",
            'allowed_parameters = { "x" = ["a*"] }',
        ),
        (
            """allowed_parameters = { "x" = ["*a"] }
            denied_parameters = { "x" = ["*X*"] }""",
            'allowed_parameters = { "x" = ["*a"] }',
        ),
        (
            'max_wrapping_ttl = "1m"',
            """required_parameters = ["x"]
            denied_parameters = { "x" = [""] }
            allowed_parameters = { "x" = [""] }""",
        ),
    ],
)
def test_less_is_asked_one_way_and_the_example_shows_it(before: str, after: str) -> None:
    old, new = rule(before), rule(after)
    example = loosened(old, new, UPDATE)
    assert example
    assert refusal(new, Operation.UPDATE, example.data, example.wrap_ttl) is None
    assert refusal(old, Operation.UPDATE, example.data, example.wrap_ttl)


def test_a_parameter_that_could_be_called_otherwise_is() -> None:
    """Nobody would expect one that is called `*`."""
    before = rule('allowed_parameters = { "*" = ["a"], "x" = ["a"] }')
    example = loosened(before, rule('allowed_parameters = { "*" = [], "x" = [] }'), UPDATE)
    assert example
    assert example.data.keys() == {"x"}


def test_what_allows_nothing_asks_no_less() -> None:
    never = rule('required_parameters = ["x"]\ndenied_parameters = { "x" = [] }')
    assert loosened(rule('required_parameters = ["y"]'), never, UPDATE) is None


def test_of_plain_values_each_is_tried_and_not_each_with_each() -> None:
    """A list of some hundreds took minutes."""
    listed = [f"value-{number}" for number in range(300)]

    def one_of(values: list[str]) -> Rule:
        return rule(f'allowed_parameters = {{ "x" = [{", ".join(map(quote, values))}] }}')

    fewer, more = one_of(listed[1:]), one_of(listed)
    tried = list(_values("x", fewer, more))
    assert len(tried) < 3 * len(listed)
    assert [value for value in listed if value not in tried] == []
    assert loosened(more, fewer, UPDATE) is None
    example = loosened(fewer, more, UPDATE)
    assert example
    assert example.data == {"x": "value-0"}


GLOBS = st.text("ab*,", max_size=3)
LISTS = st.dictionaries(
    st.sampled_from(["x", "y", "*"]), st.lists(GLOBS, max_size=2).map(tuple), max_size=2
)
TTLS = st.sampled_from([0, 0, 60, 120])


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    shortest, longest = draw(TTLS), draw(TTLS)
    stanza = Stanza(
        "a",
        (UPDATE,),
        allowed_parameters=tuple(draw(LISTS).items()),
        denied_parameters=tuple(draw(LISTS).items()),
        required_parameters=tuple(draw(st.lists(st.sampled_from("xyz"), unique=True))),
        min_wrapping_ttl=shortest,
        max_wrapping_ttl=longest,
    )
    return rule_of(Pattern("a"), Source("p", stanza))


VALUES: st.SearchStrategy[Json] = st.one_of(
    st.text("abc,", max_size=3), st.lists(st.text("ab", max_size=2), max_size=2)
)
BODIES = st.dictionaries(st.sampled_from(["x", "y", "z", "*"]), VALUES, max_size=3)


@settings(max_examples=500)
@given(rules(), rules(), BODIES, st.sampled_from([None, 0, 59, 60, 90, 120, 121]))
def test_no_request_is_newly_allowed_without_an_example(
    old: Rule, new: Rule, data: dict[str, Json], wrap_ttl: float | None
) -> None:
    newly = not refusal(new, Operation.UPDATE, data, wrap_ttl) and refusal(
        old, Operation.UPDATE, data, wrap_ttl
    )
    if newly:
        assert loosened(old, new, UPDATE)
