"""Words in a row, amounts, and long texts."""

from __future__ import annotations

from policies import texts


def test_words_are_joined() -> None:
    assert [texts.joined(words) for words in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_of_too_many_the_first_are_named_and_the_others_counted() -> None:
    assert texts.some("abc", most=3) == "a, b and c"
    assert texts.some("abcde", most=3) == "a, b, c and 2 others"
    assert texts.some("abcdefghij").endswith(" i and j")
    assert texts.some("abcdefghijk").endswith(" i, j and 1 other")


def test_amounts() -> None:
    assert [texts.counted(n, "one", "many") for n in (0, 1, 2)] == ["", "1 one", "2 many"]


def test_long_texts_are_cut_and_say_so() -> None:
    assert texts.clipped("x" * 1000) == "x" * 1000
    assert texts.clipped("x" * 1007) == f"{'x' * 1000}\N{HORIZONTAL ELLIPSIS} (7 more characters)"


def test_paths_and_names_are_told_from_plain_words() -> None:
    assert list(texts.words('may read "secret/data/a*", (f(x)) for 24h.')) == [
        ("may", "", ""),
        ("read", "", ""),
        ('"', "secret/data/a*", '",'),
        ("(", "f(x)", ")"),
        ("for", "", ""),
        ("24h.", "", ""),
    ]


def test_a_word_keeps_what_it_opens_itself_and_letters_at_its_ends() -> None:
    said = """path="a/b", path='a/b'. a/b" ("X/X")"""
    assert list(texts.words(said)) == [
        ("", 'path="a/b"', ","),
        ("", "path='a/b'", "."),
        ("", "a/b", '"'),
        ('("', "X/X", '")'),
    ]


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    """Names in a pull request are anybody's: colours, a line of their own, text turned around."""
    assert texts.seen("é\x1b[31m\r\n\t\u202e\x07") == "é\\x1b[31m\\r\\n\\t\\u202e\\x07"
    assert texts.seen("a\nb\r\x1b", lines=True) == "a\nb\\r\\x1b"
