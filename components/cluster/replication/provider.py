"""When which step of replication happens: a dynamic resource.

The token that it takes is an operator's, from the environment of the one run that changes
replication: who may enable it may copy every secret to a cluster of their own, so the provisioner
may not. Neither the token nor an activation in clear is ever in the state.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Final

import hvac
from pulumi.dynamic import CreateResult, DiffResult, ResourceProvider, UpdateResult

from components.bootstrap import ceremony
from components.bootstrap.properties import changed_of
from components.cluster.replication import primary
from components.cluster.replication.primary import ReplicationError

TOKEN_VARIABLE: Final = "VAULTSTACK_REPLICATION_TOKEN"
INPUTS: Final = ("address", "ca_cert_file", "cluster_address", "secondaries", "timeout_seconds")


class DrPrimaryProvider(ResourceProvider):
    """The primary, and an activation for each secondary. That there is an Enterprise's licence is
    looked at first, without a token; so a Community Vault is told from a forgotten token.
    """

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(id_=props["address"], outs=_bring(props, {}))

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=bool(changed_of(INPUTS, olds, news)))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(outs=_bring(news, olds))

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        primary.disable(_with_token(_connect(props)))


def _bring(props: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
    """Only what changed is issued anew: an activation works once, and its secondary has it."""
    client = _connect(props)
    primary.require_enterprise(client)
    client = _with_token(client)
    primary.require_licence(client)
    if primary.enable(client, props["cluster_address"]):
        ceremony.wait_until_active(client, float(props["timeout_seconds"]))
    before: Mapping[str, str] = json.loads(olds.get("secondaries") or "{}")
    wanted: Mapping[str, str] = json.loads(props["secondaries"])
    kept = {name: key for name, key in wanted.items() if before.get(name) == key}
    for name in sorted(before.keys() - kept.keys()):
        primary.revoke(client, name)
    activations = olds.get("activations") or {}
    return {
        **{key: props[key] for key in INPUTS},
        "activations": {
            name: activations[name] if name in kept else primary.activation(client, name, key)
            for name, key in wanted.items()
        },
    }


def _connect(props: Mapping[str, Any]) -> hvac.Client:
    client = ceremony.connect(props["address"], props["ca_cert_file"] or None)
    ceremony.wait_until_answering(client, float(props["timeout_seconds"]))
    return client


def _with_token(client: hvac.Client) -> hvac.Client:
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise ReplicationError(
            f"vaultstack:replicationRole: changing replication takes an operator's token, and "
            f"{TOKEN_VARIABLE} is not set; fix: put a token with sudo on sys/replication/dr/* and "
            "read on sys/license/status there for this one run. Nothing was changed"
        )
    client.token = token
    return client
