"""First contact with a Vault: initialise it once, hand over an identity, end the root token."""

from components.bootstrap.component import BootstrapArgs, VaultBootstrap

__all__ = ["BootstrapArgs", "VaultBootstrap"]
