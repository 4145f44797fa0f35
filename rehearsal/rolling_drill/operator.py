"""Who runs the command in a drill: in Kubernetes with the rights that the docs list, in Vault those
of the matrix' operators.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import yaml

from policies.hcl import Capability, Stanza, render
from rehearsal.binaries import ROOT
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.proof.logins import LoginDesk
from rehearsal.rolling_drill.api import NAMESPACE
from rehearsal.scene import person_of
from rehearsal.servers.kubernetes import ISSUER, KubernetesApi
from rehearsal.stand_up import StoodUp, root_api
from rehearsal.supervisor import Supervisor, wait_until, write_private

RIGHTS: Final = ROOT / "docs" / "rolling-rights.yaml"
_ACCOUNT: Final = "whoever-upgrades"
_LIVES: Final = timedelta(hours=2)
_ROLE: Final = "operators"
_LOGIN_PATIENCE: Final = timedelta(minutes=1)
_STEPS_DOWN: Final = "rolling-drill-step-down"
_STANZAS: Final = (
    Stanza("sys/storage/raft/autopilot/state", (Capability.READ,)),
    # Which the matrix grants to nobody: ending the leader's pod takes nothing in Vault.
    Stanza("sys/step-down", (Capability.UPDATE, Capability.SUDO)),
    Stanza("auth/token/revoke-self", (Capability.UPDATE,)),
)


@dataclass(frozen=True, slots=True)
class Operator:
    kubeconfig: Path
    stood: StoodUp = field(repr=False)

    def token(self) -> str:
        """Of Vault, by the operators' own login. Tried again where its server is away, or another
        one came to lead between the login's two halves: it is no part of what is measured.
        """
        desk = LoginDesk(self.stood.scene)
        person = person_of(_ROLE, self.stood.plan.environment)

        def log_in() -> str:
            try:
                answer = desk.oidc(_ROLE, person)
            except (RehearsalError, OSError) as error:
                raise NotYet(str(error)) from None
            if not answer.allowed:
                raise NotYet(f"{answer.status} {answer.errors}")
            return desk.session(answer).token

        return wait_until(log_in, awaited="an operator's login", patience=_LOGIN_PATIENCE)


def operator(supervisor: Supervisor, stood: StoodUp) -> Operator:
    """Raises `RehearsalError`."""
    return Operator(_in_kubernetes(supervisor, stood.scene.kubernetes), stood)


@contextmanager
def who_steps_down(stood: StoodUp) -> Iterator[str]:
    """A token that may also step down the leader, from entering to leaving."""
    with root_api(stood) as root:
        policy = render(_STANZAS, header="Who has the leader step down in a drill.")
        root.write(f"sys/policies/acl/{_STEPS_DOWN}", {"policy": policy})
        made = root.write(
            "auth/token/create-orphan",
            {"policies": [_STEPS_DOWN], "no_default_policy": True, "ttl": "1h"},
        )
        own = root.with_token(str(made.body["auth"]["client_token"]))
    try:
        yield own.token
    finally:
        with suppress(OSError):  # else it ends with the servers, which are throwaway
            own.call("POST", "auth/token/revoke-self")


def _in_kubernetes(supervisor: Supervisor, api: KubernetesApi) -> Path:
    api.service_account(NAMESPACE, _ACCOUNT)
    (role,) = yaml.safe_load_all(RIGHTS.read_text())
    api.apply(role)
    api.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": role["metadata"]["name"], "namespace": NAMESPACE},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Role",
                "name": role["metadata"]["name"],
            },
            "subjects": [{"kind": "ServiceAccount", "name": _ACCOUNT, "namespace": NAMESPACE}],
        }
    )
    kubeconfig = json.loads(api.kubeconfig.read_text())
    (user,) = kubeconfig["users"]
    user["user"] = {"token": api.request_token(NAMESPACE, _ACCOUNT, ISSUER, _LIVES)}
    return write_private(supervisor.folder / "operator.kubeconfig", json.dumps(kubeconfig))
