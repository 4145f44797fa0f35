"""What goes on when it is in use: a change of the matrix, somebody who changes Vault by hand, an
`up` that fails or is killed in the middle.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from datetime import timedelta
from typing import Final

from policies.provisioner import NAME as PROVISIONER
from rehearsal.engine import changes, project
from rehearsal.engine.dump import differences
from rehearsal.engine.episode import Episode
from rehearsal.engine.ground import Ground
from rehearsal.errors import NotYet
from rehearsal.supervisor import wait_until

_ACL: Final = "sys/policies/acl"
_MANY: Final = 12
"""Workloads that are added for an `up` that takes long enough to be killed in it."""


def matrix_change(ground: Ground, episode: Episode) -> None:
    """One more workload, and one more grant of another."""
    ground.need_up()
    before = ground.dump()
    change = changes.with_workloads(1) + changes.with_a_grant()
    project.change_matrix(ground.stack.project, change)
    new = changes.acl_policies(ground.environment, 1) | changes.roles(1)
    granted = {changes.granted(ground.environment)}
    unseen = episode.watch(ground.stack.preview(guarded=True))
    complaint = "; ".join(unseen.violations)
    episode.check("the guardrails want it rendered first", "render" in complaint, complaint)
    project.render(ground.stack.project)
    planned = episode.saw(ground.stack.preview(guarded=True))
    episode.just(planned, create=new, update=granted)
    done = episode.saw(ground.stack.up(guarded=True))
    episode.check("up does just that", done.urns() == planned.urns(), sorted(done.urns()))
    changed = {one.path for one in differences(before, ground.dump())}
    wanted = changes.paths(ground.environment, 1) | {changes.path_granted(ground.environment)}
    episode.check("Vault differs there and nowhere else", changed == wanted, sorted(changed))
    project.change_matrix(ground.stack.project, "")
    back = episode.saw(ground.stack.up())
    episode.just(back, delete=new, update=granted)
    episode.same("Vault is as it was", differences(before, ground.dump()))


def manual_change(ground: Ground, episode: Episode) -> None:
    """An ACL policy edited, a role deleted, a mount tuned, by somebody with a root token."""
    ground.need_up()
    before, name = ground.dump(), ground.environment.value
    policy, role = f"kubesentiment-batch-{name}", "kubesentiment-admin"
    with ground.root() as root:
        text = root.call("GET", f"{_ACL}/{policy}").data["policy"]
        more = f'{text}\npath "secret/data/*" {{ capabilities = ["read"] }}\n'
        root.write(f"{_ACL}/{policy}", {"policy": more})
        root.call("DELETE", f"auth/kubernetes/role/{role}")
        root.write("sys/mounts/pki/tune", {"default_lease_ttl": "24h", "max_lease_ttl": "24h"})
    episode.unchanged(ground.stack.preview())
    edited = {f"acl-policy-{policy}", "pki-mount-pki"}
    found = episode.saw(ground.stack.refresh())
    episode.just(found, update=edited, delete={f"kubernetes-role-{role}"})
    done = episode.saw(ground.stack.up())
    episode.just(done, update=edited, create={f"kubernetes-role-{role}"})
    episode.unchanged(ground.stack.preview(refresh=True))
    episode.same("Vault is as it was", differences(before, ground.dump()))
    episode.notes["without a refresh"] = "a preview compares with the state, and sees none of it"


def refused(ground: Ground, episode: Episode) -> None:
    """Vault refuses one thing in the middle of an `up`; the cause is repaired, and `up` goes on."""
    ground.need_up()
    before = ground.dump()
    path = f"auth/kubernetes/role/{changes.role(changes.workloads(1)[0])}"
    with ground.root() as root:
        acl = root.call("GET", f"{_ACL}/{PROVISIONER}").data["policy"]
        denied = f'{acl}\npath "{path}" {{ capabilities = ["deny"] }}\n'
        root.write(f"{_ACL}/{PROVISIONER}", {"policy": denied})
    project.change_matrix(ground.stack.project, changes.with_workloads(1))
    policies, roles = changes.acl_policies(ground.environment, 1), changes.roles(1)
    failed = episode.watch(ground.stack.up())
    episode.check("up fails", not failed.succeeded)
    said = "; ".join(failed.errors)
    episode.check("it says where, and why", path in said and "permission denied" in said, said)
    episode.check("what came before is made", failed.names("create") >= policies, failed.changes)
    with ground.root() as root:
        root.write(f"{_ACL}/{PROVISIONER}", {"policy": acl})
    done = episode.saw(ground.stack.up())
    episode.just(done, create=roles)
    _whole(ground, episode)
    project.change_matrix(ground.stack.project, "")
    episode.just(episode.saw(ground.stack.up()), delete=policies | roles)
    episode.same("Vault is as it was", differences(before, ground.dump()))


def killed(ground: Ground, episode: Episode) -> None:
    """The engine's process is killed in the middle of an `up`."""
    ground.need_up()
    before = ground.dump()
    project.change_matrix(ground.stack.project, changes.with_workloads(_MANY))
    new = changes.acl_policies(ground.environment, _MANY) | changes.roles(_MANY)
    there = _in_state(ground)
    running = ground.stack.start_up()

    def some_made() -> None:
        if not 0 < len(_in_state(ground) - there) < len(new):
            raise NotYet("none of it is in the state")

    wait_until(
        some_made,
        awaited="an up to be in the middle",
        patience=timedelta(minutes=3),
        processes=[running.process],
    )
    _kill(ground, running.process.pid)
    running.wait()
    made, under_way = _in_state(ground) - there, _pending(ground)
    episode.check("it was in the middle", 0 < len(made) < len(new), f"{len(made)} of {len(new)}")
    locked = episode.watch(ground.stack.up())
    episode.check("up is locked out", not locked.succeeded and "locked" in str(locked.errors))
    ground.stack.run("cancel", "--yes")
    done = episode.saw(ground.stack.up())
    missing = new - {urn.rpartition("::")[2] for urn in made}
    episode.check("it makes what was missing", done.names("create") >= missing, done)
    # Each was written again, which is the same; only the state still wonders.
    episode.saw(ground.stack.refresh(clear=True))
    _whole(ground, episode)
    episode.unchanged(ground.stack.preview(refresh=True))
    changed = {one.path for one in differences(before, ground.dump())}
    wanted = changes.paths(ground.environment, _MANY)
    episode.check("Vault has all of it, and no more", changed == wanted, sorted(changed ^ wanted))
    project.change_matrix(ground.stack.project, "")
    episode.just(episode.saw(ground.stack.up()), delete=new)
    episode.same("Vault is as it was", differences(before, ground.dump()))
    episode.notes["killed"] = (
        f"with {len(made)} of {len(new)} resources made and {under_way} under way"
    )


def _kill(ground: Ground, engine: int) -> None:
    """Between two writes of its state, of which a file backend would keep half a one."""

    def stopped_between() -> None:
        os.kill(engine, signal.SIGSTOP)
        try:
            json.loads(_state_file(ground))
        except ValueError:
            os.kill(engine, signal.SIGCONT)
            raise NotYet("it writes its state") from None

    wait_until(stopped_between, awaited="a whole state", patience=timedelta(minutes=1))
    os.kill(engine, signal.SIGKILL)


def _whole(ground: Ground, episode: Episode) -> None:
    """The state names nothing twice, and has nothing under way."""
    counted = Counter(one["urn"] for one in ground.stack.state()["deployment"]["resources"])
    twice = [urn for urn, times in counted.items() if times > 1]
    episode.nothing("no resource is in the state twice", twice)
    episode.check("no operation is pending", _pending(ground) == 0, _pending(ground))


def _in_state(ground: Ground) -> frozenset[str]:
    """URNs, from the backend's own file: also while the engine writes it."""
    try:
        state = json.loads(_state_file(ground))
    except ValueError:  # half written
        return frozenset()
    return frozenset(one["urn"] for one in state["checkpoint"]["latest"]["resources"])


def _pending(ground: Ground) -> int:
    return len(ground.stack.state()["deployment"].get("pending_operations") or ())


def _state_file(ground: Ground) -> str:
    (file,) = ground.stack.state_folder.glob(f".pulumi/stacks/**/{ground.stack.name}.json")
    return file.read_text(encoding="utf-8")
