"""A real Vault's entries, changed for a test and put back after it."""

from __future__ import annotations

from collections.abc import Mapping

from rehearsal.vault_api import VaultApi


class Entries:
    """Seen and written as root: the application may only read."""

    def __init__(self, root: VaultApi) -> None:
        self._root = root
        self._before: dict[str, Mapping[str, str]] = {}

    def values(self, path: str) -> Mapping[str, str]:
        """As they are now, which is what they are put back to, whoever changes them."""
        values, _ = self._read(path)
        self._before.setdefault(path, values)
        return values

    def change(self, path: str, **values: str) -> None:
        self._write(path, {**self.values(path), **values})

    def put_back(self) -> None:
        for path, values in self._before.items():
            if self._read(path)[0] != values:
                self._write(path, values)

    def _read(self, path: str) -> tuple[Mapping[str, str], int]:
        data = self._root.call("GET", f"secret/data/{path}").data
        return data["data"], int(data["metadata"]["version"])

    def _write(self, path: str, values: Mapping[str, str]) -> None:
        _, version = self._read(path)
        self._root.write(f"secret/data/{path}", {"data": values, "options": {"cas": version}})
