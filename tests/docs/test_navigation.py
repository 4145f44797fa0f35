"""What an index lists is the site's table of contents."""

from __future__ import annotations

from docs._ext.navigation import Part, navigated, parts
from tests.recording import ROOT

INDEX = """\
# The project

Words, and [a page](early.md).

## First steps

- [Start](start.md): how; see [a part of it](start.md#part) and [elsewhere](https://example.com/x.md).
- `[no](link.md)`

| what | page |
|---|---|
| when it breaks | [Runbooks](runbooks/README.md) |

```
[neither](code.md)
```

## Again

- [Start](start.md), [outside](../README.md), [a file](report.html), [Last](last.md)
"""


def test_headings_are_parts_and_links_their_pages() -> None:
    assert list(parts("index", INDEX)) == [
        Part("The project", ("early",)),
        Part("First steps", ("start", "runbooks/README")),
        Part("Again", ("last",)),
    ]


def test_a_folders_index_lists_its_own_folder_in_one_part() -> None:
    text = "# Runbooks\n[a](a.md) [up](../kubernetes.md)\n## More\n[b](b.md) [c](below/c.md)\n"
    assert navigated("runbooks/README", text) == (
        f"{text}\n```{{toctree}}\n:hidden:\n\n/runbooks/a\n/runbooks/b\n```\n"
    )


def test_an_index_has_a_caption_for_each_part() -> None:
    added = navigated("index", INDEX).removeprefix(INDEX)
    assert ":caption: First steps\n\n/start\n/runbooks/README\n```" in added
    assert added.count("{toctree}") == 3


def test_other_pages_stay_as_they_are() -> None:
    assert navigated("start", INDEX) == INDEX
    assert navigated("runbooks/README", "# Nothing\n") == "# Nothing\n"


def test_every_page_is_listed_by_an_index() -> None:
    """Otherwise name it in docs/index.md, or in its folder's README."""
    docs = ROOT / "docs"
    names = {path.relative_to(docs).with_suffix("").as_posix() for path in docs.rglob("*.md")}
    listed = {"index"}
    for index in sorted(names):
        if index == "index" or index.endswith("/README"):
            text = (docs / f"{index}.md").read_text()
            listed |= {name for part in parts(index, text) for name in part.pages}
    assert names - listed == set()
