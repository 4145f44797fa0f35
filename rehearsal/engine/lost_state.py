"""A state that is lost, while the Vault is as it was: what docs/lost-state.md tells to do, done
word for word.
"""

from __future__ import annotations

import re
from typing import Final

from policies.paths import PROVISIONER_AUTH
from policies.provisioner import NAME as PROVISIONER
from rehearsal.engine.dump import differences
from rehearsal.engine.episode import Episode
from rehearsal.engine.ground import Ground
from rehearsal.engine.stack import EngineStack
from rehearsal.program import ROOT
from rehearsal.recovery_drill.blocks import blocks_of
from rehearsal.recovery_drill.operator import Operator

PAGE: Final = ROOT / "docs" / "lost-state.md"
BLOCKS: Final = ("init", "adopt", "way-in", "rebuild", "look", "up")
"""The page's, in the order in which they are run."""
_HAND_OVER: Final = re.compile(r"^ {2}(pulumi config set .+)$", re.MULTILINE)
_CREDENTIALS: Final = f"auth/{PROVISIONER_AUTH}/role/{PROVISIONER}/secret-id"
_TOLD: Final = ("entered:", "left to", "NOT entered")
"""What the lines begin with in which `rebuild-state` says what it did."""
_LEFT: Final = ("random:", "kubernetes:", "pulumi:providers:kubernetes")
"""What the types begin with that are left to the last `up`: generated values, which nothing reads,
and objects of the cluster, which it takes over.
"""
_OUT_LOUD: Final = "exec >&2\n"
"""Before Pulumi's commands: it says on its output why it fails, and shows no secret there."""
_ADOPT: Final = "components.bootstrap"
"""What an `up` names that finds an initialised Vault."""


def blocks() -> dict[str, str]:
    """Name -> commands. Raises `RehearsalError`."""
    return blocks_of(PAGE.read_text(encoding="utf-8"))


def lost_state(ground: Ground, episode: Episode, *, refusal: str = _ADOPT) -> None:
    """On a computer with the repository and the passphrase, by holders of enough key shares.
    `refusal`: a part of what `up` says before the page is followed.
    """
    ground.need_up()
    before, said = ground.dump(), blocks()
    stack = ground.stack.without_state(ground.supervisor, ground.installed, "engine-again")
    ground.stacks.append(stack)
    operator = _operator(ground, stack)
    operator.must("init", said["init"])
    stack.select()
    refused = episode.watch(stack.up())
    complaint = "; ".join(refused.errors)
    episode.check("up without a state is refused", not refused.succeeded)
    episode.check("it says what is there already", refusal in complaint, complaint)
    adopted = operator.must("adopt", said["adopt"], typed="".join(f"{s}\n" for s in ground.shares))
    # What `adopt` prints is for whoever reads it to run.
    handed = _HAND_OVER.findall(adopted.output)
    episode.check("it says how to hand the credential over", len(handed) == 2, len(handed))
    operator.must("adopt", "\n".join(handed))
    operator.must("way-in", _OUT_LOUD + said["way-in"])
    rebuilt = operator.must("rebuild", said["rebuild"])
    told = rebuilt.errors.splitlines()
    episode.notes["rebuilt"] = "; ".join(one for one in told if one.startswith(_TOLD))
    there = stack.resources()
    left = {
        name
        for name, one in ground.stack.resources().items()
        if name not in there and one["type"].startswith(_LEFT)
    }
    told_to_take_over = {
        name for name, one in there.items() if one["type"] == "pulumi:providers:kubernetes"
    }
    episode.nothing("refresh finds Vault as the state says", stack.refresh().changes)
    operator.must("look", _OUT_LOUD + said["look"])
    episode.just(episode.saw(stack.preview()), create=left, update=told_to_take_over)
    operator.must("up", _OUT_LOUD + said["up"])
    episode.unchanged(stack.preview(refresh=True))
    after = differences(before, ground.dump())
    others = [one for one in after if not one.path.startswith(_CREDENTIALS)]
    episode.nothing("Vault is as it was, but for the provisioner's credentials", others)
    resources = stack.resources()
    ground.keep_secret(resources["vault-adoption"]["outputs"])
    names = ground.stack.resources().keys() ^ resources.keys()
    episode.check(
        "the state has what the lost one had",
        names == {"vault-initialisation", "vault-adoption"},
        ", ".join(sorted(names)),
    )
    ground.stack = stack


def _operator(ground: Ground, stack: EngineStack) -> Operator:
    address, ca_file = ground.scene.vault_address, str(ground.scene.ca_file)
    there = {"STACK": stack.name, "VAULT_ADDR": address, "VAULT_CACERT": ca_file}
    return Operator({**stack.variables, **there}, stack.project)
