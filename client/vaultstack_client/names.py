"""What an application may ask for by name: a secret's path, a role.

Names become parts of URLs, where `..`, `?` or an empty segment would ask Vault for something else
than what was meant. That Vault has such an entry is for Vault to say.
"""

from __future__ import annotations

import re
from typing import Final

from vaultstack_client.errors import ConfigurationError

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@=+ -]*")
_ROLE: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_SPECIAL: Final = re.compile(r"[\s?#%\\\x00-\x1f\x7f]")
_INFIXES: Final = ("data/", "metadata/")


def check_secret_path(path: str) -> str:
    """The path as it is known to people: below the mount, without `data/`."""
    if not all(_SEGMENT.fullmatch(segment) for segment in path.split("/")):
        raise ConfigurationError(
            f"secret path {path!r}: must be segments joined by '/', each starting with a letter, a "
            "digit or '_', with no '/' at either end; write one such as 'media-catalog/api'"
        )
    below = path.removeprefix("secret/")
    bare = next((below.removeprefix(x) for x in _INFIXES if below.startswith(x)), below)
    if bare != path:
        raise ConfigurationError(
            f"secret path {path!r}: must start below the mount, without 'secret/' and without the "
            f"infix of KV version 2, 'data/'; write {bare!r}"
        )
    return path


def check_role(kind: str, role: str) -> str:
    if not _ROLE.fullmatch(role):
        raise ConfigurationError(
            f"{kind} {role!r}: must be letters, digits, '_', and inner '.' and '-'; write the "
            "role's name as the access matrix has it, such as 'kubesentiment-readwrite'"
        )
    return role


def check_path(path: str) -> str:
    """A path of Vault's own API, as in an ACL policy: `database/creds/some-role`."""
    segments = path.split("/")
    if any(segment in ("", ".", "..") for segment in segments) or _SPECIAL.search(path):
        raise ConfigurationError(
            f"path {path!r}: must be segments joined by '/', without '..', spaces, '?', '#' or '%' "
            "and with no '/' at either end; write one such as 'auth/token/lookup-self'"
        )
    return path
