"""The key that unseals: disabled, about to be deleted, replaced by another."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any, Final

import requests
from hvac.exceptions import VaultError

from rehearsal.drill.line import CallFailedError
from rehearsal.errors import NotYet
from rehearsal.recovery_drill.episode import Drill, Episode
from rehearsal.supervisor import wait_until

_RUNNING_SECONDS: Final = 4.0
_SEALED_SECONDS: Final = 7.0
_UNSEALS_WITHIN: Final = timedelta(seconds=60)


def key_disabled(episode: Episode) -> None:
    """All go on; a server that starts stays sealed; nobody can become root meanwhile."""
    kms, key = _kms(episode), _key_id(episode)
    episode.strike()
    kms.disable_key(KeyId=key)
    try:
        _check_without_key(episode, "DisabledException")
        episode.runbook("kms-key-enable", SEAL_KEY=key)
    finally:
        kms.enable_key(KeyId=key)  # whatever failed, the next drill needs it
    _unseals(episode)


def key_deletion_scheduled(episode: Episode) -> None:
    """The same, and the last days in which anything can be done."""
    kms, key = _kms(episode), _key_id(episode)
    episode.strike()
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    try:
        _check_without_key(episode, "KMSInvalidStateException")
        episode.runbook("kms-key-cancel-deletion", SEAL_KEY=key)
    finally:
        kms.cancel_key_deletion(KeyId=key)
        kms.enable_key(KeyId=key)
    _unseals(episode)


def key_replaced(episode: Episode) -> None:
    """While the old key still works: what is stored is encrypted anew by the next leader. Then the
    old one is disabled, and every server must start without it.
    """
    kms, old = _kms(episode), _key_id(episode)
    episode.strike()
    episode.runbook(
        "kms-key-replace",
        typed=episode.ground.typed_shares(),
        SEAL_KEY=old,
        SEAL_ALIAS=_alias(episode),
    )
    new = _key_id(episode)
    episode.check("the alias names another key", new != old)
    same = _policy(kms, old) == _policy(kms, new)
    episode.check("whoever may use the old key may use the new one", same)
    episode.cluster.heal()
    leader = episode.cluster.leader()
    with episode.timed("the next leader encrypts its keys anew"):
        wait_until(
            lambda: _logged(episode, leader, "upgrading stored keys"),
            awaited="the stored keys to be encrypted anew",
            patience=_UNSEALS_WITHIN,
        )
    kms.disable_key(KeyId=old)
    try:
        for name in (*episode.cluster.followers(), leader):
            episode.cluster.kill(name)
            episode.cluster.start(name)
            _, lacking = episode.cluster.heal()
            episode.check(f"{name} starts with the new key alone", not lacking, lacking)
    finally:
        kms.enable_key(KeyId=old)
    with episode.ground.root():
        episode.check("recovery shares still work", holds=True)


def _check_without_key(episode: Episode, error: str) -> None:
    cluster = episode.cluster
    time.sleep(_RUNNING_SECONDS)
    follower = cluster.followers()[0]
    try:
        with episode.ground.root():
            episode.check("no root token can be made", holds=False)
    except (VaultError, requests.RequestException) as refused:
        episode.check("no root token can be made", holds=True)
        episode.notes["recovery shares meanwhile"] = str(refused).split(", on ")[0]
    cluster.kill(follower)
    cluster.start(follower)
    time.sleep(_SEALED_SECONDS)
    episode.check("a server that starts stays sealed", _sealed(episode, follower))
    episode.notes["its log"] = _why_sealed(episode, follower)
    episode.check(f"its log says {error}", error in episode.notes["its log"])


def _unseals(episode: Episode) -> None:
    """By itself: nobody restarts it."""

    def unsealed() -> None:
        for name in episode.cluster.names:
            if _sealed(episode, name):
                raise NotYet(f"{name} is sealed")

    with episode.timed("the sealed server unseals by itself"):
        wait_until(unsealed, awaited="all servers to be unsealed", patience=_UNSEALS_WITHIN)


def _sealed(episode: Episode, name: str) -> bool:
    def ask() -> bool:
        try:
            return bool(episode.cluster.line(name).call("GET", "sys/seal-status")["sealed"])
        except CallFailedError as failed:  # connections from before its restart
            raise NotYet(str(failed)) from None

    return wait_until(ask, awaited=f"{name} to say whether it is sealed", patience=_UNSEALS_WITHIN)


def _why_sealed(episode: Episode, name: str) -> str:
    for line in reversed(episode.cluster[name].process.log.read_text(errors="replace").split("\n")):
        if "unseal" in line and '"error"' in line:
            entry = json.loads(line)
            return f"{entry['@message']}: {entry['error']}"
    return "nothing of unsealing"


def _logged(episode: Episode, name: str, text: str) -> None:
    if text not in episode.cluster[name].process.log.read_text(errors="replace"):
        raise NotYet(f"{name} does not log {text!r}")


def _kms(episode: Episode) -> Any:
    return episode.ground.stood.scene.aws.client("kms")


def _alias(episode: Episode) -> str:
    aliases = [one["AliasName"] for one in _kms(episode).list_aliases()["Aliases"]]
    return next(str(name) for name in aliases if name.endswith("-seal"))


def _policy(kms: Any, key: str) -> Any:
    return json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])


def _key_id(episode: Episode) -> str:
    said = _kms(episode).describe_key(KeyId=_alias(episode))
    return str(said["KeyMetadata"]["KeyId"])


KMS: Final = (
    Drill("kms-key-disabled", "KMS key disabled", key_disabled, ("kms-key-enable",)),
    Drill(
        "kms-key-deletion",
        "KMS key waits to be deleted",
        key_deletion_scheduled,
        ("kms-key-cancel-deletion",),
    ),
    Drill(
        "kms-key-replaced",
        "another KMS key, in time",
        key_replaced,
        ("kms-key-replace",),
    ),
)
