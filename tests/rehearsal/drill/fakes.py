"""Servers that are made of dictionaries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rehearsal.drill.line import CallFailedError, Line


class Store:
    """A secrets engine with versions, which all lines share."""

    def __init__(self) -> None:
        self.versions: dict[str, list[Any]] = {}
        self._lock = threading.Lock()

    def put(self, path: str, value: Any) -> int:
        with self._lock:
            self.versions.setdefault(path, []).append(value)
            return len(self.versions[path])


class FakeLine(Line):
    def __init__(self, name: str, store: Store) -> None:
        self.name, self._store = name, store
        self.broken = ""
        self.forgets: Callable[[str], bool] = lambda _key: False
        self.late = 0

    def call(self, method: str, path: str, body: Any = None, *_: Any) -> Any:
        if self.broken:
            raise CallFailedError(self.broken)
        if method == "PUT":
            key = path.rpartition("/")[2]
            if self.forgets(key):
                return {"data": {"version": 1}}
            return {"data": {"version": self._store.put(path, body["data"]["value"])}}
        versions = self._store.versions.get(path)
        if not versions:
            raise CallFailedError("404", 404)
        shown = max(1, len(versions) - self.late)
        data = {"data": {"value": versions[shown - 1]}, "metadata": {"version": shown}}
        return {"data": data}

    def close(self) -> None:
        pass
