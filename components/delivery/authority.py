"""Vault's CA, in a namespace of pods that call Vault. Never its key.

Where cert-manager signed Vault's certificate, the CA comes with a certificate that is asked for
only to have it: it follows the issuer's CA. Else it is what the settings name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import core, meta

from components.certificate import make_certificate
from components.namespace import MANAGED
from components.settings import AuthoritySettings

NAME: Final = "vault-ca"
KEY: Final = "ca.crt"


@dataclass(frozen=True, slots=True)
class Authority:
    """Where pods of the namespace find the CA's certificate."""

    secret: bool
    """A Secret called `NAME`, else a ConfigMap of that name; in either `KEY`."""
    made: pulumi.Resource

    @property
    def variable(self) -> core.v1.EnvVarSourceArgs:
        """For an environment variable."""
        if self.secret:
            return core.v1.EnvVarSourceArgs(
                secret_key_ref=core.v1.SecretKeySelectorArgs(name=NAME, key=KEY)
            )
        return core.v1.EnvVarSourceArgs(
            config_map_key_ref=core.v1.ConfigMapKeySelectorArgs(name=NAME, key=KEY)
        )

    def volume(self, name: str) -> core.v1.VolumeArgs:
        """With one file, called `KEY`."""
        items = [core.v1.KeyToPathArgs(key=KEY, path=KEY)]
        if self.secret:
            return core.v1.VolumeArgs(
                name=name, secret=core.v1.SecretVolumeSourceArgs(secret_name=NAME, items=items)
            )
        return core.v1.VolumeArgs(
            name=name, config_map=core.v1.ConfigMapVolumeSourceArgs(name=NAME, items=items)
        )


def make_authority(
    name: str, namespace: str, settings: AuthoritySettings, opts: pulumi.ResourceOptions
) -> Authority | None:
    """None where the public CAs do."""
    metadata = meta.v1.ObjectMetaArgs(name=NAME, namespace=namespace, labels=MANAGED)
    if settings.issuer:
        # For a name that nobody calls, and for no use: nobody could pose as anybody with it.
        hosts, usages = ["ca.invalid"], ["digital signature"]
        made = make_certificate(name, metadata, settings.issuer, NAME, hosts, usages, opts)
        return Authority(secret=True, made=made)
    if settings.certificates:
        data = {KEY: settings.certificates}
        return Authority(
            secret=False, made=core.v1.ConfigMap(name, metadata=metadata, data=data, opts=opts)
        )
    return None
