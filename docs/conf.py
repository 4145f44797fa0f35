"""What Sphinx is told to make the site of these pages: `make site`.

Nothing is fetched while it is built or read: no fonts, no scripts, no other projects' inventories.
"""  # noqa: INP001 - a folder of pages is no package

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))


# Runs of CI say whose repository it is; elsewhere it is the example company's.
_REPOSITORY: Final = (
    f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}"
    f"/{os.environ.get('GITHUB_REPOSITORY', 'acme/vaultstack')}"
)

project = "vaultstack"
html_title = project
language = "en"
# Pages are shown as they are written: a command's quotes and dashes, too.
smartquotes = False
extensions = ["myst_parser", "docs._ext"]
source_suffix = {".md": "markdown"}
exclude_patterns: list[str] = []
nitpicky = True
# Annotations name types of Python and of libraries, which have no page here.
nitpick_ignore_regex = [("py:.*", ".*")]
# Two modules may each have a class of one name, and a third annotate with it.
suppress_warnings = ["ref.python"]

myst_heading_anchors = 6
myst_links_external_new_tab = False

repository = _REPOSITORY
revision = os.environ.get("GITHUB_SHA", "main")

add_module_names = False
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options: dict[str, Any] = {
    "source_repository": f"{_REPOSITORY}/",
    "source_branch": "main",
    "source_directory": "docs/",
}
