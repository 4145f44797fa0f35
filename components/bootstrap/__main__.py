"""Adopt a Vault that is already initialised: `python -m components.bootstrap --address URL`.

Installs the provisioner with the token in VAULT_TOKEN, which may write ACL policies and auth
mounts, and prints how to hand its credential to the stack. The secret ID is written to a file that
only its owner can read, so that it passes through no command line and no terminal's history.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Final

from hvac.exceptions import VaultError

from components.bootstrap import ceremony
from components.bootstrap.names import Names
from policies import provisioner
from policies.lifetime import Duration

_OPTIONS: Final = Names("--address", "--ca-cert-file", "--timeout")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done; 1 Vault refused or did not answer; 2 wrong usage."""
    options = _parser().parse_args(arguments)
    token = os.environ.get("VAULT_TOKEN")
    if not token:
        print("VAULT_TOKEN is not set: export a token that may write policies", file=sys.stderr)
        return 2
    client = ceremony.connect(options.address, options.ca_cert_file, token)
    try:
        ceremony.wait_until_answering(
            client,
            options.timeout.seconds,
            _OPTIONS,
            lambda what: print(what, file=sys.stderr, flush=True),
        )
        credentials = ceremony.install_provisioner(
            client,
            acl=provisioner.acl(),
            secret_id_ttl_seconds=options.secret_id_ttl.seconds,
            bound_cidrs=options.cidr,
        )
    except (ceremony.BootstrapError, VaultError) as error:
        print(f"not adopted: {error}", file=sys.stderr)
        return 1
    descriptor, path = tempfile.mkstemp(prefix="vaultstack-secret-id-")
    with os.fdopen(descriptor, "w") as file:
        file.write(credentials.secret_id)
    print(
        f"The provisioner is installed in Vault at {client.url}. Hand its credential to the "
        "stack:\n"
        f"  pulumi config set vaultstack:provisionerRoleId {credentials.role_id}\n"
        f"  pulumi config set --secret vaultstack:provisionerSecretId < {path} && rm {path}"
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m components.bootstrap", description=__doc__)
    parser.add_argument("--address", type=_url, required=True, help="URL of Vault's API")
    parser.add_argument("--ca-cert-file", help="CA certificate(s) (PEM) that signed Vault's")
    parser.add_argument("--secret-id-ttl", type=Duration.parse, default=Duration.parse("2160h"))
    parser.add_argument("--timeout", type=Duration.parse, default=Duration.parse("30s"))
    parser.add_argument("--cidr", action="append", default=[], help="where it may come from")
    return parser


def _url(text: str) -> str:
    """Never a Vault that happens to be in VAULT_ADDR: it is changed."""
    if not text.startswith(("https://", "http://")):
        raise argparse.ArgumentTypeError(
            f"must be the URL of Vault's API, is {text!r}; write such as "
            "https://vault.example.com:8200 (make adopt ADDRESS=...)"
        )
    return text


if __name__ == "__main__":
    sys.exit(main())
