"""The reference of the configuration, from its schema in Pulumi.yaml.

A comment such as `# --- engines ---` begins a part there, and one here. A description that begins
with `Secret.` is of a key whose value belongs into `pulumi config set --secret`.

What the program checks besides (which keys belong together, which hosts may be named) its errors
say; this is the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

_PART: Final = re.compile(r"^ *# --- (.+) ---$")
_SECRET: Final = "Secret. "


@dataclass(frozen=True, slots=True)
class Key:
    name: str
    kind: str
    default: str | None
    """As YAML; without one the key must be set."""
    description: str
    secret: bool
    part: str


def keys(text: str) -> Iterator[Key]:
    """Every key, in the order of the file."""
    lines = text.splitlines()
    schema = yaml.compose(text, Loader=yaml.SafeLoader)
    described: dict[str, dict[str, Any]] = yaml.safe_load(text)["config"]
    assert isinstance(schema, yaml.MappingNode)
    (config,) = (value for key, value in schema.value if key.value == "config")
    at = {key.value: key.start_mark.line for key, _ in config.value}
    for name, told in described.items():
        parts = [found[1] for line in lines[: at[name]] if (found := _PART.match(line))]
        description = told["description"]
        yield Key(
            name,
            _kind(told),
            _yaml(told["default"]) if "default" in told else None,
            description.removeprefix(_SECRET),
            description.startswith(_SECRET),
            parts[-1] if parts else "",
        )


def _kind(told: dict[str, Any]) -> str:
    return f"{told['type']} of {told['items']['type']}" if "items" in told else str(told["type"])


def _yaml(value: object) -> str:
    """In one line. An empty text is shown as the two quotes that it is written as."""
    text = yaml.safe_dump(value, default_flow_style=True, width=1_000)
    return text.removesuffix("\n").removesuffix("\n...")


def page(project: Path) -> str:
    """As MyST: one `confval` for each key, which the search finds by its name."""
    found = list(keys(project.read_text(encoding="utf-8")))
    lines: list[str] = []
    for part in dict.fromkeys(key.part for key in found):
        lines += [f"## {part[:1].upper()}{part[1:]}", ""]
        for key in found:
            if key.part == part:
                lines += _shown(key)
    return "\n".join(lines)


def _shown(key: Key) -> Iterator[str]:
    yield f"```{{confval}} {key.name}"
    yield f":type: {key.kind}{', secret' if key.secret else ''}"
    default = f"`{key.default}`" if key.default is not None else "none: must be set"
    yield f":default: {json.dumps(default)}"
    yield ""
    yield key.description
    yield "```"
    yield ""
