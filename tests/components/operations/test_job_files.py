"""How every job is told where Vault is."""

from __future__ import annotations

import json

from components.operations.job_files import vault_part, written


def test_a_ca_is_a_file_beside_the_others_and_named_in_them() -> None:
    files = written({"job.json": {"vault": vault_part("https://vault:8200", "job", "PEM")}}, "PEM")
    assert files.keys() == {"job.json", "ca.crt"}
    assert files["ca.crt"] == "PEM"
    assert json.loads(files["job.json"])["vault"] == {
        "address": "https://vault:8200",
        "ca_file": "/etc/vaultstack/ca.crt",
        "role": "job",
        "token_file": "/var/run/secrets/vault/token",
    }


def test_without_one_the_public_ones_are_meant() -> None:
    assert vault_part("https://vault:8200", "job", None)["ca_file"] is None
    assert written({"job.json": {}}, None) == {"job.json": "{}\n"}
