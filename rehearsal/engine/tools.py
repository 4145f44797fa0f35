"""Pulumi's command line and its plugins, as they lie on this computer. Installs none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError

EXISTING: Final = ("vault", "random")
"""Plugins that `target: existing` needs."""
KUBERNETES: Final = (*EXISTING, "kubernetes")
"""Plugins that `target: kubernetes` needs, where the resources of AWS are given."""
_LANGUAGE: Final = "pulumi-language-python"


class MissingToolsError(RehearsalError):
    """Something is not installed. The message says what, and how to get it."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What was found."""

    pulumi: Path
    plugins: Path | None
    """The folder in which `pulumi plugin install` puts them; none where all are on PATH."""


def find(plugins: Sequence[str], environment: Mapping[str, str] = os.environ) -> Installed:
    """On PATH, or where Pulumi installs plugins. Raises `MissingToolsError`."""
    path = environment.get("PATH", os.defpath)
    cli = shutil.which("pulumi", path=path)
    folder = _plugin_folder(environment)
    missing = [] if cli else ["the command line `pulumi`"]
    # It comes with the command line, beside it.
    if cli and not shutil.which(_LANGUAGE, path=path):
        missing.append(f"its part for Python, `{_LANGUAGE}`")
    absent = [one for one in plugins if not _has_plugin(one, path, folder)]
    missing += [f"the plugin `{one}`" for one in absent]
    if cli is None or missing:
        raise MissingToolsError(_advice(missing, absent))
    return Installed(Path(cli).resolve(), folder if folder.is_dir() else None)


def _plugin_folder(environment: Mapping[str, str]) -> Path:
    home = environment.get("PULUMI_HOME") or Path(environment.get("HOME", "/")) / ".pulumi"
    return Path(home) / "plugins"


def _has_plugin(name: str, path: str, folder: Path) -> bool:
    on_path = shutil.which(f"pulumi-resource-{name}", path=path)
    return bool(on_path) or (folder / f"resource-{name}-v{version(f'pulumi-{name}')}").is_dir()


def _advice(missing: Sequence[str], plugins: Sequence[str]) -> str:
    installs = [
        f"  pulumi plugin install resource {one} {version(f'pulumi-{one}')}" for one in plugins
    ]
    return "\n".join(
        (
            f"Pulumi's real engine is not whole here. Missing: {', '.join(missing)}.",
            "The command line: https://www.pulumi.com/docs/install/",
            *(["The plugins, once that is on PATH:", *installs] if installs else []),
            "Nothing else depends on it: `make rehearse` and `make test` do without.",
        )
    )
