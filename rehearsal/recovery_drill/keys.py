"""Root tokens, recovery shares and the barrier's key: nothing is broken, and nobody may notice."""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hvac.exceptions import VaultError

from rehearsal.errors import RehearsalError
from rehearsal.recovery_drill.blocks import block
from rehearsal.recovery_drill.episode import Drill, Episode, Ground
from upkeep.root.generation import TRIES

_NEW_SHARES: Final = "new-shares.json"
_ROTATE: Final = "rotate-barrier-key"


def root_regenerated(episode: Episode) -> None:
    """And once more with a command that fails, which must not leave the token either."""
    shares, work = episode.ground.typed_shares(), block("regenerate-root-work")
    episode.strike()
    said = episode.runbook("regenerate-root", typed=shares + work)
    _check_nothing_shown(episode, said.output + said.errors)
    policies = re.search(r"^policies\s+(\[.*\])$", said.output, re.MULTILINE)
    episode.check("the command ran as root", policies is not None and policies[1] == "[root]")
    episode.refused("regenerate-root", typed=shares + "false\n")
    told = episode.refused("regenerate-root", typed="".join(_wrong_shares(episode.ground)))
    episode.notes["wrong shares"] = told.splitlines()[-1] if told else "nothing was said"
    check_no_root_left(episode)


def shares_renewed(episode: Episode) -> None:
    """New recovery shares, in the hands of the holders before the old ones end."""
    ground = episode.ground
    old = list(ground.shares)
    episode.strike()
    episode.runbook("rekey-recovery-begin")
    for _ in range(ground.required):
        episode.runbook("rekey-recovery-share")
    new = new_shares(ground)
    ground.shares[:] = new
    with ground.root():
        pass  # the new ones make a root token
    episode.check("there are as many new shares", len(new) == len(old))
    ground.shares[:] = old
    try:
        with ground.root():
            episode.check("the old shares are refused", holds=False)
    except VaultError as error:
        episode.check("the old shares are refused", holds=True, seen=str(error))
    finally:
        ground.shares[:] = new
    check_no_root_left(episode)


def barrier_rotated(episode: Episode) -> None:
    """The key that encrypts what is stored from now on; what is stored stays readable."""
    shares = episode.ground.typed_shares()
    before = _term(episode)
    episode.strike()
    episode.runbook(_ROTATE, typed=shares)
    after = _term(episode)
    episode.check("the key's term is the next", after == before + 1, f"{before}, then {after}")
    time.sleep(1)
    # Who leads next must know the key as well.
    episode.cluster.step_down()
    episode.cluster.heal()
    episode.check("the next leader has the key", _term(episode) == after)
    check_no_root_left(episode)


def _wrong_shares(ground: Ground) -> Iterator[str]:
    """As many as Vault looks at, of the right form, and for as many tries as there are."""
    length = len(base64.b64decode(ground.shares[0]))
    for _ in range(TRIES * ground.required):
        yield base64.b64encode(secrets.token_bytes(length)).decode() + "\n"


def _check_nothing_shown(episode: Episode, shown: str) -> None:
    secret = [share for share in episode.ground.shares if share in shown]
    token = re.search(r"\bhvs\.[A-Za-z0-9]{20,}", shown)
    episode.check("neither shares nor the token are shown", not secret and not token)


def check_no_root_left(episode: Episode) -> None:
    with episode.ground.root() as root:
        found = root.call("LIST", "auth/token/accessors").data["keys"]
        tokens = [
            root.call("POST", "auth/token/lookup-accessor", {"accessor": accessor}).data
            for accessor in found
        ]
    left = sum("root" in token.get("policies", ()) for token in tokens) - 1
    episode.check("no root token is left", left == 0, f"{left} of {len(tokens)} tokens")


def new_shares(ground: Ground) -> list[str]:
    """As the last holder's command wrote them."""
    path = Path(ground.operator.environment["WORK"]) / _NEW_SHARES
    said = json.loads(path.read_text())
    if not said.get("keys_base64"):
        raise RehearsalError(f"Vault gave no new shares: it said {', '.join(said)}")
    path.unlink()
    return list(said["keys_base64"])


def _term(episode: Episode) -> int:
    with episode.ground.root() as root:
        return int(root.call("GET", "sys/key-status").data["term"])


KEYS: Final = (
    Drill(
        "root-regenerated",
        "a root token from recovery shares, and its end",
        root_regenerated,
        ("regenerate-root", "regenerate-root-work"),
    ),
    Drill(
        "shares-renewed",
        "new recovery shares",
        shares_renewed,
        ("rekey-recovery-begin", "rekey-recovery-share"),
    ),
    Drill("barrier-rotated", "the barrier's key rotated", barrier_rotated, (_ROTATE,)),
)
