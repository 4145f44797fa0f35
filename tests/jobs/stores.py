"""Vault, S3 and Google's storage, as far as a snapshot's run speaks to them, with failures that
tests order.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

import google_crc32c

from tests.answering import answering
from tests.jobs.archives import snapshot

CLUSTER: Final = "11111111-2222-3333-4444-555555555555"
TOKEN: Final = "hidden-token"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(
        self, status: int, content: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class VaultStore:
    """A leader that takes snapshots; or a standby of one."""

    content: bytes = field(default_factory=snapshot)
    cluster_id: str = CLUSTER
    failures: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """By path: what the next requests are answered instead."""
    media_type: str = "application/gzip"
    leader: str = ""
    """Where a standby sends who wants a snapshot."""
    breaks_off: bool = False
    """In the middle of a snapshot, as when the leader is killed."""
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path, token."""
    url: str = ""


@contextmanager
def vault(store: VaultStore) -> Iterator[VaultStore]:
    class Handler(_Handler):
        def _serve(self) -> None:
            self.body()
            path = self.path.partition("?")[0].removeprefix("/v1/")
            answers = {
                "sys/health": {"cluster_id": store.cluster_id, "version": "1.21.0"},
                "auth/kubernetes/login": {"auth": {"client_token": TOKEN}},
                "auth/token/revoke-self": {},
            }
            token = self.headers.get("X-Vault-Token") or ""
            store.requests.append((self.command, path, token))
            if failures := store.failures.get(path):
                status, why = failures.pop(0)
                self.answer(status, json.dumps({"errors": [why]}).encode())
            elif path in answers:
                self.answer(200, json.dumps(answers[path]).encode())
            elif store.leader:
                self.answer(307, headers={"Location": f"{store.leader}/v1/{path}"})
            else:
                self._snapshot()

        def _snapshot(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", store.media_type)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            half = len(store.content) // 2
            for piece in (store.content[:half], store.content[half:]):
                if piece:
                    self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                if store.breaks_off:
                    self.close_connection = True
                    return
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_POST = _serve  # noqa: N815

    with answering(Handler) as store.url:
        yield store


@dataclass
class ObjectStore:
    """A bucket, of which objects are only written."""

    objects: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    failures: list[tuple[int, str]] = field(default_factory=list)
    """Status and S3's code: what the next requests are answered."""
    lose_answers: int = 0
    """How many of the next writes happen, and the answer is another failure."""
    changes: Callable[[bytes], bytes] = lambda content: content
    """What becomes of the content on its way."""
    encrypts: bool = True
    careless: bool = False
    """Whether it stores what does not have the checksum that it should."""
    requests: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def s3(store: ObjectStore) -> Iterator[ObjectStore]:
    class Handler(_Handler):
        def _serve(self) -> None:
            body = self.body()
            store.requests.append(f"{self.command} {self.path}")
            if store.failures:
                self._refuse(*store.failures.pop(0))
                return
            assert self.command == "PUT"
            if self.headers.get("If-None-Match") == "*" and self.path in store.objects:
                self._refuse(412, "PreconditionFailed")
                return
            content = store.changes(body)
            received = base64.b64encode(hashlib.sha256(content).digest()).decode()
            if self.headers["x-amz-checksum-sha256"] != received:
                self._refuse(400, "BadDigest")
                return
            store.objects[self.path], store.headers[self.path] = content, dict(self.headers)
            if store.lose_answers:
                store.lose_answers -= 1
                self._refuse(500, "InternalError")
                return
            answered = {"ETag": '"x"', "x-amz-version-id": "v1", "x-amz-checksum-sha256": received}
            if store.encrypts:
                answered["x-amz-server-side-encryption"] = "AES256"
            self.answer(200, headers=answered)

        def _refuse(self, status: int, code: str) -> None:
            text = f"<Error><Code>{code}</Code><Message>because of {code}</Message></Error>"
            self.answer(status, text.encode(), {"Content-Type": "application/xml"})

        do_GET = do_PUT = do_HEAD = do_POST = _serve  # noqa: N815

    with answering(Handler) as store.url:
        yield store


@contextmanager
def gcs(store: ObjectStore) -> Iterator[ObjectStore]:
    """Uploads of one piece, and of several."""

    class Handler(_Handler):
        def do_POST(self) -> None:
            body = self.body()
            store.requests.append(f"POST {self.path}")
            if store.failures:
                self._refuse(*store.failures.pop(0))
            elif "uploadType=multipart" in self.path:
                boundary = body.split(b"\r\n", 1)[0]
                _, metadata, content, _ = body.split(boundary)
                told = json.loads(metadata.split(b"\r\n\r\n", 1)[1])
                self._store(told, content.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n"))
            else:
                self.told = json.loads(body)
                name = self.told["name"].replace("/", "%2F")
                store.headers[f"session {name}"] = self.told
                self.answer(200, headers={"Location": f"{store.url}/session/{name}"})

        def do_PUT(self) -> None:
            body, name = self.body(), self.path.removeprefix("/session/")
            store.requests.append(f"PUT {self.headers['Content-Range']}")
            kept = store.objects.get(f"half {name}", b"") + body
            total = int(self.headers["Content-Range"].rpartition("/")[2])
            if len(kept) < total:
                store.objects[f"half {name}"] = kept
                self.answer(308, headers={"Range": f"bytes=0-{len(kept) - 1}"})
            else:
                store.objects.pop(f"half {name}", None)
                self._store(dict(store.headers[f"session {name}"]), kept)

        def _store(self, told: Mapping[str, Any], body: bytes) -> None:
            name = told["name"]
            if "ifGenerationMatch=0" in self.path and name in store.objects:
                self._refuse(412, "conditionNotMet")
                return
            content = store.changes(body)
            if told.get("crc32c", crc32c(content)) != crc32c(content) and not store.careless:
                self._refuse(400, "the checksum")
                return
            store.objects[name], store.headers[name] = content, told
            answered = {"name": name, "generation": "17", "crc32c": crc32c(content)}
            self.answer(200, json.dumps(answered).encode(), {"Content-Type": "application/json"})

        def _refuse(self, status: int, code: str) -> None:
            told = {"error": {"code": status, "message": f"because of {code}"}}
            self.answer(status, json.dumps(told).encode(), {"Content-Type": "application/json"})

    with answering(Handler) as store.url:
        yield store


def crc32c(content: bytes) -> str:
    """As Google writes it."""
    checksum: Any = google_crc32c.Checksum(content)  # type: ignore[no-untyped-call]
    return base64.b64encode(checksum.digest()).decode()
