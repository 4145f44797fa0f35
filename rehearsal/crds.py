"""CustomResourceDefinitions as their projects publish them, for the rehearsal's API server.

Taken from the published Go modules that `tools/crds/go.mod` and `go.sum` pin, and kept as JSON in
the cache (`.cache/crds/` in the repository), so that only the first time needs Go and the network.
Nothing of the modules is built, and what they depend on is not downloaded.

Deliberately only the kinds that vaultstack declares or counts on. What no registry publishes
(`ours`) is described in `tools/crds/` by ourselves, as far as it is declared here.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from rehearsal.binaries import (
    CACHE,
    ROOT,
    find_go,
    go_environment,
    locked,
    print_progress,
)
from rehearsal.building import Progress
from rehearsal.errors import RehearsalError

Json = Mapping[str, Any]

_CERT_MANAGER: Final = "github.com/cert-manager/cert-manager"
_PROMETHEUS: Final = "github.com/prometheus-operator/prometheus-operator"
_PROMETHEUS_FOLDER: Final = "example/prometheus-operator-crd"
_SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "Certificate": (_CERT_MANAGER, "deploy/crds/cert-manager.io_certificates.yaml"),
    "Issuer": (_CERT_MANAGER, "deploy/crds/cert-manager.io_issuers.yaml"),
    "ClusterIssuer": (_CERT_MANAGER, "deploy/crds/cert-manager.io_clusterissuers.yaml"),
    "ServiceMonitor": (
        _PROMETHEUS,
        f"{_PROMETHEUS_FOLDER}/monitoring.coreos.com_servicemonitors.yaml",
    ),
    "PodMonitor": (_PROMETHEUS, f"{_PROMETHEUS_FOLDER}/monitoring.coreos.com_podmonitors.yaml"),
    "PrometheusRule": (
        _PROMETHEUS,
        f"{_PROMETHEUS_FOLDER}/monitoring.coreos.com_prometheusrules.yaml",
    ),
}
"""Kind -> module, and the definition's file in it."""

_OURS: Final[Mapping[str, str]] = {"SecretProviderClass": "secret_provider_class.yaml"}
"""Kind -> the definition's file in `tools/crds/`."""

KINDS: Final = tuple(_SOURCES)
_PATIENCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Pins:
    """What `tools/crds/` pins."""

    folder: Path
    go: tuple[int, int, int]
    versions: Mapping[str, str]
    """Module -> version, with the leading v."""

    @property
    def sums(self) -> str:
        return (self.folder / "go.sum").read_text()

    @property
    def digest(self) -> str:
        """Changes with everything that decides which definitions there are."""
        parts = [(self.folder / name).read_bytes() for name in ("go.mod", "go.sum")]
        return hashlib.sha256(b"\0".join([*parts, json.dumps(_SOURCES).encode()])).hexdigest()


def ensure(
    *, progress: Progress = print_progress, root: Path = ROOT, cache: Path = CACHE
) -> dict[str, Json]:
    """The definitions by kind: from the cache, else extracted into it from the pinned modules.

    `progress` is called with one line when something is downloaded. Raises `RehearsalError`.
    """
    pins = read_pins(root)
    kept = cache / "crds" / pins.digest / "definitions.json"
    if not kept.is_file():
        with locked(cache, "custom resource definitions", progress):
            # Another rehearsal may have brought them while we waited for the lock.
            if not kept.is_file():
                _extract(pins, kept, cache, progress)
    definitions: dict[str, Json] = json.loads(kept.read_text())
    return definitions


def ours(root: Path = ROOT) -> dict[str, Json]:
    """The definitions, by kind, that are written here. Raises `RehearsalError`."""
    folder = root / "tools" / "crds"
    return {kind: _read(kind, folder / file) for kind, file in _OURS.items()}


def read_pins(root: Path = ROOT) -> Pins:
    """Read the modules' versions and the lowest Go from `tools/crds/go.mod`."""
    folder = root / "tools" / "crds"
    path = folder / "go.mod"
    repair = f"Restore it: git checkout {folder}"
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise RehearsalError(f"{path} is missing, which pins modules. {repair}") from None
    go = re.search(r"^go (\d+)\.(\d+)(?:\.(\d+))?$", text, re.MULTILINE)
    if go is None:
        raise RehearsalError(f"{path}: has no line such as 'go 1.26.0'. {repair}")
    required: dict[str, str] = dict(
        re.findall(r"^(?:require)?\s*([\w.-]+/\S+) (v\S+)", text, re.MULTILINE)
    )
    modules = {module for module, _ in _SOURCES.values()}
    if missing := sorted(modules - required.keys()):
        raise RehearsalError(f"{path}: does not require {', '.join(missing)}. {repair}")
    major, minor, patch = (int(part or 0) for part in go.groups())
    return Pins(folder, (major, minor, patch), {module: required[module] for module in modules})


def _extract(pins: Pins, kept: Path, cache: Path, progress: Progress) -> None:
    needed_for = "custom resource definitions"
    go = find_go(pins.go, needed_for=needed_for, cache=cache, progress=progress)
    wanted = sorted(f"{module}@{version}" for module, version in pins.versions.items())
    progress(f"{needed_for}: from the modules {', '.join(wanted)}")
    folders = _download(go, pins, wanted)
    definitions = {
        kind: _read(kind, folders[module] / path) for kind, (module, path) in _SOURCES.items()
    }
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(definitions))
    unfinished.replace(kept)


def _download(go: Path, pins: Pins, wanted: list[str]) -> Mapping[str, Path]:
    """Module -> its folder among Go's own, checked against our go.sum."""
    with tempfile.TemporaryDirectory(prefix="vaultstack-crds-") as name:
        # Go adds to a go.sum what it lacks, so it gets a copy of ours.
        work = Path(name)
        for file in ("go.mod", "go.sum"):
            shutil.copy(pins.folder / file, work)
        try:
            ended = subprocess.run(
                [go, "mod", "download", "-json", *wanted],
                cwd=work,
                env=go_environment(work),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_PATIENCE.total_seconds(),
            )
        except subprocess.TimeoutExpired:
            raise _failed(wanted, f"not done after {_PATIENCE}") from None
    found = list(_objects(ended.stdout))
    errors = [str(module["Error"]) for module in found if "Error" in module]
    if ended.returncode != 0 or errors:
        raise _failed(wanted, "\n".join([*errors, ended.stderr.strip()]))
    for module in found:
        line = f"{module['Path']} {module['Version']} {module['Sum']}"
        if line not in pins.sums.splitlines():
            raise RehearsalError(
                f"{pins.folder / 'go.sum'}: lacks {line!r}, so that the download cannot be "
                "trusted. Add the line if you expected this version, else restore go.mod."
            )
    return {module["Path"]: Path(module["Dir"]) for module in found}


def _failed(wanted: list[str], why: str) -> RehearsalError:
    return RehearsalError(
        f"custom resource definitions: `go mod download {' '.join(wanted)}` failed. Repair what it "
        f"says (no network? a changed tools/crds/go.sum?) and run again:\n{why}"
    )


def _objects(text: str) -> list[Json]:
    """JSON objects, one after another."""
    decoder, found, position = json.JSONDecoder(), [], 0
    while rest := text[position:].lstrip():
        position = len(text) - len(rest)
        value, position = decoder.raw_decode(text, position)
        found.append(value)
    return found


def _read(kind: str, path: Path) -> Json:
    """The one definition in a file, which must be of this kind."""
    repair = f"Correct its place in {Path(__file__).name}"
    try:
        documents = [one for one in yaml.safe_load_all(path.read_text()) if one]
    except FileNotFoundError:
        raise RehearsalError(f"{path} is not in its module: it moved. {repair}.") from None
    except yaml.YAMLError as error:
        raise RehearsalError(f"{path} is no plain YAML, perhaps a template: {error}") from None
    for one in documents:
        if one.get("kind") == "CustomResourceDefinition" and one["spec"]["names"]["kind"] == kind:
            definition: Json = one
            return definition
    raise RehearsalError(f"{path} defines no {kind}. {repair}.")
