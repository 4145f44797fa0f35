"""A snapshot, read from Vault into a file: never more of it in memory than a piece.

Speaks to Vault by itself: what the client answers with is JSON, and this is not. The token it gets
is used for the one request and ended.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter

from vaultstack_client.errors import CannotVerify
from vaultstack_client.redirects import followed
from vaultstack_jobs.clock import Clock
from vaultstack_jobs.outcomes import FailedError
from vaultstack_jobs.strict import VaultPart

_CHUNK: Final = 1 << 20
# To connect, and of silence: Raft writes a snapshot down before Vault sends any of it.
_TIMEOUT: Final = (5, 120)
_PAUSES_SECONDS: Final = (1.0, 2.0, 4.0, 8.0)
"""A leader that is being elected is there soon; Kubernetes tries a failed run again later."""
_REDIRECTS: Final = 3
_MEDIA_TYPE: Final = "application/gzip"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which Vault answered."""

    cluster_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Source:
    """Vault, logged in as the job."""

    part: VaultPart
    clock: Clock
    session: requests.Session = field(repr=False)

    def origin(self) -> Origin:
        """Asks nothing that takes a token. Raises `FailedError`."""
        # Standbys answer with codes of their own, and all that is asked for.
        path = "sys/health?standbycode=200&performancestandbycode=200"
        body = self._json("look at Vault", "GET", path)
        if not body.get("cluster_id"):
            raise FailedError("Vault does not say which cluster it is; see whether it is unsealed")
        return Origin(str(body["cluster_id"]), str(body.get("version", "")))

    def download(self, into: Path, beat: Callable[[], object]) -> int:
        """All that Vault sends, into a new file; how many bytes that is. Whether it is whole,
        `snapshot_archive` finds: Vault's answer has no length, and an error in the middle of it
        looks like its end.

        Raises `FailedError`.
        """
        what = "read a snapshot"
        with self._asked(what, "GET", "sys/storage/raft/snapshot", stream=True) as answer:
            if answer.headers.get("Content-Type") != _MEDIA_TYPE:
                raise FailedError(f"{what}: Vault answered with something else; see its log")
            size = 0
            try:
                with into.open("xb") as file:
                    for chunk in answer.iter_content(_CHUNK):
                        beat()
                        file.write(chunk)
                        size += len(chunk)
            except requests.RequestException as error:
                raise FailedError(
                    f"{what}: Vault broke off after {size} bytes ({type(error).__name__})"
                ) from None
            except OSError as error:
                raise FailedError(_unwritable(into, size, error)) from None
        return size

    def _json(self, what: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        with self._asked(what, method, path, body) as answer:
            try:
                content = answer.json()
            except ValueError:
                content = None
        if not isinstance(content, dict):
            raise FailedError(f"{what}: what answers there is not Vault")
        return content

    @contextmanager
    def _asked(
        self, what: str, method: str, path: str, body: Any = None, *, stream: bool = False
    ) -> Iterator[requests.Response]:
        """The answer, once Vault can give one. What is refused is refused at once."""
        pauses = iter(_PAUSES_SECONDS)
        while True:
            try:
                answer = self._once(method, path, body, stream=stream)
            except requests.RequestException as error:
                problem = f"it cannot be reached ({type(error).__name__})"
            else:
                if answer.ok:
                    try:
                        yield answer
                    finally:
                        answer.close()
                    return
                problem = _said(answer)
                if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise FailedError(f"{what}: Vault said {problem}")
            pause = next(pauses, None)
            if pause is None:
                raise FailedError(f"{what}: Vault at {self.part.address}: {problem}")
            self.clock.sleep(pause)

    def _once(self, method: str, path: str, body: Any, *, stream: bool) -> requests.Response:
        url = f"{self.part.address.rstrip('/')}/v1/{path}"
        for _ in range(_REDIRECTS + 1):
            answer = self.session.request(
                method, url, json=body, timeout=_TIMEOUT, stream=stream, allow_redirects=False
            )
            if not answer.is_redirect:
                return answer
            # A standby has none to give: it names the leader.
            location = answer.headers.get("Location", "")
            answer.close()
            try:
                url = followed(url, location, pinned=self.part.ca_file is not None)
            except CannotVerify as error:
                raise FailedError(str(error)) from None
        raise requests.TooManyRedirects


@contextmanager
def logged_in(part: VaultPart, clock: Clock) -> Iterator[Source]:
    """As the pod's service account; at the end, the token is revoked. Raises `FailedError`."""
    try:
        jwt = Path(part.token_file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FailedError(f"{part.token_file}: must hold the pod's token, but {error}") from None
    with requests.Session() as session:
        session.trust_env = False
        session.verify = part.ca_file or True
        session.headers["X-Vault-Request"] = "true"
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=0))
        source = Source(part, clock, session)
        login = {"role": part.role, "jwt": jwt}
        answered = source._json("log in", "POST", "auth/kubernetes/login", login)  # noqa: SLF001
        session.headers["X-Vault-Token"] = str((answered.get("auth") or {}).get("client_token"))
        try:
            yield source
        finally:
            # It ends by itself within minutes.
            with suppress(FailedError, requests.RequestException):
                source._once("POST", "auth/token/revoke-self", None, stream=False).close()  # noqa: SLF001


def _said(answer: requests.Response) -> str:
    try:
        errors = answer.json().get("errors") or ()
    except (ValueError, AttributeError):
        errors = ()
    said = "; ".join(" ".join(str(error).split()) for error in errors)
    return f"{answer.status_code} {said}".strip()


def _unwritable(path: Path, size: int, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"{path.parent}: is full after {size} bytes of the snapshot; fix: make it larger "
            "(snapshotStorage)"
        )
    return f"{path}: cannot be written ({error.strerror or error})"
