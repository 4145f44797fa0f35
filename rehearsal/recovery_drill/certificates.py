"""The servers' certificate has expired, on all of them at once."""

from __future__ import annotations

import ssl
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from rehearsal.drill.cluster import HEALS_WITHIN
from rehearsal.drill.line import trusting
from rehearsal.errors import NotYet
from rehearsal.recovery_drill.episode import Drill, Episode
from rehearsal.supervisor import wait_until

STORED_AS: Final = "vault-server-tls"
_AGO: Final = timedelta(seconds=-30)


def certificates_expired(episode: Episode) -> None:
    """Connections that are there go on; new ones are refused, by whoever calls."""
    scene, kubectl = episode.ground.stood.scene, episode.ground.kubectl
    pair = scene.controllers.authority.issue("vault", valid_for=_AGO)
    before = {name: _serial(episode, name) for name in episode.cluster.names}
    pids = [episode.cluster[name].process.pid for name in episode.cluster.names]
    episode.strike()
    kubectl.replace_secret(STORED_AS, {"tls.crt": pair.certificate_pem, "tls.key": pair.key_pem})
    kubectl.mount_secret(STORED_AS)
    with episode.timed("until every server shows the expired one"):
        wait_until(
            lambda: _all_refuse(episode), awaited="expired certificates", patience=HEALS_WITHIN
        )
    said = episode.refused("expired-certificates-look")
    episode.check("the vault program says why", "expired" in said, said.splitlines()[-1])
    episode.runbook("expired-certificates-renew", VAULT_ADDR=_first(episode))
    with episode.timed("until every server shows the new one"):
        wait_until(lambda: _all_accept(episode), awaited="good certificates", patience=HEALS_WITHIN)
    after = {name: _serial(episode, name) for name in episode.cluster.names}
    episode.check("the certificate is a new one", not set(before.values()) & set(after.values()))
    still = [episode.cluster[name].process.pid for name in episode.cluster.names]
    episode.check("no server was restarted", pids == still)


def _first(episode: Episode) -> str:
    return episode.cluster[episode.cluster.names[0]].address


def _serial(episode: Episode, name: str) -> str:
    """Of the certificate that a new connection is shown. Raises ssl.SSLError where it is bad."""
    import socket  # noqa: PLC0415

    parts = urlsplit(episode.cluster[name].address)
    trust = trusting(str(episode.ground.stood.scene.ca_file))
    assert parts.hostname is not None
    with (
        socket.create_connection((parts.hostname, parts.port or 443), timeout=5) as plain,
        trust.wrap_socket(plain, server_hostname=parts.hostname) as secured,
    ):
        return str((secured.getpeercert() or {}).get("serialNumber", ""))


def _all_refuse(episode: Episode) -> None:
    for name in episode.cluster.names:
        try:
            _serial(episode, name)
        except ssl.SSLError:
            continue
        raise NotYet(f"{name} shows a good certificate")


def _all_accept(episode: Episode) -> None:
    for name in episode.cluster.names:
        try:
            _serial(episode, name)
        except ssl.SSLError as error:
            raise NotYet(f"{name}: {error}") from None


CERTIFICATES: Final = (
    Drill(
        "certificates-expired",
        "all servers' certificate expired",
        certificates_expired,
        ("expired-certificates-look", "expired-certificates-renew"),
        undisturbed=False,
    ),
)
