"""New unseal shares for a Vault without a KMS, as dev has it: a server of the drill's own."""

from __future__ import annotations

from typing import Final

from components.bootstrap import ceremony
from rehearsal import vaults
from rehearsal.recovery_drill.episode import Drill, Episode
from rehearsal.recovery_drill.keys import new_shares
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi

SHARES: Final = 5
THRESHOLD: Final = 3
_BEGIN, _SHARE = "rekey-shamir-begin", "rekey-shamir-share"


def unseal_shares_renewed(episode: Episode) -> None:
    """Sealed afterwards, it opens with the new shares and with no old one."""
    ground = episode.ground
    authority = ground.stood.scene.controllers.authority
    with Supervisor() as own:
        here = vaults.start_one(own, ground.stood.binary, authority, lambda _: None)
        ca_file = str(here.ca_file)
        client = ceremony.connect(here.address, ca_file)
        first = ceremony.initialise(
            client, auto_unseal=False, shares=SHARES, threshold=THRESHOLD, pgp_keys=()
        )
        ceremony.unseal(client, first.shares)
        before = list(ground.shares)
        episode.strike()
        ground.shares[:] = first.shares  # what the holders have
        try:
            there = {"VAULT_ADDR": here.address, "VAULT_CACERT": ca_file}
            episode.runbook(_BEGIN, **there)
            for _ in range(THRESHOLD):
                episode.runbook(_SHARE, **there)
        finally:
            ground.shares[:] = before
        fresh = new_shares(ground)
        VaultApi(here.address, ca_file, first.root_token).call("PUT", "sys/seal")
        episode.check("the old shares are refused", not _opens(here, first.shares))
        episode.check("the new shares unseal", len(fresh) == SHARES and _opens(here, fresh))


def _opens(here: vaults.Vaults, shares: list[str] | tuple[str, ...]) -> bool:
    api = VaultApi(here.address, str(here.ca_file))
    for share in shares[:THRESHOLD]:
        answer = api.call("PUT", "sys/unseal", {"key": share})
    return answer.allowed and not answer.body["sealed"]


SHAMIR: Final = (
    Drill(
        "unseal-shares-renewed",
        "new unseal shares, in dev",
        unseal_shares_renewed,
        (_BEGIN, _SHARE),
    ),
)
