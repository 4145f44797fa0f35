"""KV entries in Vault: looked at, compared, and changed by check-and-set.

Of an entry that is there only the moved keys are written, by a merge patch: the others stay, and
whoever may not read (a rotation) may still do it. The token goes into a header and nowhere else.
It deliberately does not log in: an agent does, or `vault login`. Nor does it use anything of the
process' environment but what it names: a proxy would see what goes to an agent on this machine, and
`.netrc` would send its own password to Vault.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import hvac
import requests
from hvac.adapters import RawAdapter

from migration.errors import Conflict, MigrationError
from migration.moving.places import Seen, Status
from policies.paths import SecretPath
from policies.resources import KvEntry

_SECONDS: Final = 30
_MERGE_PATCH: Final = {"Content-Type": "application/merge-patch+json"}
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Vault:
    """Vault's API with one token."""

    def __init__(self, address: str, ca_file: str | None, token: str) -> None:
        url = urlsplit(address)
        if url.scheme not in ("https", "http") or not url.hostname:
            raise MigrationError(
                f"VAULT_ADDR: must be Vault's URL, is {address!r}; write such as "
                "https://vault.example.com:8200"
            )
        if url.scheme == "http" and url.hostname not in _LOOPBACK:
            raise MigrationError(
                f"VAULT_ADDR: must be https, since the token and the values travel there; is "
                f"{address!r}"
            )
        if ca_file and not Path(ca_file).is_file():
            raise MigrationError(f"VAULT_CACERT: {ca_file!r} is no file; name the CA certificate")
        self.name = f"Vault at {address}"
        session = requests.Session()
        session.trust_env = False
        session.verify = ca_file or True
        self._client = hvac.Client(
            url=address,
            token=token,
            timeout=_SECONDS,
            adapter=RawAdapter,
            session=session,
            # Whoever is redirected to would be sent the token and the values, wherever it is.
            allow_redirects=False,
        )

    @classmethod
    def from_environment(cls, token_file: Path | None) -> Vault:
        """VAULT_ADDR, VAULT_CACERT; the token from the file that an agent keeps, or VAULT_TOKEN."""
        address = os.environ.get("VAULT_ADDR", "")
        if not address:
            raise MigrationError("VAULT_ADDR: is not set; export it, such as https://<host>:8200")
        return cls(address, os.environ.get("VAULT_CACERT") or None, _token(token_file))

    def again(self, token_file: Path | None) -> Vault:
        """With the token that is in the file now; where it is the same, with the connections."""
        if token_file is None or _token(token_file) == self._client.token:
            return self
        return Vault.from_environment(token_file)

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """The ACL policies of the token."""
        answer = self._ask("GET", "auth/token/lookup-self")
        if answer.status_code == requests.codes.forbidden:
            raise MigrationError(f"{self.name}: refuses the token; log in again")
        data = self._body(answer, "auth/token/lookup-self")["data"]
        return (*(data.get("policies") or ()), *(data.get("identity_policies") or ()))

    def read(self, path: SecretPath) -> None:
        """Read an entry and forget it. Raises `MigrationError` where that is not answered."""
        self._body(self._ask("GET", path.data), path.data)

    def look(self, entry: KvEntry, values: Mapping[str, str]) -> Seen:
        path = entry.path
        answer = self._ask("GET", path.data)
        if answer.status_code == requests.codes.forbidden:
            return self._look_without_reading(path, values)
        if answer.status_code == requests.codes.not_found:
            # Without a body there never was anything; with one its last version was deleted.
            version = ((answer.json().get("data") or {}).get("metadata") or {}).get("version", "")
            return Seen(str(version), dict.fromkeys(values, Status.NEW), deleted=bool(version))
        data = self._body(answer, path.data)["data"]
        there = data["data"]
        return Seen(
            str(data["metadata"]["version"]),
            {key: _status(there, key, value) for key, value in values.items()},
            frozenset(there) - values.keys(),
        )

    def _look_without_reading(self, path: SecretPath, values: Mapping[str, str]) -> Seen:
        """A rotation may write and not read; the version's number is metadata."""
        answer = self._ask("GET", path.metadata)
        if answer.status_code == requests.codes.not_found:
            return Seen("", dict.fromkeys(values, Status.NEW))
        if answer.status_code == requests.codes.forbidden:
            raise MigrationError(
                f"{path.text}: this token may see neither the values nor the versions; come as "
                f"somebody who may: python -m policies who-can {path.metadata} read"
            )
        version = self._body(answer, path.metadata)["data"]["current_version"]
        if not version:
            return Seen("", dict.fromkeys(values, Status.NEW))
        return Seen(str(version), dict.fromkeys(values, Status.UNREADABLE))

    def write(self, entry: KvEntry, values: Mapping[str, str], seen: Seen) -> str:
        path = entry.path.data
        options = {"cas": int(seen.version or 0)}
        if not seen.version or seen.deleted:
            body = {"options": options, "data": dict(values)}
            answer = self._ask("POST", path, body)
        else:
            changed = {key: value for key, value in values.items() if key in seen.to_write}
            body = {"options": options, "data": changed}
            answer = self._ask("PATCH", path, body, _MERGE_PATCH)
        if answer.status_code == requests.codes.forbidden:
            verb = "patch" if seen.version else "create"
            raise MigrationError(
                f"{entry.path.text}: this token may not {verb} it; come as somebody who may: "
                f"python -m policies who-can {path} {verb}"
            )
        if answer.status_code == requests.codes.not_found:
            raise MigrationError(
                f"{entry.path.text}: its last version was deleted, so there is nothing to change; "
                "undelete it first"
            )
        if answer.status_code == requests.codes.bad_request and "check-and-set" in answer.text:
            raise Conflict(
                f"{entry.path.text}: somebody wrote it after version {seen.version or 'none'} was "
                "seen; look at it again"
            )
        return str(self._body(answer, path)["data"]["version"])

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        try:
            answer: requests.Response = self._client.adapter.request(
                method, f"/v1/{path}", json=body, headers=headers, raise_exception=False
            )
        except requests.exceptions.SSLError:
            raise MigrationError(
                f"{self.name}: its certificate is not from the CA in VAULT_CACERT; name the right "
                "CA"
            ) from None
        except requests.exceptions.RequestException as error:
            kind = type(error).__name__
            raise MigrationError(f"{self.name}: cannot be reached ({kind}); is it up?") from None
        if answer.is_redirect:
            other = urlsplit(answer.headers["Location"])
            raise MigrationError(
                f"{self.name}: sends on to {other.scheme}://{other.netloc}, and was not followed, "
                "for the token and the values would go there; if that is Vault's leader, name it "
                "in VAULT_ADDR"
            )
        return answer

    def _body(self, answer: requests.Response, path: str) -> Any:
        """Vault's own reason is about paths and parameters, never about values."""
        if not answer.ok:
            try:
                errors = answer.json().get("errors") or ()
            except ValueError:
                errors = ("no JSON",)
            said = "; ".join(map(str, errors))
            raise MigrationError(f"{self.name}: {path}: answers {answer.status_code} ({said})")
        return answer.json()


def _status(there: Mapping[str, Any], key: str, value: str) -> Status:
    if key not in there:
        return Status.NEW
    return Status.THERE if there[key] == value else Status.DIFFERS


def _token(file: Path | None) -> str:
    if file is None:
        token = os.environ.get("VAULT_TOKEN", "").strip()
    else:
        try:
            token = file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise MigrationError(f"--token-file {file}: cannot be read; name an agent's") from None
    if not token:
        raise MigrationError(
            "no token: set VAULT_TOKEN, or name the file that an agent keeps by --token-file; it "
            "is never an argument, which every process of this machine could read"
        )
    return token
