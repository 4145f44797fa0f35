"""That no root token is left. Looking takes one: it is made from the key shares, as operators would
in an emergency (so that way out is proven too), and ended.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.bootstrap import ceremony
from rehearsal.errors import RehearsalError
from rehearsal.proof.attempts import Bench
from rehearsal.proof.results import Outcome, Result, Seen
from rehearsal.vault_api import VaultApi

_SUBJECT = "vaultstack"


def prove(bench: Bench, shares: Sequence[str]) -> None:
    address, ca_file = bench.scene.vault_address, str(bench.scene.ca_file)
    client = ceremony.connect(address, ca_file)
    token = ceremony.regain_root(client, shares)
    root = VaultApi(address, ca_file, token, bench.scene.journal)
    bench.scene.journal.knows(token, ("root",))
    try:
        others = _root_tokens(root) - 1
    finally:
        root.call("POST", "auth/token/revoke-self")
    outcome = Outcome.DENIED if others == 0 else Outcome.ALLOWED
    bench.results.append(
        Result(
            _SUBJECT,
            "root token left",
            "after the bootstrap",
            Outcome.DENIED,
            Seen(outcome, None, f"{others} root tokens" if others else ""),
            area="control",
        )
    )


def _root_tokens(root: VaultApi) -> int:
    listed = root.call("LIST", "auth/token/accessors")
    if not listed.allowed:
        raise RehearsalError(f"token accessors cannot be listed: {listed.status}")
    tokens = [
        root.call("POST", "auth/token/lookup-accessor", {"accessor": accessor}).data
        for accessor in listed.data["keys"]
    ]
    return sum("root" in token.get("policies", ()) for token in tokens)
