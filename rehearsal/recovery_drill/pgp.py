"""New recovery shares that only their holders can open, as prod has them. Needs `gpg`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rehearsal.recovery_drill.blocks import block
from rehearsal.recovery_drill.episode import Drill, Episode
from rehearsal.recovery_drill.keys import check_no_root_left, new_shares
from rehearsal.recovery_drill.operator import Operator

GPG: Final = "gpg"
_BEGIN, _SHARE = "rekey-recovery-begin-pgp", "rekey-recovery-share"
_OPEN, _DELETE = "rekey-recovery-open-pgp", "rekey-recovery-backup-delete"
_BATCH: Final = ("--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback")


def shares_encrypted(episode: Episode) -> None:
    """Each holder opens theirs with the runbook's command; what it shows is then good."""
    ground = episode.ground
    # gpg's agent wants a short path for its socket.
    with TemporaryDirectory(prefix="gpg-") as home:
        try:
            keys = [_holder(Path(home), number) for number in range(len(ground.shares))]
            episode.strike()
            episode.runbook(_BEGIN, PGP_KEYS=",".join(map(str, keys)))
            for _ in range(ground.required):
                episode.runbook(_SHARE)
            encrypted = new_shares(ground)
            opened = [_opened(episode, Path(home), share) for share in encrypted]
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)  # noqa: S607
    episode.check("what Vault gave is not the share itself", not set(opened) & set(encrypted))
    ground.shares[:] = opened
    episode.runbook(_DELETE, typed=ground.typed_shares())
    check_no_root_left(episode)


def _holder(home: Path, number: int) -> Path:
    """Makes a person's key; the file with its public half."""
    who = f"holder-{number}@example.com"
    make = [*_BATCH, "--passphrase", "", "--quick-generate-key", who, "rsa2048", "encrypt", "never"]
    _gpg(home, *make)
    file = home / f"{number}.asc"
    _gpg(home, *_BATCH, "--armor", "--output", str(file), "--export", who)
    return file


def _gpg(home: Path, *arguments: str) -> None:
    subprocess.run([GPG, "--homedir", str(home), *arguments], check=True, capture_output=True)


def _opened(episode: Episode, home: Path, encrypted: str) -> str:
    """With the runbook's command, but for that what it shows is kept."""
    (home / "my-share.b64").write_text(encrypted)
    environment = {**episode.ground.operator.environment, "GNUPGHOME": str(home)}
    holder = Operator(environment, home)
    return holder.must(_OPEN, block(_OPEN).replace("> /dev/null", "")).output.strip()


PGP: Final = (
    Drill(
        "shares-encrypted",
        "new recovery shares, encrypted to PGP keys",
        shares_encrypted,
        (_BEGIN, _SHARE, _OPEN, _DELETE),
        needs=GPG,
    ),
)
