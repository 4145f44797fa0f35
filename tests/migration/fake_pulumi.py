"""What `pulumi config` does to a stack's file, as far as the importer asks it: a program to be put
into PATH. It "encrypts" by reversing, and notes how it was called, without what it was given.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pytest

_PROGRAM: Final = """#!{python}
import argparse, json, os, re, sys, yaml

parser = argparse.ArgumentParser()
parser.add_argument("words", nargs="+")
for name in ("--secret", "--raw", "--show-secrets", "--json", "--non-interactive"):
    parser.add_argument(name, action="store_true")
for name in ("--path", "--stack", "--config-file"):
    parser.add_argument(name)
options = parser.parse_args()
with open({calls!r}, "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if os.environ.get("PULUMI_CONFIG_PASSPHRASE") != "right":
    sys.exit("error: incorrect passphrase")
content = yaml.safe_load(open(options.config_file)) or {{}}
values = content.setdefault("config", {{}}).setdefault("vaultstack:kvValues", {{}})
if options.words == ["config", "set"]:
    path, key = re.fullmatch(r'vaultstack:kvValues\\["(.*)"\\]\\.(.*)', options.path).groups()
    value = sys.stdin.read()
    if os.environ.get("TEST_WITHOUT_RAW") or not options.raw:
        value = value.rstrip("\\n")
    values.setdefault(path, {{}})[key] = {{"secure": value[::-1]}}
    yaml.safe_dump(content, open(options.config_file, "w"))
    if os.environ.get("TEST_MEANWHILE"):
        open(os.environ["TEST_MEANWHILE"], "a").write("# somebody\\n")
else:
    plain = {{p: {{k: v["secure"][::-1] for k, v in e.items()}} for p, e in values.items()}}
    answer = {{"vaultstack:kvValues": {{"value": json.dumps(plain), "secret": True}}}}
    print(os.environ.get("TEST_ANSWER") or json.dumps(answer))
"""


class FakePulumi:
    """`calls`: the arguments of each call, as JSON lists."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.program = folder / "program"
        self.program.mkdir()
        self.file = self.program / "Pulumi.dev.yaml"
        self.file.write_text("config:\n  vaultstack:environment: dev\n")
        self.calls = folder / "calls"
        self.calls.touch()
        bin_ = folder / "bin"
        bin_.mkdir()
        made = bin_ / "pulumi"
        made.write_text(_PROGRAM.format(python=sys.executable, calls=str(self.calls)))
        made.chmod(0o755)
        monkeypatch.setenv("PATH", str(bin_))
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "right")
