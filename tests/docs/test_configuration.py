"""The configuration's reference has every key, with what the schema says of it."""

from __future__ import annotations

import yaml

from docs._ext.configuration import Key, keys, page
from tests.recording import ROOT

SCHEMA = """\
name: some
config:
  # --- where ---
  environment:
    type: string
    description: "Which one."
  # An ordinary comment.
  hosts:
    type: array
    items: { type: string }
    default: []
    description: "Names: of hosts."
  # --- engines, with `x` ---
  password:
    type: string
    default: ""
    description: "Secret. Of the administrator."
"""


def test_a_key_is_as_the_schema_has_it() -> None:
    assert list(keys(SCHEMA)) == [
        Key("environment", "string", None, "Which one.", secret=False, part="where"),
        Key("hosts", "array of string", "[]", "Names: of hosts.", secret=False, part="where"),
        Key(
            "password",
            "string",
            "''",
            "Of the administrator.",
            secret=True,
            part="engines, with `x`",
        ),
    ]


def test_every_key_of_the_program_is_there() -> None:
    project = ROOT / "Pulumi.yaml"
    text = page(project)
    config = yaml.safe_load(project.read_text())["config"]
    assert len(config) > 100
    for name, told in config.items():
        block = text.split(f"{{confval}} {name}\n")[1].split("```")[0]
        assert told["description"].removeprefix("Secret. ") in block
        assert (", secret" in block) == told["description"].startswith("Secret.")
    assert "## Engines\n" in text


def test_no_key_is_without_a_part() -> None:
    assert all(key.part for key in keys((ROOT / "Pulumi.yaml").read_text()))
