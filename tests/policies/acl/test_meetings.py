"""`policies.acl.meetings` finds what `policies.acl` says has a path in common."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.acl import Pattern
from policies.acl.meetings import Meetings
from policies.acl.patterns import meeting

SEGMENTS = st.sampled_from(["a", "b", "ab", "abc", "+", ""])
PATTERNS = st.builds(
    lambda parts, end: Pattern.of("/".join(parts) + end),
    st.lists(SEGMENTS, min_size=1, max_size=4),
    st.sampled_from(["", "", "*", "/*", "/"]),
).filter(lambda pattern: "+*" not in pattern.text)


@settings(max_examples=500)
@given(st.lists(PATTERNS, max_size=8), PATTERNS)
def test_it_finds_those_that_have_a_path_in_common(known: list[Pattern], asked: Pattern) -> None:
    found = Meetings((pattern, place) for place, pattern in enumerate(known)).of(asked)
    wanted = [place for place, one in enumerate(known) if meeting(one, asked) is not None]
    assert sorted(found) == wanted


def test_a_pattern_may_have_several_values() -> None:
    both = Meetings([(Pattern.of("a/*"), 1), (Pattern.of("a/*"), 2)])
    assert sorted(both.of(Pattern.of("a/b"))) == [1, 2]
    assert list(both.of(Pattern.of("b"))) == []
