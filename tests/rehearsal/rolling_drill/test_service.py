from __future__ import annotations

import ssl

from rehearsal.rolling_drill.service import ServiceLine


def test_new_connections_go_to_whoever_is_ready() -> None:
    ready = {"a", "b"}
    addresses = {name: f"https://{name}.example.com:8200" for name in "abc"}
    line = ServiceLine(
        addresses, lambda: frozenset(ready), ssl.create_default_context(), "", timeout=1
    )
    hosts = {line.connect().host for _ in range(4)}
    assert hosts == {"a.example.com", "b.example.com"}
    ready.remove("a")
    assert line.connect().host == "b.example.com"
    ready.clear()  # then a connection is refused by one of them
    assert line.connect().host in {"a.example.com", "b.example.com", "c.example.com"}
