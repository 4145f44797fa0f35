"""The formats, by suffix and by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from attest import output
from attest.errors import UsageError
from tests.attest.output.reports import full, same


@pytest.mark.parametrize("name", output.FORMATS)
def test_every_format_begins_with_the_first_line_or_has_it(name: str) -> None:
    for made in (same(), full()):
        assert output.headline(made) in output.FORMATS[name](made)


def test_a_files_suffix_says_its_format() -> None:
    assert output.format_of(Path("a.md"), "json") == "markdown"
    assert output.format_of(Path("a.report"), "json") == "json"
    with pytest.raises(UsageError, match=r"--output: suffix .*\.pdf"):
        output.format_of(Path("a.pdf"), None)


@pytest.mark.parametrize("name", output.FORMATS)
def test_it_is_printed_as_asked(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    output.show(same(), name)
    assert output.headline(same()) in capsys.readouterr().out
