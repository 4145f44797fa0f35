"""Named pipes that can be blocked."""

from __future__ import annotations

import threading
from pathlib import Path

from rehearsal.drill.fifo import FifoReader

MORE_THAN_A_PIPE_HOLDS = b"x" * (1 << 18)
SOON = 5


def writer(path: Path) -> threading.Thread:
    def write() -> None:
        with path.open("wb") as pipe:
            pipe.write(MORE_THAN_A_PIPE_HOLDS)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def test_what_is_written_is_read_until_it_is_paused(tmp_path: Path) -> None:
    paths = {name: tmp_path / name for name in ("a", "b")}
    with FifoReader(paths) as reader:
        for path in paths.values():
            first = writer(path)
            first.join(SOON)
            assert not first.is_alive()
        reader.pause("a")
        other = writer(paths["b"])
        other.join(SOON)
        assert not other.is_alive()
        blocked = writer(paths["a"])
        blocked.join(0.3)
        assert blocked.is_alive()
        reader.resume()
        blocked.join(SOON)
        assert not blocked.is_alive()
    assert list(tmp_path.iterdir()) == []
