"""The picture of the packages: who imports whom, from the code, with what each says of itself.

    python -m docs._ext.picture

It has a background of its own: pages that show it may be light or dark.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from docs._ext.imports import Graph, graph
from docs._ext.layout import WIDTH, Layout, Place, layout

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "docs" / "packages.svg"

_LINE: Final = 16
_PADDING: Final = 12
_BETWEEN: Final = 56
_MARGIN: Final = 24
_LETTERS: Final = 27
"""In a line; all else is in pixels."""
_CORE: Final = ("policies", "components", "__main__")
_STYLE: Final = """\
  .page { fill: #ffffff; stroke: #d0d7de; }
  .part { fill: #f6f8fa; stroke: #57606a; }
  .core { fill: #ddf4ff; stroke: #0969da; }
  .name { font: 600 14px ui-monospace, monospace; fill: #1f2328; }
  .says { font: 12px system-ui, sans-serif; fill: #424a53; }
  .way { fill: none; stroke: #57606a; stroke-width: 1.5; }
  .head { fill: #57606a; }"""
_HEAD: Final = (
    '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker>'
)
Extent = tuple[int, int]
"""Where something begins and ends, from above."""


def picture(packages: Graph) -> str:
    """As SVG."""
    made = layout(packages)
    texts = {part: textwrap.wrap(says, _LETTERS) for part, says in packages.says.items()}
    rows = dict(_rows(made, texts))
    left = min(x - place.width / 2 for place, x in made.centres.items()) - _MARGIN
    width = max(x + place.width / 2 for place, x in made.centres.items()) + _MARGIN - left
    height = max(bottom for _, bottom in rows.values()) + _MARGIN
    return "\n".join(
        (
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
                'role="img" aria-label="The packages, and which imports which">'
            ),
            f"<style>\n{_STYLE}\n</style>",
            _HEAD,
            f'<rect class="page" width="{width:.0f}" height="{height:.0f}" rx="8"/>',
            f'<g transform="translate({-left:.0f} 0)">',
            *(_way(made, rows, above, below) for above, below in made.ways),
            *(
                line
                for place, centre in made.centres.items()
                if not place.towards
                for line in _box(place.part, texts[place.part], centre, rows[place])
            ),
            "</g>",
            "</svg>",
            "",
        )
    )


def _rows(made: Layout, texts: Mapping[str, Sequence[str]]) -> Iterator[tuple[Place, Extent]]:
    """Each place, with where its row begins and ends. A row is as high as its longest text."""
    top = _MARGIN
    for row in reversed(made.rows):
        lines = 1 + max(len(texts[place.part]) for place in row if not place.towards)
        bottom = top + 2 * _PADDING + lines * _LINE
        yield from ((place, (top, bottom)) for place in row)
        top = bottom + _BETWEEN


def _way(made: Layout, rows: Mapping[Place, Extent], above: Place, below: Place) -> str:
    (_, start), (end, through) = rows[above], rows[below]
    half = (start + end) / 2
    x, to = made.centres[above], made.centres[below]
    path = f"M{x:.0f} {start} C{x:.0f} {half:.0f} {to:.0f} {half:.0f} {to:.0f} {end}"
    if below.towards:
        return f'<path class="way" d="{path} V{through}"/>'
    return f'<path class="way" d="{path}" marker-end="url(#head)"/>'


def _box(name: str, says: Sequence[str], centre: float, row: Extent) -> Iterator[str]:
    x, (top, bottom) = centre - WIDTH / 2, row
    kind = "core" if name in _CORE else "part"
    shown = "__main__.py" if name == "__main__" else name
    yield (
        f'<rect class="{kind}" x="{x:.0f}" y="{top}" width="{WIDTH}" height="{bottom - top}" '
        'rx="6"/>'
    )
    for number, (line, style) in enumerate(((shown, "name"), *((line, "says") for line in says))):
        down = top + _PADDING + _LINE * (number + 0.75)
        yield (f'<text class="{style}" x="{x + _PADDING:.0f}" y="{down:.0f}">{escape(line)}</text>')


def main() -> None:
    """Writes the picture."""
    FILE.write_text(picture(graph(ROOT)), encoding="utf-8")


if __name__ == "__main__":
    main()
