"""The dump of a Vault that stands in a rehearsal's scene."""

from __future__ import annotations

from collections.abc import Sequence

from components.bootstrap import ceremony
from rehearsal.engine import dump
from rehearsal.engine.dump import Dump
from rehearsal.scene import Scene
from rehearsal.vault_api import VaultApi


def dump_of(scene: Scene, shares: Sequence[str]) -> Dump:
    """As root, whose token is made from the key shares and revoked in the end. Before somebody
    asked this Vault for anything: what is issued is in it, too.

    Raises `RehearsalError`.
    """
    address, ca_file = scene.vault_address, str(scene.ca_file)
    token = ceremony.regain_root(ceremony.connect(address, ca_file), list(shares))
    root = VaultApi(address, ca_file, token)
    try:
        return dump.dump(root, words(scene))
    finally:
        root.call("POST", "auth/token/revoke-self")


def words(scene: Scene) -> dict[str, str]:
    """What the scene's servers are called, instead of where they are in it."""
    return {
        **{server.address: f"<{server.name}>" for server in scene.vaults.servers},
        scene.kubernetes.url: "<kubernetes>",
        scene.aws.url: "<aws>",
        scene.oidc.issuer: "<identity provider>",
        f"{scene.postgres.host}:{scene.configuration['databasePort']}": "<database>",
        **({scene.run_of_ci.issuer.url: "<issuer of CI>"} if scene.run_of_ci else {}),
        str(scene.ca_file.parent): "<folder>",
    }
