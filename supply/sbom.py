"""Bills of materials in CycloneDX 1.6: what is installed to build and test, what the jobs' image
holds, what builds that image's packages, and the modules of the Go programs.

From the locks alone: the same commit gives the same bytes on every machine, and nobody outside is
asked. So they name every version with its package URL, for every platform, and deliberately not
what a locked package needs in turn, nor its licence (`licences` looks at those).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from supply import pins
from supply.pins import Pin
from supply.step import OUTPUT, ROOT, Answer

_OWN: Final = "vaultstack"
_NAMES: Final[Mapping[str, str]] = {
    "requirements.lock": "development",
    "jobs/requirements.lock": "jobs",
    "jobs/build-requirements.lock": "jobs-build",
}


class _Component(msgspec.Struct):
    name: str
    version: str = ""


class _Document(msgspec.Struct):
    components: list[_Component] = []


def audit(folder: Path = OUTPUT) -> Answer:
    """Writes them, and looks at what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    bills = {
        **{_NAMES[lock]: ("pypi", pins.python(ROOT / lock)) for lock in pins.LOCKS},
        **{file.parent.name: ("golang", pins.go(file)) for file in pins.go_files()},
    }
    findings = list[str]()
    for name, (kind, found) in bills.items():
        file = folder / f"{name}.cdx.json"
        file.write_text(made(name, kind, found))
        findings += (f"{file.name}: {one}" for one in problems(file.read_text(), found))
    count = len({(kind, pin) for kind, found in bills.values() for pin in found})
    return Answer(f"{len(bills)} bills of {count} components in {folder}", tuple(findings))


def made(name: str, kind: str, found: Iterable[Pin]) -> str:
    """A bill of materials. `kind`: of package URLs."""
    bill = Bom()
    # Neither random nor of the hour.
    bill.serial_number = None  # type: ignore[assignment] # as cyclonedx-py writes the same twice
    bill.metadata.timestamp = None  # type: ignore[assignment] # the same
    bill.metadata.component = Component(
        name=f"{_OWN}-{name}", type=ComponentType.APPLICATION, bom_ref=_OWN
    )
    parts = [_component(kind, pin) for pin in found]
    for part in parts:
        bill.components.add(part)
    bill.register_dependency(bill.metadata.component, parts)
    return f"{JsonV1Dot6(bill).output_as_string(indent=2)}\n"


def _component(kind: str, pin: Pin) -> Component:
    namespace, _, name = pin.name.rpartition("/")
    url = PackageURL(kind, namespace or None, name, pin.version)
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        purl=url,
        bom_ref=url.to_string(),
    )


def problems(text: str, found: Iterable[Pin]) -> tuple[str, ...]:
    """What CycloneDX's schema refuses in it, and which pins it lacks."""
    refused = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if refused is not None:
        return (f"is no CycloneDX 1.6: {refused}",)
    document = msgspec.json.decode(text, type=_Document)
    there = {Pin(one.name, one.version) for one in document.components}
    return tuple(f"lacks {pin}" for pin in sorted(set(found) - there))
