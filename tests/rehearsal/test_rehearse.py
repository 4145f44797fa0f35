"""What a rehearsal says once its servers are left running."""

from __future__ import annotations

import subprocess
from pathlib import Path

from rehearsal.rehearse import looking_around


def test_what_to_type_holds_in_a_folder_with_a_space(tmp_path: Path) -> None:
    clone = tmp_path / "my clone's"
    (clone / "tokens").mkdir(parents=True)
    (clone / "tokens" / "people-auditors").write_text("the token")
    vault = clone / "vault"
    vault.write_text(
        '#!/bin/sh\nprintf "%s\\n" $VAULT_ADDR "$VAULT_CACERT" "$VAULT_TOKEN" "$KUBECONFIG" $1\n'
    )
    vault.chmod(0o700)
    address = "https://127.0.0.1:20000"
    told = looking_around(
        address, clone / "ca.crt", clone / "kubeconfig", clone / "tokens", vault, clone
    )
    commands = [line for line in told.splitlines() if line.startswith("  ")]
    ended = subprocess.run(
        ["bash", "-euc", "\n".join(commands[:-1])],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    seen = [address, f"{clone}/ca.crt", "the token", f"{clone}/kubeconfig", "status"]
    assert ended.stdout.splitlines() == seen
    stop = subprocess.run(
        ["bash", "-euc", f"set -- {commands[-1]}\nprintf '%s\\n' \"${{@: -2}}\""],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert stop.stdout.splitlines() == ["stop", str(clone)]
