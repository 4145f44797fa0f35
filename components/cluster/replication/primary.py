"""The steps that make a Vault the primary of disaster recovery replication, over its API as
HashiCorp documents it. Each can be tried again. Knows nothing of Pulumi.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import hvac
from hvac.exceptions import VaultError

from components.bootstrap.ceremony import BootstrapError

_REPLICATION: Final = "/v1/sys/replication/dr"
_FEATURE: Final = "DR Replication"
# Whatever its state, a server shall say it in words.
_HEALTH: Final = (
    "/v1/sys/health?standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200"
    "&drsecondarycode=200&haunhealthycode=200"
)


class ReplicationError(BootstrapError):
    """Replication cannot be as it is set; says which key, which rule, and what to do."""


def require_enterprise(client: hvac.Client) -> None:
    """Needs no token, so that it comes before anything else."""
    health: Any = client.adapter.get(_HEALTH)
    if not isinstance(health, Mapping) or "version" not in health:
        raise ReplicationError(f"{client.url} does not answer as a Vault does: check vaultAddress")
    version = health["version"]
    if not health.get("enterprise", "+ent" in version):
        raise ReplicationError(
            "vaultstack:replicationRole: 'primary' needs Vault Enterprise with a licence for "
            f"{_FEATURE}, and the Vault at {client.url} is the Community edition {version}; fix: "
            "pulumi config set vaultstack:replicationRole none (docs/snapshots.md is what brings a "
            "Community Vault back), or run Enterprise's servers with a licence. Nothing was changed"
        )
    if not health["initialized"] or health["sealed"]:
        state = "sealed" if health["initialized"] else "not initialised"
        raise ReplicationError(
            "vaultstack:replicationRole: 'primary' needs a Vault that serves, and the one at "
            f"{client.url} is {state}; fix: unseal it, or run the first `up` with "
            "vaultstack:replicationRole none. Nothing was changed"
        )


def require_licence(client: hvac.Client) -> None:
    """`client` holds a token, as for everything below."""
    status = _asked(client, "GET", "/v1/sys/license/status")
    autoloaded = status.get("autoloaded") or {}
    if _FEATURE not in (autoloaded.get("features") or ()):
        raise ReplicationError(
            f"vaultstack:replicationRole: 'primary' needs a licence for {_FEATURE}, and the one of "
            f"the Vault at {client.url} has it not; fix: give the servers one that has, or pulumi "
            "config set vaultstack:replicationRole none. Nothing was changed"
        )


def enable(client: hvac.Client, cluster_address: str) -> bool:
    """Make it the primary, where it is none. Whether it was none."""
    status = _asked(client, "GET", f"{_REPLICATION}/status")
    mode = status["mode"]
    if mode == "primary":
        there = status.get("primary_cluster_addr") or ""
        if cluster_address and there != cluster_address:
            raise ReplicationError(
                f"vaultstack:replicationClusterAddress: the Vault at {client.url} is the primary "
                f"already, at {there or 'the address of its own servers'!r}, and Vault changes it "
                "only by ending replication; fix: set it to that address, or end replication and "
                "its secondaries first (docs/replication.md)"
            )
        return False
    if mode != "disabled":
        raise ReplicationError(
            f"vaultstack:replicationRole: the Vault at {client.url} is {mode} in replication, and "
            "cannot be made the primary; fix: promote it by hand if its primary is lost "
            "(docs/replication.md), or correct vaultstack:vaultAddress"
        )
    body = {"primary_cluster_addr": cluster_address} if cluster_address else {}
    _asked(client, "POST", f"{_REPLICATION}/primary/enable", body)
    return True


def activation(client: hvac.Client, name: str, public_key: str) -> str:
    """What lets one secondary begin: encrypted for the key that it made, so that nobody else can
    use it.
    """
    body = {"id": name, "secondary_public_key": public_key}
    made = _asked(client, "POST", f"{_REPLICATION}/primary/secondary-token", body)
    return str(made["token"])


def revoke(client: hvac.Client, name: str) -> None:
    """It is copied to no more."""
    _asked(client, "POST", f"{_REPLICATION}/primary/revoke-secondary", {"id": name})


def disable(client: hvac.Client) -> None:
    """End replication. Secondaries keep what they have, and wait."""
    if _asked(client, "GET", f"{_REPLICATION}/status")["mode"] == "primary":
        _asked(client, "POST", f"{_REPLICATION}/primary/disable", {})


def _asked(
    client: hvac.Client, method: str, path: str, body: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    try:
        answer = client.adapter.request(method, path, json=body)
    except VaultError as error:
        raise ReplicationError(
            f"{path.removeprefix('/v1/')}: Vault at {client.url} refuses: {error}; fix: the token "
            "must have sudo there, as docs/replication.md says"
        ) from error
    data = answer.get("data") if isinstance(answer, Mapping) else None
    return data or {}
