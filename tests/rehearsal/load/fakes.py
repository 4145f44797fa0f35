"""A Vault that logs everybody in, and folders that are the test's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from policies.plan import Plan
from rehearsal.ledger import Ledger
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import Answer
from tests.rehearsal.fakes import Call, FakeVault, answer

ADDRESS = "https://127.0.0.1:1"
CA_FILE = Path("/cluster/ca.crt")


class Places(Supervisor):
    """Starts nothing."""

    def __init__(self, folder: Path) -> None:
        self._place = folder

    def subfolder(self, name: str) -> Path:
        path = self._place / name
        path.mkdir()
        return path


@dataclass(frozen=True)
class Asked(Call):
    """A request, and with which token."""

    token: str


AUDIT_FILE: Mapping[str, Any] = {
    "type": "file",
    "path": "file/",
    "description": "Every access",
    "local": False,
    "options": {"file_path": "vault/audit/audit.log"},
}


class LoadedVault(FakeVault):
    """Who logs in has a token that says as what."""

    def __init__(self, token: str = "root's") -> None:
        super().__init__(self._said, token)
        self.address, self.ca_file = ADDRESS, str(CA_FILE)
        self.asked: list[Asked] = []
        self.answers: dict[str, list[Answer]] = {}
        """What is answered first, by path."""

    def with_token(self, token: str) -> LoadedVault:
        again = LoadedVault(token)
        again.asked, again.answers = self.asked, self.answers
        return again

    def bodies(self, path: str) -> list[Mapping[str, Any]]:
        return [one.body for one in self.asked if one.path == path]

    def _said(self, call: Call) -> Answer:
        asked = Asked(call.method, call.path, call.body, call.headers, self.token)
        self.asked.append(asked)
        if waiting := self.answers.get(call.path):
            return waiting.pop(0)
        match call.path.split("/"):
            case ["sys", "audit"]:
                return answer(data={"file/": AUDIT_FILE})
            case ["auth", _, "login"]:
                who = call.body.get("role") or call.body["role_id"]
                return answer(auth={"client_token": f"{who}'s"})
            case [*_, "role", name, "role-id"]:
                return answer(data={"role_id": name})
            case [*_, "role", _, "secret-id"]:
                return answer(data={"secret_id": "secret"})
            case ["auth", "token", "create"]:
                return answer(auth={"client_token": f"{' and '.join(call.body['policies'])}'s"})
        return answer()


def stood_up(plan: Plan, **around: Any) -> StoodUp:
    """`around`: what else the scene has."""
    scene: Any = SimpleNamespace(vault_address=ADDRESS, ca_file=CA_FILE, **around)
    return StoodUp(scene, plan, Path("/bin/vault"), FakeVault(), {"shares": ["share"]}, Ledger())
