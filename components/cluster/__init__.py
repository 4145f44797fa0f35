"""The Vault servers themselves."""
