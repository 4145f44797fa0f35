"""`python -m upkeep roll`: look, show the plan, ask, take the turn, and do it."""

from __future__ import annotations

import argparse
import getpass
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Final

from kubernetes import client
from rich.console import Console
from rich.markup import escape

from upkeep.errors import UpkeepError
from upkeep.rolling import options as command_line
from upkeep.rolling.cluster import Kubernetes, connect, settings_of
from upkeep.rolling.events import Event, Step, Tell, lines_to
from upkeep.rolling.live import LiveDriver
from upkeep.rolling.model import Look
from upkeep.rolling.options import Options
from upkeep.rolling.plan import Marked, Plan, make_plan
from upkeep.rolling.roll import Pace, Roll
from upkeep.rolling.show import Progress, plan_table, remarks
from upkeep.rolling.turn import HEARD_OF_WITHIN_SECONDS, Peeked, peek, taken
from upkeep.rolling.ways import Forwarded, Straight
from vaultstack_jobs.clock import Clock
from vaultstack_jobs.cluster import ClusterError

HELP: Final = """\
Restart or upgrade the servers of a cluster, one at a time.

    pulumi up                            the StatefulSet gets a new template; no pod is touched
    python -m upkeep roll --dry-run      which servers that concerns, and in which order
    python -m upkeep roll                replace them

Standbys come first and the leader last, which hands over as it ends. Before the next, every
server must be unsealed, a healthy voter and have caught up, for a while (--settle). It stops by
itself when another server fails, the leader changes unexpectedly, or a server does not come back
(--patience); run it again to go on: what is up to date is left alone. It does not begin with a
sealed or missing server, when the majority would be lost, while another one runs, or for a
downgrade.

It takes a token of Vault that may read sys/storage/raft/autopilot/state (VAULT_TOKEN, or what
`vault login` keeps), and rights in Kubernetes: docs/rolling.md lists them. It changes no template,
scales nothing, and restores nothing: the way back to an older version is a restore.

Exit status: 0 done, or nothing to do; 1 it must not begin, or the answer was no; 2 wrong usage;
3 it had to stop, and says how to go on; 130 interrupted: run it again to go on.
"""
add_arguments = command_line.add_arguments


def run(options: argparse.Namespace) -> int:
    return roll(Options.of(options), Console(), Clock())


def roll(
    options: Options,
    console: Console,
    clock: Clock,
    silent_for_seconds: int = HEARD_OF_WITHIN_SECONDS,
) -> int:
    """The exit status. `silent_for_seconds`: so long, and the Lease's holder has crashed. Raises
    `UpkeepError`.
    """
    settings = settings_of(options.kubeconfig, options.context)
    cluster = connect(settings, clock)
    with closing(_driver(options, settings, cluster)) as driver:
        console.print(f"cluster {settings.host}, namespace {options.namespace}", highlight=False)
        peeked = peek(cluster, options.namespace)
        look = driver.look()
        left = _left(look, peeked)
        marked = _marked(options, look, left)
        plan = make_plan(look, marked)
        _show(console, look, plan, unfinished=bool(left))
        turn = partial(taken, cluster, options.namespace, _identity(), clock, silent_for_seconds)
        if options.restart is False and peeked.marked is not None and not options.dry_run:
            with turn() as held:
                held.forget()
        if not plan.order:
            console.print("[bold green]every server is up to date[/]")
            return 0
        if plan.refusals:
            return 1
        if options.dry_run:
            return 0
        if not (options.yes or _agreed(console)):
            return 1
        if peeked.holder:
            console.print(
                f"[yellow]{escape(peeked.holder)} has the Lease; watching whether it lives[/]"
            )
        with turn() as held:
            _require_same(plan, make_plan(driver.look(), marked))
            if marked:
                held.mark(marked)
            with _told(console, options, plan, clock) as (tell, progress):
                tell(Event(Step.PLANNED, facts={"order": list(plan.order)}))
                pace = Pace(options.patience.seconds, options.settle.seconds)
                Roll(
                    driver, plan, clock, tell, held.hold, progress.seen, pace, options.hand_over
                ).run()
            held.forget()
    return 0


def _identity() -> str:
    """Of this run, for whoever finds the Lease taken."""
    return f"{getpass.getuser()}@{socket.gethostname()}-{secrets.token_hex(3)}"


def _driver(options: Options, settings: client.Configuration, cluster: Kubernetes) -> LiveDriver:
    way: Forwarded | Straight
    if options.addresses:
        way = Straight(options.addresses)
    else:
        try:
            stateful_set = cluster.stateful_set(options.namespace, options.stateful_set)
        except ClusterError as error:
            raise UpkeepError(
                f"{error}; fix: --context, --namespace and --stateful-set name where Vault is"
            ) from None
        subdomain = stateful_set["spec"]["serviceName"]
        way = Forwarded(lambda: client.ApiClient(settings), options.namespace, subdomain)
    return LiveDriver(
        cluster,
        options.namespace,
        options.stateful_set,
        way,
        options.trust,
        options.token,
        options.version,
    )


def _left(look: Look, peeked: Peeked) -> Marked:
    """What a restart that was not finished is still to end."""
    living = _living(look)
    return {pod: uid for pod, uid in (peeked.marked or {}).items() if living.get(pod) == uid}


def _marked(options: Options, look: Look, left: Marked) -> Marked:
    """What a restart is to end: what is left of one, or else all."""
    if options.restart is False:
        return {}
    return left or (_living(look) if options.restart else {})


def _living(look: Look) -> Marked:
    return {server.pod.name: server.pod.uid for server in look.servers if server.pod}


def _show(console: Console, look: Look, plan: Plan, *, unfinished: bool) -> None:
    console.print(plan_table(look, plan))
    for remark in remarks(plan):
        console.print(remark, highlight=False, soft_wrap=True)
    if unfinished:
        console.print("[yellow]note:[/] a restart was not finished; --no-restart gives it up")


def _agreed(console: Console) -> bool:
    if not sys.stdin.isatty():
        raise UpkeepError("nobody is there to be asked; fix: look at --dry-run, then give --yes")
    return console.input("Do this? Only 'yes' is taken for an answer: ").strip() == "yes"


def _require_same(shown: Plan, now: Plan) -> None:
    """What was agreed to is what is done."""
    if shown != now:
        raise UpkeepError(
            "the cluster changed since the plan was shown, and nothing was done; fix: run it again "
            "and look at the new plan"
        )


@contextmanager
def _told(
    console: Console, options: Options, plan: Plan, clock: Clock
) -> Iterator[tuple[Tell, Progress]]:
    with Progress(console, plan) as progress:
        if options.log is None:
            yield progress.tell, progress
            return
        try:
            stream = options.log.open("a")
        except OSError as error:
            raise UpkeepError(f"--log {options.log}: {error.strerror}") from None
        with stream:
            line = lines_to(stream, clock.now)
            yield _both(progress.tell, line), progress


def _both(*tells: Tell) -> Tell:
    def tell(event: Event) -> None:
        for one in tells:
            one(event)

    return tell
