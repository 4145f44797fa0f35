"""What lies beside the pages, and where the repository's files are."""

from __future__ import annotations

from pathlib import Path

from docs._ext.links import address, beside


def test_a_file_of_the_repository_is_on_github() -> None:
    assert (
        address("https://example.com/some/where", "main", Path("policies/matrix.py"))
        == "https://example.com/some/where/blob/main/policies/matrix.py"
    )


def test_files_between_the_pages_are_found(tmp_path: Path) -> None:
    for name in ("page.md", "conf.py", "_static/site.css", "a.svg", "review/report.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert list(beside(tmp_path)) == [Path("a.svg"), Path("review/report.html")]
