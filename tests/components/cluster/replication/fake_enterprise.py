"""As much of Vault Enterprise's API as replication uses, answering as HashiCorp documents it. No
Enterprise server was to be had: that it does answer like this, nobody here has seen.
"""

from __future__ import annotations

from typing import Any, Final

from tests.components.bootstrap.fake_vault import Answer, FakeVault

TOKEN: Final = "hvs.operator-hidden"
DR: Final = "sys/replication/dr"
FORBIDDEN: Final[Answer] = (403, {"errors": ["1 error occurred:\n\t* permission denied"]})


class FakeEnterprise(FakeVault):
    """Initialised and unsealed. Public attributes are its state; tests set and read them."""

    def __init__(self) -> None:
        super().__init__()
        self.initialised, self.sealed = True, False
        self.tokens = {TOKEN}
        self.version, self.enterprise = "1.21.0+ent", True
        self.features = ["HSM", "DR Replication"]
        self.mode, self.cluster_address = "disabled", ""
        self.secondaries: dict[str, str] = {}

    def answer(self, method: str, path: str, body: dict[str, Any], token: str) -> Answer:
        if path == "sys/health" and method == "GET":
            self.requests.append((method, path))
            return 200, {
                "initialized": self.initialised,
                "sealed": self.sealed,
                "version": self.version,
                "enterprise": self.enterprise,
            }
        if not path.startswith((DR, "sys/license")):
            return super().answer(method, path, body, token)
        self.requests.append((method, path))
        self.bodies.append(body)
        if (method, path) == ("GET", f"{DR}/status"):
            return 200, {"data": {"mode": self.mode, "primary_cluster_addr": self.cluster_address}}
        if token not in self.tokens:
            return FORBIDDEN
        return self._privileged(path, body)

    def _privileged(self, path: str, body: dict[str, Any]) -> Answer:
        match path.removeprefix(f"{DR}/primary/"):
            case "sys/license/status":
                return 200, {"data": {"autoloaded": {"features": self.features}}}
            case "enable":
                self.mode = "primary"
                self.cluster_address = body.get("primary_cluster_addr", "")
                return 200, {"warnings": ["This cluster is being enabled as a primary."]}
            case "secondary-token":
                if body["id"] in self.secondaries:
                    return 400, {"errors": ["a token with that id already exists"]}
                self.secondaries[body["id"]] = body["secondary_public_key"]
                return 200, {"data": {"token": f"encrypted-for-{body['secondary_public_key']}"}}
            case "revoke-secondary":
                self.secondaries.pop(body["id"], None)
                return 204, {}
            case "disable":
                self.mode, self.secondaries = "disabled", {}
                return 204, {}
        return 404, {"errors": [f"the fake knows no {path}"]}
