"""What Sphinx needs besides its own to make the site of these pages (`docs/conf.py`)."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from docs._ext import generated, links, navigation


def setup(app: Sphinx) -> ExtensionMetadata:
    """Sphinx's entry."""
    app.add_config_value("repository", "", "env", str)
    app.add_config_value("revision", "", "env", str)
    # The table of contents first: what a generated part links to is not of the page's own list.
    app.connect("source-read", navigation.navigate, priority=400)
    app.connect("source-read", generated.fill)
    app.add_transform(links.Links)
    app.connect("build-finished", links.lay_beside)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
