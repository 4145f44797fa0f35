"""The drills: what is changed, what goes wrong meanwhile, and what must come of it."""

from __future__ import annotations

import time
from typing import Final

from rehearsal.binaries import Tool
from rehearsal.rolling_drill.denied import sealed_server
from rehearsal.rolling_drill.episode import Drill, Episode
from rehearsal.rolling_drill.ground import MIRROR, REGISTRY
from rehearsal.rolling_drill.operator import who_steps_down

_NOTHING_SECONDS: Final = 30.0


def upgrade(episode: Episode) -> None:
    """From this version to the next: `pulumi up`, then the command."""
    before = episode.ground.image
    (newer,) = (image for image in episode.ground.images.values() if image != before)
    _deploy_and_roll(episode, newer)
    _expect_no_way_back(episode, before)


def another_image(episode: Episode) -> None:
    """The same version from another registry: what a template changes without an upgrade."""
    here, there = REGISTRY, MIRROR
    if episode.ground.image.startswith(MIRROR):
        here, there = MIRROR, REGISTRY
    _deploy_and_roll(episode, episode.ground.image.replace(here, there))
    _expect_no_way_back(episode, f"{REGISTRY}vault:1.20.4")


def _deploy_and_roll(episode: Episode, image: str) -> None:
    episode.ground.deploy(image)
    _all_once(episode)


def _expect_no_way_back(episode: Episode, older: str) -> None:
    """A downgrade is refused, and with the template as it was there is nothing to do."""
    now = episode.ground.image
    episode.ground.deploy(older)
    refused = episode.roll()
    episode.must_end(refused, 1, "is a downgrade, which Vault does not support")
    episode.ground.deploy(now)
    nothing_to_do = episode.roll()
    episode.must_end(nothing_to_do, 0, "every server is up to date")


def nothing(_episode: Episode) -> None:
    """What the computer itself costs the clients: compare the others with it."""
    time.sleep(_NOTHING_SECONDS)


def restart(episode: Episode) -> None:
    _all_once(episode, "--restart")


def restart_step_down(episode: Episode) -> None:
    with who_steps_down(episode.ground.stood) as token:
        _all_once(episode, "--restart", "--hand-over", "step-down", token=token)


def killed(episode: Episode) -> None:
    """The command is killed while its second server is away, and run again."""
    before = episode.uids()
    first = episode.roll("--restart")
    first.wait_for("ends", times=2)
    first.kill()
    (done, *_) = [one.server for one in first.told() if one.step == "settled"]
    between = episode.uids()
    second = episode.roll("--restart")
    episode.must_end(second, 0)
    after = episode.uids()
    episode.expect(after[done] == between[done], f"{done} was replaced a second time")
    _expect_all_replaced(episode, before)


def sealed(episode: Episode) -> None:
    """Another standby is sealed while the first server is away: the command must stop, and go on
    when that is mended.
    """
    before = episode.uids()
    first = episode.roll("--restart")
    first.wait_for("ends")
    (away, *_) = [one.server for one in first.told() if one.step == "ends"]
    with episode.ground.cluster() as cluster:
        other = next(name for name in reversed(cluster.followers()) if name != away)
    with sealed_server(episode.ground, other):
        episode.must_end(first, 3, f"{other} is sealed")
        touched = [name for name, uid in episode.uids().items() if before[name] != uid]
        # None, where it stopped before the first one's new pod was there.
        episode.expect(touched in ([], [away]), f"it stopped, but replaced {touched}")
        refused = episode.roll("--restart")
        episode.must_end(refused, 1, f"{other} is sealed")
    lacking = episode.ground.heal()
    episode.expect(not lacking, f"not healed after the server was unsealed: {lacking}")
    again = episode.roll("--restart")
    episode.must_end(again, 0)
    _expect_all_replaced(episode, before)


def two_at_once(episode: Episode) -> None:
    """A second command while one runs: refused, whatever it looks like at that moment."""
    before = episode.uids()
    first = episode.roll("--restart")
    first.wait_for("settled")
    second = episode.roll("--restart")
    ended = second.wait()
    episode.expect(ended in (1, 3), f"the second command ended with {ended}, not 1 or 3")
    episode.expect(not second.told(), "the second command began to change something")
    episode.notes["the second ended with"] = str(ended)
    episode.must_end(first, 0)
    _expect_all_replaced(episode, before)


def _all_once(episode: Episode, *arguments: str, token: str = "") -> None:
    before = episode.uids()
    with episode.ground.cluster() as cluster:
        leader = cluster.leader()
    rolling = episode.roll(*arguments, token=token)
    episode.must_end(rolling, 0)
    order = [one.server for one in rolling.told() if one.step == "ends"]
    episode.expect(order[-1:] == [leader], f"the leader {leader} was not the last of {order}")
    episode.expect(sorted(order) == sorted(before), f"not every server once: {order}")
    _expect_all_replaced(episode, before)


def _expect_all_replaced(episode: Episode, before: dict[str, str]) -> None:
    after = episode.uids()
    left = [name for name, uid in before.items() if after.get(name) == uid]
    episode.expect(not left, f"not replaced: {', '.join(left)}")


DRILLS: Final = (
    Drill("upgrade", "upgrade to the next version", upgrade, to=Tool.VAULT_NEXT),
    Drill("nothing", "nothing, for comparison", nothing),
    Drill("image", "another image of the same version", another_image),
    Drill("restart", "restart", restart),
    Drill("step-down", "restart, the leader steps down first", restart_step_down),
    Drill("killed", "restart, the command killed in the middle", killed),
    Drill("sealed", "restart, another server sealed meanwhile", sealed),
    Drill("two-at-once", "restart, and a second command", two_at_once),
)
