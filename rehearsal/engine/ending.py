"""The end of a stack, and what must be nowhere after all that came before it."""

from __future__ import annotations

from components.bootstrap import ceremony
from rehearsal.binaries import Tool
from rehearsal.certificates import Authority
from rehearsal.destroy import remains
from rehearsal.engine import leaks
from rehearsal.engine.dump import differences
from rehearsal.engine.episode import Episode
from rehearsal.engine.ground import Ground
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi
from rehearsal.vaults import start_one


def secrets(ground: Ground, episode: Episode) -> None:
    """State files, their backups and history, the stack's configuration, the engine's own logs, and
    all that its commands said.
    """
    ground.need_up()
    looked_for = ground.secrets()
    files, size = 0, 0
    for stack in ground.stacks:
        found = leaks.search(stack.folder, looked_for)
        files, size = files + found.files, size + found.size
        episode.nothing(f"nothing in clear in {stack.folder.name}", found.leaks)
        control = leaks.search(stack.state_folder, {ground.scene.vault_address})
        episode.check("what is no secret is found by the same search", bool(control.leaks))
    episode.notes["searched"] = f"{len(looked_for)} secrets, {files} files, {size / 1e6:.1f} MB"


def destroy(ground: Ground, episode: Episode) -> None:
    """It stops at what is protected; then all goes."""
    ground.need_up()
    before = ground.dump()
    ground.stack.set_plain("protectData", "true")
    episode.saw(ground.stack.up())
    there = ground.stack.resources().keys()
    # As docs/destroy.md has it, with its preview: without one the engine deletes what is not
    # protected before it comes to what is.
    stopped = ground.stack.attempt("destroy", "--yes")
    said = f"{stopped.stdout}{stopped.stderr}"
    episode.check("destroy stops", stopped.code != 0, stopped.code)
    episode.check("it says that it is for what is protected", "it is protected" in said)
    episode.check("nothing is deleted", ground.stack.resources().keys() == there)
    episode.same("Vault is as it was", differences(before, ground.dump()))
    ground.stack.set_plain("protectData", "false")
    episode.saw(ground.stack.up())
    episode.saw(ground.stack.destroy())
    left = ground.stack.state()["deployment"].get("resources") or ()
    episode.nothing("the state is empty", left)
    with ground.root() as root:
        remaining = remains.of_vault(root) - _of_a_new_vault(ground)
    episode.nothing("Vault has what a new one has", sorted(remaining))


def _of_a_new_vault(ground: Ground) -> frozenset[str]:
    with Supervisor() as supervisor:
        authority = Authority.create("a vault by itself")
        binary = ground.binaries[Tool.VAULT].path
        vaults = start_one(supervisor, binary, authority, lambda _: None)
        client = ceremony.connect(vaults.address, str(vaults.ca_file))
        made = ceremony.initialise(client, auto_unseal=False, shares=1, threshold=1, pgp_keys=[])
        ceremony.unseal(client, made.shares)
        ceremony.wait_until_active(client, 30)
        root = VaultApi(vaults.address, str(vaults.ca_file), made.root_token)
        return remains.of_vault(root)
