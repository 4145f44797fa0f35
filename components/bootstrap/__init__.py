"""First contact with a Vault: initialise it once, hand over an identity, end the root token."""

from components.bootstrap.component import BootstrapArgs, VaultBootstrap
from components.bootstrap.team_login import TeamLogin

__all__ = ["BootstrapArgs", "TeamLogin", "VaultBootstrap"]
