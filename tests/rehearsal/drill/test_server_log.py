"""Vault's log, read back."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rehearsal.drill.server_log import Entry, Logs, parse

LINE = (
    '{"@level":"warn","@message":"heartbeat timeout reached","@module":"storage.raft",'
    '"@timestamp":"2026-11-22T04:37:17.532915Z","last-leader-id":"vault-0"}'
)


def entry(message: str, second: int) -> str:
    timestamp = f"2026-11-22T04:37:{second:02}.5Z"
    return json.dumps({"@level": "info", "@message": message, "@timestamp": timestamp}) + "\n"


def test_an_entry_has_its_server_and_its_time() -> None:
    assert list(parse("vault-1", LINE)) == [
        Entry(1795322237.532915, "vault-1", "heartbeat timeout reached")
    ]


def test_what_is_no_entry_is_left_out() -> None:
    others = ["==> Vault server started!", "", "panic: failed to store data", "[1]", '{"@level":1}']
    assert [e.message for e in parse("a", "\n".join([*others, LINE, LINE[:40]]))] == [
        "heartbeat timeout reached"
    ]


@given(st.text())
def test_no_text_before_it_hides_an_entry(text: str) -> None:
    assert [*parse("a", f"{text}\n{LINE}")][-1:] == [*parse("a", LINE)]


def test_logs_are_of_all_servers_from_now_on_by_time(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("a", "b")}
    for file in files.values():
        file.write_text(entry("before", 1))
    logs = Logs(files)
    for name, second in (("a", 4), ("b", 3), ("a", 5)):
        with files[name].open("a") as log:
            log.write(entry(f"{name} at {second}", second))
    assert [e.message for e in logs.entries()] == ["b at 3", "a at 4", "a at 5"]
