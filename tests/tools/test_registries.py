"""The registries are those of the machine's own settings, and no password of theirs is shown."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools import registries
from tools.registries import Registry


class Answer(BaseHTTPRequestHandler):
    status = 200

    def do_HEAD(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("urllib.request.getproxies", dict)
    with HTTPServer(("127.0.0.1", 0), Answer) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "silent"), [(200, False), (401, False), (404, False), (503, True)]
)
def test_one_that_asks_who_we_are_answers(
    server: str, status: int, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answer, "status", status)
    found = registries.silence(Registry("x", server, f"{server}/page", ""))
    assert bool(found) is silent
    if silent:
        assert found == "it answers with status 503"


def test_one_that_is_not_there_is_silent_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.getproxies", dict)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert registries.silence(Registry("x", url, url, "")) == "Connection refused"


def test_settings_of_pip_count_as_pip_weighs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = tmp_path / "pip.conf"
    pip.write_text(
        "[global]\nindex-url = https://a:hidden@global.example/simple\ncert = /global.pem\n"
        "[install]\nindex-url = https://install.example/simple\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(pip))
    monkeypatch.setenv("PIP_CERT", "/environment.pem")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    found = registries.pip_settings(sys.executable)
    assert found["index-url"] == "https://install.example/simple"
    assert found["cert"] == "/environment.pem"
    assert registries.of_packages(found).url == "https://install.example/simple"


def test_uv_is_told_what_pip_knows_but_for_what_it_was_told_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (*registries._AS_UV_CALLS_IT.values(), "UV_SYSTEM_CERTS"):
        monkeypatch.delenv(name, raising=False)
    pip = {"index-url": "https://one", "extra-index-url": "\nhttps://two\nhttps://three"}
    told = {
        "UV_DEFAULT_INDEX": "https://one",
        "UV_INDEX": "https://two https://three",
        "UV_SYSTEM_CERTS": "1",
    }
    assert registries.for_uv(pip) == told
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own")
    monkeypatch.setenv("UV_SYSTEM_CERTS", "0")
    assert registries.for_uv(pip) == {"UV_INDEX": told["UV_INDEX"]}
    assert registries.of_packages(pip).url == "https://own"


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("https://u:p@modules.example,direct", "https://u:p@modules.example"),
        ("file:///srv/modules", None),
        ("off", None),
        ("direct", None),
    ],
)
def test_modules_come_from_where_go_takes_them(
    setting: str, url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", setting)
    found = registries.of_modules()
    assert (found and found.url) == url


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert registries.without_password("https://user:hidden@x.example/simple") == (
        "https://x.example/simple"
    )
    monkeypatch.setattr(
        "urllib.request.getproxies", lambda: {"http": "http://u:hidden@p:1", "no": "x"}
    )
    assert registries.proxies() == ["http://p:1"]
