"""The files that a pod's annotations ask for, as hashicorp/vault-k8s 1.7.6 gathers them: by the
name that ends `agent-inject-secret-<name>` or `agent-inject-template-<name>`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from rehearsal.delivery.annotations import PREFIX, Annotations, flag_of
from rehearsal.errors import RehearsalError


@dataclass(frozen=True, slots=True)
class File:
    """One file that the agent writes."""

    name: str
    mount: str
    """The folder of the volume that it is in."""
    destination: str
    template: str
    secret: str = ""
    """The path in Vault; empty where only the template names it."""
    left_delimiter: str = "{{"
    right_delimiter: str = "}}"
    command: str = ""
    permissions: str = ""
    error_on_missing_key: bool = False


# What a file without a template of its own is: all fields of the answer, of KV v2's answer too.
_DEFAULT_TEMPLATES: Final = {
    "map": (
        '{{{{ with secret "{path}" }}}}{{{{ range $k, $v := .Data }}}}{{{{ $k }}}}: {{{{ $v }}}}\n'
        "{{{{ end }}}}{{{{ end }}}}"
    ),
    "json": '{{{{ with secret "{path}" }}}}{{{{ .Data | toJSON }}}}\n{{{{ end }}}}',
}

# Stem of what belongs to one file -> the field. A stem stands before those that it begins with.
_DETAILS: Final = {
    "agent-inject-file": "destination",
    "agent-inject-perms": "permissions",
    "agent-inject-command": "command",
    "agent-template-left-delim": "left_delimiter",
    "agent-template-right-delim": "right_delimiter",
    "error-on-missing-key": "error_on_missing_key",
    "secret-volume-path": "mount",
    "preserve-secret-case": "case",
}


def files_of(said: Annotations, mount: str, default_template: str) -> tuple[File, ...]:
    """Sorted by name. `mount`: the folder that they are in, unless they say another.

    Raises `RehearsalError` for a detail of a file that is not asked for: the injector passes it
    over, and a permission or a command that is not there is a fault nobody sees.
    """
    kind = said.text("agent-inject-default-template", default_template).lower()
    if kind not in _DEFAULT_TEMPLATES:
        raise RehearsalError(
            f"annotation {PREFIX}agent-inject-default-template: {kind!r} is neither map nor json, "
            "and the injector would refuse the pod; write one of them"
        )
    keep_case = said.flag("preserve-secret-case")
    _refuse_template_files(said)
    secrets = dict(said.family("agent-inject-secret"))
    templates = dict(said.family("agent-inject-template"))
    details: dict[str, dict[str, str]] = {}
    for stem, field in _DETAILS.items():
        for name, value in said.family(stem):
            details.setdefault(name, {})[field] = value
    asked = {
        name for given in (secrets, templates) for name, value in given.items() if value.strip()
    }
    if stray := details.keys() - asked:
        raise RehearsalError(
            f"annotations for the files {', '.join(sorted(stray))}: no {PREFIX}agent-inject-secret-"
            "<name> asks for a file of that name, so the injector passes them over; correct the "
            "name"
        )
    return tuple(
        _file(
            name,
            secrets.get(name, ""),
            templates.get(name, "") or _DEFAULT_TEMPLATES[kind].format(path=secrets.get(name, "")),
            details.get(name, {}),
            mount,
            keep_case,
        )
        for name in sorted(asked)
    )


def _refuse_template_files(said: Annotations) -> None:
    for name, _ in said.family("agent-inject-template-file"):
        raise RehearsalError(
            f"annotation {PREFIX}agent-inject-template-file-{name}: the file is in a volume that "
            f"is not looked at here; write its text into {PREFIX}agent-inject-template-{name}"
        )


def _file(
    name: str, secret: str, template: str, details: dict[str, str], mount: str, keep_case: bool
) -> File:
    case = f"{PREFIX}preserve-secret-case-{name}"
    keep = flag_of(case, details["case"]) if "case" in details else keep_case
    folder = PurePosixPath(details.get("mount", mount))
    written = details.get("destination") or (name if keep else name.lower())
    missing = f"annotation {PREFIX}error-on-missing-key-{name}"
    file = File(
        name=name,
        mount=str(folder),
        # Joined as the injector does: a leading slash stays within the folder.
        destination=str(folder / written.lstrip("/")),
        template=template,
        secret=secret,
        command=details.get("command", ""),
        permissions=details.get("permissions", ""),
        error_on_missing_key=flag_of(missing, details.get("error_on_missing_key", "")),
    )
    return replace(
        file,
        left_delimiter=details.get("left_delimiter") or file.left_delimiter,
        right_delimiter=details.get("right_delimiter") or file.right_delimiter,
    )
