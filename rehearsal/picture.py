"""What a terminal shows, as a picture."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console


def save_picture(path: Path, title: str, show: Callable[[Console], None]) -> None:
    """What `show` prints, as SVG; it refers to nothing outside itself."""
    console = Console(record=True, file=io.StringIO(), width=116, color_system="truecolor")
    show(console)
    form = re.sub(r"@font-face {{.*?}}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    path.write_text(console.export_svg(title=title, code_format=form), encoding="utf-8")
